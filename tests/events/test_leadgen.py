"""Leads of Meta: noted once, fetched with proof, tried again where that helps, and created exactly once."""

from __future__ import annotations

import hmac
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from connector.access import intakes
from connector.access.vault import Vault
from connector.engine.world import load_world
from connector.events import graph, leadgen
from connector.events.leadgen import Fetcher, Notice
from connector.events.schedule import stamp
from connector.settings import load
from connector.storage.contract import Clause, EventQuery, Query, Row, Scope, Store
from connector.web.logs import redacted
from tests.plugins import graphs
from tests.plugins.desk import shipped
from tests.plugins.graphs import APP_SECRET, FORM_ID, PAGE_ID, PAGE_TOKEN, asked
from tests.plugins.postrooms import Hands
from tests.plugins.receivers import Receiver

BY = Scope(account_id=1, actor_id=1)


@dataclass
class Office:
    """A store with a registered page, a Graph API, and workers whose clock the test moves."""

    store: Store
    graph: Receiver
    clock: Hands = field(default_factory=Hands)
    vault: Vault = field(default_factory=lambda: Vault(["test"]))

    def fetcher(self) -> Fetcher:
        given = {f"LEADWIRE_{name.upper()}": value for name, value in graphs.settings_of(self.graph).items()}
        settings = load({**given, "LEADWIRE_DELIVERY_SCHEDULE": "5,30"})
        return Fetcher(settings, self.store, lambda _: shipped(), self.vault, clock=self.clock)

    def page(self, **given: Any) -> Row:
        usual = {"name": "Our page", "state": "active", "mapping": {}, "forms": {}, "tags": [], "page_id": PAGE_ID}
        token = self.vault.seal(PAGE_TOKEN)
        return intakes.make(self.store, BY, intakes.PAGE, {**usual, "access_token": token, **given})

    def tell(self, *ids: str, page: str = PAGE_ID) -> int:
        notices = [Notice(leadgen_id=each, page_id=page, form_id=FORM_ID) for each in ids]
        return leadgen.record(self.store, notices, stamp(self.clock.now()), "req_1")

    def work(self, later: float = 0, fetcher: Fetcher | None = None) -> None:
        self.clock.moment += timedelta(seconds=later)
        worker = fetcher or self.fetcher()
        while worker.turn():
            worker.drain()

    def noted(self) -> list[Row]:
        return self.rows(intakes.LEAD)

    def rows(self, entity: str, **equal: Any) -> list[Row]:
        where = tuple(Clause(path=name, op="eq", value=value) for name, value in equal.items())
        return self.store.read(BY, lambda tx: tx.find(Query(entity=entity, where=where)))

    def leads(self) -> list[Row]:
        return self.rows("lead", created_from="meta")


@pytest.fixture
def office(store: Store, receiver: Receiver) -> Iterator[Office]:
    """The office on each kind of store."""
    store.upgrade(shipped())
    store.adopt(shipped())
    load_world(shipped(), store)
    yield Office(store, receiver)


def test_a_lead_is_fetched_with_proof_and_mapped(office: Office) -> None:
    office.page(tags=["Ads"], user_id=3, forms={FORM_ID: {"how_many_windows?": "custom.windows"}})
    office.graph.answer = graphs.lead("7", **{"phone_number": "+33 6 11", "how_many_windows?": "six", "Colour": "red"})
    assert office.tell("7") == 1
    office.work()
    (lead,) = office.leads()
    names = ("title", "email", "phone", "description", "source", "user_id", "tags", "utm_source", "utm_campaign")
    assert [lead[name] for name in names] == [
        "Zoé Martin", "zoe7@example.com", "+33 6 11", "Colour: red", "Instagram", 3, ["Ads"], "instagram", "Spring",
    ]  # fmt: skip
    assert lead["custom"]["windows"] == "six"
    (call,) = asked(office.graph)
    proof = hmac.new(APP_SECRET.encode(), PAGE_TOKEN.encode(), "sha256").hexdigest()
    assert (call["path"], call["access_token"], call["appsecret_proof"]) == ("/v23.0/7", PAGE_TOKEN, proof)
    (row,) = office.noted()
    assert (row["state"], row["lead_id"], row["last_error"], row["attempts"]) == ("done", lead["id"], None, 1)


def test_the_event_carries_the_call_and_its_origin(office: Office) -> None:
    office.page()
    office.graph.answer = graphs.lead()
    office.tell("1")
    office.work()
    (event,) = office.store.events(BY, EventQuery(topics=("lead.created",)))
    assert (event.origin, event.request_id, event.actor_id) == ("form", "req_1", None)


def test_what_is_told_twice_is_noted_and_created_once(office: Office) -> None:
    office.page()
    office.graph.answer = graphs.lead()
    assert (office.tell("1", "1", "2"), office.tell("2", "1")) == (2, 0)
    office.work()
    office.tell("1", "2")
    office.work()
    assert (len(office.leads()), len(office.graph.requests)) == (2, 2)


def test_many_tellers_at_once_note_each_lead_once(office: Office) -> None:
    office.page()
    noted: list[int] = []
    threads = [threading.Thread(target=lambda: noted.append(office.tell(*map(str, range(20))))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(noted), len(office.noted())) == (20, 20)


def test_many_workers_fetch_each_lead_once(office: Office) -> None:
    office.page()
    office.graph.answer = graphs.lead()
    office.tell(*map(str, range(20)))
    workers = [office.fetcher() for _ in range(3)]
    threads = [threading.Thread(target=office.work, kwargs={"fetcher": worker}) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.work()
    assert ({row["state"] for row in office.noted()}, len(office.leads())) == ({"done"}, 20)
    assert sorted(call["path"] for call in asked(office.graph)) == sorted(f"/v23.0/{n}" for n in range(20))


def test_a_worker_that_dies_after_creating_leaves_one_lead(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.page()
    office.graph.answer = graphs.lead()
    office.tell("1")
    with monkeypatch.context() as patch:
        patch.setattr(Fetcher, "_settle", lambda *_: 1 / 0)
        office.work()
    (row,) = office.noted()
    assert (row["state"], len(office.leads())) == ("pending", 1)
    office.work(later=30)
    assert len(office.graph.requests) == 1
    office.work(later=60)
    (row,) = office.noted()
    assert (row["state"], [row["lead_id"]]) == ("done", [lead["id"] for lead in office.leads()])


PASSING: dict[str, Any] = {
    "a fault of Meta's": 503,
    "too many calls": graphs.said({"error": {"code": 4}}, 429),
    "a limit told as 400": graphs.refusal(80005),
    "a transient fault": graphs.refusal(9999, is_transient=True),
    "a code of the API itself": graphs.refusal(2, 500),
    "a connection that breaks": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_tried_again(quick_office: Office, kind: str) -> None:
    office = quick_office
    office.graph.script = [PASSING[kind]]
    office.graph.answer = graphs.lead()
    office.tell("1")
    office.work()
    (row,) = office.noted()
    assert (row["state"], row["attempts"], bool(row["last_error"])) == ("pending", 1, True)
    office.work(later=7)
    (row,) = office.noted()
    assert (row["state"], row["attempts"], row["last_error"], len(office.leads())) == ("done", 2, None, 1)


def test_a_wish_to_wait_is_heeded(quick_office: Office) -> None:
    office = quick_office
    office.graph.script = [(429, {"Retry-After": "60"})]
    office.graph.answer = graphs.lead()
    office.tell("1")
    office.work()
    office.work(later=40)
    assert len(office.graph.requests) == 1
    office.work(later=40)
    assert len(office.leads()) == 1


def test_what_never_passes_ends_after_the_schedule(quick_office: Office) -> None:
    quick_office.graph.answer = 500
    quick_office.tell("1")
    for later in (0, 7, 40, 100, 1000):
        quick_office.work(later=later)
    (row,) = quick_office.noted()
    assert (row["state"], row["attempts"], row["last_status"]) == ("failed", 3, 500)


LASTING: dict[str, tuple[Any, str, int | None]] = {
    "a token that ended": (graphs.refusal(190), "graph_refused", 400),
    "no right": (graphs.refusal(200, 403), "graph_refused", 403),
    "no such lead": (graphs.refusal(100, 404), "graph_refused", 404),
    "no JSON": (200, "graph_unreadable", 200),
    "no lead": (graphs.said([1]), "graph_unreadable", 200),
    "nobody": (graphs.said({"field_data": []}), "lead_refused", 200),
}


@pytest.mark.parametrize("kind", LASTING)
def test_what_somebody_has_to_mend_is_kept_and_replayed(quick_office: Office, kind: str) -> None:
    office, (answer, error, status) = quick_office, LASTING[kind]
    office.graph.script = [answer]
    office.graph.answer = graphs.lead()
    office.tell("1")
    office.work()
    office.work(later=10_000)
    (row,) = office.noted()
    assert (row["state"], row["last_error"], row["last_status"], row["attempts"]) == ("failed", error, status, 1)
    assert PAGE_TOKEN not in (row["said"] or "")
    leadgen.again(office.store, BY, row, stamp(office.clock.now()))
    office.work()
    assert (office.noted()[0]["state"], len(office.leads())) == ("done", 1)


def test_all_of_a_page_are_replayed(quick_office: Office) -> None:
    office = quick_office
    office.graph.answer = graphs.refusal(190)
    office.tell("1", "2", "3")
    office.work()
    (page,) = office.rows(intakes.PAGE)
    office.graph.answer = graphs.lead()
    assert leadgen.again_all(office.store, BY, page, stamp(office.clock.now())) == 3
    office.work()
    assert len(office.leads()) == 3


def test_a_paused_page_waits_and_a_page_that_is_gone_does_not(quick_office: Office) -> None:
    office = quick_office
    office.graph.answer = graphs.lead()
    (page,) = office.rows(intakes.PAGE)
    intakes.change(office.store, BY, intakes.PAGE, page["id"], {"state": "paused"})
    office.tell("1")
    office.work()
    assert (office.noted()[0]["state"], office.noted()[0]["attempts"], office.graph.requests) == ("pending", 0, [])
    intakes.change(office.store, BY, intakes.PAGE, page["id"], {"state": "active"})
    office.work(later=100)
    office.tell("2")
    intakes.remove(office.store, BY, intakes.PAGE, page["id"])
    office.work()
    assert [(row["state"], row["last_error"]) for row in office.noted()] == [("done", None), ("failed", "page_gone")]


def test_pages_that_nobody_registered_are_left_out(quick_office: Office, caplog: pytest.LogCaptureFixture) -> None:
    assert quick_office.tell("1", page="5") == 0
    assert (quick_office.noted(), "page 5" in caplog.text) == ([], True)


def test_tokens_are_in_no_log(quick_office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    quick_office.graph.script = [graphs.refusal(190)]
    quick_office.tell("1")
    quick_office.work()
    told, proof = redacted(caplog.text), graph.proof(APP_SECRET, PAGE_TOKEN)
    assert not [secret for secret in (PAGE_TOKEN, APP_SECRET, proof) if secret in told]


@pytest.fixture
def quick_office(make_store: Any, receiver: Receiver) -> Office:
    """The office in memory, its page registered."""
    store = make_store("memory")
    store.upgrade(shipped())
    store.adopt(shipped())
    load_world(shipped(), store)
    made = Office(store, receiver)
    made.page()
    return made
