"""Guards on PostgreSQL: locks on values, so that nobody creates what another has just looked for in vain.

Whoever looks with `lock` takes the guard of the compared values alone; whoever writes a record shares the guards of
its values. Which fields are compared together is known from the catalog.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import ARRAY, BigInteger, bindparam, func, select

from connector.storage.contract import Row
from connector.storage.records import Guard, Record
from connector.storage.values import operand


def guard_key(account_id: int, record: Record, guard: Guard, values: Sequence[Any]) -> int:
    """A 64-bit number that stands for these values of these fields; equal for values that compare as equal."""
    compared = [
        None if value is None else operand(record.entity.fields[name], "eq")(value)
        for name, value in zip(guard, values, strict=True)
        if name in record.fields
    ]
    text = orjson.dumps([account_id, record.key, guard, compared])
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def guards_of_row(account_id: int, record: Record, row: Row, changes: Container[str] | None = None) -> list[int]:
    """The guards that a row shares; with `changes`, only those that it comes to share now."""
    return [
        guard_key(account_id, record, guard, [row[name] for name in guard])
        for guard in record.guards
        if changes is None or any(name in changes for name in guard)
    ]


def locking(exclusive: bool) -> Any:
    """The statement that takes guards until COMMIT; its only value is their sorted list."""
    lock = func.pg_advisory_xact_lock if exclusive else func.pg_advisory_xact_lock_shared
    keys = func.unnest(bindparam("v0", type_=ARRAY(BigInteger))).column_valued("key")
    return select(lock(keys))
