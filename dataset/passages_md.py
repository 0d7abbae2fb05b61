"""Passages as a page of Markdown that a person writes and corrects: `passages.md`, out and in.

Written by hand it needs no more than a heading and the text; what else is there is understood.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from corpus.passage import Passage
from inscape.errors import InscapeError

EXAMPLE = 'Write "## PASSAGE 1: title", then the text between two lines of """'

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<words>.+?)[ \t]*#*[ \t]*$")
_NUMBERED = re.compile(
    r"^[*_]*(?:passage|excerpt|highlight)\b[ \t#]*(?P<number>\d+)?[*_]*[ \t]*[:.)–—-]*[ \t]*"
    r"(?P<title>.*?)[*_]*$",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"^(?P<number>\d+)[ \t]*[:.)–—-]+[ \t]*(?P<title>.*)$")
_FIELD = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?[*_]{0,3}(?P<name>core phenomenology|phenomenology|core|phenomena|"
    r"phenomenon|(?:applicable |suitable |fitting )?templates?|source|location|text|passage|"
    r"chapter|book|pages?|id|notes?)[*_]{0,3}[ \t]*:[*_]{0,3}[ \t]*(?P<value>.*)$",
    re.IGNORECASE,
)
_QUOTES = re.compile(r'^[ \t]*("{3,}|“{3}|”{3}|\'{3}|`{3,}|~{3,})[a-z]*[ \t]*(.*)$')
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_META = re.compile(r"(\w+)=(\"[^\"]*\"|\S+)")
_RULE = re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$")
_KIND = re.compile(r"^[a-z]+(-[a-z]+)*$")
_ITEM = re.compile(r"^[ \t]*(?:[-*+•]|\d)")
_SPAN = re.compile(r"\b(\d+)[ \t]*(?:-|–|to)[ \t]*(\d+)\b")
_CLOSING = {'"': '"', "“": "”", "”": "”", "'": "'", "`": "`", "~": "~"}
_WIDEST_SPAN = 50
_ANY = {"all", "any", "all of them", "all templates", "any template"}


class Highlight(NamedTuple):
    """A passage somebody picked. `templates` and `phenomena` are as written: id, number or name."""

    number: int
    title: str
    text: str
    core: str = ""
    phenomena: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    id: str = ""
    book: str = ""
    chapter: str = ""
    pages: tuple[int, int] | None = None
    richness: float | None = None


def highlight(
    passage: Passage,
    *,
    number: int,
    core: str = "",
    phenomena: Sequence[str] = (),
    templates: Sequence[str] = (),
    richness: float | None = None,
) -> Highlight:
    """A passage of a book as an entry of the page; its title is its first words."""
    return Highlight(
        number=number,
        title=_opening(passage.text),
        text=passage.text,
        core=core,
        phenomena=tuple(phenomena),
        templates=tuple(templates),
        id=passage.id,
        book=passage.title,
        chapter=passage.chapter,
        pages=(passage.page_start, passage.page_end) if passage.page_start else None,
        richness=richness,
    )


def write_passages(highlights: Iterable[Highlight]) -> str:
    """The page. What `read_passages` reads back is equal, entry by entry."""
    head = (
        "# Passages\n\nOne passage a heading. Change, add and remove as you like: whatever stands "
        "here is taken before what the scout finds.\n"
    )
    return "\n".join([head, *(_entry(one) for one in highlights)])


def read_passages(text: str, *, name: str = "passages.md") -> list[Highlight]:
    """What is on the page, written by us or by hand. Entries without a text are passed over."""
    found = [one for one in _entries(text.replace("\r\n", "\n").lstrip("\ufeff")) if one.text]
    if not found:
        raise InscapeError(f"There is no passage in {name!r}", hint=EXAMPLE)
    return found


def read_scored(text: str, *, name: str) -> list[Highlight]:
    """Passages to be rated: `passages.md`, or JSON lines with `text` and an optional `id`."""
    bare = text.lstrip("\ufeff \t\r\n")
    if not bare.startswith("{"):
        return read_passages(text, name=name)
    lines = text.lstrip("\ufeff").splitlines()
    rows = [(at, line) for at, line in enumerate(lines, 1) if line.strip()]
    return [_from_json(line, number, f"{name}:{at}") for number, (at, line) in enumerate(rows, 1)]


def _from_json(line: str, number: int, place: str) -> Highlight:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise InscapeError(f"{place}: not JSON: {error}", hint='One {"text": "…"} a line') from None
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise InscapeError(
            f'{place}: there is no text under "text": {line[:80]!r}',
            hint='Each line needs {"text": "…"} and may have an "id"',
        )
    given = row.get("id")
    title = str(row.get("title") or "")
    return Highlight(number, title, text, id="" if given is None else str(given))


def _entry(one: Highlight) -> str:
    fence = '"' * max(3, 1 + max((len(run) for run in re.findall('"+', one.text)), default=0))
    facts = {"id": one.id, "book": one.book, "chapter": one.chapter}
    if one.pages:
        facts["pages"] = f"{one.pages[0]}-{one.pages[1]}"
    if one.richness is not None:
        facts["richness"] = f"{one.richness:.3f}"
    meta = " ".join(f"{key}={_quoted(value)}" for key, value in facts.items() if value)
    lines = [f"## PASSAGE {one.number}: {one.title}".rstrip(" :")]
    lines += [f"<!-- {meta} -->"] if meta else []
    kinds = ", ".join(one.phenomena)
    lines += ["", f"**Core phenomenology:** {one.core or kinds}".rstrip()]
    lines += [f"**Phenomena:** {kinds}"] if one.core and kinds else []
    lines += ["", fence, one.text, fence, ""]
    lines += [f"**Applicable templates:** {', '.join(one.templates)}".rstrip(), ""]
    return "\n".join(lines)


def _quoted(value: str) -> str:
    plain = re.sub(r'["\n]|--+>?', " ", value).strip()
    return f'"{plain}"' if re.search(r"\s", plain) else plain


def _opening(text: str, most: int = 6) -> str:
    words = text.split()
    return " ".join(words[:most]).strip("“”\"'‘’,;:—*_#") + ("…" if len(words) > most else "")


class _Section(NamedTuple):
    number: int | None
    title: str
    lines: list[str]


def _entries(text: str) -> Iterator[Highlight]:
    number = 0
    for section in _sections(text):
        number = section.number if section.number is not None else number + 1
        yield _read_section(section, number)


def _sections(text: str) -> list[_Section]:
    """Headings that say PASSAGE part the page; where none does, every heading may."""
    heads = list(_heads(text.split("\n")))
    said = [head for head in heads if head[2]]
    chosen = said or heads
    lines = text.split("\n")
    ends = [at for at, *_ in chosen[1:]] + [len(lines)]
    if not chosen:
        return [_Section(None, "", lines)] if _has_quote(lines) else []
    return [
        _Section(number, title, lines[at + 1 : end])
        for (at, number, _, title), end in zip(chosen, ends, strict=True)
    ]


def _heads(lines: Sequence[str]) -> Iterator[tuple[int, int | None, bool, str]]:
    """Line, number, whether it says PASSAGE, title: of every heading outside a quoted text."""
    inside = ""
    for at, line in enumerate(lines):
        fence = _QUOTES.match(line)
        if fence and (not inside or _closes(line, inside)):
            inside = "" if inside or _closes(fence[2], fence[1]) else fence[1]
        elif not inside and (heading := _HEADING.match(line)):
            words = heading["words"]
            said = _NUMBERED.match(words)
            plain = said or _PLAIN_NUMBER.match(words)
            number = int(plain["number"]) if plain and plain["number"] else None
            yield at, number, said is not None, (plain["title"] if plain else words).strip()


def _closes(line: str, fence: str) -> bool:
    return line.rstrip().endswith(_CLOSING[fence[0]] * len(fence))


def _has_quote(lines: Sequence[str]) -> bool:
    return any(_QUOTES.match(line) for line in lines)


def _read_section(section: _Section, number: int) -> Highlight:
    body = "\n".join(section.lines)
    meta = dict(_META.findall(" ".join(_COMMENT.findall(body))))
    facts = {key: value.strip('"') for key, value in meta.items()}
    quoted, rest = _quoted_text(_COMMENT.sub("", body).split("\n"))
    fields, loose = _fields(rest)
    core = fields.get("core phenomenology") or fields.get("phenomenology") or fields.get("core", "")
    kinds = tuple(_listed(fields.get("phenomena") or fields.get("phenomenon", "")))
    if not kinds and all(_KIND.match(one) for one in _listed(core)):
        core, kinds = "", tuple(_listed(core))
    pages = [int(page) for page in re.findall(r"\d+", facts.get("pages", ""))]
    return Highlight(
        number=number,
        title=section.title,
        text=quoted or fields.get("text", "") or fields.get("passage", "") or loose,
        core=core,
        phenomena=kinds,
        templates=_templates(fields.get("templates", "")),
        id=facts.get("id", fields.get("id", "")),
        book=facts.get("book", fields.get("book", "")),
        chapter=facts.get("chapter", fields.get("chapter", "")),
        pages=(pages[0], pages[-1]) if pages else None,
        richness=float(facts["richness"]) if _is_number(facts.get("richness", "")) else None,
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def _quoted_text(lines: Sequence[str]) -> tuple[str, list[str]]:
    """The text between the first pair of fences (else the block quote), and the lines around it."""
    for at, line in enumerate(lines):
        opening = _QUOTES.match(line)
        if opening is None:
            continue
        fence, first = opening[1], opening[2]
        if first and _closes(first, fence):
            return first.rstrip()[: -len(fence)].strip(), [*lines[:at], *lines[at + 1 :]]
        ends = (end for end in range(at + 1, len(lines)) if _closes(lines[end], fence))
        end = next(ends, len(lines))
        last = lines[end].rstrip()[: -len(fence)] if end < len(lines) else ""
        inside = [first, *lines[at + 1 : end], last]
        return "\n".join(inside).strip(), [*lines[:at], *lines[end + 1 :]]
    quoted = [re.sub(r"^[ \t]*> ?", "", line) for line in lines if re.match(r"^[ \t]*>", line)]
    return "\n".join(quoted).strip(), [line for line in lines if not re.match(r"^[ \t]*>", line)]


def _fields(lines: Sequence[str]) -> tuple[dict[str, str], str]:
    """Named fields (a value may go on below its name), and whatever stands loose."""
    fields: dict[str, list[str]] = {}
    loose: list[str] = []
    into = loose
    for line in lines:
        field = _FIELD.match(line)
        if field:
            name = field["name"].lower()
            into = fields.setdefault("templates" if "template" in name else name, [])
            into.append(field["value"].strip())
            continue
        ended = any(into) and (not line.strip() or into is fields.get("templates"))
        if ended and not _ITEM.match(line):
            into = loose
        if not _RULE.match(line):
            into.append(line.strip())
    values = {name: " ".join(filter(None, value)) for name, value in fields.items()}
    return values, _paragraphs(loose)


def _paragraphs(lines: Sequence[str]) -> str:
    blocks = re.split(r"\n{2,}", "\n".join(lines).strip())
    return "\n".join(" ".join(block.split()) for block in blocks if block.strip())


def _listed(value: str) -> Iterator[str]:
    for part in re.split(r"[,;/&+]|\band\b|(?:^|\s)[-*•]\s", value):
        name = part.strip(" \t.*_`#()[]\"'“”")
        if name:
            yield name


def _templates(value: str) -> tuple[str, ...]:
    """`1, 2, 4`, `1-3`, `Templates 1 and 4`, `monologue, meta-awareness`: each once, in order.

    Saying that all fit is the same as saying nothing.
    """
    spread = _SPAN.sub(_counted, value)
    names = (re.sub(r"^(?:templates?|nos?\.?)\s+", "", one, flags=re.I) for one in _listed(spread))
    found = (re.split(r"\s*[:(–—]\s*|\.\s+", one)[0] for one in names)
    return tuple(dict.fromkeys(one for one in found if one and one.casefold() not in _ANY))


def _counted(span: re.Match[str]) -> str:
    first, last = int(span[1]), int(span[2])
    if not first <= last < first + _WIDEST_SPAN:
        return span[0]
    return ", ".join(str(number) for number in range(first, last + 1))
