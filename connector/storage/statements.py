"""Statements: generated and compiled to text once per shape, then only executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    bindparam,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.elements import BindParameter

from connector.catalog.model import Field
from connector.storage.columns import Expression, Expressions, Lookups, Tree, account
from connector.storage.contract import Event, Row
from connector.storage.listed import gathered
from connector.storage.records import Path, Record, Records
from connector.storage.shapes import ACCOUNT, FIRST, OWNER, MarkShape, OrderShape, PageShape, QueryShape
from connector.storage.tables import TEXT, Tables, describe, folded
from connector.storage.values import DECODE, ENCODE, Convert, folded_column, whole

EVENT = ("account_id", "seq", "at", "actor_id", "origin", "request_id", "entity", "record_id", "verb", "changed",
         "before", "after")  # fmt: skip
_PLACED = re.compile(r"[vf]\d+")
TOPIC = ("account_id", "topic", "seq", "owner_id", "value")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as text, and where each of its parameters comes from."""

    sql: str
    slots: tuple[tuple[int, Convert | None], ...]
    constants: tuple[Any, ...] = ()
    """Parameters that never change; their places count from the end."""
    decode: Callable[[Sequence[Any]], Row] | None = None

    def bind(self, values: Sequence[Any]) -> list[Any]:
        """Its parameters, in order."""
        if self.constants:
            values = [*values, *self.constants]
        return [
            value if encode is None or value is None else encode(value)
            for place, encode in self.slots
            for value in (values[place],)
        ]


class Statements:
    """All statements of one catalog on one kind of database, made when first needed."""

    def __init__(self, records: Records, dialect: Dialect) -> None:
        self.records = records
        self.tables: Tables = describe(records, dialect.name)
        self._dialect = dialect
        self._locks = dialect.name == "postgresql"
        self._made: dict[Any, Statement] = {}

    def get(self, record: Record, owned: bool, lock: bool) -> Statement:
        """One row by id, with its shows."""
        return self._cached(("get", record.key, owned, lock and self._locks), lambda: self._get(record, owned, lock))

    def find(self, shape: QueryShape, owned: bool) -> Statement:
        """Rows by a query."""
        return self._cached(("find", shape, owned), lambda: self._find(shape, owned))

    def count(self, shape: QueryShape, owned: bool) -> Statement:
        """The number of rows that a query matches."""
        return self._cached(("count", shape, owned), lambda: self._count(shape, owned))

    def insert(self, record: Record) -> Statement:
        """A new row; values: account, owner, then every stored field in order, `id` included only when loading."""
        return self._cached(("insert", record.key), lambda: self._insert(record, with_id=False))

    def load(self, record: Record) -> Statement:
        """A new row with an id of its own."""
        return self._cached(("load", record.key), lambda: self._insert(record, with_id=True))

    def update(self, record: Record, names: tuple[str, ...], by: str = "id") -> Statement:
        """Some columns of a row; values: account, owner, its id (or value in `by`), then those fields in order."""
        return self._cached(("update", record.key, names, by), lambda: self._update(record, names, by))

    def delete(self, record: Record) -> Statement:
        """One row; values: account, owner, id."""
        return self._cached(("delete", record.key), lambda: self._delete(record))

    def page(self, shape: PageShape) -> Statement:
        """A page of the log."""
        return self._cached(("page", shape), lambda: self._page(shape))

    def compiled(self, key: str, make: Callable[[Tables], Any]) -> Statement:
        """Any other statement, by name."""
        return self._cached(("named", key), lambda: self._compile(make(self.tables), {}))

    def _cached(self, key: Any, make: Callable[[], Statement]) -> Statement:
        statement = self._made.get(key)
        if statement is None:
            statement = self._made[key] = make()
        return statement

    def _compile(
        self, query: Any, encoders: dict[int, Convert], decode: Callable[[Sequence[Any]], Row] | None = None
    ) -> Statement:
        return self._stated(query, lambda name, place: (place, encoders.get(place)), decode)

    def _stated(
        self, query: Any, slot: Callable[[str, int], tuple[int, Convert | None]],
        decode: Callable[[Sequence[Any]], Row] | None = None,
    ) -> Statement:  # fmt: skip
        """Compile. Parameters are named by a letter and the place of their value; all others are constants."""
        compiled = query.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True})
        names = list(compiled.positiontup or ())
        fixed = [name for name in names if not _PLACED.fullmatch(name)]
        slots = (
            slot(name, int(name[1:])) if _PLACED.fullmatch(name) else (fixed.index(name) - len(fixed), None)
            for name in names
        )
        return Statement(str(compiled), tuple(slots), tuple(compiled.params[name] for name in fixed), decode)

    def _rows(self, record: Record, tree: Tree) -> tuple[list[Expression], Callable[[Sequence[Any]], Row]]:
        """The columns of a row with its shows, and how to read them back."""
        paths = [Path(refs=(), field=field) for field in record.fields.values()]
        paths += [self._show(record, show.path) for show in record.entity.shows]
        return self._read(tuple(record.blank), paths, tree)

    def _read(
        self, names: tuple[str, ...], paths: Sequence[Path], tree: Tree
    ) -> tuple[list[Expression], Callable[[Sequence[Any]], Row]]:
        """The columns at the ends of paths, and how to read them back under those names."""
        fixes = tuple(
            (name, DECODE[path.field.kind])
            for name, path in zip(names, paths, strict=True)
            if path.field.kind in DECODE and not (self._locks and path.field.kind == "boolean")
        )

        def decode(values: Sequence[Any]) -> Row:
            row = dict(zip(names, values, strict=True))
            for name, fix in fixes:
                if row[name] is not None:
                    row[name] = fix(row[name])
            return row

        return [tree.column(path) for path in paths], decode

    def _show(self, record: Record, path: tuple[str, ...]) -> Path:
        last = self.records[self.records.target(record.key, path[:-1])]
        return Path(refs=path[:-1], field=last.fields[path[-1]])

    def _owner(self, record: Record, source: Tree | Lookups) -> list[Expression]:
        path = record.entity.owner
        if path is None:
            return []
        column = source.column(self._show(record, path))
        return [column == bindparam(f"v{OWNER}", type_=column.type)]

    def _root(self, record: Record) -> FromClause:
        return self.tables[record.key].alias("r")

    def _locked(self, record: Record, conditions: Callable[[Lookups], list[Expression]], **ends: Any) -> FromClause:
        """Rows locked in one table first: what is joined to them is then read for their newest form."""
        root = self._root(record)
        query = select(root).where(*conditions(Lookups(self.tables, self.records, record.key, root)))
        if ends:
            query = query.order_by(*ends["order"](root)).limit(ends["limit"])
        return query.with_for_update(key_share=True).cte("locked")

    def _get(self, record: Record, owned: bool, lock: bool) -> Statement:
        def conditions(source: Tree | Lookups) -> list[Expression]:
            root = source.root
            mine = [account(root), root.c.id == bindparam(f"v{FIRST}", type_=root.c.id.type)]
            return [*mine, *self._owner(record, source)] if owned else mine

        locked = lock and self._locks
        root = self._locked(record, conditions) if locked else self._root(record)
        tree = Tree(self.tables, self.records, record.key, root)
        columns, decode = self._rows(record, tree)
        where = [] if locked else conditions(tree)
        return self._compile(select(*columns).select_from(tree.source).where(*where), {}, decode)

    def _find(self, shape: QueryShape, owned: bool) -> Statement:
        record = self.records[shape.entity]
        made = Expressions(self.tables, self.records)
        limit = None if shape.limit is None else made.value(shape.limit, self.tables[record.key].c.id.type)
        locked = shape.lock and self._locks
        root = self._root(record)
        if locked:
            inside = Lookups(self.tables, self.records, record.key, root)
            query = select(root).where(*self._conditions(made, inside, shape, owned))
            root = (
                query.order_by(*self._ordering(made, inside, shape))
                .limit(limit)
                .with_for_update(key_share=True)
                .cte("locked")
            )
        tree = Tree(self.tables, self.records, record.key, root)
        columns, decode = self._rows(record, tree)
        where = [] if locked else self._conditions(made, tree, shape, owned)
        ordering = self._ordering(made, tree, shape)
        query = select(*columns).select_from(tree.source).where(*where).order_by(*ordering).limit(limit)
        return self._compile(query, made.encoders, decode)

    def _count(self, shape: QueryShape, owned: bool) -> Statement:
        record = self.records[shape.entity]
        made = Expressions(self.tables, self.records)
        tree = Tree(self.tables, self.records, record.key, self._root(record))
        where = self._conditions(made, tree, shape, owned)
        query = select(tree.root.c.id).where(*where)
        if shape.limit is not None:
            query = query.limit(made.value(shape.limit, tree.root.c.id.type))
        inner = query.select_from(tree.source).subquery()
        return self._compile(select(func.count()).select_from(inner), made.encoders)

    def _conditions(
        self, made: Expressions, source: Tree | Lookups, shape: QueryShape, owned: bool
    ) -> list[Expression]:
        found = [] if shape.everywhere else [account(source.root)]
        found += made.where(source, shape.where)
        if owned:
            found += self._owner(self.records[shape.entity], source)
        if shape.after is not None:
            found.append(self._beyond(made, source, shape, shape.after))
        return found

    def _key(self, made: Expressions, source: Tree | Lookups, order: OrderShape) -> Expression:
        if order.counted is not None:
            return made.counted(source.root, order.counted, order.where)
        return made.key(source, order)

    def _ordering(self, made: Expressions, source: Tree | Lookups, shape: QueryShape) -> list[Any]:
        falling = bool(shape.order) and shape.order[0].descending
        keys = [(self._key(made, source, order), order.descending) for order in shape.order]
        if not shape.order or shape.order[-1].path != "id":
            keys.append((source.root.c.id, falling))
        if not self._locks:
            return [key.desc() if down else key.asc() for key, down in keys]
        return [key.desc().nulls_last() if down else key.asc().nulls_first() for key, down in keys]

    def _beyond(
        self, made: Expressions, source: Tree | Lookups, shape: QueryShape, after: tuple[MarkShape, ...]
    ) -> Expression:
        """Rows after the last one of the page before, in an order where nulls come first."""
        steps: list[Expression] = []
        same: list[Expression] = []
        for order, mark in zip(shape.order, after[:-1], strict=True):
            key = self._key(made, source, order)
            value = made.mark(shape.entity, order, mark.place, key)
            steps.append(and_(*same, _past(key, value, mark.null, order.descending)))
            same.append(key.is_(None) if mark.null else key == value)
        identity = source.root.c.id
        last = made.value(after[-1].place, identity.type, whole)
        falling = bool(shape.order) and shape.order[0].descending
        return or_(*steps, and_(*same, identity < last if falling else identity > last))

    def _insert(self, record: Record, *, with_id: bool) -> Statement:
        table = self.tables[record.key]
        stored = [field for field in record.fields.values() if with_id or field.name != "id"]
        fields = dict(enumerate(stored, FIRST))
        values = _parameters(table, fields)
        values["account_id"] = bindparam(f"v{ACCOUNT}", type_=table.c.account_id.type)
        query: Any = insert(table).values(values)
        if with_id or not self._locks:
            return self._written(query, fields)
        if not record.shown:
            return self._written(query.returning(table.c.id), fields)
        tree = Tree(self.tables, self.records, record.key, query.returning(*table.c).cte("made"))
        paths = [Path(refs=(), field=record.fields["id"])]
        paths += [self._show(record, show.path) for show in record.entity.shows]
        columns, decode = self._read(("id", *record.shown), paths, tree)
        return self._written(select(*columns).select_from(tree.source), fields, decode)

    def _update(self, record: Record, names: tuple[str, ...], by: str) -> Statement:
        table = self.tables[record.key]
        fields = {place: record.fields[name] for place, name in enumerate(names, FIRST + 1)}
        query = update(table).where(account(table), table.c[by] == bindparam(f"v{FIRST}", type_=table.c[by].type))
        return self._written(query.values(_parameters(table, fields)), fields)

    def _written(
        self, query: Any, fields: dict[int, Field], decode: Callable[[Sequence[Any]], Row] | None = None
    ) -> Statement:
        """Compile a write: `v<place>` is the encoded value at that place, `f<place>` its folded form."""
        encoders = {place: ENCODE[field.kind] for place, field in fields.items() if field.kind in ENCODE}
        folders = {place: _folder(field) for place, field in fields.items()}
        return self._stated(
            query, lambda name, place: (place, (folders if name[0] == "f" else encoders).get(place)), decode
        )

    def _delete(self, record: Record) -> Statement:
        table = self.tables[record.key]
        mine = table.c.id == bindparam(f"v{FIRST}", type_=table.c.id.type)
        return self._compile(delete(table).where(account(table), mine), {})

    def _page(self, shape: PageShape) -> Statement:
        """The numbers of the page from the index of topics first, then the events of exactly those numbers."""
        made = Expressions(self.tables, self.records)
        event = self.tables["event"]
        kind = event.c.seq.type
        limit = made.value(shape.limit, kind)
        rising = shape.after is not None

        def numbers(topic: Table, place: int) -> Any:
            query = select(topic.c.seq).where(account(topic), topic.c.topic == made.value(place, topic.c.topic.type))
            if shape.owned:
                query = query.where(topic.c.owner_id == made.value(OWNER, kind))
            if shape.value is not None:
                query = query.where(topic.c.value == made.value(shape.value, topic.c.value.type))
            if shape.after is not None:
                query = query.where(topic.c.seq > made.value(shape.after, kind))
            if shape.before is not None:
                query = query.where(topic.c.seq < made.value(shape.before, kind))
            return query.order_by(topic.c.seq.asc() if rising else topic.c.seq.desc()).limit(limit)

        parts = [numbers(topic, place).subquery() for topic in self.tables.topics for place in shape.topics]
        page: Any = parts[0] if len(parts) == 1 else union(*(select(part.c.seq) for part in parts)).subquery()
        query = select(*(event.c[name] for name in EVENT)).select_from(
            event.join(page, and_(account(event), event.c.seq == page.c.seq))
        )
        ordered = query.order_by(event.c.seq.asc() if rising else event.c.seq.desc()).limit(limit)
        return self._compile(gathered(self.tables.dialect, ordered), made.encoders)


def events_of(found: Sequence[tuple[Any, ...]], *, rising: bool) -> list[Event]:
    """The events of a page, in order."""
    rows: list[list[Any]] = orjson.loads(found[0][0] or "[]")
    return [_event(row) for row in sorted(rows, key=_seq, reverse=not rising)]


def _seq(row: Sequence[Any]) -> int:
    seq: int = row[EVENT.index("seq")]
    return seq


def _event(values: Sequence[Any]) -> Event:
    """An event from its columns."""
    account_id, seq, at, actor_id, origin, request_id, entity, record_id, verb, changed, before, after = values
    return Event(
        seq=seq, at=at, account_id=account_id, actor_id=actor_id, origin=origin, entity=entity, record_id=record_id,
        verb=verb, changed=_names(changed), before=before, after=after, request_id=request_id,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    """The changed fields, of which there are few combinations."""
    return tuple(orjson.loads(text))


def _parameters(table: Any, fields: dict[int, Field]) -> dict[str, BindParameter[Any]]:
    """A parameter per stored field, and one more for the folded form of those that fold."""
    values = {f.name: bindparam(f"v{place}", type_=table.c[f.name].type) for place, f in fields.items()}
    folds = {folded(f.name): bindparam(f"f{place}", type_=TEXT) for place, f in fields.items() if f.fold}
    return values | folds


def _folder(field: Field) -> Convert:
    return lambda value: folded_column(field, value)


def _past(key: ColumnElement[Any], value: Any, null: bool, descending: bool) -> Expression:
    """What comes after that value, nulls being the least."""
    if descending:
        return false() if null else or_(key < value, key.is_(None))
    return key.is_not(None) if null else key > value
