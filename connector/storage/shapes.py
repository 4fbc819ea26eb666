"""The shape of a query: all that its SQL text depends on. Values are set aside, numbered as the shape names them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from connector.storage.contract import AnyOf, Clause, EventQuery, Order, Outer, Query
from connector.storage.journal import topic_value
from connector.storage.values import LARGEST

ACCOUNT, OWNER, FIRST = 0, 1, 2
"""Places of the account, the owner and the first other value."""


class ClauseShape(NamedTuple):
    """One comparison. `form`: one value, a list, null, the outer record's id, or never true."""

    path: str
    op: str
    form: str
    start: int
    size: int = 1
    member: str = ""
    """The kind of the value inside an object field, where one is compared; its key is at place `key`."""
    key: int = 0


class AnyShape(NamedTuple):
    """Groups of comparisons, one of which must hold."""

    groups: tuple[tuple[ClauseShape, ...], ...]


class OrderShape(NamedTuple):
    """One sort key: a path, or a count of records."""

    path: str
    descending: bool
    counted: str | None
    where: tuple[ClauseShape | AnyShape, ...]
    member: str = ""
    key: int = 0


class MarkShape(NamedTuple):
    """One value of the last row of the page before."""

    place: int
    null: bool


class QueryShape(NamedTuple):
    """A whole query."""

    entity: str
    where: tuple[ClauseShape | AnyShape, ...]
    order: tuple[OrderShape, ...]
    after: tuple[MarkShape, ...] | None
    limit: int | None
    lock: bool
    everywhere: bool


class PageShape(NamedTuple):
    """A page of the log."""

    topics: tuple[int, ...]
    after: int | None
    before: int | None
    value: int | None
    limit: int
    owned: bool


def shape_of(query: Query, values: list[Any]) -> QueryShape:
    """The shape of a query; its values are appended to `values`."""
    where = tuple(_part(part, values) for part in query.where)
    order = tuple(_order(order, values) for order in query.order)
    after = None
    if query.after is not None:
        after = tuple(MarkShape(_put(value, values), value is None) for value in query.after)
    limit = None if query.limit is None else _put(query.limit, values)
    return QueryShape(query.entity, where, order, after, limit, query.lock, query.everywhere)


def page_of(query: EventQuery, owned: bool, values: list[Any]) -> PageShape:
    """The shape of a page of the log; its values are appended to `values`."""

    def put(value: Any) -> int | None:
        return None if value is None else _put(value, values)

    def bound(number: int | None) -> int | None:
        return None if number is None else _put(min(number, LARGEST), values)

    topics = tuple(_put(topic, values) for topic in dict.fromkeys(query.topics))
    return PageShape(
        topics,
        bound(query.after), bound(query.before if query.after is None else None), put(topic_value(query.value)),
        _put(query.limit, values), owned,
    )  # fmt: skip


def _put(value: Any, values: list[Any]) -> int:
    values.append(value)
    return len(values) - 1


def _part(part: Clause | AnyOf, values: list[Any]) -> ClauseShape | AnyShape:
    if isinstance(part, Clause):
        return _clause(part, values)
    groups = tuple(tuple(_clause(clause, values) for clause in group) for group in part.groups if group)
    return AnyShape(groups)


def _clause(clause: Clause, values: list[Any]) -> ClauseShape:
    if clause.member is not None:
        shape = _clause(replace(clause, member=None), values)
        return shape._replace(member=clause.member.kind, key=_put(clause.member.key, values))
    path, op, value = clause.path, clause.op, clause.value
    if isinstance(value, Outer):
        return ClauseShape(path, op, "outer", 0)
    if op == "in":
        return _listed(path, [item for item in value if item is not None], values)
    if value is None:
        return ClauseShape(path, op, "null" if op in ("eq", "ne") else "never", 0)
    return ClauseShape(path, op, "one", _put(value, values))


def _listed(path: str, items: list[Any], values: list[Any]) -> ClauseShape:
    """Lists are filled up to the next power of two, so that few lengths mean few statements."""
    if not items:
        return ClauseShape(path, "in", "never", 0)
    size = 1 << (len(items) - 1).bit_length()
    start = len(values)
    values.extend([*items, *items[-1:] * (size - len(items))])
    return ClauseShape(path, "in", "list", start, size)


def _order(order: Order, values: list[Any]) -> OrderShape:
    where = tuple(_part(part, values) for part in order.where)
    shape = OrderShape(order.path, order.descending, order.count, where)
    if order.member is None:
        return shape
    return shape._replace(member=order.member.kind, key=_put(order.member.key, values))
