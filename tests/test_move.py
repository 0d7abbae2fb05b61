"""Moving a project to a server and back: every row, one moment, and the source as it was."""

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from dataset.records import Decision
from inscape.errors import ProjectError, SettingsError
from inscape.project import Project
from inscape.rewriting import with_setting
from inscape.settings import TEMPLATE, write_template
from memory.catalogue import Filter
from memory.ledger import Recorded
from memory.moving import _keep_still
from memory.store import Store
from memory.tables import Base
from tests.memory_parts import book, drafted, escalated, example, passage, planned, vector
from tests.runs import Ended, Inscape
from tests.stores import PASSWORD, Cluster, Place

WORDS = "lone \ud800 half, NUL \0, é, 漢, 🜁"


@pytest.fixture
def inhabited(tmp_path: Path) -> Project:
    """A project in which everything that a store can hold has happened."""
    project = Project(tmp_path / "project")
    project.create()
    write_template(project)
    with Store.of(project) as store:
        drafts = escalated(store, 6)
        store.decide(Decision(example_id=drafts[0], answer="accept", by="ann"))
        edited = example(70)
        said = Decision(example_id=drafts[1], answer="edit", by="ann")
        store.decide(said, edited=edited, vector=vector(9))
        store.decide(Decision(example_id=drafts[2], answer="reject", by="bob", reason=WORDS))
        store.undo(of="bob")
        store.ledger.sent("k", spec="m", purpose="teach", request={"words": WORDS})
        store.ledger.answered("k", Recorded(WORDS, usd=0.1, output_tokens=3))
        store.set_ratings({passage(0).id: (0.5, ("dread",), ("monologue",))})
        store.add_book(book(), embedder="bundled", vectors={passage(0).id: vector(3)})
        store.remember("anything", {"of": [1, None, WORDS]})
    return project


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    name = cluster.database("template0")
    yield cluster.url_by_tcp(name)
    cluster.drop(name)


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store._reading() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
        }


def moved(project: Project, to: str) -> Ended:
    return Inscape(project.root)("move", "--to", to, "--json")


def test_a_project_goes_to_a_server_and_back_and_nothing_is_different(
    inhabited: Project, database: str
) -> None:
    with Store.of(inhabited) as store:
        before = rows(store)
    there = moved(inhabited, database)
    assert there.code == 0, there.err
    assert there.json["rows"] == {name: len(found) for name, found in before.items()}
    with Store.open(database) as store:
        assert rows(store) == before
        assert store.count(Filter(text="awake")) == 6
        assert store.check() == []
        added = planned_more(store)
        after = rows(store)
    back = moved(inhabited, "back.db")
    assert back.code == 0, back.err
    with Store.open(inhabited.root / "back.db") as store:
        assert rows(store) == after
        assert store.check() == []
        assert store.assignment(added).status == "planned"
    with Store.open(inhabited.root / "memory.db") as store:
        assert rows(store) == before  # nobody touched the first one


def planned_more(store: Store) -> str:
    """What comes after a move takes numbers that nothing has."""
    store.add_passages([passage(40)])
    (key, *_) = planned(store, 1, template="continuity")
    (draft,) = drafted(store, [key])
    store.note("later")
    assert store.why(draft)["id"] == draft
    return key


def test_the_settings_name_the_new_store_and_keep_everything_else(
    inhabited: Project, database: str
) -> None:
    before = inhabited.settings_file.read_text(encoding="utf-8")
    said = moved(inhabited, database)
    assert PASSWORD not in said.out + said.err
    after = inhabited.settings_file.read_text(encoding="utf-8")
    assert tomllib.loads(after) == tomllib.loads(before) | {"store": database}
    assert after.replace(f"store = {json.dumps(database)}\n", "") == before
    assert inhabited.settings_file.stat().st_mode & 0o077 == 0  # a password is in it now
    runs = Inscape(inhabited.root)
    assert runs("status", "--json").json["accepted"] == 2
    checks = {one["name"]: one for one in runs("doctor", "--json").json["checks"]}
    assert checks["store"]["state"] == "ok" and "127.0.0.1" in checks["store"]["detail"]
    assert PASSWORD not in str(checks)


def test_a_store_that_holds_anything_is_not_moved_to(inhabited: Project, database: str) -> None:
    settings = inhabited.settings_file.read_text(encoding="utf-8")
    with Store.open(database) as store:
        store.add_book(book())
    for target, held in ((database, "1 books"), ("memory.db", "6 passages")):
        refused = moved(inhabited, target)
        assert refused.code == 1
        assert "not empty" in refused.err and held in refused.err
    assert inhabited.settings_file.read_text(encoding="utf-8") == settings


def test_what_cannot_be_copied_whole_is_not_copied_at_all(
    places: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    with places().open() as one, places().open() as two:
        escalated(one, 3)
        monkeypatch.setattr("memory.moving.renumber", _lose_one)
        with pytest.raises(ProjectError, match="2 of 3 rows of 'verdicts' arrived"):
            one.copy_to(two)
        assert rows(two)["passages"] == []
        monkeypatch.undo()
        assert one.copy_to(two)["verdicts"] == 3
        assert rows(two) == rows(one)


def _lose_one(there: Connection) -> None:
    there.exec_driver_sql("DELETE FROM verdicts WHERE number = 3")


def test_nobody_writes_while_rows_are_copied(places: Callable[..., Place]) -> None:
    source = places()
    with source.open() as one, source.open(patience=0.3) as another, places().open() as two:
        escalated(one, 2)
        with one._writing() as here:
            _keep_still(here)
            with pytest.raises(ProjectError, match="held by another"):
                another.note("meanwhile")
            assert another.counts().escalated == 2
        another.note("after")
        assert one.copy_to(two)["events"] == len(one.events())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'store = "x"\n'),
        ("target = 5", 'target = 5\nstore = "x"\n'),
        ("# store = 1 # why\n[limits]\nqueue = 5\n", None),
        ("store = 'a'  # ours\ntarget = 5\n[export]\nseed = 1\n", None),
        ('[train]\nbase = "store"\n', 'store = "x"\n[train]\nbase = "store"\n'),
    ],
)
def test_one_setting_is_written_and_the_rest_of_the_file_kept(
    before: str, after: str | None
) -> None:
    text = with_setting(before, "store", "x")
    assert tomllib.loads(text) == tomllib.loads(before) | {"store": "x"}
    assert after is None or text == after
    assert {line for line in before.splitlines() if "#" in line and "ours" not in line} <= {
        *text.splitlines()
    }
    assert ("# ours" in before) == ("# ours" in text)
    assert with_setting(text, "store", "x") == text
    assert TEMPLATE.splitlines()[0] in with_setting(TEMPLATE, "store", "x")


def test_a_file_written_too_oddly_is_left_to_its_owner() -> None:
    with pytest.raises(SettingsError, match="'store'"):
        with_setting('store = """\nfile\n"""\n', "store", "x")
