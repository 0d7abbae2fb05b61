"""Template files as they are written: by hand elsewhere, or drafted by a model, made into ours."""

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from inscape.errors import PromptError
from inscape.files import replace_whole
from prompts.files import complain, read
from prompts.library import Library, read_template
from prompts.shapes import MARKER, Template

SLOT = "[PASTE_PASSAGE]"
_TITLE = re.compile(r"^\s*(?:#+\s*)?\*\*\s*TEMPLATE\s+(\d+)\s*:\s*(.+?)\s*\*\*\s*$", re.IGNORECASE)
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_BRACES = re.compile(r"\{\{|\{%|\{#")
_RANGE = r"(\d+)\s*(?:-|–|—|to)\s*(\d+)\s*"
_CONVERSATION = re.compile(r"conversation|dialogue|exchanges|\bturns?\b|\"from\"", re.IGNORECASE)
_MONOLOGUE = re.compile(r"monologue|\"instruction\"|\"output\"", re.IGNORECASE)


class Written(NamedTuple):
    """A template on its way to a file; `line` is where it stands in the file it came from."""

    head: dict[str, Any]
    body: str
    line: int = 1


def read_handmade(path: Path, library: Library) -> list[Written]:
    """The templates of a hand-made `elicitation_templates.md`.

    Each is a line `**TEMPLATE n: NAME**` and a fenced body with `[PASTE_PASSAGE]` where the passage
    goes. What the body asks for in words (length, turns, person, tense) becomes its requirements.
    Raises PromptError with file and line.
    """
    found: list[Written] = []
    taken = {one.number for one in library.templates}
    for line, name, body in _pieces(path):
        ours = _same(library, name)
        number = ours.number if ours else max(taken) + 1
        taken.add(number)
        head = {"id": ours.id if ours else slug(name, path, line), "number": number, "name": name}
        if any(one.head["id"] == head["id"] for one in found):
            complain(path, line, f"there are two templates {name!r}", "Give one another name")
        found.append(Written(head | _asked(body), body, line))
    if not found:
        complain(path, 1, "there is no template in it", "Begin one with **TEMPLATE 1: NAME**")
    return found


def slug(name: str, path: Path, line: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = "-".join(re.findall(r"[a-z0-9]+", plain))
    if not re.match(r"[a-z]", made):
        complain(path, line, f"no id can be made of the name {name!r}", "Begin it with a letter")
    return made


def as_file(one: Written) -> str:
    """The text of the file: front matter, instructions, and last the part with the passage."""
    head = yaml.safe_dump(one.head, sort_keys=False, allow_unicode=True, default_flow_style=None)
    before, _, after = one.body.partition(SLOT)
    stable, _, lead = before.rpartition("\n\n")
    parts = [_plain(stable), MARKER, _plain(lead), "{{ passage }}"]
    parts += [_plain(rest) for rest in after.split(SLOT)]
    return f"---\n{head}---\n" + "\n\n".join(part for part in parts if part) + "\n"


def check(written: Sequence[Written], folder: Path, *, force: bool) -> None:
    """Before anything is saved: all of them can be read, and none is in the way of another."""
    for one in written:
        target = _target(one, folder)
        if target.exists() and not force:
            raise PromptError(f"There is {target} already", hint="Replace it with --force")
        with tempfile.TemporaryDirectory(prefix="inscape-") as place:
            tried = Path(place, target.name)
            tried.write_text(as_file(one), encoding="utf-8")
            read_template(tried)


def save(one: Written, folder: Path) -> Template:
    target = _target(one, folder)
    folder.mkdir(parents=True, exist_ok=True)
    replace_whole(target, as_file(one).encode())
    return read_template(target)


def _target(one: Written, folder: Path) -> Path:
    return folder / f"{one.head['id']}.md"


def _pieces(path: Path) -> Iterator[tuple[int, str, str]]:
    lines = read(path).text.splitlines()
    titles = [at for at, line in enumerate(lines) if _TITLE.match(line)]
    for at, end in pairwise([*titles, len(lines)]):
        title = _TITLE.match(lines[at])
        assert title is not None
        yield at + 1, title[2], _fenced(path, lines, at, end)


def _fenced(path: Path, lines: list[str], title: int, end: int) -> str:
    """What stands between the first fence below the title and the one that closes it."""
    opened = next((n for n in range(title + 1, end) if _FENCE.match(lines[n])), None)
    if opened is None:
        complain(path, title + 1, "this template has no fenced body", "Put it between lines of ```")
    mark = _FENCE.match(lines[opened])
    assert mark is not None
    closed = next((n for n in range(opened + 1, end) if lines[n].strip() == mark[1]), None)
    if closed is None:
        complain(path, opened + 1, "this fence is never closed", f"Close it with {mark[1]}")
    body = "\n".join(lines[opened + 1 : closed]).strip()
    if SLOT not in body:
        complain(path, opened + 1, f"{SLOT} is not in this template", "Say where the passage goes")
    return body


def _same(library: Library, name: str) -> Template | None:
    return next((t for t in library.templates if t.name.casefold() == name.casefold()), None)


def _asked(body: str) -> dict[str, Any]:
    """Form and requirements, as far as the words of the body say them plainly."""
    needs: dict[str, Any] = {}
    talk, alone = bool(_CONVERSATION.search(body)), bool(_MONOLOGUE.search(body))
    form = "conversation" if talk and not alone else "monologue" if alone and not talk else "either"
    if words := re.search(_RANGE + r"words", body, re.IGNORECASE):
        needs["words"] = [int(words[1]), int(words[2])]
    turns = re.search(_RANGE + r"(turns|messages|exchanges)", body, re.IGNORECASE)
    if turns and form != "monologue":
        each = 2 if turns[3].lower() == "exchanges" else 1
        needs["turns"] = [each * int(turns[1]), each * int(turns[2])]
    if "<thinking>" in body and form == "conversation":
        needs["thinking"] = "required"
    if re.search(r"first[- ]person", body, re.IGNORECASE):
        needs["person"] = "first"
    if re.search(r"present[- ]tense", body, re.IGNORECASE):
        needs["tense"] = "present"
    return {"on": True, "form": form, "requirements": needs}


def _plain(text: str) -> str:
    """Braces that a person meant as braces stay braces."""
    text = text.strip()
    if not _BRACES.search(text):
        return text
    return f"{{% raw %}}{text}{{% endraw %}}"
