"""Thinking inside a tag, so that what was written can be read back to the letter."""

import re

from dataset.example import Parts, Turn

_LEFT_OVER = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)


def join(turn: Turn, tag: str) -> str:
    """`<tag>thinking</tag>` and the answer below it.

    An answer that itself begins with the tag gets an empty thought in front, and a closing tag
    inside a thought is written as an entity: otherwise the border could not be found again.
    """
    thinking = turn.thinking or ""
    if not thinking and not turn.content.lstrip().startswith(f"<{tag}>"):
        return turn.content
    safe = _entity(tag).sub(rf"&amp;\1lt;/{tag}&gt;", thinking)
    safe = safe.replace(f"</{tag}>", f"&lt;/{tag}&gt;")
    return f"<{tag}>{safe}</{tag}>\n{turn.content}"


def split(value: str, tag: str) -> Parts:
    """The reverse of `join`."""
    match = re.match(rf"\s*<{re.escape(tag)}>(.*?)</{re.escape(tag)}>\n?", value, re.DOTALL)
    if match is None:
        return Parts(None, value)

    def restored(found: re.Match[str]) -> str:
        amps = found[1]
        return f"&{amps[4:]}lt;/{tag}&gt;" if amps else f"</{tag}>"

    thinking = _entity(tag).sub(restored, match[1])
    return Parts(thinking or None, value[match.end() :])


def without(text: str) -> str:
    """The text with the tags that were left over in it taken out."""
    return _LEFT_OVER.sub(" ", text)


def _entity(tag: str) -> re.Pattern[str]:
    """The closing tag as an entity, and that entity written out: one `amp;` more each time."""
    return re.compile(rf"&((?:amp;)*)lt;/{re.escape(tag)}&gt;")
