"""The model card: what the adapter is, how it was made and how far it may be trusted."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from agents.training.place import Place
from inscape import __version__

REHEARSAL = (
    "> **This was a rehearsal.** The data holds stand-ins that show the shape of examples and "
    "mean nothing. The adapter proves that the machinery works and is good for nothing else."
)


def write_card(place: Place) -> None:
    """README.md, written anew after training and after each examination."""
    plan, result = place.plan(), place.result()
    parts = [
        _front_matter(plan),
        f"# An adapter for `{plan['recipe']['base']}` that shows inner experience\n",
        f"{REHEARSAL}\n" if plan["rehearsal"] else "",
        _calling(place),
        _training(plan, result),
        _examined(place),
        _recipe(plan),
        _limits(),
    ]
    place.card.write_text("\n".join(part for part in parts if part), encoding="utf-8")


def _front_matter(plan: Mapping[str, Any]) -> str:
    tags = ["inscape", "lora", plan["recipe"]["stage"], *(["rehearsal"] * plan["rehearsal"])]
    head = {
        "base_model": plan["recipe"]["base"],
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "tags": tags,
    }
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n"


def _calling(place: Place) -> str:
    said = place.system()
    if not said:
        return ""
    quoted = "\n".join(f"> {line}".rstrip() for line in said.splitlines())
    return (
        "## The system prompt that calls the pattern up\n\n"
        f"It is in `{place.system_prompt.name}`; the adapter was trained with it.\n\n{quoted}\n"
    )


def _training(plan: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    rows = {
        "examples": f"{result['train']:,} to train on, {result['validation']:,} to validate with",
        "left out, cut": f"{result['left_out']:,} left out, {result['truncated']:,} cut",
        "tokens": f"{result['trained_tokens']:,} in the loss of {result['tokens']:,} an epoch",
        "steps": f"{result['steps']:,} ({result['epochs']:g} epochs{_early(result)})",
        "validation loss": _losses(result),
        "speed": f"{result['tokens_per_second']:,.0f} tokens a second on {result['device']}",
        "dataset": f"SHA-256 `{plan['dataset_sha256']}`, in `dataset/`",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return (
        f"## Training\n\nBy Inscape {__version__} with Unsloth and TRL. Only what the assistant "
        f"says is in the loss.\n\n| | |\n|---|---|\n{table}\n\n![losses](losses.svg)\n"
    )


def _early(result: Mapping[str, Any]) -> str:
    return ", stopped early" if result["stopped_early"] else ""


def _losses(result: Mapping[str, Any]) -> str:
    if result["eval_loss"] is None:
        return "not measured: there was nothing to validate with"
    return f"{result['base_eval_loss']:.4f} before, {result['eval_loss']:.4f} after"


def _examined(place: Place) -> str:
    """The examiner's own page, where there has been an examination."""
    page = place.examination.with_suffix(".md")
    return page.read_text(encoding="utf-8") if page.exists() else ""


def _recipe(plan: Mapping[str, Any]) -> str:
    said = json.dumps({**plan["recipe"], "versions": plan["versions"]}, indent=1)
    return f"## The whole recipe\n\n```json\n{said}\n```\n"


def _limits() -> str:
    return (
        "## Limits\n\n"
        "The inner life that this adapter shows was written by a teacher model from passages of "
        "books. A model tuned on it talks as if it had experiences; that is no evidence that it "
        "has any. Do not present it to anyone as a being that does.\n"
    )
