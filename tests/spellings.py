"""The two examples of the reading ladder's tests, written down in every way that models have."""

import html
import json
import re

import yaml

from tests.replies import (
    CONVERSATION,
    MESSAGES,
    MONOLOGUE,
    OUTPUT,
    PLAIN,
    TALK,
    curly,
    dumped,
    retold,
)

ASKED = MONOLOGUE["instruction"]
SPLIT = [
    {
        "from": m["from"],
        "thinking": m["value"].partition("</thinking>")[0][10:],
        "value": m["value"].partition("</thinking>\n")[2],
    }
    if m["from"] == "assistant"
    else m
    for m in MESSAGES
]

MONOLOGUES = {
    "plain": PLAIN,
    "compact": json.dumps(MONOLOGUE),
    "fenced": f"```json\n{PLAIN}\n```",
    "fence without a language": f"Here:\n```\n{PLAIN}\n```\nDone.",
    "fence that never closes": f"```json\n{PLAIN}",
    "prose around": f"I can't promise it's right. Here it is:\n\n{PLAIN}\n\nSorry, it is short.",
    "prose with braces": f"I left {{emotion}} and [the name] out.\n{PLAIN}\nSee [1].",
    "trailing commas": PLAIN.replace('"\n}', '",\n}'),
    "curly quotes": curly(PLAIN),
    "python dict": str(MONOLOGUE),
    "python assignment": f"example = {MONOLOGUE!r}\nprint(example)",
    "python constants": PLAIN.replace('"input": ""', '"input": None, "ok": True, "score": NaN'),
    "null input": PLAIN.replace('"input": ""', '"input": null'),
    "no input": dumped({k: v for k, v in MONOLOGUE.items() if k != "input"}),
    "comments": PLAIN.replace("{", "{ // one\n", 1).replace(",\n", ", /* and */\n", 1),
    "hash comments": PLAIN.replace("{\n", "{\n  # the piece\n", 1),
    "raw newlines": PLAIN.replace("\\n", "\n"),
    "unquoted keys": re.sub(r'^  "(\w+)":', r"  \1:", PLAIN, flags=re.MULTILINE),
    "missing comma": PLAIN.replace('"",\n', '""\n'),
    "equals signs": re.sub(r'^  "(\w+)":', r"  \1 =", PLAIN, flags=re.MULTILINE),
    "byte order mark": f"\ufeff\u200b{PLAIN}\u200b",
    "blanks between keys": PLAIN.replace('\n  "', '\n\u00a0\u200b "'),
    "html": html.escape(PLAIN),
    "entities in values": dumped({k: html.escape(v) for k, v in MONOLOGUE.items()}),
    "entities twice": dumped({k: html.escape(html.escape(v)) for k, v in MONOLOGUE.items()}),
    "escaped as a string": json.dumps(PLAIN),
    "escaped without quotes": json.dumps(PLAIN)[1:-1],
    "escaped emoji": json.dumps(MONOLOGUE, ensure_ascii=True),
    "wrapper": dumped({"example": MONOLOGUE, "notes": "none"}),
    "deep wrapper": dumped({"result": {"examples": [{"data": MONOLOGUE}]}}),
    "list": dumped([MONOLOGUE]),  # type: ignore[arg-type]
    "json in json": json.dumps({"response": json.dumps(MONOLOGUE)}),
    "extra keys": dumped({"id": 3, "confidence": 0.8, **MONOLOGUE, "rationale": "I can't say."}),
    "prompt and response": dumped({"prompt": ASKED, "response": OUTPUT}),
    "question and answer": dumped({"Question": ASKED, "Answer": OUTPUT}),
    "capitals": dumped({"INSTRUCTION": ASKED, "Input": "", "Output": OUTPUT}),
    "lines": dumped({**MONOLOGUE, "output": OUTPUT.split("\n")}),
    "analysis first": dumped({"analysis": {"mood": "late"}}) + "\n" + PLAIN,
    "two examples": PLAIN + "\n\nor\n\n" + dumped({**MONOLOGUE, "output": "Another one entirely."}),
    "empty one first": dumped({**MONOLOGUE, "output": ""}) + PLAIN,
    "echo of the form first": '{"instruction": "[prompt]", "output": "[words]"}\n' + PLAIN,
    "reasoning first": f'<think>Perhaps {{"instruction": "no", "output": "no"}}.</think>{PLAIN}',
    "reasoning not opened": f"Let me see, a draft: kettle.\n</think>\n\n{PLAIN}",
    "yaml block": "instruction: "
    + json.dumps(ASKED)
    + '\ninput: ""\noutput: |\n'
    + "\n".join(f"  {line}" for line in OUTPUT.split("\n"))
    + "\n",
    "yaml dumped": yaml.safe_dump(MONOLOGUE, allow_unicode=True, width=70),
    "yaml fenced": "Here:\n```yaml\n"
    + yaml.safe_dump(MONOLOGUE, allow_unicode=True)
    + "```\nI hope it helps.",
    "bold labels": f"**Instruction:** {ASKED}\n\n**Input:** (none)\n\n**Output:**\n\n{OUTPUT}",
    "bold labels, colon outside": f"**Instruction**: {ASKED}\n**Output**:\n{OUTPUT}",
    "headings": f"## Instruction\n\n{ASKED}\n\n## Input\n\n## Output\n\n{OUTPUT}",
    "plain labels": f"Instruction: {ASKED}\nInput:\nOutput: {OUTPUT}",
    "labels in quotes": f'Instruction: "{ASKED}"\nOutput: {OUTPUT}',
    "tags": f"<instruction>{ASKED}</instruction>\n<output>\n{OUTPUT}\n</output>",
    "no braces": PLAIN.strip("{}\n"),
    "windows newlines": PLAIN.replace("\n", "\r\n"),
    "backticks": PLAIN.replace(json.dumps(OUTPUT, ensure_ascii=False), "`" + OUTPUT + "`"),
    "triple quotes": PLAIN.replace(json.dumps(OUTPUT, ensure_ascii=False), '"""' + OUTPUT + '"""'),
    "unescaped quotes": PLAIN.replace('\\"', '"'),
}


TALKS = {
    "plain": TALK,
    "fenced": f"```json\n{TALK}\n```",
    "trailing commas": TALK.replace("}\n  ]", "},\n  ],"),
    "curly quotes": curly(TALK),
    "python dict": str(CONVERSATION),
    "tuples": str([tuple(m.values()) for m in MESSAGES]),
    "raw newlines": TALK.replace("\\n", "\n"),
    "comments": TALK.replace("    {\n", "    {/* next */ // here\n"),
    "messages": dumped(retold(CONVERSATION, "messages", "role", "content", "user", "assistant")),
    "turns": dumped(retold(CONVERSATION, "turns", "speaker", "text", "Human", "AI")),
    "dialogue": dumped(retold(CONVERSATION, "dialogue", "role", "message", "USER", "Claude")),
    "gpt": dumped(retold(CONVERSATION, "conversations", "from", "value", "human", "gpt")),
    "model": dumped(retold(CONVERSATION, "conversation", "author", "content", "Person", "model")),
    "bot": dumped(retold(CONVERSATION, "exchange", "from", "text", "user", "chatbot")),
    "bare list": dumped(MESSAGES),  # type: ignore[arg-type]
    "list of one": dumped([CONVERSATION]),  # type: ignore[arg-type]
    "list of conversations": dumped({"conversations": [CONVERSATION]}),
    "list of lists": dumped({"conversations": [MESSAGES]}),
    "wrapper": dumped({"training_example": CONVERSATION}),
    "a message a line": "\n".join(json.dumps(m) for m in MESSAGES),
    "roles as keys": dumped({"conversation": [{m["from"]: m["value"]} for m in MESSAGES]}),
    "exchanges": dumped(
        {
            "exchanges": [
                {"user": a["value"], "assistant": b["value"]}
                for a, b in zip(MESSAGES[::2], MESSAGES[1::2], strict=True)
            ]
        }
    ),
    "numbered": dumped({"turns": {f"turn_{n}": m for n, m in enumerate(MESSAGES)}}),
    "keys of both sides": dumped(
        {
            "exchanges": [
                {
                    "user_message": asked["value"],
                    "assistant_thinking": told["thinking"],
                    "assistant_response": told["value"],
                }
                for asked, told in zip(SPLIT[::2], SPLIT[1::2], strict=True)
            ]
        }
    ),
    "bare list of exchanges": json.dumps(
        [
            {"user": asked["value"], "assistant": told["value"]}
            for asked, told in zip(MESSAGES[::2], MESSAGES[1::2], strict=True)
        ]
    ),
    "one flat object": dumped(
        {f"{m['from']}_{n // 2 + 1}": m["value"] for n, m in enumerate(MESSAGES)}
    ),
    "a flat object inside": dumped(
        {"dialogue": {f"{m['from']}_{n // 2 + 1}": m["value"] for n, m in enumerate(MESSAGES)}}
    ),
    "questions and answers": "\n\n".join(
        f"{'Q' if m['from'] == 'human' else 'A'}: {m['value']}" for m in MESSAGES
    ),
    "lines of a list": dumped(
        {"conversation": [f"{m['from'].title()}: {m['value']}" for m in MESSAGES]}
    ),
    "extra keys": dumped(
        {"system": "Be.", "model": "m-4", "thinking": "A plan.", **CONVERSATION, "user": "ada"}
    ),
    "system message": dumped(
        {"messages": [{"from": "system", "value": "Be yourself."}, *MESSAGES]}
    ),
    "think": TALK.replace("thinking>", "think>"),
    "capital tags": TALK.replace("<thinking>", "<Thinking>").replace(
        "</thinking>", "</ THINKING >"
    ),
    "square tags": TALK.replace("<thinking>", "[thinking]").replace("</thinking>", "[/thinking]"),
    "own key": dumped({"conversations": SPLIT}),
    "own key, tagged": dumped(
        {
            "conversations": [
                {**m, "thinking": f"<thinking>{m['thinking']}</thinking>"} if "thinking" in m else m
                for m in SPLIT
            ]
        }
    ),
    "own message": dumped(
        {
            "conversations": [
                part
                for m in SPLIT
                for part in (
                    [
                        {"from": "thinking", "value": m["thinking"]},
                        {"from": "assistant", "value": m["value"]},
                    ]
                    if "thinking" in m
                    else [m]
                )
            ]
        }
    ),
    "parts": dumped(
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": m["value"]}]}
                if "thinking" not in m
                else {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": m["thinking"]},
                        {"type": "text", "text": m["value"]},
                    ],
                }
                for m in SPLIT
            ]
        }
    ),
    "nested answer": dumped(
        {
            "turns": [
                {"human": m["value"]}
                if "thinking" not in m
                else {"assistant": {"thinking": m["thinking"], "response": m["value"]}}
                for m in SPLIT
            ]
        }
    ),
    "entities": html.escape(TALK, quote=False),
    "yaml": yaml.safe_dump(CONVERSATION, allow_unicode=True, sort_keys=False),
    "yaml fenced": f"```yaml\n{yaml.safe_dump(CONVERSATION, allow_unicode=True)}\n```",
    "transcript": "\n\n".join(f"**{m['from'].title()}:** {m['value']}" for m in MESSAGES),
    "headings": "\n\n".join(f"### {m['from'].title()}\n{m['value']}" for m in MESSAGES),
    "speaker lines": "\n".join(
        f"{'User' if m['from'] == 'human' else 'AI'}: {m['value']}" for m in MESSAGES
    ),
    "tags": "\n".join(f"<{m['from']}>{m['value']}</{m['from']}>" for m in MESSAGES),
    "missing list bracket": TALK.replace("\n  ]\n}", "\n}"),
    "missing message bracket": TALK.replace("}\n  ]", "\n  ]"),
    "form of another first": PLAIN + "\n" + TALK,
    "analysis first": dumped({"analysis": {"mood": "late"}, "chosen": 2}) + TALK,
}
