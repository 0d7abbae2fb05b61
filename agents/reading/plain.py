"""Replies that are no JSON: YAML, bold labels, headings, tags, a transcript."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from agents.reading.names import INPUT, INSTRUCTION, LIST, OUTPUT, kind_of_role, plain

_KNOWN = (*INSTRUCTION, *INPUT, *OUTPUT, *LIST)
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*\n(.*?)\n[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_YAML_KEY = re.compile(r"^(\s*)(?:- )?[\"']?([A-Za-z][\w ]{0,30})[\"']?\s*:(?:\s|$)")
_NAME = r"(?P<name>[A-Za-z][A-Za-z ()0-9]{0,24}?)"
_LABELS = (
    re.compile(rf"[ \t]*#{{1,6}}[ \t]*\**{_NAME}\**[ \t]*:?\**[ \t]*(?P<rest>)$"),
    re.compile(
        rf"[ \t]*(?:[-*][ \t]+)?(?P<b>\*\*|__){_NAME}[ \t]*:?[ \t]*(?P=b)[ \t]*:?(?P<rest>.*)$"
    ),
    re.compile(rf"[ \t]*{_NAME}[ \t]*:(?P<rest>.*)$"),
)
_TAGGED = re.compile(r"<([a-z_]{2,20})>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"```|\\[n\"]|[\"'”]\s*,\s*$|^\s*[}\]],?\s*$", re.MULTILINE)
"""Signs that the lines are those of a structure, with its escapes and commas."""

_MANGLED = re.compile(
    r"^\W*(?:#+ ?|\*\*)?(?:instruction|input|output)\b\W*$|^\s*#|^\W*\*\*", re.M | re.I
)
"""A label that is none any more, inside a text before the last."""

_ENDED = re.compile(r"\s|[\w\"' -]+:\s*([\"']).*\1\s*$")
"""The last line of a YAML text whose end is certain: indented, or in quotes as a whole."""

_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*$", re.MULTILINE)
_ASIDE = re.compile(
    r"""\A[\W_]*(?:
        let\s+me\s+know | would\s+you\s+like | do\s+you\s+want\s+me | shall\s+i | should\s+i
      | i\s+hope\s+(?:this|that|it) | feel\s+free | if\s+you(?:['’]d|\s+would)\s+like
      | i(?:['’]ve|\s+have)?\s+(?:kept|tried|wrote|written|used|chose|avoided|aimed|made\s+sure)
      | notes?\b | this\s+(?:example|monologue|response|conversation|version|piece|reply)
      | here(?:['’]s|\s+is) | the\s+(?:example|monologue|conversation)\s+(?:above|is|stays|keeps)
      | want\s+me\s+to | happy\s+to | word\s+count | \(?\d{2,4}\s+words
    )""",
    re.IGNORECASE | re.VERBOSE,
)


class Block(NamedTuple):
    """Text that may hold an example without JSON; `closed` when something ends it for certain."""

    text: str
    closed: bool


def blocks(text: str) -> Iterator[Block]:
    """What is fenced, then what is not."""
    for fenced in _FENCE.finditer(text):
        yield Block(fenced[1], True)
    yield Block(text, False)


def readings(text: str) -> Iterator[tuple[Any, bool]]:
    """Structures made of plain text, each with whether its end is known."""
    for block in blocks(text):
        for reader in (_members, _yaml, _tagged, _labelled):
            value, closed = reader(block.text)
            if value:
                yield value, block.closed or closed


def _members(text: str) -> tuple[Any, bool]:
    """`"instruction": "…", "output": "…"` without the braces around."""
    from agents.reading.loose import Confused, read_loose

    start = re.match(r"\s*[\"“]([\w ]{3,30})[\"”]\s*:", text)
    if start is None or plain(start[1]) not in _KNOWN:
        return None, False
    try:
        found = read_loose("{" + text.rstrip().rstrip(",") + "}", 0)
    except Confused:
        return None, False
    return found.value, True


def _yaml(text: str) -> tuple[Any, bool]:
    """`BaseLoader` makes strings of everything: no dates, no booleans, no objects."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if _is_key(line)]
    if not starts:
        return None, False
    end = _end_of_yaml(lines, starts[0])
    own = [line for line in lines[starts[0] : end] if line.strip()]
    rest = [line for line in lines[end:] if line.strip()]
    if rest and not (_ENDED.match(own[-1]) and not any(line[0].isspace() for line in rest)):
        return None, False  # what follows may be the rest of the last text
    try:
        value = yaml.load("\n".join(lines[starts[0] : end]), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None, False
    return (value if isinstance(value, dict | list) else None), False


def _is_key(line: str) -> bool:
    key = _YAML_KEY.match(line)
    return key is not None and plain(key[2]) in _KNOWN


def _end_of_yaml(lines: list[str], start: int) -> int:
    """The first line that is neither deeper nor another key: prose, a rule, a fence."""
    first = _YAML_KEY.match(lines[start])
    depth = len(first[1]) if first else 0
    for number in range(start + 1, len(lines)):
        line = lines[number]
        indent = len(line) - len(line.lstrip())
        if (
            line.strip()
            and indent <= depth
            and not re.match(r"\s*(- |[\"']?[\w ]+[\"']?\s*:)", line)
        ):
            return number
    return len(lines)


def _tagged(text: str) -> tuple[Any, bool]:
    """`<instruction>…</instruction>`: tags say where a text ends, but not where a talk does."""
    found = [(tag[1], tag[2]) for tag in _TAGGED.finditer(text)]
    keys = {plain(name): part for name, part in found if plain(name) in _KNOWN}
    if set(keys) & set(INSTRUCTION) and set(keys) & set(OUTPUT):
        return keys, True
    return (None if "<" in _TAGGED.sub("", text) else _talk(found)), False


def _labelled(text: str) -> tuple[Any, bool]:
    """`**Output:**`, `## Output`, `Human: …`: each part runs to the next label or a rule."""
    ruled = False
    parts: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        label = _label(line)
        if label is not None:
            parts.append((label[0], [label[1]]))
        elif parts and _RULE.match(line):
            ruled = True
            if _ends_all(parts):
                break
        elif parts:
            parts[-1][1].append(line)
    told = [(name, "\n".join(lines).strip()) for name, lines in parts]
    return (_structure(told) if told and not _in_doubt(told) else None), ruled


def _in_doubt(told: list[tuple[str, str]]) -> bool:
    """Whether a text may hold more than its own words: an aside, code, a damaged label."""
    texts = [text for _, text in told]
    aside = _ASIDE.match(texts[-1].rpartition("\n\n")[2]) is not None
    return aside or any(map(_CODE.search, texts)) or any(map(_MANGLED.search, texts[:-1]))


def _ends_all(parts: list[tuple[str, list[str]]]) -> bool:
    return plain(parts[-1][0]) in OUTPUT or kind_of_role(parts[-1][0]) == "assistant"


def _label(line: str) -> tuple[str, str] | None:
    """A known name as a label: a heading, bold, or with a colon."""
    for form in _LABELS:
        match = form.match(line)
        if match and (plain(match["name"]) in _KNOWN or kind_of_role(match["name"])):
            return match["name"], match["rest"].strip()
    return None


def _structure(told: list[tuple[str, str]]) -> Mapping[str, Any] | None:
    names = [plain(name) for name, _ in told]
    if any(name in INSTRUCTION for name in names) and any(name in OUTPUT for name in names):
        if len(set(names)) < len(names):
            return None
        return {name: _unquoted(text) for name, (_, text) in zip(names, told, strict=True)}
    return _talk(told)


def _talk(told: list[tuple[str, str]]) -> Mapping[str, Any] | None:
    sides = ("user", "assistant")
    said = [{"from": name, "value": text} for name, text in told if kind_of_role(name) in sides]
    return {"conversations": said} if len(said) > 1 else None


def _unquoted(text: str) -> str:
    """A label's text may stand in quotes, as one block of quotation, or be a mark of YAML."""
    if re.match(r"[|>][-+]?\s*$", text.partition("\n")[0]):
        return ""
    if text and all(
        not line.strip() or line.lstrip().startswith(">") for line in text.splitlines()
    ):
        return "\n".join(re.sub(r"^\s*> ?", "", line) for line in text.splitlines())
    pairs = {'"': '"', "“": "”"}
    whole = len(text) > 1 and pairs.get(text[0]) == text[-1] and text.count(text[0]) < 3
    return text[1:-1] if whole else text
