"""The options of the commands, each written once: its name, what it takes, and its line of help."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from dataset.formats import Thinking as ThinkingWay

FORMATS = "messages|alpaca|sharegpt|openai|prompt-completion|preference|axolotl|parquet"
SPECS = "anthropic:MODEL, openai:MODEL, openai:MODEL@URL or rehearsal"
Answers = Literal["accept", "reject", "ignore", "edit"]

# Everywhere
Json = Annotated[bool, Option("--json", help="JSON on stdout, nothing else.")]
Critics = Annotated[str | None, Option(metavar="SPEC[,SPEC…]", help="The judge, or a panel.")]

# Books
Book = Annotated[Path, Argument(metavar="BOOK", help="PDF, EPUB, text or Markdown.")]
Books = Annotated[list[Path] | None, Argument(metavar="BOOK...", show_default=False)]
Password = Annotated[
    str | None,
    Option("--password-env", metavar="VAR", help="The variable that holds the password."),
]
Ocr = Annotated[bool, Option("--ocr", help="Read pages without text by OCR.")]
Ray = Annotated[
    str | None,
    Option(
        "--ray",
        metavar="[ADDRESS]",
        help="Read the books side by side with Ray: here, or on the cluster at ADDRESS.",
    ),
]
TextOut = Annotated[Path | None, Option(metavar="FILE", help="Write the text here.")]
ScoreFile = Annotated[
    Path | None,
    Option(metavar="FILE", help="Rate passages already cut out (passages.md or JSONL)."),
]
Top = Annotated[int | None, Option(metavar="K", min=1, help="Only the K richest.")]
Kind = Annotated[str | None, Option(metavar="P", help="Only those that show this phenomenon.")]
Page = Annotated[Path | None, Option(metavar="FILE", help="Write a passages.md to edit by hand.")]

# Runs
Target = Annotated[int | None, Option(metavar="N", min=1, help="How many accepted examples.")]
ForModel = Annotated[
    Literal["7b", "30b", "70b", "405b"] | None,
    Option(case_sensitive=False, help="As many as a model of this size needs."),
]
Teacher = Annotated[str | None, Option(metavar="SPEC", help=SPECS)]
Scout = Annotated[str | None, Option(metavar="SPEC|none", help="Reads the best passages closely.")]
Templates = Annotated[str | None, Option(metavar="ID,ID…", help="See: inscape templates list")]
Highlights = Annotated[
    Path | None, Option(metavar="FILE", help="A passages.md of your own choice.")
]
Concurrency = Annotated[int | None, Option(metavar="N", min=1, help="Calls in flight.")]
Batch = Annotated[
    bool | None,
    Option("--batch/--no-batch", help="Half the price: answers come within a day, not at once."),
]
Timeout = Annotated[float | None, Option(metavar="SECONDS", help="The longest a call may take.")]
MaxUsd = Annotated[float | None, Option(metavar="X", min=0, help="Stop before spending more.")]
MaxCalls = Annotated[int | None, Option(metavar="N", min=0, help="Stop before calling more often.")]
ReviewWay = Annotated[
    Literal["ask", "queue"] | None,
    Option(help="When you are needed: ask at once, or stop and leave a queue."),
]
Resume = Annotated[
    Literal["if-possible", "always", "never"] | None,
    Option(help="What to do with an earlier run's unfinished work."),
]
TrainOn = Annotated[
    str | None, Option("--train", metavar="MODEL", help="Then tune this model, and examine it.")
]
Iterations = Annotated[
    int, Option(metavar="K", min=1, help="With --train: fill the gaps and train again, K in all.")
]
Preview = Annotated[bool, Option("--preview", help="Say what it would take; send nothing.")]
Yes = Annotated[bool, Option("--yes", help="Ask nothing, not even before spending.")]

# Reviews
List = Annotated[bool, Option("--list", help="Print what waits, and leave.")]
Decide = Annotated[str | None, Option(metavar="ID", help="Decide on one example without a screen.")]
Answer = Annotated[Answers | None, Option(help="What to decide.")]
EditedFile = Annotated[
    Path | None, Option(metavar="FILE", help="The edited example, as JSON or YAML.")
]
Reason = Annotated[str, Option(metavar="TEXT", help="Why.", show_default=False)]
By = Annotated[str, Option(metavar="NAME", help="Who decides.")]
Undo = Annotated[bool, Option("--undo", help="Take back the last decision.")]
Id = Annotated[str, Argument(metavar="ID", help="Of an example or its assignment.")]

# Examples made elsewhere
CasesFile = Annotated[Path | None, Argument(metavar="FILE.jsonl", show_default=False)]
RepliesFile = Annotated[Path, Argument(metavar="FILE.jsonl")]
ChecksOnly = Annotated[bool, Option("--checks-only", help="Ask no model, only apply the checks.")]
Codes = Annotated[bool, Option("--codes", help="List the defects that the critic knows.")]
DryRun = Annotated[bool, Option("--dry-run", help="Only read, keep nothing.")]

# Exports
Format = Annotated[str, Option("--format", metavar=FORMATS, help="The shape of a line.")]
Out = Annotated[
    Path | None, Option(metavar="DIR", help="Without it, exports/FORMAT in the project.")
]
Thinking = Annotated[
    ThinkingWay | None, Option(help="In tags (default), taken out, or under a key of its own.")
]
Tag = Annotated[str | None, Option(metavar="NAME", help="The tag, for --thinking tags (thinking).")]
Key = Annotated[
    str | None, Option(metavar="NAME", help="The key, for --thinking field (reasoning_content).")
]
SystemFile = Annotated[
    str | None,
    Option(metavar="FILE", help='A system prompt before the rows; "ready": the one that is here.'),
]
SystemShare = Annotated[
    float | None, Option(metavar="SHARE", min=0, max=1, help="How many rows get it (1).")
]
Limit = Annotated[int | None, Option(metavar="N", min=1, help="At most N rows.")]
Validation = Annotated[
    float | None, Option(metavar="SHARE", min=0, max=0.9, help="Of the passages (0.1).")
]
Seed = Annotated[int | None, Option(metavar="N", help="Another seed, another split (0).")]
License = Annotated[
    str | None, Option("--license", metavar="ID", help="For the card; none by default.")
]
Base = Annotated[
    str | None, Option(metavar="MODEL", help="What the axolotl file tunes.", show_default=False)
]
Gpus = Annotated[
    int | None, Option(metavar="N", min=1, help="The axolotl file is for N GPUs of one machine.")
]
Force = Annotated[bool, Option("--force", help="Replace an export.")]

# Training
BaseModel = Annotated[str, Option(metavar="MODEL", help="A directory, or a name on the hub.")]
AdapterOut = Annotated[
    Path | None, Option(metavar="DIR", help="Without it, a new one in the project's adapters/.")
]
Config = Annotated[Path | None, Option(metavar="FILE", help="A recipe: TOML with [train]'s keys.")]
ResumeTraining = Annotated[
    bool, Option("--resume", help="Go on from the last checkpoint of a training that was stopped.")
]
Stage = Annotated[
    Literal["sft", "dpo"] | None,
    Option(help="On examples, or on pairs of better and worse (after the first)."),
]
StartAdapter = Annotated[
    Path | None, Option(metavar="DIR", help="Train on from this adapter, instead of a new one.")
]
Data = Annotated[
    Path | None, Option(metavar="DIR", help="An export to train on, instead of the project's own.")
]
AllowRehearsal = Annotated[
    bool, Option("--allow-rehearsal", help="Train on rehearsal data, to try the machinery.")
]
Merge = Annotated[bool, Option("--merge", help="Write the merged model in 16 bit as well.")]
Gguf = Annotated[str | None, Option(metavar="KIND", help="Write a GGUF as well: q4_k_m, q8_0 …")]

# Tuned models
Adapter = Annotated[
    Path | None, Option(metavar="DIR", help="Without it, the one that was trained last.")
]
SamplingSeed = Annotated[
    int | None, Option("--seed", metavar="N", help="Another seed, other answers.")
]
MaxTokens = Annotated[int | None, Option(metavar="N", min=1, help="The longest an answer may be.")]
Temperature = Annotated[
    float | None, Option(metavar="T", min=0, max=2, help="0 always says the same.")
]
Compare = Annotated[bool, Option("--compare", help="The base model answers beside it.")]
HideThinking = Annotated[bool, Option("--hide-thinking", help="Show only what is said.")]
NoSystem = Annotated[bool, Option("--no-system", help="Without the prompt it was trained with.")]

# Templates
Replace = Annotated[bool, Option("--force", help="Replace a template of the project.")]
TemplatesFile = Annotated[Path, Argument(metavar="FILE", help="A hand-made collection.")]
Phenomenology = Annotated[
    str | None, Argument(metavar="DESCRIPTION", help="What the template shall bring out.")
]
TemplateRef = Annotated[str, Argument(metavar="ID", help="Id, number or name.")]
TemplateFile = Annotated[
    Path | None,
    Argument(metavar="FILE", help="Without it, everything in use.", show_default=False),
]


def listed(value: str | None) -> tuple[str, ...] | None:
    """`a, b` as its parts; None when nothing was said."""
    if value is None:
        return None
    return tuple(part.strip() for part in value.split(",") if part.strip())


# The desk
Host = Annotated[
    str, Option(metavar="ADDRESS", help="Where to listen; beyond this machine only with a token.")
]
Port = Annotated[int, Option(min=0, max=65535, help="0 takes any that is free.")]
NoBrowser = Annotated[bool, Option("--no-browser", help="Only print the address.")]

# A store elsewhere
MoveTo = Annotated[
    str,
    Option(
        "--to",
        metavar="URL",
        help="An empty database (postgresql+psycopg://USER@HOST/NAME), or a new file.",
    ),
]


_ADDRESS = re.compile(r"auto|ray://.+|[\w.\[\]:-]+:\d+")


def with_addresses(typed: Sequence[str]) -> Iterator[str]:
    """`--ray` needs no ADDRESS after it; what follows is one when it looks like one."""
    for word, following in pairwise([*typed, ""]):
        yield "--ray=" if word == "--ray" and not _ADDRESS.fullmatch(following) else word
