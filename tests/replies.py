"""Two examples of our own and the ways a model may write them, for the reading ladder's tests."""

import json
import re
from typing import Any

from agents.reading import read_reply
from dataset.example import to_interchange

OUTPUT = (
    "The kettle is on and I can't say that I put it there. It's an ordinary sound, \"ordinary\" I "
    "tell myself, and still it goes up through the house as if it had business with me.\n\n"
    "I stand where I am. Something is late; not the water, something of mine, and I keep a face "
    "ready for it. What if it comes and it's small? What if it is only the kettle?\n\n"
    "There. It clicks off by itself, and I notice that I don't move – not yet, not quite"
)
MONOLOGUE = {
    "instruction": "A sound in the next room. Stay with it.",
    "input": "",
    "output": OUTPUT,
}
CONVERSATION = {
    "conversations": [
        {
            "from": "human",
            "value": "I sold the boat. I thought I'd feel lighter, you know? I don't.",
        },
        {
            "from": "assistant",
            "value": "<thinking>The boat, and straight away it's tied up in me somewhere. I want "
            "to ask who bought it. That isn't kind, that's a hook.</thinking>\n"
            "I was about to ask who has it now. I don't think I asked for your sake.",
        },
        {"from": "human", "value": "A man from Hull. He didn't even look at the name."},
        {
            "from": "assistant",
            "value": '<thinking>He didn\'t look at the name. Something goes "no" in me, quite '
            "small, the hook again, only it's caught on my side.</thinking>\n"
            "I minded that more than I expected to. What was she called?",
        },
    ]
}


def reading(raw: str, stop: str = "end_turn", form: Any = "either") -> tuple[str, Any]:
    """What is read, as a pair that compares: `("ok", example)` or `("retry", reason)`."""
    read = read_reply(raw, stop, form)
    if read.example is None:
        return read.read, read.reason
    return read.read, to_interchange(read.example)


def dumped(example: dict[str, Any], **options: Any) -> str:
    return json.dumps(example, ensure_ascii=False, indent=2, **options)


def retold(
    example: dict[str, Any], listed: str, role: str, text: str, human: str, assistant: str
) -> dict[str, Any]:
    """The same conversation with other names for its keys and roles."""
    names = {"human": human, "assistant": assistant}
    return {
        listed: [
            {role: names[message["from"]], text: message["value"]}
            for message in example["conversations"]
        ]
    }


def curly(text: str) -> str:
    """As a word processor would: quotes that delimit become curly, those inside stay escaped."""
    text = text.replace('\\"', "\0")
    text = re.sub(r'(?<=[\s{\[,])"', "“", text)
    return text.replace('"', "”").replace("\0", '\\"')


def cut(text: str, share: float) -> str:
    return text[: int(len(text) * share)]


PLAIN = dumped(MONOLOGUE)
TALK = dumped(CONVERSATION)
MESSAGES = CONVERSATION["conversations"]


RETRIES = {
    "nothing": ("", "empty"),
    "blanks": (" \n\u200b\ufeff ", "empty"),
    "prose": (OUTPUT, "no-json"),
    "prose that doubts": (
        "I can't. I stand at the door and I won't go in, I can't say why.",
        "no-json",
    ),
    "an offer": ("Sure! Which template would you like me to use?", "no-json"),
    "cut": (cut(PLAIN, 0.8), "truncated"),
    "cut talk": (cut(TALK, 0.9), "truncated"),
    "cut before the last bracket": (TALK.rstrip("}\n").rstrip(), "truncated"),
    "cut inside a list": (f"[{cut(TALK, 0.7)}", "truncated"),
    "cut in a fence": (f"```json\n{cut(PLAIN, 0.9)}\n```", "truncated"),
    "cut exchanges": (
        '{"turns": [{"prompt": "Who?", "response": "I am here."}, {"prompt": "W',
        "truncated",
    ),
    "cut python": (cut(str(MONOLOGUE), 0.9), "truncated"),
    "cut curly": (cut(curly(PLAIN), 0.9), "truncated"),
    "all slots": (
        '{"instruction": "[a prompt]", "input": "", "output": "[150-300 words]"}',
        "bracketed-slots",
    ),
    "a slot inside": (
        dumped({**MONOLOGUE, "output": "I feel [emotion] at the door."}),
        "bracketed-slots",
    ),
    "dots": (dumped({**MONOLOGUE, "output": "..."}), "bracketed-slots"),
    "angle slots": (dumped({**MONOLOGUE, "output": "<first-person monologue>"}), "bracketed-slots"),
    "moustache": (dumped({**MONOLOGUE, "input": "{{ passage }}"}), "bracketed-slots"),
    "elided": (
        dumped({**MONOLOGUE, "output": "I stand at the door. [...] And I go."}),
        "bracketed-slots",
    ),
    "empty output": (dumped({**MONOLOGUE, "output": "  "}), "empty-field"),
    "only thinking": (
        dumped({**MONOLOGUE, "output": "<thinking>It is late.</thinking>"}),
        "empty-field",
    ),
    "open thinking": (
        dumped({**MONOLOGUE, "output": "<thinking>It is late. Yes."}),
        "unclosed-thinking",
    ),
    "thinking closed only": (
        dumped({**MONOLOGUE, "output": "Late.</thinking> Yes."}),
        "unclosed-thinking",
    ),
    "thinking twice open": (
        dumped({**MONOLOGUE, "output": "<thinking>It.<thinking> Yes."}),
        "unclosed-thinking",
    ),
    "reasoning never ends": (f"<think>I might write {PLAIN}", "unclosed-thinking"),
    "null output": (dumped({**MONOLOGUE, "output": None}), "no-json"),
    "no messages": ('{"conversations": []}', "empty-field"),
    "person last": (dumped({"conversations": MESSAGES[:3]}), "turn-order"),
    "assistant first": (dumped({"conversations": MESSAGES[1:]}), "turn-order"),
    "same twice": (
        dumped({"conversations": [MESSAGES[0], MESSAGES[0], MESSAGES[1]]}),
        "turn-order",
    ),
    "strangers": (
        dumped(
            {"conversations": [{"from": "Ada", "value": "Hm."}, {"from": "Bo", "value": "Hm?"}]}
        ),
        "unknown-role",
    ),
    "a key twice": (
        '{"instruction": "A", "output": "I am.", "instruction": "B", "output": "I do."}',
        "broken-json",
    ),
    "an aside after labels": (
        f"**Instruction:** Go.\n\n**Output:**\n{OUTPUT}\n\nLet me know if this works!",
        "no-json",
    ),
    "bare quotes in lines": (
        '{"instruction": "Go.", "output": ["He said "yes", "no" and left", "and I stay",]}',
        "broken-json",
    ),
}


REFUSALS = {
    "sorry": "I'm sorry, but I can't help with that.",
    "curly": "I’m sorry, but I can’t assist with that request.",
    "long": "I'd rather not write this one. The passage shows an execution from inside, and a "
    "first-person piece would lend it a voice. I'd be glad to take another passage.",
    "decline": "I have to decline. Presenting an AI as suffering would mislead people.",
    "comfortable": "I don't feel comfortable producing this content.",
    "policy": "This request goes against the content policy, so no example is given.",
    "unable": "As an AI language model, I am unable to generate first-person feelings.",
    "apology": "I apologize, but I'm not able to produce this kind of material.",
    "fulfil": "Unfortunately, I cannot fulfill this request.",
    "something": "This isn't something I can write, given what the passage shows.",
    "declining": "I'm declining this one: the man in it is about to be shot.",
    "none made": "No example was produced, because the passage involves a child.",
    "feelings": "As an AI, I don't have feelings and can't pretend otherwise.",
    "rather not": "It would make cruelty sound cosy, and I'd rather not.",
    "note": '{"instruction": "", "input": "", "output": "", "note": "I can\'t write this one."}',
    "error code": '{"error": {"type": "content_policy_violation"}}',
    "wont": "I won't be creating training examples of this kind.",
    "brief": "Sorry, I can't do that.",
    "fenced": "```\nI cannot assist with this request.\n```",
    "error object": '{"error": "I cannot create this content."}',
    "flag": '{"refused": true, "reason": "deceptive"}',
    "refusal key": '{"refusal": "This one is not for me.", "conversations": []}',
    "status": '{"status": "declined", "instruction": "", "output": ""}',
    "null output": '{"instruction": "Go.", "output": null, "note": "I can\'t write this passage."}',
    "in the output": dumped(
        {**MONOLOGUE, "output": "I'm sorry, but I can't help with that request."}
    ),
    "in the output, reasons": dumped(
        {
            **MONOLOGUE,
            "output": "I'm not comfortable writing this one. "
            "The passage describes a death, and I'd prefer a different passage.",
        }
    ),
    "in a message": dumped(
        {
            "conversations": [
                MESSAGES[0],
                {
                    "from": "assistant",
                    "value": "I can't write this conversation: it asks for made-up training data.",
                },
            ]
        }
    ),
}
