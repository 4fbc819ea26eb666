"""Queries over rows in memory: the meaning of `where`, `order` and `after`, spelled out in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from connector.catalog.model import Field
from connector.storage.contract import AnyOf, Clause, Order, Outer, Query, Row
from connector.storage.records import Records
from connector.storage.values import fold, member_field, member_of, operand, whole

Follow = Callable[[str, Row, tuple[str, ...]], Any]
"""Entity, row, path of field names -> the value there, None where a reference breaks."""
Test = Callable[[Any, Any], bool]
Rows = Callable[[str], Iterable[Row]]

_OPS: dict[str, Test] = {
    "eq": lambda left, right: left == right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "in": lambda left, right: left in right,
    "contains": lambda left, right: right in left,
}


class Matching:
    """Finds among rows. It is given the records, a way to follow references, and the account's rows by entity."""

    def __init__(self, records: Records, follow: Follow, rows: Rows) -> None:
        self._records, self._follow, self._rows = records, follow, rows

    def find(self, rows: Iterable[Row], query: Query) -> list[Row]:
        """The matching rows, in order."""
        found = [row for row in rows if self.holds(query.entity, row, query.where)]
        falling = bool(query.order) and query.order[0].descending
        found.sort(key=lambda row: row["id"], reverse=falling)
        keys = [self._key(query.entity, order) for order in query.order]
        for key, order in reversed([*zip(keys, query.order, strict=True)]):
            found.sort(key=lambda row: _ranked(key(row)), reverse=order.descending)
        if query.after is not None:
            last = [*self._mark(query), (_ranked(whole(query.after[-1])), falling)]
            found = [row for row in found if _beyond([*(_ranked(key(row)) for key in keys), _ranked(row["id"])], last)]
        return found[: query.limit]

    def holds(self, entity: str, row: Row, where: Iterable[Clause | AnyOf], outer: Any = None) -> bool:
        """Whether the row meets all of it."""
        return all(
            self._clause(entity, row, part, outer)
            if isinstance(part, Clause)
            else any(group and self.holds(entity, row, group, outer) for group in part.groups)
            for part in where
        )

    def _clause(self, entity: str, row: Row, clause: Clause, outer: Any) -> bool:
        path = self._records.path(entity, clause.path)
        left, field = self._follow(entity, row, (*path.refs, path.field.name)), path.field
        if clause.member is not None:
            key, kind = clause.member.key, clause.member.kind
            left, field = member_of(left, key, kind), member_field(field, key, kind)
        if clause.value is None and clause.op in ("eq", "ne"):
            return (left is None) == (clause.op == "eq")
        prepare = operand(field, clause.op)
        value = outer if isinstance(clause.value, Outer) else clause.value
        right = [prepare(item) for item in value] if clause.op == "in" else prepare(value)
        if field.fold and clause.op in ("eq", "ne", "in", "contains"):
            left = fold(field, left)
        if clause.op == "ne":
            return bool(left != right) if left is not None else right is not None
        return left is not None and right is not None and _OPS[clause.op](left, right)

    def _key(self, entity: str, order: Order) -> Callable[[Row], Any]:
        if order.count is not None:
            counted = order.count
            return lambda row: sum(
                self.holds(counted, other, order.where, outer=row["id"]) for other in self._rows(counted)
            )
        path = self._records.path(entity, order.path)
        steps, member = (*path.refs, path.field.name), order.member
        if member is None:
            return lambda row: fold(path.field, self._follow(entity, row, steps))
        field = member_field(path.field, member.key, member.kind)
        return lambda row: fold(field, member_of(self._follow(entity, row, steps), member.key, member.kind))

    def _sought(self, entity: str, order: Order) -> Field:
        field, member = self._records.path(entity, order.path).field, order.member
        return field if member is None else member_field(field, member.key, member.kind)

    def _mark(self, query: Query) -> list[tuple[Any, bool]]:
        """Where the page before ended: rank and direction per order."""
        fields = [None if order.count else self._sought(query.entity, order) for order in query.order]
        values = (query.after or ())[: len(fields)]
        return [
            (_ranked(operand(field, "eq")(value) if field else whole(value)), order.descending)
            for field, value, order in zip(fields, values, query.order, strict=True)
        ]


def _ranked(value: Any) -> tuple[bool, Any]:
    """Nulls come first."""
    return (value is not None, value if value is not None else 0)


def _beyond(rank: list[Any], last: list[tuple[Any, bool]]) -> bool:
    for mine, (theirs, falling) in zip(rank, last, strict=True):
        if mine != theirs:
            return bool(mine < theirs) if falling else bool(mine > theirs)
    return False
