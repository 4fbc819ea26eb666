"""Reading: searches, lists of records, one record, and the choices of a drop-down; all pages look the same."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connector.catalog import folds
from connector.catalog.coercions import Wrong, day, echo, moment
from connector.catalog.inputs import parse, unknown
from connector.catalog.model import CUSTOM, Catalog, Entity, Field, Search, Where
from connector.engine.lookups import LARGEST_ID, as_id, find_row, on_missing, resolve
from connector.engine.queries import Run, bind, clauses, open_run, orders
from connector.engine.records import Members, Names, reader, wire
from connector.engine.run import standing
from connector.errors import CursorReset, Fault, Invalid, NotFound
from connector.storage.contract import OPERATORS, AnyOf, Clause, Member, Order, Query, Row, Scope, Store, Transaction
from connector.storage.values import member_of

LIMIT, LARGEST = 50, 200
LARGEST_NUMBER = 9e14
"""Counted in 1/10,000, as money is kept, it still fits 63 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its rows, an opaque cursor (present on every page that has rows or a log), whether more follow."""

    data: list[dict[str, Any]]
    cursor: str | None
    has_more: bool

    def as_json(self) -> dict[str, Any]:
        """The page as it goes over the wire."""
        return {"data": self.data, "cursor": self.cursor, "has_more": self.has_more}


def page_limit(limit: int | None, default: int = LIMIT, largest: int = LARGEST) -> int:
    """The page size in force; Invalid when it is not between 1 and the largest."""
    if limit is None:
        return default
    if not 1 <= limit <= largest:
        params = {"name": "limit", "got": limit, "lowest": 1, "highest": largest}
        raise Invalid(faults=[Fault(pointer="/limit", key="limit_out_of_range", params=params)])
    return limit


def record(catalog: Catalog, store: Store, scope: Scope, entity: Entity, record_id: Any) -> Row:
    """One visible record as it goes over the wire, or NotFound."""
    wanted = as_id(record_id)
    row = store.read(scope, lambda tx: tx.get(entity.key, wanted)) if wanted is not None else None
    if row is None:
        raise on_missing(catalog, entity.key, record_id)
    return wire(entity, row)


def records(
    catalog: Catalog, store: Store, scope: Scope, entity: Entity, filters: Mapping[str, str], *,
    order: str | None = None, cursor: str | None = None, limit: int | None = None, q: str | None = None,
) -> Page:  # fmt: skip
    """A page of visible records. Filters are `field` or `field[op]`; `order` is a field, `-field` for descending."""
    sorting = _order(entity, order)

    def work(tx: Transaction) -> Page:
        where: list[Clause | AnyOf] = [_filter(catalog, tx, entity, name, text) for name, text in filters.items()]
        where += _matching(entity, q)
        query = Query(entity=entity.key, where=tuple(where), order=sorting)
        return _page(tx, entity, query, cursor, page_limit(limit))

    return store.read(scope, work)


def search(
    catalog: Catalog, store: Store, scope: Scope, key: str, raw: Mapping[str, Any], *, text: bool = True,
    cursor: str | None = None, limit: int | None = None, order: str | None = None,
) -> Page:  # fmt: skip
    """A page of what a search finds; `data` is empty when it finds nothing. `order` goes before the file's own."""
    todo = catalog.searches.get(key)
    if todo is None:
        raise NotFound("search_not_found", name=key)
    inputs = parse(todo.input, raw, text=text)
    entity = catalog.entities[todo.find]
    sorting = _order(entity, order) if order else ()

    def work(tx: Transaction) -> Page:
        run = open_run(catalog, tx, standing(catalog, tx), inputs)
        typed: dict[str, Any] = {}
        for name, value in inputs.items():
            ref = todo.input.refs.get(name)
            if ref is not None and ref.to == todo.find and find_row(tx, ref, value) is None:
                return Page(data=[], cursor=None, has_more=False)
            typed[name] = resolve(run, name, ref, value) if ref is not None else value
        run.names["input"] = Members(typed)
        for binding in todo.bind:
            run.names[binding.name] = bind(run, binding)
        ordered = sorting or orders(run, todo.order, run.names)
        where = (*clauses(run, todo.where, run.names), *_wanted(entity, inputs.get(CUSTOM, {})))
        query = Query(entity=todo.find, where=where, order=ordered)
        found = _page(tx, entity, query, cursor, page_limit(limit))
        return _counted(run, todo, found) if todo.counts else found

    return store.read(scope, work)


def _wanted(entity: Entity, custom: Mapping[str, Any]) -> Iterator[Clause]:
    """Only records with these custom values; of several choices, with each."""
    for key, value in custom.items():
        each = value if isinstance(value, list) else [value]
        op = "contains" if entity.own[key].kind == "list" else "eq"
        yield from (_inside(entity.own[key], op, item) for item in each)


def _inside(field: Field, op: str, value: Any) -> Clause:
    """A comparison with the value of a custom field."""
    return Clause(path=CUSTOM, op=op, value=value, member=_member(field))


def _member(field: Field) -> Member:
    return Member(field.name, MEMBERS.get(field.kind, "text"))


MEMBERS: Mapping[str, Any] = {
    "integer": "number", "number": "number", "money": "number", "boolean": "boolean", "list": "list",
}  # fmt: skip
"""How the values of a custom field are kept inside `custom`, by its kind."""


def _counted(run: Run, todo: Search, found: Page) -> Page:
    """The page with the search's numbers beside each record."""
    data = []
    for row in found.data:
        names = Names({**run.names, "it": run.record(todo.find, row["id"], row)}, run.names.lazy)
        numbers = {
            name: run.tx.count(Query(entity=each.count or "", where=clauses(run, each.where, names)))
            for name, each in todo.counts.items()
        }
        data.append({**row, **numbers})
    return Page(data=data, cursor=found.cursor, has_more=found.has_more)


def choices(
    catalog: Catalog, store: Store, scope: Scope, entity: Entity, *, q: str | None = None, cursor: str | None = None,
    limit: int | None = None, where: Where = (),
) -> Page:  # fmt: skip
    """A page of a drop-down: `{value, label, id}`, searched by `q`, only records that meet the reference's `where`."""

    def work(tx: Transaction) -> Page:
        run = open_run(catalog, tx, Names({}, {}), {})
        query = Query(entity=entity.key, where=(*clauses(run, where, run.names), *_matching(entity, q)))
        found = _page(tx, entity, query, cursor, page_limit(limit, default=100))
        make = reader(catalog, tx)
        data = [
            {
                "value": row["id"],
                "label": str(entity.label.of({"it": make(entity.key, row["id"], row)})),
                "id": row["id"],
            }
            for row in found.data
        ]
        return Page(data=data, cursor=found.cursor, has_more=found.has_more)

    return store.read(scope, work)


def listed(field: Field, *, q: str | None = None, cursor: str | None = None, limit: int | None = None) -> Page:
    """A page of the choices that a field itself names, in its order; `id` is the place."""
    start, size = _place(cursor) if cursor else 0, page_limit(limit, default=100)
    found = [
        (place, choice) for place, choice in enumerate(field.choices, 1) if folds.text(q or "") in folds.text(choice)
    ]
    part = [(place, choice) for place, choice in found if place > start]
    data = [{"value": choice, "label": choice, "id": place} for place, choice in part[:size]]
    return Page(data=data, cursor=str(data[-1]["id"]) if data else cursor, has_more=len(part) > size)


def _place(cursor: str) -> int:
    place = as_id(cursor)
    if place is None:
        raise CursorReset("bad_cursor")
    return place


def _page(tx: Transaction, entity: Entity, query: Query, cursor: str | None, limit: int) -> Page:
    order = query.order or (Order(path="id"),)
    paths = [f"{sort.path}.{sort.member.key}" if sort.member else sort.path for sort in order]
    after = _decode(cursor, paths) if cursor else None
    rows = tx.find(Query(entity=query.entity, where=query.where, order=order, limit=limit + 1, after=after))
    more, rows = len(rows) > limit, rows[:limit]
    last = rows[-1] if rows else None
    onward = None
    if last and _plain(entity, order):
        onward = _encode(paths, [*(_sorted_by(sort, last) for sort in order), last["id"]])
    return Page(data=[wire(entity, row) for row in rows], cursor=onward or cursor, has_more=more and onward is not None)


def _sorted_by(sort: Order, row: Row) -> Any:
    value = row[sort.path]
    return value if sort.member is None else member_of(value, sort.member.key, sort.member.kind)


def _plain(entity: Entity, order: Sequence[Order]) -> bool:
    """Only orders by the record's own fields can be continued."""
    return all(sort.count is None and sort.path in entity.fields for sort in order)


def _encode(paths: list[str], values: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([paths, values])).decode().rstrip("=")


def _decode(cursor: str, paths: list[str]) -> tuple[Any, ...]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        ordered, values = orjson.loads(text)
    except (ValueError, TypeError, UnicodeEncodeError, binascii.Error):
        raise CursorReset("bad_cursor") from None
    fits = ordered == paths and isinstance(values, list) and len(values) == len(paths) + 1
    if not fits or as_id(values[-1]) is None or not all(isinstance(v, str | int | float | None) for v in values):
        raise CursorReset("bad_cursor")
    return tuple(values)


def _order(entity: Entity, order: str | None) -> tuple[Order, ...]:
    if not order:
        return (Order(path="id"),)
    name = order.removeprefix("-")
    own = entity.own.get(name)
    field, falling = own or entity.fields.get(name), order.startswith("-")
    if field is None or field.secret or field.kind in ("list", "object"):
        raise Invalid(faults=[_unknown(entity, name)])
    return (
        Order(path=CUSTOM, descending=falling, member=_member(own)) if own else Order(path=name, descending=falling),
    )


def _unknown(entity: Entity, name: str, *others: str) -> Fault:
    return unknown(name, [*(field.name for field in entity.fields.values() if not field.secret), *entity.own, *others])


def _filter(catalog: Catalog, tx: Transaction, entity: Entity, given: str, text: str) -> Clause:
    name, _, op = given.removesuffix("]").partition("[")
    own = entity.own.get(name)
    field = own or entity.fields.get(name) or catalog.shown(entity, name)
    if field is None or field.secret:
        raise Invalid(faults=[_unknown(entity, name, *(show.name for show in entity.shows))])
    if op and op not in OPERATORS:
        raise Invalid(faults=[unknown(f"{name}[{op}]", [f"{name}[{known}]" for known in OPERATORS])])
    op = op or ("contains" if field.kind == "list" else "eq")
    value: Any = text
    if op != "contains":
        values = [_value(tx, name, field, part) for part in (text.split(",") if op == "in" else [text])]
        value = values if op == "in" else values[0]
    return _inside(own, op, value) if own is not None else Clause(path=name, op=op, value=value)


def _value(tx: Transaction, name: str, field: Field, text: str) -> Any:
    if text == "":
        return None
    try:
        return _by_key(tx, field, text) if field.ref is not None else READ.get(field.kind, str)(text)
    except (ValueError, OverflowError):
        params = {"name": name, "got": echo(text), "allowed": field.kind}
        raise Invalid(faults=[Fault(pointer=f"/{name}", key="wrong_type", params=params)]) from None
    except Wrong as wrong:
        found = [Fault(pointer=f"/{name}", key=key, params={"name": name, **said}) for _, key, said in wrong.mistakes]
        raise Invalid(faults=found) from None


def _by_key(tx: Transaction, field: Field, text: str) -> int:
    """The id a reference filter names; one that names nothing visible matches nothing."""
    assert field.ref is not None
    row = find_row(tx, field.ref, text)
    return row["id"] if row is not None else 0


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST_ID:
        raise OverflowError
    return number


def _number(text: str) -> float:
    number = float(text)
    if not -LARGEST_NUMBER < number < LARGEST_NUMBER:
        raise OverflowError
    return number


def _yes(text: str) -> bool:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]


def _boolean(text: str) -> bool:
    try:
        return _yes(text)
    except KeyError:
        raise ValueError(text) from None


def _moment(text: str) -> Any:
    """A moment; a day stands for its beginning in UTC."""
    return moment(f"{text}T00:00:00Z" if len(text) == len("2026-03-01") else text)


READ: Mapping[str, Callable[[str], Any]] = {
    "date": day,
    "datetime": _moment,
    "integer": _whole,
    "number": _number,
    "money": _number,
    "boolean": _boolean,
}


def _matching(entity: Entity, q: str | None) -> list[Clause | AnyOf]:
    if not q:
        return []
    if not entity.search:
        raise Invalid(faults=[Fault(pointer="/q", key="not_searchable", params={"name": entity.plural})])
    parts = [Clause(path=name, op="contains", value=q) for name in entity.search]
    parts += [_inside(field, "contains", q) for field in entity.own.values() if field.kind == "text"]
    return [AnyOf(groups=tuple((part,) for part in parts))]
