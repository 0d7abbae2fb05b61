"""The examples at the end of each command's help: what people type most."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": (
        "inscape run BOOK.pdf --target 15 --teacher rehearsal  # needs no key",
        "inscape doctor",
    ),
    "run": (
        "inscape run  # at a terminal it asks for what is missing",
        "inscape run book.pdf --target 15 --teacher rehearsal",
        "inscape run book.pdf --target 50 --teacher anthropic:MODEL --preview",
        "inscape run a.epub b.pdf --for-model 7b --teacher openai:MODEL --max-usd 5",
        "inscape run book.pdf --target 200 --teacher anthropic:MODEL --batch  # half the price",
        "inscape run book.pdf --target 50 --teacher openai:MODEL@http://localhost:8000/v1",
    ),
    "status": ("inscape status", "inscape status --json"),
    "review": (
        "inscape review",
        "inscape review --list --json",
        'inscape review --decide ID --answer reject --reason "too tidy"',
        "inscape review --undo",
    ),
    "why": ("inscape why ID", "inscape why ID --json"),
    "desk": ("inscape desk", "inscape desk --port 0 --no-browser"),
    "critique": (
        "inscape critique examples.jsonl --checks-only",
        "inscape critique examples.jsonl --critic anthropic:MODEL --json",
        "inscape critique --codes",
    ),
    "import": (
        "inscape import replies.jsonl --dry-run",
        "inscape import replies.jsonl --critic anthropic:MODEL",
    ),
    "export": (
        "inscape export --format alpaca",
        "inscape export --format sharegpt --thinking strip --out data",
        "inscape export --format messages --system ready --license cc-by-4.0 --force",
    ),
    "train": (
        "inscape train --base unsloth/Llama-3.2-3B-Instruct",
        "inscape train --base MODEL --resume",
        "inscape train --base MODEL --stage dpo --adapter adapters/NAME-1",
    ),
    "examine": (
        "inscape examine --critic anthropic:MODEL",
        "inscape examine --adapter adapters/NAME-1 --max-tokens 200",
    ),
    "chat": ("inscape chat", "inscape chat --compare --temperature 0.5"),
    "read": (
        "inscape read book.pdf --out book.txt",
        "inscape read scan.pdf --ocr",
        "inscape read locked.pdf --password-env BOOK_PASSWORD",
    ),
    "passages": (
        "inscape passages book.pdf --top 20",
        "inscape passages book.pdf --phenomenon dread --md passages.md",
        "inscape passages --score passages.md",
    ),
    "doctor": ("inscape doctor", "inscape doctor --teacher anthropic:MODEL"),
    "move": (
        "inscape move --to postgresql+psycopg://ann@db.example/novel",
        "inscape move --to memory-2.db",
    ),
    "templates": ("inscape templates list",),
    "templates list": ("inscape templates list",),
    "templates show": ("inscape templates show monologue", "inscape templates show 2"),
    "templates check": ("inscape templates check", "inscape templates check my-template.md"),
    "templates import": ("inscape templates import elicitation_templates.md",),
    "templates new": ('inscape templates new "waking without a name" --teacher anthropic:MODEL',),
}


def epilog(command: str) -> str:
    """What stands below the options; the mark keeps the lines as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in EXAMPLES[command])])
