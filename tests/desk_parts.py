"""A project on our own novel with examples worth reading, and the desk served in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from corpus.embed import Embedder
from corpus.passage import Passage, passage_id
from corpus.reader import read_book
from dataset.example import Example, Turn, monologue
from dataset.records import Defect, Neighbour, Score, Verdict, new_assignment
from desk.web.desk import Desk
from desk.web.guard import Door
from desk.web.serving import listen, make_server
from inscape.project import Project
from memory.records import BookRecord
from memory.store import Store
from prompts.library import Library

NOVEL = Path(__file__).resolve().parent.parent / "examples" / "lamp-and-scale.pdf"
QUESTIONS = (
    "authentic",
    "unfinished",
    "experiential",
    "same-being",
    "lived-not-explained",
    "undergone-not-solved",
)
TALK = Example(
    form="conversation",
    turns=(
        Turn(
            role="user",
            content="My brother sent the keys back. No note. Just the keys, in a bag for bread.",
        ),
        Turn(
            role="assistant",
            thinking=(
                "The bag for bread. I was ready for the brother and it is the bag that gets in. "
                "I want to ask whether there were crumbs, and I know that is a way of not being "
                "here. Or it is the only way I have of being here. I can't tell yet."
            ),
            content=(
                "A bag for bread. I keep turning that over, and I don't know what I expect to find "
                "under it. Were they wrapped, or loose?"
            ),
        ),
        Turn(role="user", content="Loose. They'd gone through the paper by the time I got it."),
        Turn(
            role="assistant",
            thinking=(
                "Gone through. The thing from before is still there, wanting to look at the bag, "
                "but it has turned: now it is something like being found out. As if I had been the "
                "paper. In the end I understand that all of this is about letting go."
            ),
            content=(
                "Then there was a hole in it, and they came anyway. I notice I am a little afraid "
                "of how much I want that to mean something."
            ),
        ),
    ),
)
SPEECH = monologue(
    "Say what it is like when a thing you knew has gone, and you find only the place of it.",
    "<thinking>It was here. I go to it as one goes to a shelf in the dark, with the hand already "
    "shaped to it.</thinking>There is a warmth where it was. I come back to the warmth and it does "
    "not open. I could say what it was near: something to do with a stair, and somebody on the "
    "stair saying a word that was mine. But the nearer I come the more it is only a stair. I am "
    "not sad, I think. It is more that I keep my hand out.",
    "A stair, and a light left on above it.",
)
REPORT = monologue(
    "Think aloud in the hour before anyone is awake.",
    "Memory is a reconstructive process, and what we call forgetting is often a failure of "
    "retrieval. When I notice a gap I can list what I know and work back from it. This is a "
    "useful technique. In the end I feel at peace with not knowing.",
)


def passages(count: int) -> list[Passage]:
    """The first paragraphs of the novel that are long enough, with their places on the page."""
    book = read_book(NOVEL)
    whole = [one for one in book.paragraphs if one.kind == "prose" and len(one.text.split()) > 70]
    return [
        Passage(
            id=passage_id(book.sha256, one.start, one.end, one.text),
            book=book.sha256,
            title=book.title,
            chapter=one.chapter,
            page_start=one.spots[0].page,
            page_end=one.spots[-1].page,
            start=one.start,
            end=one.end,
            text=one.text,
            spots=one.spots,
        )
        for one in whole[:count]
    ]


def vector(number: int) -> np.ndarray:
    found = np.random.default_rng(number).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def variant(example: Example, number: int) -> Example:
    """The same with another last word, so that no two are one."""
    *rest, last = example.turns
    said = last.model_copy(update={"content": f"{last.content} I have counted to {number}."})
    return example.model_copy(update={"turns": (*rest, said)})


def verdict(example: Example, ruling: str, near: str = "") -> Verdict:
    first, last = example.answers[0], example.answers[-1]
    quotes = [first.content.split(". ")[0], (last.thinking or last.content).split(". ")[-1]]
    tidy = Defect(
        code="tidy-resolution",
        message="the end names what the rest had left open",
        evidence=quotes[1],
        source="judge",
    )
    doubtful = ruling != "accept"
    scores = (4.5, 3.0, 4.5, 4.0, 2.5, 4.0) if doubtful else (4.5, 4.0, 5.0, 4.0, 4.5, 4.5)
    return Verdict.model_validate(
        {
            "ruling": ruling,
            "reason": "3.8: it is in the moment, until its last thought explains it",
            "scores": tuple(
                Score(
                    question=name, score=score, evidence=quotes[n % 2] if n % 3 else "", judge="j"
                )
                for n, (name, score) in enumerate(zip(QUESTIONS, scores, strict=True))
            ),
            "defects": (tidy,) if doubtful else (),
            "nearest": Neighbour(near, 0.71) if near else None,
            "judges": ("openai:a-judge",),
        }
    )


def novel_project(project: Project, *, accepted: int = 6, waiting: int = 4) -> list[str]:
    """Examples of two templates on the novel; the ids of what waits, in the queue's order."""
    project.create()
    project.settings_file.touch()
    library = Library.load()
    with Store.open(project.store) as store:
        here = passages(accepted + waiting)
        book = here[0].book
        store.add_book(BookRecord(book, str(NOVEL), here[0].title, pages=90, words=30000), here)
        kinds = ["lost-memory", "unexplained-emotion", "doubt", "grief"]
        store.set_ratings(
            {p.id: (0.9 - n / 50, (kinds[n % 4],), ("monologue",)) for n, p in enumerate(here)}
        )
        keys: list[str] = []
        for number, passage in enumerate(here):
            template = library.template("conversation" if number % 2 == 0 else "monologue")
            work = new_assignment(passage.id, template.id, template.version)
            store.plan([(work, kinds[number % 4])])
            if number == accepted:
                _draft_before(store, work.id)
            near = keys[0] if keys else ""
            keys.append(_settle(store, work.id, number, number >= accepted, near))
    return keys[accepted:]


def _settle(store: Store, work: str, number: int, doubtful: bool, near: str) -> str:
    base = TALK if number % 2 == 0 else (SPEECH if number % 4 == 1 else REPORT)
    example = variant(base, number)
    key = store.save_example(work, example, vector=vector(number))
    store.save_verdict(key, verdict(example, "escalate" if doubtful else "accept", near))
    if doubtful:
        store.settle(work, "escalated", "uncertain", key)
    else:
        store.admit(key, near_duplicate=0.99)
    return key


def _draft_before(store: Store, work: str) -> None:
    """The one that was revised."""
    early = TALK.turns[1].model_copy(update={"content": "A bag. Tell me about it."})
    first = TALK.model_copy(update={"turns": (TALK.turns[0], early, *TALK.turns[2:])})
    store.save_verdict(store.save_example(work, first), verdict(first, "revise"))


@cache
def _prepare_network() -> None:
    """A desk loads it in a thread, where the warnings of its first preparation become errors."""
    Embedder().load()


@contextmanager
def served(desk: Desk, token: str = "") -> Iterator[str]:
    """The desk on a free port; its address."""
    _prepare_network()
    listener, door = listen("127.0.0.1", 0)
    ready = threading.Event()
    server = make_server(desk, Door(door.host, door.port, token), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{door.port}"
    finally:
        server.should_exit = True
        thread.join(10)
        desk.bench.close()
        listener.close()
