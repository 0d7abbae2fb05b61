"""Prepared statements: the same transaction, types and words as any other statement."""

from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, update

from inscape.errors import ProjectError
from memory.prepared import Prepared
from memory.store import Store
from memory.tables import EventRow, MetaRow, PassageRow
from tests import memory_parts
from tests.memory_parts import planned

store = memory_parts.store

_EVENT = Prepared(
    insert(EventRow)
    .values({name: bindparam(name) for name in ("at", "kind", "subject", "who", "detail")})
    .returning(EventRow.number, EventRow.detail)
)
_META = Prepared(insert(MetaRow).values(key=bindparam("key"), value=bindparam("value")))
_READ = Prepared(select(MetaRow.value).where(MetaRow.key == bindparam("key")))
_MARK = Prepared(update(PassageRow).values(highlighted=bindparam("on")))
_MARKED = Prepared(select(PassageRow.highlighted, PassageRow.spots))


def test_json_and_truth_come_back_as_they_went(store: Store) -> None:
    planned(store, 2)
    detail = {"avoid": ["é", 'a "quoted" word'], "n": 1.5}
    with store._writing() as connection:
        row = _EVENT.row(connection, at="now", kind="k", subject="s", who="w", detail=detail)
        assert row is not None
        assert row[1] == detail
        assert _MARK.run(connection, on=True) == 2
        marked = _MARKED.rows(connection)
    assert [mark for mark, _ in marked] == [True, True]
    assert all(mark is True and isinstance(spots, list) for mark, spots in marked)


def test_what_no_database_stores_is_replaced(store: Store) -> None:
    with store._writing() as connection:
        _META.run(connection, key="user.odd", value="a\x00b\ud800c")
        assert _READ.scalar(connection, key="user.odd") == "a\ufffdb\ufffdc"


def test_it_is_undone_with_the_transaction(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store._writing() as connection:
        _META.run(connection, key="user.gone", value="1")
        assert _READ.scalar(connection, key="user.gone") == "1"
        raise ZeroDivisionError
    with store._reading() as connection:
        assert _READ.row(connection, key="user.gone") is None


def test_a_reader_sees_one_state_however_many_statements_it_takes(store: Store) -> None:
    with store._writing() as connection:
        _META.run(connection, key="user.now", value="before")
    change = Prepared(update(MetaRow).where(MetaRow.key == "user.now").values(value="after"))
    with store._reading() as reader:
        assert _READ.scalar(reader, key="user.now") == "before"
        with store._writing() as connection:
            change.run(connection)
        assert _READ.scalar(reader, key="user.now") == "before"
    with store._reading() as reader:
        assert _READ.scalar(reader, key="user.now") == "after"


def test_a_full_disk_is_said_in_the_persons_words(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path / "memory.db") as store,
        pytest.raises(ProjectError, match="disk is full"),
        store._writing() as connection,
    ):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        _META.run(connection, key="user.long", value="x" * 10_000_000)
