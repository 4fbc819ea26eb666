"""Leads that Meta tells of: noted at once, fetched from the Graph API by a worker, each created exactly once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from connector.access.audit import note
from connector.access.intakes import ANYONE, LEAD, PAGE, found
from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.engine.answers import answers
from connector.engine.intake import Rules, receive
from connector.errors import Conflict, LeadwireError
from connector.events import graph
from connector.events.addresses import vetting
from connector.events.calls import Reply
from connector.events.fetch import fetch
from connector.events.graph import Finding
from connector.events.schedule import Clock, stamp, steps, verdict
from connector.settings import Settings
from connector.storage.contract import Clause, Order, Query, Row, Scope, Store, Transaction

log = logging.getLogger(__name__)
HANDS = 4
"""Leads that are fetched at a time."""
IDLE = 0.5
"""Seconds between two looks."""
MARGIN = 30.0
"""Seconds by which a lease outlasts the request."""
WAIT = 60.0
"""Seconds after which a lead of a paused page is looked at again."""
SYSTEM = "meta"
"""The name of Meta in external references."""
PLATFORMS = {"fb": "Facebook", "ig": "Instagram"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What Meta tells of a lead: where to ask for it."""

    leadgen_id: str
    page_id: str
    form_id: str | None = None
    ad_id: str | None = None
    submitted_at: str | None = None


def record(store: Store, notices: Iterable[Notice], now: str, request_id: str | None) -> int:
    """Note what is new, durably; how many that were. Those of pages that nobody registered are left out."""
    pages: dict[str, list[Notice]] = {}
    for notice in notices:
        pages.setdefault(notice.page_id, []).append(notice)
    noted = 0
    for page_id, group in pages.items():
        page = found(store, PAGE, "page_id", page_id)
        if page is None:
            log.warning("%s leads came for page %s, which is not registered here", len(group), page_id)
            continue
        noted += _noted(store, page["account_id"], group, now, request_id)
    return noted


def _noted(store: Store, account_id: int, group: list[Notice], now: str, request_id: str | None) -> int:
    def work(tx: Transaction) -> int:
        return sum(_is_new(tx, notice, now, request_id) for notice in group)

    scope = Scope(account_id=account_id, origin="form", request_id=request_id)
    try:
        return store.transact(scope, work)[0]
    except Conflict as error:
        if error.code != "already_exists":
            raise
        # Meta told twice at once; the other call has noted it by now.
        return store.transact(scope, work)[0]


def _is_new(tx: Transaction, notice: Notice, now: str, request_id: str | None) -> bool:
    same = Clause(path="leadgen_id", op="eq", value=notice.leadgen_id)
    if tx.find(Query(entity=LEAD, where=(same,), limit=1, everywhere=True)):
        return False
    tx.insert(LEAD, {
        "account_id": tx.scope.account_id, "leadgen_id": notice.leadgen_id, "page_id": notice.page_id,
        "form_id": notice.form_id, "ad_id": notice.ad_id, "submitted_at": notice.submitted_at, "state": "pending",
        "attempts": 0, "due_at": now, "request_id": request_id,
    })  # fmt: skip
    return True


def again(store: Store, by: Scope, row: Row, now: str) -> Row:
    """Ask for it once more, now; Conflict for one that was fetched already."""

    def work(tx: Transaction) -> Row:
        held = tx.get(LEAD, row["id"]) or row
        if held["state"] == "done":
            raise Conflict("meta_lead_done", lead_id=held["lead_id"])
        note(tx, f"{LEAD}.replayed", held["leadgen_id"], record=f"{LEAD}/{row['id']}")
        return tx.update(LEAD, row["id"], {"state": "pending", "attempts": 0, "due_at": now, "lease_token": None})

    return store.transact(by, work, about=((LEAD, row["id"]),))[0]


def again_all(store: Store, by: Scope, page: Row, now: str) -> int:
    """Ask once more for all of a page that were given up; how many."""

    def work(tx: Transaction) -> int:
        where = (Clause(path="page_id", op="eq", value=page["page_id"]), Clause(path="state", op="eq", value="failed"))
        rows = tx.find(Query(entity=LEAD, where=where))
        for row in rows:
            tx.update(LEAD, row["id"], {"state": "pending", "attempts": 0, "due_at": now})
        note(tx, f"{PAGE}.replayed", page["name"], record=f"{PAGE}/{page['id']}", details={"replayed": len(rows)})
        return len(rows)

    return store.transact(by, work)[0]


class Fetcher:
    """Fetches until told to stop."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        catalog: Callable[[int], Catalog],
        vault: Vault,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._settings, self._store, self._catalog, self._vault = settings, store, catalog, vault
        self._schedule, self._vetting = steps(settings.delivery_schedule), vetting(settings)
        self._clock = clock or Clock()
        self._stopping = threading.Event()
        self._busy: set[int] = set()
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(HANDS, thread_name_prefix="leadgen")

    def start(self) -> threading.Thread:
        """Run in a thread of its own."""
        thread = threading.Thread(target=self.run, name="leadgen", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Fetch until `stop`; then finish what is under way."""
        while not self._stopping.is_set():
            try:
                self.turn()
            except Exception as error:  # Whatever the storage does, leads must go on: the next turn tries again.
                log.error("leads of Meta wait: %s", error, exc_info=not isinstance(error, LeadwireError))
            with self._changed:
                self._changed.wait(IDLE)
        self._pool.shutdown()

    def stop(self) -> None:
        """Ask it to end. May be called from a signal handler or another thread."""
        self._stopping.set()

    def turn(self) -> int:
        """Hand out what is due, as far as hands are free; how much that was."""
        where = (Clause(path="state", op="eq", value="pending"),
                 Clause(path="due_at", op="lte", value=stamp(self._clock.now())))  # fmt: skip
        query = Query(entity=LEAD, where=where, order=(Order(path="due_at"),), limit=HANDS * 2, everywhere=True)
        handed = 0
        for row in self._store.read(ANYONE, lambda tx: tx.find(query)):
            with self._changed:
                if len(self._busy) >= HANDS or row["id"] in self._busy:
                    continue
                self._busy.add(row["id"])
            self._pool.submit(self._carry, row)
            handed += 1
        return handed

    def drain(self) -> None:
        """Wait until nothing is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)

    def _carry(self, row: Row) -> None:
        try:
            self._do(row)
        except Exception:
            # Whatever it was, the lease ends and the lead is looked at again.
            log.exception("lead %s of Meta could not be handled", row["leadgen_id"])
        finally:
            with self._changed:
                self._busy.discard(row["id"])
                self._changed.notify_all()

    def _do(self, row: Row) -> None:
        now = self._clock.now()
        claimed = self._claim(row, now)
        if claimed is None:
            return
        page = found(self._store, PAGE, "page_id", row["page_id"])
        if page is not None and page["account_id"] == row["account_id"] and page["state"] != "active":
            self._settle(claimed, {"attempts": claimed["attempts"] - 1, "due_at": stamp(now, WAIT)})
        elif page is None or page["account_id"] != row["account_id"]:
            self._settle(claimed, {"state": "failed", "last_error": "page_gone", "settled_at": stamp(now)})
        else:
            self._settle(claimed, self._ending(claimed, page))

    def _claim(self, row: Row, now: datetime) -> Row | None:
        """The row, taken until its lease ends; None when somebody else has it."""
        until = stamp(now, self._settings.delivery_timeout + MARGIN)

        def work(tx: Transaction) -> Row | None:
            held = tx.get(LEAD, row["id"])
            if held is None or held["state"] != "pending" or held["due_at"] > stamp(now):
                return None
            taken = {"due_at": until, "lease_token": token_hex(12), "attempts": (held["attempts"] or 0) + 1}
            return tx.update(LEAD, row["id"], taken)

        return self._store.transact(_scope(row), work, about=((LEAD, row["id"]),))[0]

    def _settle(self, claimed: Row, values: Mapping[str, Any]) -> None:
        """Write how it ended, unless the lease was lost meanwhile."""

        def work(tx: Transaction) -> None:
            held = tx.get(LEAD, claimed["id"])
            if held is not None and held["lease_token"] == claimed["lease_token"]:
                tx.update(LEAD, claimed["id"], {"lease_token": None, **values})

        self._store.transact(_scope(claimed), work, about=((LEAD, claimed["id"]),))

    def _ending(self, claimed: Row, page: Row) -> Row:
        """Fetch it, create it; what to write down."""
        reply, finding = self._fetched(claimed, page)
        now = self._clock.now()
        ending: Row = {"last_status": reply.status, "last_error": finding.error, "said": finding.said}
        if finding.fate == "found":
            try:
                lead_id = self._created(claimed, page, finding.lead)
                return ending | {"state": "done", "lead_id": lead_id, "settled_at": stamp(now)}
            except LeadwireError as error:
                ending |= {"last_error": "lead_refused", "said": str(error)[: graph.SAID]}
                finding = Finding(fate="again" if error.retryable else "never")
        judged = verdict(reply if not reply.ok else Reply(), claimed["attempts"], self._schedule, now)
        if finding.fate == "again" and judged.state == "pending":
            return ending | {"due_at": stamp(now, judged.delay)}
        return ending | {"state": "failed", "settled_at": stamp(now)}

    def _fetched(self, claimed: Row, page: Row) -> tuple[Reply, Finding]:
        token, settings = self._vault.open(page["access_token"]), self._settings
        call = graph.request(
            settings.meta_graph_url, settings.meta_app_secret, token, claimed["leadgen_id"], settings.delivery_timeout
        )
        reply = fetch(call, self._vetting)
        log.info("lead %s of Meta: %s", claimed["leadgen_id"], reply.status or reply.error)
        return reply, graph.finding(reply, token)

    def _created(self, claimed: Row, page: Row, lead: Mapping[str, Any]) -> int:
        """The lead's id here; that of the first time, where a worker died between creating and writing that down."""
        consents = [
            {"name": it.get("checkbox_key"), "value": it.get("is_checked")}
            for it in lead.get("custom_disclaimer_responses") or [] if isinstance(it, dict)
        ]  # fmt: skip
        given = answers({"field_data": [*lead["field_data"], *consents]})
        scope = Scope(account_id=claimed["account_id"], origin="form", request_id=claimed["request_id"])
        try:
            return int(
                receive(self._catalog(scope.account_id), self._store, scope, given, rules(claimed, page, lead)).data[
                    "id"
                ]
            )
        except Conflict as error:
            known = self._known(claimed) if error.code in ("external_id_taken", "already_exists") else None
            if known is None:
                raise
            return known

    def _known(self, claimed: Row) -> int | None:
        where = tuple(
            Clause(path=path, op="eq", value=value)
            for path, value in (("entity", "lead"), ("source", SYSTEM), ("value", claimed["leadgen_id"]))
        )
        query = Query(entity="external_ref", where=where, limit=1, scoped=False)
        rows = self._store.read(_scope(claimed), lambda tx: tx.find(query))
        return rows[0]["record_id"] if rows else None


def rules(claimed: Row, page: Row, lead: Mapping[str, Any]) -> Rules:
    """How the answers of this form are taken: the page's mapping, and over it the one of the form."""
    form_id = str(lead.get("form_id") or claimed["form_id"] or "")
    platform = PLATFORMS.get(str(lead.get("platform")), "Facebook")
    usual = {"utm_source": platform.lower(), "utm_medium": "lead_ad", "utm_campaign": lead.get("campaign_name"),
             "utm_term": lead.get("adset_name"), "utm_content": lead.get("ad_name")}  # fmt: skip
    fixed = {"source": page["source"] or platform, "tags": page["tags"], "login": page["user_email"],
             "created_from": SYSTEM, "external_id": claimed["leadgen_id"], "external_system": SYSTEM}  # fmt: skip
    mapping = {**(page["mapping"] or {}), **((page["forms"] or {}).get(form_id) or {})}
    return Rules(mapping=mapping, fixed=fixed, usual={name: str(text)[:255] for name, text in usual.items() if text})


def _scope(row: Row) -> Scope:
    return Scope(account_id=row["account_id"], origin="automation")
