"""From paths and clauses to SQL expressions."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    FromClause,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from connector.catalog.model import Field
from connector.storage.records import Path, Records
from connector.storage.shapes import ACCOUNT, AnyShape, ClauseShape, OrderShape
from connector.storage.tables import TEXT, Tables, folded
from connector.storage.values import ENCODE, FOLDED_OPERATORS, Convert, member_field, operand, to_json, whole

Expression = ColumnElement[Any]


class Source(Protocol):
    """Where the columns of a record type and of what it refers to are found."""

    entity: str

    def column(self, path: Path, *, fold: bool = False) -> Expression:
        """The value at the end of a path."""


class Tree:
    """LEFT JOINs along references, each taken once; they never multiply rows."""

    def __init__(self, tables: Tables, records: Records, entity: str, root: FromClause) -> None:
        self.entity, self.root, self.source = entity, root, root
        self._tables, self._records = tables, records
        self._joined: dict[tuple[str, ...], FromClause] = {(): root}

    def column(self, path: Path, *, fold: bool = False) -> Expression:
        """The value at the end of a path, null where a reference breaks."""
        return self._at(path.refs).c[folded(path.field.name) if fold else path.field.name]

    def _at(self, refs: tuple[str, ...]) -> FromClause:
        if refs not in self._joined:
            parent = self._at(refs[:-1])
            there = self._tables[self._records.target(self.entity, refs)].alias(f"j{len(self._joined)}")
            meets = and_(there.c.account_id == parent.c.account_id, there.c.id == parent.c[refs[-1]])
            self.source = self.source.outerjoin(there, meets)
            self._joined[refs] = there
        return self._joined[refs]


class Lookups:
    """The same by correlated sub-queries: for statements that lock rows of one table, and for counts."""

    def __init__(self, tables: Tables, records: Records, entity: str, root: FromClause) -> None:
        self.entity, self.root = entity, root
        self._tables, self._records = tables, records

    def column(self, path: Path, *, fold: bool = False) -> Expression:
        """The value at the end of a path, null where a reference breaks."""
        name = folded(path.field.name) if fold else path.field.name
        if not path.refs:
            return self.root.c[name]
        first = self._tables[self._records.target(self.entity, path.refs[:1])].alias(f"l_{path.refs[0]}")
        tree = Tree(self._tables, self._records, self._records.target(self.entity, path.refs[:1]), first)
        value = tree.column(Path(refs=path.refs[1:], field=path.field), fold=fold)
        meets = (first.c.account_id == self.root.c.account_id, first.c.id == self.root.c[path.refs[0]])
        return select(value).select_from(tree.source).where(*meets).correlate(self.root).scalar_subquery()


class Expressions:
    """Builds the conditions of one statement and remembers how each value must be encoded."""

    def __init__(self, tables: Tables, records: Records) -> None:
        self.encoders: dict[int, Convert] = {}
        self._tables, self._records = tables, records

    def value(self, place: int, kind: Any, encode: Convert | None = None) -> BindParameter[Any]:
        """The value at that place, as a parameter."""
        if encode is not None:
            self.encoders[place] = encode
        return bindparam(f"v{place}", type_=kind)

    def where(self, source: Source, parts: tuple[ClauseShape | AnyShape, ...], outer: Any = None) -> list[Expression]:
        """The conditions of a `where`."""
        return [
            self._clause(source, part, outer)
            if isinstance(part, ClauseShape)
            else or_(false(), *(and_(true(), *self.where(source, group, outer)) for group in part.groups))
            for part in parts
        ]

    def key(self, source: Source, order: OrderShape) -> Expression:
        """What a path is ordered by."""
        found = self._records.path(source.entity, order.path)
        column = source.column(found, fold=_sought(found.field, order.member).fold is not None)
        return self._member(column, order) if order.member else column

    def mark(self, entity: str, order: OrderShape, place: int, key: Expression) -> BindParameter[Any]:
        """A value to compare an order key with."""
        if order.counted is not None:
            return self.value(place, key.type, whole)
        field = _sought(self._records.path(entity, order.path).field, order.member)
        return self.value(place, key.type, _encoder(field, "eq"))

    def counted(self, root: FromClause, entity: str, parts: tuple[ClauseShape | AnyShape, ...]) -> Expression:
        """The number of records of an entity that meet `where`, for each row of `root`."""
        inner = self._tables[entity].alias(f"c_{entity}")
        tree = Tree(self._tables, self._records, entity, inner)
        conditions = self.where(tree, parts, root.c.id)
        mine = inner.c.account_id == root.c.account_id
        query = select(func.count()).select_from(tree.source).where(mine, *conditions)
        return query.correlate(root).scalar_subquery()

    def _clause(self, source: Source, clause: ClauseShape, outer: Any) -> Expression:
        path = self._records.path(source.entity, clause.path)
        if clause.form == "never":
            return false()
        field = _sought(path.field, clause.member)
        fold = field.fold is not None and clause.form != "null" and clause.op in FOLDED_OPERATORS
        column = source.column(path, fold=fold)
        if clause.member:
            column = self._member(column, clause)
        if clause.form == "null":
            return column.is_(None) if clause.op == "eq" else column.is_not(None)
        if clause.form == "outer":
            return _compare(clause.op, column, outer)
        places = range(clause.start, clause.start + clause.size)
        encode = _encoder(field, clause.op)
        if clause.op == "contains":
            return self._contains(field, column, self.value(clause.start, None, encode))
        values = [self.value(place, column.type, encode) for place in places]
        return column.in_(values) if clause.form == "list" else _compare(clause.op, column, values[0])

    def _member(self, column: Expression, part: ClauseShape | OrderShape) -> Expression:
        """The value under a key of the JSON object in a column, null unless it is of the kind that is asked for."""
        key = self.value(part.key, TEXT)
        if self._tables.dialect == "sqlite":
            self.encoders[part.key] = _json_path
            kinds, kind = func.json_type(column, key), _MEMBERS[part.member]
            return case((or_(*(kinds == name for name in kind.sqlite)), func.json_extract(column, key)))
        document, kind = sql_cast(column, JSONB), _MEMBERS[part.member]
        inner = document.op("->", return_type=JSONB)(sql_cast(key, TEXT))
        text: Expression = document.op("->>", return_type=TEXT)(sql_cast(key, TEXT))
        typed = text.collate("C") if kind.type is TEXT else sql_cast(text, kind.type)
        return case((func.jsonb_typeof(inner) == kind.postgres, typed))

    def _contains(self, field: Field, column: Expression, value: BindParameter[Any]) -> Expression:
        postgres = self._tables.dialect == "postgresql"
        if field.kind != "list":
            return (func.strpos(column, value) if postgres else func.instr(column, value)) > 0
        if postgres:
            place = int(str(value.key)[1:])
            ready = self.encoders[place]
            self.encoders[place] = lambda item: to_json(ready(item))
            return sql_cast(column, JSONB).op("@>", is_comparison=True)(sql_cast(value, JSONB))
        items = func.json_each(column).table_valued("value")
        return select(items.c.value).where(items.c.value == value).exists()


def _sought(field: Field, member: str) -> Field:
    """The field that is compared: itself, or what it holds of that kind."""
    return member_field(field, "", member) if member else field


class _Kind(NamedTuple):
    """How a kind of value is told in JSON, and what it is compared as."""

    sqlite: tuple[str, ...]
    postgres: str
    type: TypeEngine[Any]


_MEMBERS: dict[str, _Kind] = {
    "text": _Kind(("text",), "string", TEXT),
    "number": _Kind(("integer", "real"), "number", Double()),
    "boolean": _Kind(("true", "false"), "boolean", Boolean()),
    "list": _Kind(("array",), "array", TEXT),
}


def _json_path(key: str) -> str:
    """The key as SQLite has it in a path."""
    return f'$."{key}"'


def _compare(op: str, column: Expression, value: Any) -> Expression:
    compared: Expression = _COMPARISONS[op](column, value)
    return compared


_COMPARISONS: dict[str, Any] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(value),
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "in": lambda column, value: column == value,
}


def _encoder(field: Field, op: str) -> Convert:
    """From a given value to the column's form; None when nothing can match."""
    prepare, encode = operand(field, op), None if op == "contains" else ENCODE.get(field.kind)
    if encode is None:
        return prepare

    def encoded(value: Any) -> Any:
        ready = prepare(value)
        return None if ready is None else encode(ready)

    return encoded


def account(root: FromClause) -> Expression:
    """Rows of the call's account only."""
    return root.c.account_id == bindparam(f"v{ACCOUNT}", type_=root.c.account_id.type)
