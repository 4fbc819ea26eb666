"""Rows that travel as one JSON text, to the database and back: one statement and one step, however many they are.

On SQLite every row that is bound or fetched by itself lets go of Python's lock and has to wait for it again; beside a
busy thread that costs more than the row. On PostgreSQL every statement is a round trip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Select, Text, bindparam, cast, column, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.types import TypeEngine


def packed(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as the text that `listed` reads."""
    return orjson.dumps(rows).decode()


def listed(dialect: str, name: str, kinds: Mapping[str, TypeEngine[Any]], place: int) -> Any:
    """The rows of a packed parameter, with these of their fields as columns."""
    if dialect == "postgresql":
        columns = [column(key, kind) for key, kind in kinds.items()]
        rows = func.json_to_recordset(bindparam(f"v{place}", type_=JSON)).table_valued(*columns)
        return rows.render_derived(name, with_types=True)
    each = func.json_each(bindparam(f"v{place}", type_=Text)).table_valued("value", name=f"{name}_each")
    fields = [
        type_coerce(func.json_extract(each.c.value, literal_column(f"'$.{key}'")), kind).label(key)
        for key, kind in kinds.items()
    ]
    return select(*fields).subquery(name)


def gathered(dialect: str, query: Select[Any]) -> Select[Any]:
    """The rows of a query as one text, in any order."""
    columns = query.subquery("gathered").c
    if dialect == "postgresql":
        return select(cast(func.json_agg(func.json_build_array(*columns)), Text))
    return select(func.json_group_array(func.json_array(*columns)))


def scattered(found: Sequence[tuple[Any, ...]], names: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of a gathered text."""
    keys = tuple(names)
    return [dict(zip(keys, row, strict=True)) for row in orjson.loads(found[0][0] or "[]")]
