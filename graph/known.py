"""What never changes once it is written, looked up once: tasks and examples by their ids."""

from functools import lru_cache
from typing import NamedTuple

from corpus.passage import Passage
from dataset.records import Assignment
from memory.store import Store
from prompts.library import Library, Template

_KEPT = 512


class Task(NamedTuple):
    """What an assignment asks for."""

    assignment: Assignment
    phenomenon: str
    passage: Passage
    template: Template


class Known:
    """An example is asked for a dozen times on its way: as draft, exemplar, neighbour."""

    def __init__(self, store: Store, library: Library) -> None:
        self._store = store
        self._library = library
        self.example = lru_cache(_KEPT)(store.example)
        self.task = lru_cache(_KEPT)(self._task)

    def _task(self, assignment_id: str) -> Task:
        assigned = self._store.assignment(assignment_id)
        assignment = assigned.assignment
        passage = self._store.passage(assignment.passage_id)
        template = self._library.template(assignment.template_id)
        return Task(assignment, assigned.phenomenon, passage, template)
