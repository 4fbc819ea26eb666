"""The mail worker: takes due mail from the outbox, speaks to the mail servers, writes down how it went.

Each mailbox has one letter under way at a time, so that a server that hangs holds up nobody but its own mailbox.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from connector.catalog.model import Catalog
from connector.errors import LeadwireError
from connector.events.letters import Letter, Parcel, Party, message_id, pack
from connector.events.mailboxes import Ways
from connector.events.outbox import Claim, Ending, Overtaken, claim, due, pass_point, settle
from connector.events.schedule import JITTER, Clock, stamp, steps
from connector.events.smtp import DEADLINE, Outcome, Route, deliver
from connector.sentences import SENTENCES, say
from connector.settings import Settings
from connector.storage.contract import Row, Store

log = logging.getLogger(__name__)
HANDS = 4
"""Mail servers spoken to at a time."""
IDLE = 1.0
"""Seconds between two looks into the outbox."""
LEASE = DEADLINE + 60
"""Seconds after which mail taken by a worker that died is looked at again; longer than any conversation."""


class Postroom:
    """Sends mail until told to stop."""

    def __init__(
        self, settings: Settings, store: Store, catalog: Callable[[], Catalog], ways: Ways, *,
        clock: Clock | None = None, lease: float = LEASE, deadline: float = DEADLINE,
    ) -> None:  # fmt: skip
        self._store, self._catalog, self._ways = store, catalog, ways
        self._schedule = steps(settings.delivery_schedule)
        self._clock = clock or Clock()
        self._lease, self._deadline = lease, deadline
        self._busy: set[Hashable] = set()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(HANDS, thread_name_prefix="mail")

    def start(self) -> threading.Thread:
        """Run in a thread of its own."""
        thread = threading.Thread(target=self.run, name="post", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Send until `stop`; then finish the conversations under way."""
        while not self._stopping.is_set():
            try:
                self.turn()
            except LeadwireError as error:
                log.warning("the storage cannot be used now: %s", error)
            except Exception:
                # Whatever it was, mail must go on: the next turn tries again.
                log.exception("mail waits")
            with self._changed:
                self._changed.wait(IDLE)
        self._pool.shutdown()

    def stop(self) -> None:
        """Ask it to end. May be called from a signal handler or another thread."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def turn(self) -> int:
        """Hand out what is due, as far as hands are free; how much that was."""
        handed = 0
        for row in due(self._store, stamp(self._clock.now())):
            lane = _lane(row)
            with self._changed:
                if len(self._busy) >= HANDS:
                    return handed
                if lane in self._busy:
                    continue
                self._busy.add(lane)
            self._pool.submit(self._carry, row, lane)
            handed += 1
        return handed

    def drain(self) -> None:
        """Wait until nothing is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)

    def _carry(self, row: Row, lane: Hashable) -> None:
        try:
            self._send(row)
        except Overtaken:
            log.info("mail %s was taken over by another worker", row["id"])
        except Exception:
            # Whatever it was, the lease ends and the mail is looked at again.
            log.exception("mail %s could not be handled", row["id"])
        finally:
            with self._changed:
                self._busy.discard(lane)
                self._changed.notify_all()

    def _send(self, row: Row) -> None:
        now = self._clock.now()
        claimed = claim(self._store, row, stamp(now), stamp(now, self._lease))
        if claimed is None:
            return
        route = self._route(claimed)
        outcome = self._outcome(claimed, route)
        ending = self._ending(claimed, outcome, route.host if route else "", self._clock.now())
        settle(self._store, self._catalog(), claimed, ending)

    def _route(self, claimed: Claim) -> Route | None:
        if claimed.row["kind"] == "notice":
            return self._ways.house
        return self._ways.of(claimed.mailbox) if claimed.mailbox else None

    def _outcome(self, claimed: Claim, route: Route | None) -> Outcome:
        if claimed.interrupted:
            return Outcome(fate="unknown", step="text")
        if route is None:
            # A mailbox may get its server any time; for a house without one, notices are switched off.
            return Outcome(fate="again" if claimed.mailbox else "failed", step="route")
        try:
            parcel = pack(letter(claimed, self._ways.sender))
        except LeadwireError as error:
            return Outcome(fate="failed", step="address", said=str(error))
        return self._spoken(claimed, route, parcel)

    def _spoken(self, claimed: Claim, route: Route, parcel: Parcel) -> Outcome:
        def point() -> None:
            pass_point(self._store, claimed, stamp(self._clock.now(), self._lease))

        return deliver(route, parcel, point, deadline=self._deadline)

    def _ending(self, claimed: Claim, outcome: Outcome, host: str, now: datetime) -> Ending:
        attempts = claimed.row["attempts"]
        again = outcome.fate == "again" and attempts <= len(self._schedule)
        state = "pending" if again else "failed" if outcome.fate == "again" else outcome.fate
        error = None if state == "sent" else _sentence(claimed, outcome, host)
        row = {"state": state, "error": outcome.said or None}
        if again:
            row["due_at"] = stamp(now, self._schedule[attempts - 1] * (1 + JITTER * random.random()))
        email: Row = {"error": error}
        if not again:
            email |= {"state": state}
        if claimed.email and outcome.step not in {"route", "address"}:
            email |= {"message_id": letter(claimed, self._ways.sender).message_id}
        if state == "sent":
            email |= {"sent_at": stamp(now)}
        return Ending(row=row, email=email, mailbox=_health(claimed, outcome, error))


def _lane(row: Row) -> Hashable:
    mailbox = (row["body"] or {}).get("mailbox_id")
    return row["kind"] if mailbox is None else (row["account_id"], mailbox)


def letter(claimed: Claim, house: Party) -> Letter:
    """The letter of a claimed row: a stored e-mail, or a notice of the house."""
    row, email = claimed.row, claimed.email
    if email is None:
        said: dict[str, Any] = row["body"] or {}
        return Letter(
            message_id=message_id("notice", row["id"], claimed.log, house.address), sender=house,
            to=Party(address=said.get("to") or "", name=said.get("name") or ""), subject=said.get("subject") or "",
            text=said.get("text") or "", at=row["created_at"], automatic=True,
        )  # fmt: skip
    return Letter(
        message_id=email["message_id"] or message_id("email", email["id"], claimed.log, _from(claimed)),
        sender=Party(address=_from(claimed), name=email["from_user_name"] or ""), to=Party(address=email["to_address"]),
        subject=email["subject"], text=email["body"], html=email["html"] or "", at=email["created_at"],
    )  # fmt: skip


def _from(claimed: Claim) -> str:
    address = (claimed.email or {}).get("from_address") or (claimed.mailbox or {}).get("address")
    return str(address or "")


def _sentence(claimed: Claim, outcome: Outcome, host: str) -> str:
    locale = (claimed.user or {}).get("locale") or "en"
    return say(SENTENCES[outcome.key], locale).format(host=host, said=outcome.said)


def _health(claimed: Claim, outcome: Outcome, error: str | None) -> Row:
    """What the try shows of the mailbox: a refused login breaks it, a sent letter proves it."""
    if claimed.mailbox is None:
        return {}
    if outcome.step == "login":
        return {"state": "error", "error": error}
    return {"state": "connected", "error": None} if outcome.fate == "sent" else {}
