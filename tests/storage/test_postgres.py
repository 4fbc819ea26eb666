"""What is PostgreSQL's own: broken connections, a read-only or full server, and plans that stay good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from connector.errors import StorageFull, Unavailable
from connector.storage import postgres
from connector.storage.contract import EventQuery, Query
from connector.storage.postgres import PostgresStore
from connector.storage.shapes import page_of
from connector.storage.suite.events import page
from connector.storage.suite.ground import change, create, get, ids, where
from connector.storage.suite.world import ADMIN, catalog, prepare

Sql = Callable[[str], None]


@pytest.fixture
def store(postgres_database: str) -> Iterator[PostgresStore]:
    made = PostgresStore(postgres_database)
    prepare(made)
    yield made
    made.close()


@pytest.fixture
def sql(postgres_database: str) -> Iterator[Sql]:
    """Execute something as the administrator of the database."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:

        def execute(text: str) -> None:
            connection.execute(text.encode())

        yield execute


KILL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'leadwire' AND datname = current_database()"""


def test_broken_connections_are_replaced(store: PostgresStore, sql: Sql) -> None:
    change(store, title="x")
    sql(KILL)
    assert get(store, "lead", 1) and change(store, title="y")[0].seq == 2


def test_a_connection_whose_prepared_statements_are_gone_is_replaced(store: PostgresStore) -> None:
    for number in range(8):
        change(store, title=f"x{number}")

    def forget(tx: Any) -> None:
        tx._session._link.connection.pgconn.exec_(b"DEALLOCATE ALL")

    store.transact(ADMIN, forget)
    assert change(store, title="y")[0].seq == 9 and (get(store, "lead", 1) or {})["title"] == "y"


def test_work_whose_connection_breaks_runs_again_and_counts_once(store: PostgresStore, sql: Sql) -> None:
    runs: list[int] = []

    def work(tx: Any) -> int:
        tx.update("lead", 1, {"score": tx.get("lead", 1)["score"] + 1})
        tx.insert("activity", {"lead_id": 1})
        runs.append(1)
        if len(runs) == 1:
            sql(KILL)
        return len(tx.find(Query(entity="activity", where=where(("lead_id", "eq", 1)))))

    found, events = store.transact(ADMIN, work)
    assert (len(runs), found, len(events), store.feed(1).newest) == (2, 2, 2, 2)
    assert (get(store, "lead", 1) or {})["score"] == 3.5


def test_a_read_only_server_reads_on_and_refuses_writes(store: PostgresStore, postgres_database: str) -> None:
    joint = "&" if "?" in postgres_database else "?"
    reader = PostgresStore(f"{postgres_database}{joint}options=-c%20default_transaction_read_only%3Don")
    reader.adopt(catalog())
    with pytest.raises(Unavailable):
        change(reader, title="x")
    assert ids(reader) == [1, 2, 3, 4] and page(reader, "lead.title") == []
    reader.close()


@pytest.mark.parametrize(
    ("state", "expected"), [("53100", StorageFull), ("57P03", Unavailable), ("55P03", Unavailable)]
)
def test_what_the_server_refuses_is_said_in_our_words(
    store: PostgresStore, sql: Sql, state: str, expected: type[Exception]
) -> None:
    sql(f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END $$""")
    sql("CREATE TRIGGER refuse BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse()")
    with pytest.raises(expected):
        change(store, title="x")
    sql("DROP TRIGGER refuse ON event")
    assert (get(store, "lead", 1) or {})["title"] == "Éclair" and change(store, title="x")[0].seq == 1


def test_a_server_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.2)
    store = PostgresStore("postgresql://nobody@127.0.0.1:1/none")
    store.adopt(catalog())
    for attempt in (lambda: get(store, "lead", 1), lambda: store.upgrade(catalog())):
        with pytest.raises(Unavailable):
            attempt()
    store.close()


@pytest.mark.parametrize(
    ("options", "owned", "index"),
    [
        ({}, False, "event_topic_pkey"),
        ({}, True, "ix_event_topic_owner"),
        ({"value": "rare"}, False, "ix_event_topic_value"),
        ({"value": "rare"}, True, "ix_event_topic_"),
    ],
)
def test_a_page_of_a_feed_never_scans(store: PostgresStore, sql: Sql, options: Any, owned: bool, index: str) -> None:
    sql("""INSERT INTO event_topic SELECT 1, CASE n % 50 WHEN 0 THEN 'lead.rare' ELSE 'lead.often' END, n, n % 7, n % 5
           FROM generate_series(1, 20000) n""")
    sql("""INSERT INTO event SELECT 1, n, '', NULL, '', 'lead', n, 'updated', '[]', NULL, repeat('x', 100)
           FROM generate_series(1, 20000) n""")
    sql("ANALYZE event_topic, event")
    values: list[Any] = [1, 2]
    statement = store._made().page(page_of(EventQuery(topics=("lead.rare",), after=0, **options), owned, values))
    rows = store._linked(lambda link: link.rows(f"EXPLAIN {statement.sql}", statement.bind(values), fresh_plan=True))
    plan = "\n".join(row[0] for row in rows)
    assert index in plan and "Seq Scan" not in plan and "event_pkey" in plan


def test_pages_are_never_prepared(store: PostgresStore) -> None:
    for _ in range(12):
        page(store, "lead.title", after=0)
        get(store, "lead", 1)
    rows = store._linked(lambda link: link.rows("SELECT statement FROM pg_prepared_statements", ()))
    texts = [row[0] for row in rows]
    assert not any("event_topic" in text for text in texts) and any("FROM lead" in text for text in texts)


def test_new_ids_lie_beyond_those_of_all_accounts(store: PostgresStore) -> None:
    assert create(store, title="x")["id"] > 90
