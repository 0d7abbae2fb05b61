"""What the critic can find: every defect code, what it says and how it is mended."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agents.critic.data import load
from dataset.records import Defect

_ENTRIES: Mapping[str, Mapping[str, str]] = load("codes.yaml") | load("phrases.yaml")

CODES: Mapping[str, str] = MappingProxyType({code: e["says"] for code, e in _ENTRIES.items()})
"""Every code with one line of explanation."""

JUDGED = (
    "explains",
    "problem-solving",
    "no-uncertainty",
    "tidy-resolution",
    "certainty-claim",
    "flat-denial",
    "off-passage",
    "incoherent-voice",
    "emotional-reset",
    "thinking-equals-response",
    "slop",
)
"""What a judge may name. The last three the checks find as well where they are plain."""


def mending(defects: Iterable[Defect]) -> str:
    """Advice for the writer, a line for each kind of defect."""
    codes = dict.fromkeys(defect.code for defect in defects)
    return "\n".join(_ENTRIES[code]["mend"] for code in codes if code in _ENTRIES)
