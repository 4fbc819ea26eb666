"""The delivery queue in SQL: positions, claims with leases, results fenced by the lease token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Integer, and_, bindparam, case, delete, exists, func, or_, select, true, update

from connector.storage.contract import Backlog, Lane, Row
from connector.storage.listed import gathered, listed, packed, scattered
from connector.storage.notes import appending, copied
from connector.storage.statements import Statements
from connector.storage.system import ATTEMPT, DELIVERY
from connector.storage.tables import Tables, upserts

T = TypeVar("T")
RESULT = ("account_id", "id", "lease_token", "state", "attempts", "due_at", "last_status", "last_error", "settled_at")
TAKEN = ("account_id", "id", "subscription_id", "seq", "message_id", "trigger", "style", "method", "body", "request_id",
         "attempts", "due_at", "lease_token")  # fmt: skip
"""What a claim hands out of each delivery."""
BORN, BIRTH = ("message_id", "lease_token"), ("message_id", "id")
"""By what a delivery that was just inserted is known, and what is asked of it."""


class Moved(Exception):
    """Somebody else has dispatched these events."""


class SqlQueue:
    """The queue half of a SQL store."""

    def _made(self) -> Statements:
        raise NotImplementedError

    def _linked(self, run: Callable[[Any], T]) -> T:
        raise NotImplementedError

    def _alone_on(self, run: Callable[[Any], T]) -> T:
        raise NotImplementedError

    def backlogs(self) -> list[Backlog]:
        """The accounts whose log is ahead of their dispatched position."""
        statement = self._made().compiled("backlogs", _backlogs)
        rows = self._linked(lambda link: link.rows(statement.sql, statement.bind(())))
        return [Backlog(account_id=account, dispatched=done, newest=newest) for account, done, newest in rows]

    def mentions(self, backlog: Backlog, text: str) -> bool:
        """Whether the `after` of an event of this backlog has that text in it."""
        statement = self._made().compiled("mentions", _mentions)
        values = statement.bind((backlog.account_id, backlog.dispatched, backlog.newest, text))
        return bool(self._linked(lambda link: link.rows(statement.sql, values)))

    def dispatch(self, backlog: Backlog, upto: int, deliveries: Sequence[Row]) -> dict[str, int] | None:
        """Insert deliveries and move the position. The counter row comes last, as in every other transaction."""
        made = self._made()
        deliver, move = made.compiled("deliver", _deliver), made.compiled("move", _move)
        born = made.compiled("born", _born)

        def run(link: Any) -> dict[str, int]:
            ids: list[Row] = []
            if deliveries:
                link.later(deliver.sql, deliver.bind((packed(deliveries),)))
                mine = [{name: row[name] for name in BORN} for row in deliveries if row["lease_token"]]
                ids = scattered(link.rows(born.sql, born.bind((packed(mine),)), fresh_plan=True), BIRTH) if mine else []
            if link.run(move.sql, move.bind((backlog.account_id, backlog.dispatched, upto))) == 0:
                raise Moved
            return {row["message_id"]: row["id"] for row in ids}

        try:
            return self._alone_on(run)
        except Moved:
            return None

    def due(self, now: str) -> list[Lane]:
        """The active subscriptions with something to send: one probe of an index for each."""
        statement = self._made().compiled("due", _due)
        rows = self._linked(lambda link: link.rows(statement.sql, statement.bind((now,))))
        return [Lane(account_id=account, subscription_id=subscription) for account, subscription in rows]

    def claim(self, lanes: Sequence[Lane], now: str, until: str, token: str) -> list[Row]:
        """Take due deliveries of these lanes."""
        made = self._made()
        take, taken = made.compiled("take", _take), made.compiled("taken", _taken)
        wanted = packed([{"a": it.account_id, "s": it.subscription_id, "most": it.most} for it in lanes])

        def run(link: Any) -> list[Row]:
            for lane in lanes:
                link.run(take.sql, take.bind((lane.account_id, lane.subscription_id, now, lane.most, until, token)))
            return scattered(link.rows(taken.sql, taken.bind((wanted, until, token))), TAKEN)

        def at_once(link: Any) -> list[Row]:
            values = taken.bind((wanted, until, token, now))
            return scattered(link.rows(taken.sql, values, fresh_plan=True), TAKEN)

        return sorted(self._alone_on(at_once if made.tables.dialect == "postgresql" else run), key=_place)

    def settle(self, results: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Write how deliveries went and log the attempts."""
        made = self._made()
        statement, logged = made.compiled("settle", _settle), made.compiled("log", appending(ATTEMPT.key))

        def run(link: Any) -> None:
            link.run(statement.sql, statement.bind((packed(results),)), fresh_plan=True)
            if attempts:
                link.run(logged.sql, logged.bind((None, None, packed(attempts))))

        self._alone_on(run)

    def sweep(self, before: str) -> int:
        """Drop old deliveries with their attempts."""
        made = self._made()
        first, second = made.compiled("old attempts", _old_attempts), made.compiled("old deliveries", _old_deliveries)

        def run(link: Any) -> int:
            link.run(first.sql, first.bind((before,)))
            found: int = link.run(second.sql, second.bind((before,)))
            return found

        return self._alone_on(run)


def _place(row: Row) -> tuple[int, int]:
    return row["seq"] or 0, row["id"]


def _value(place: int, column: Any) -> Any:
    return bindparam(f"v{place}", type_=column.type)


def _backlogs(tables: Tables) -> Any:
    """Over all accounts: an index on the difference would cost every writer more than this scan costs."""
    feed = tables["feed"]
    return select(feed.c.account_id, feed.c.dispatched, feed.c.seq).where(feed.c.seq > feed.c.dispatched)


def _mentions(tables: Tables) -> Any:
    event = tables["event"]
    find = func.strpos if tables.dialect == "postgresql" else func.instr
    near = and_(
        event.c.account_id == _value(0, event.c.account_id), event.c.seq > _value(1, event.c.seq),
        event.c.seq <= _value(2, event.c.seq), find(event.c.after, _value(3, event.c.after)) > 0,
    )  # fmt: skip
    return select(event.c.seq).where(near).limit(1)


def _move(tables: Tables) -> Any:
    feed = tables["feed"]
    mine = and_(feed.c.account_id == _value(0, feed.c.account_id), feed.c.dispatched == _value(1, feed.c.seq))
    return update(feed).where(mine).values(dispatched=_value(2, feed.c.seq))


def _deliver(tables: Tables) -> Any:
    """A delivery that is there already, by the id of its message, stays as it is."""
    names, rows = copied(tables, DELIVERY.key, 0)
    dialect: Any = upserts(tables.dialect)
    query = dialect.insert(tables["delivery"]).from_select(names, rows.where(true()))
    return query.on_conflict_do_nothing(index_elements=["message_id"])


def _born(tables: Tables) -> Any:
    """The ids of those that are there under the lease they were born with."""
    delivery = tables["delivery"]
    rows = listed(tables.dialect, "mine", {name: delivery.c[name].type for name in BORN}, 0)
    same = and_(delivery.c.message_id == rows.c.message_id, delivery.c.lease_token == rows.c.lease_token)
    query = select(*(delivery.c[name] for name in BIRTH)).select_from(rows.join(delivery, same))
    return gathered(tables.dialect, query)


def _due(tables: Tables) -> Any:
    subscription, delivery = tables["subscription"], tables["delivery"]
    waiting = exists().where(
        delivery.c.account_id == subscription.c.account_id, delivery.c.subscription_id == subscription.c.id,
        delivery.c.state == "pending", delivery.c.due_at <= _value(0, delivery.c.due_at),
    )  # fmt: skip
    sendable = or_(subscription.c.state == "active", subscription.c.state == "removed")
    return select(subscription.c.account_id, subscription.c.id).where(sendable, waiting)


def _waiting(delivery: Any, account: Any, subscription: Any, now: Any, most: Any) -> Any:
    """What one lane has to send, oldest first."""
    query = select(delivery.c.account_id, delivery.c.id).where(
        delivery.c.account_id == account, delivery.c.subscription_id == subscription, delivery.c.state == "pending",
        delivery.c.due_at <= now,
    )  # fmt: skip
    return query.order_by(delivery.c.due_at, delivery.c.id).limit(most)


def _leased(delivery: Any, until: Any, token: Any) -> dict[str, Any]:
    return {"attempts": delivery.c.attempts + 1, "due_at": until, "lease_token": token}


def _take(tables: Tables) -> Any:
    """SQLite: lease what one lane has to send."""
    delivery = tables["delivery"]
    account, subscription, now, most, until, token = (
        _value(place, delivery.c[name])
        for place, name in enumerate(("account_id", "id", "due_at", "id", "due_at", "lease_token"))
    )
    chosen = _waiting(delivery, account, subscription, now, most).subquery("chosen")
    return update(delivery).where(delivery.c.id.in_(select(chosen.c.id))).values(_leased(delivery, until, token))


def _taken(tables: Tables) -> Any:
    """What is leased of these lanes under that token; PostgreSQL leases it in the same statement."""
    delivery, number = tables["delivery"], tables["delivery"].c.id.type
    lanes = listed(tables.dialect, "lanes", {"a": number, "s": number, "most": Integer()}, 0)
    until, token = _value(1, delivery.c.due_at), _value(2, delivery.c.lease_token)
    columns = [delivery.c[name] for name in TAKEN]
    if tables.dialect != "postgresql":
        mine = and_(
            delivery.c.account_id == lanes.c.a, delivery.c.subscription_id == lanes.c.s,
            delivery.c.state == "pending", delivery.c.due_at == until, delivery.c.lease_token == token,
        )  # fmt: skip
        return gathered(tables.dialect, select(*columns).select_from(lanes.join(delivery, mine)))
    waiting = _waiting(delivery, lanes.c.a, lanes.c.s, _value(3, delivery.c.due_at), lanes.c.most)
    each = waiting.with_for_update(skip_locked=True).lateral("each")
    # Materialized, for it must be run once: a second run would lock other rows.
    chosen = select(each.c.account_id, each.c.id).select_from(lanes.join(each, true())).cte("chosen")
    chosen = chosen.prefix_with("MATERIALIZED")
    same = and_(delivery.c.account_id == chosen.c.account_id, delivery.c.id == chosen.c.id)
    leased = update(delivery).where(same).values(_leased(delivery, until, token)).returning(*columns).cte("leased")
    return gathered(tables.dialect, select(leased))


def _settle(tables: Tables) -> Any:
    """A delivery that was asked for once more while it was under way goes back into the queue after its success."""
    delivery = tables["delivery"]
    column = delivery.c
    values = listed(tables.dialect, "results", {name: column[name].type for name in RESULT}, 0).c
    once_more = and_(column.again > 0, values.state != "pending")
    changes: dict[str, Any] = {name: values[name] for name in ("last_status", "last_error", "due_at", "settled_at")}
    changes |= {
        "state": case((once_more, "pending"), else_=values.state),
        "attempts": case((once_more, 0), else_=values.attempts),
        "again": case((once_more, column.again - 1), else_=column.again),
        "lease_token": None,
        "updated_at": values.settled_at,
    }
    mine = and_(column.account_id == values.account_id, column.id == values.id)
    return update(delivery).where(mine, column.lease_token == values.lease_token).values(changes)


def _old_attempts(tables: Tables) -> Any:
    attempt, delivery = tables["attempt"], tables["delivery"]
    old = exists().where(
        delivery.c.account_id == attempt.c.account_id, delivery.c.id == attempt.c.delivery_id,
        delivery.c.created_at < _value(0, delivery.c.created_at),
    )  # fmt: skip
    return delete(attempt).where(old)


def _old_deliveries(tables: Tables) -> Any:
    delivery = tables["delivery"]
    return delete(delivery).where(delivery.c.created_at < _value(0, delivery.c.created_at))
