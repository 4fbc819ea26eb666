"""The delivery queue in SQL: positions, claims with leases, results fenced by the lease token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import and_, bindparam, case, delete, exists, func, or_, select, update

from connector.storage.contract import Backlog, Lane, Row
from connector.storage.shapes import FIRST
from connector.storage.statements import Statement, Statements
from connector.storage.system import DELIVERY
from connector.storage.tables import Tables, upserts

T = TypeVar("T")
RESULT = ("account_id", "id", "lease_token", "state", "attempts", "due_at", "last_status", "last_error", "settled_at")
TAKEN = ("account_id", "id", "subscription_id", "seq", "message_id", "trigger", "style", "method", "body", "request_id",
         "attempts", "due_at", "lease_token")  # fmt: skip
"""What a claim hands out of each delivery."""


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

    def dispatch(self, backlog: Backlog, upto: int, deliveries: Sequence[Row]) -> bool:
        """Insert deliveries and move the position. The counter row comes last, as in every other transaction."""
        made = self._made()
        move = made.compiled("move", _move)

        def run(link: Any) -> None:
            _insert(made, link, "delivery", made.compiled("deliver", _deliver), deliveries)
            if link.run(move.sql, move.bind((backlog.account_id, backlog.dispatched, upto))) == 0:
                raise Moved

        try:
            self._alone_on(run)
        except Moved:
            return False
        return True

    def due(self, now: str) -> list[Lane]:
        """The active subscriptions with something to send: one probe of an index for each."""
        statement = self._made().compiled("due", _due)
        rows = self._linked(lambda link: link.rows(statement.sql, statement.bind((now,))))
        return [Lane(account_id=account, subscription_id=subscription) for account, subscription in rows]

    def claim(self, lanes: Sequence[Lane], now: str, until: str, token: str) -> list[Row]:
        """Take due deliveries of these lanes."""
        statement = self._made().compiled("claim", _claim)

        def run(link: Any) -> list[Row]:
            found: list[Row] = []
            for lane in lanes:
                values = (lane.account_id, lane.subscription_id, now, lane.most, until, token)
                rows = link.rows(statement.sql, statement.bind(values), fresh_plan=True)
                found += sorted((dict(zip(TAKEN, row, strict=True)) for row in rows), key=_place)
            return found

        return self._alone_on(run)

    def settle(self, results: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Write how deliveries went and log the attempts."""
        made = self._made()
        statement = made.compiled("settle", _settle)

        def run(link: Any) -> None:
            link.many(statement.sql, [statement.bind([row[name] for name in RESULT]) for row in results])
            _insert(made, link, "attempt", made.insert(made.records["attempt"]), attempts)

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


def _insert(made: Statements, link: Any, key: str, statement: Statement, rows: Sequence[Row]) -> None:
    names = [name for name in made.records[key].fields if name != "id"]
    link.many(
        statement.sql, [statement.bind([row["account_id"], None, *(row[name] for name in names)]) for row in rows]
    )


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
    delivery = tables["delivery"]
    dialect: Any = upserts(tables.dialect)
    names = [name for name in DELIVERY.fields if name != "id"]
    values = {name: _value(place, delivery.c[name]) for place, name in enumerate(names, FIRST)}
    return dialect.insert(delivery).values(values).on_conflict_do_nothing(index_elements=["message_id"])


def _due(tables: Tables) -> Any:
    subscription, delivery = tables["subscription"], tables["delivery"]
    waiting = exists().where(
        delivery.c.account_id == subscription.c.account_id, delivery.c.subscription_id == subscription.c.id,
        delivery.c.state == "pending", delivery.c.due_at <= _value(0, delivery.c.due_at),
    )  # fmt: skip
    sendable = or_(subscription.c.state == "active", subscription.c.state == "removed")
    return select(subscription.c.account_id, subscription.c.id).where(sendable, waiting)


def _claim(tables: Tables) -> Any:
    delivery = tables["delivery"]
    mine = delivery.c.account_id == _value(0, delivery.c.account_id)
    query = select(delivery.c.id).where(
        mine, delivery.c.subscription_id == _value(1, delivery.c.id), delivery.c.state == "pending",
        delivery.c.due_at <= _value(2, delivery.c.due_at),
    )  # fmt: skip
    query = query.order_by(delivery.c.due_at, delivery.c.id).limit(_value(3, delivery.c.id))
    if tables.dialect == "postgresql":
        query = query.with_for_update(skip_locked=True)
    taken = query.cte("taken")
    changes = {
        "attempts": delivery.c.attempts + 1, "due_at": _value(4, delivery.c.due_at),
        "lease_token": _value(5, delivery.c.lease_token),
    }  # fmt: skip
    chosen = update(delivery).where(mine, delivery.c.id.in_(select(taken.c.id))).values(changes)
    return chosen.returning(*(delivery.c[name] for name in TAKEN))


def _settle(tables: Tables) -> Any:
    """A delivery that was asked for once more while it was under way goes back into the queue after its success."""
    delivery = tables["delivery"]
    column = delivery.c
    values = {name: _value(place, column[name]) for place, name in enumerate(RESULT)}
    once_more = and_(column.again > 0, values["state"] != "pending")
    changes: dict[str, Any] = {name: values[name] for name in ("last_status", "last_error", "due_at", "settled_at")}
    changes |= {
        "state": case((once_more, "pending"), else_=values["state"]),
        "attempts": case((once_more, 0), else_=values["attempts"]),
        "again": case((once_more, column.again - 1), else_=column.again),
        "lease_token": None,
        "updated_at": values["settled_at"],
    }
    mine = and_(column.account_id == values["account_id"], column.id == values["id"])
    return update(delivery).where(mine, column.lease_token == values["lease_token"]).values(changes)


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
