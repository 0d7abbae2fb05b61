"""One accepted example with everything that led to it: what an export writes and its manifest says."""

import hashlib
from dataclasses import dataclass
from typing import Any

from corpus.passage import Passage
from dataset.example import Example
from dataset.records import Verdict


@dataclass(frozen=True)
class Row:
    """`answer` is the person's word, empty when only the critic has spoken; `usd` None: unknown."""

    id: str
    example: Example
    passage: Passage
    template_id: str
    template_version: str
    teacher: str = ""
    verdict: Verdict | None = None
    answer: str = ""
    by: str = ""
    phenomena: tuple[str, ...] = ()
    usd: float | None = None
    rehearsal: bool = False

    def provenance(self) -> dict[str, Any]:
        """Everything but the texts themselves."""
        return {
            "id": self.id,
            "rehearsal": self.rehearsal,
            "template": {"id": self.template_id, "version": self.template_version},
            "passage": passage_origin(self.passage),
            "phenomena": list(self.phenomena),
            "teacher": self.teacher,
            "critic": critic_word(self.verdict),
            "human": {"answer": self.answer, "by": self.by} if self.answer else None,
            "usd": self.usd,
        }


def passage_origin(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "book": passage.book,
        "title": passage.title,
        "chapter": passage.chapter,
        "page_start": passage.page_start,
        "page_end": passage.page_end,
        "start": passage.start,
        "end": passage.end,
        "sha256": hashlib.sha256(passage.text.encode("utf-8", "replace")).hexdigest(),
    }


def critic_word(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "verdict": verdict.ruling,
        "scores": {score.question: score.score for score in verdict.scores},
        "defects": [defect.code for defect in verdict.defects],
        "nearest": verdict.nearest._asdict() if verdict.nearest else None,
        "judges": list(verdict.judges),
    }
