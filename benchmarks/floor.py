"""The endpoint the product is measured against: Flask and SQL by hand, doing the same durable work per request.

Token (SHA-256) looked up, six fields validated, lead read, updated, one activity and one event inserted, one COMMIT.
Nothing else of what the product does: no declarations, no visibility, no feed order, no second store.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
from flask import Flask, Response, jsonify, request
from psycopg_pool import ConnectionPool

URL = os.environ.get("FLOOR_DATABASE_URL", "sqlite:///floor.db")
TOKEN = "floor-token"
LEADS = 200

TABLES = (
    "CREATE TABLE token ({id}, hash TEXT UNIQUE NOT NULL, user_id BIGINT NOT NULL)",
    "CREATE TABLE lead ({id}, user_id BIGINT, title TEXT, status_id BIGINT, step_id BIGINT, amount BIGINT,"
    " probability BIGINT, starred BOOLEAN, email TEXT, phone TEXT, company TEXT, city TEXT, description TEXT,"
    " created_at TEXT, updated_at TEXT)",
    "CREATE INDEX lead_user ON lead (user_id)",
    "CREATE INDEX lead_status ON lead (status_id)",
    "CREATE TABLE activity ({id}, lead_id BIGINT, user_id BIGINT, content TEXT, happened_at TEXT)",
    "CREATE INDEX activity_lead ON activity (lead_id)",
    "CREATE TABLE event ({id}, topic TEXT, lead_id BIGINT, actor_id BIGINT, at TEXT, before TEXT, after TEXT)",
    "CREATE INDEX event_topic ON event (topic, id)",
)
SCHEMA = {
    "type": "object",
    "required": ["lead_id", "amount", "probability", "starred", "channel", "happened_at", "note"],
    "additionalProperties": False,
    "properties": {
        "lead_id": {"type": "integer", "minimum": 1},
        "amount": {"type": "number", "minimum": 0, "maximum": 99999999999.9999},
        "probability": {"type": "integer", "minimum": 0, "maximum": 100},
        "starred": {"type": "boolean"},
        "channel": {"type": "string", "enum": ["phone", "email", "visit"]},
        "happened_at": {"type": "string", "format": "date-time"},
        "note": {"type": "string", "minLength": 1, "maxLength": 1000},
    },
}
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
COLUMNS = (
    "id", "user_id", "title", "status_id", "step_id", "amount", "probability", "starred",
    "email", "phone", "company", "city", "description", "created_at", "updated_at",
)  # fmt: skip
MARK = "?" if URL.startswith("sqlite") else "%s"
LOCK = "" if URL.startswith("sqlite") else " FOR UPDATE"

Execute = Callable[..., Any]


def _sql(text: str) -> str:
    return text.replace("?", MARK)


FIND_TOKEN = _sql("SELECT user_id FROM token WHERE hash = ?")
READ_LEAD = _sql(f"SELECT {', '.join(COLUMNS)} FROM lead WHERE id = ?{LOCK}")  # noqa: S608
UPDATE_LEAD = _sql("UPDATE lead SET amount = ?, probability = ?, starred = ?, updated_at = ? WHERE id = ?")
ADD_ACTIVITY = _sql("INSERT INTO activity (lead_id, user_id, content, happened_at) VALUES (?, ?, ?, ?)")
ADD_EVENT = _sql("INSERT INTO event (topic, lead_id, actor_id, at, before, after) VALUES (?, ?, ?, ?, ?, ?)")

app = Flask(__name__)
_local = threading.local()


@app.post("/qualify")
def qualify() -> tuple[Response, int]:
    """The whole work, once."""
    digest = hashlib.sha256(request.headers.get("Authorization", "").removeprefix("Bearer ").encode()).hexdigest()
    body = request.get_json()
    if faults := [error.message for error in VALIDATOR.iter_errors(body)]:
        return jsonify(errors=faults), 422
    with transaction() as execute:
        caller = execute(FIND_TOKEN, (digest,)).fetchone()
        if caller is None:
            return jsonify(error="unauthorized"), 401
        row = execute(READ_LEAD, (body["lead_id"],)).fetchone()
        if row is None:
            return jsonify(error="not found"), 404
        lead = _write(execute, caller[0], dict(zip(COLUMNS, row, strict=True)), body)
    return jsonify(lead), 200


def _write(execute: Execute, user_id: int, lead: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    after = lead | {name: body[name] for name in ("probability", "starred")}
    after |= {"amount": round(body["amount"] * 10_000), "updated_at": now}
    execute(UPDATE_LEAD, (after["amount"], after["probability"], after["starred"], now, lead["id"]))
    execute(ADD_ACTIVITY, (lead["id"], user_id, f"{body['channel']}: {body['note']}", body["happened_at"]))
    execute(ADD_EVENT, ("lead.updated", lead["id"], user_id, now, json.dumps(lead), json.dumps(after)))
    return after


@contextmanager
def _sqlite() -> Iterator[Execute]:
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = _connect()
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection.execute
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def _postgres() -> Iterator[Execute]:
    with POOL.connection() as connection:
        yield connection.execute


POOL: ConnectionPool = ConnectionPool(URL, min_size=1, max_size=8, open=not URL.startswith("sqlite"))
transaction = _sqlite if URL.startswith("sqlite") else _postgres


def prepare() -> None:
    """Create the tables, the token and the leads in an empty database."""
    kind = "id INTEGER PRIMARY KEY AUTOINCREMENT" if MARK == "?" else "id BIGSERIAL PRIMARY KEY"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    names = COLUMNS[1:]
    insert = _sql(f"INSERT INTO lead ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})")  # noqa: S608
    with transaction() as execute:
        for table in TABLES:
            execute(table.format(id=kind))
        execute(_sql("INSERT INTO token (hash, user_id) VALUES (?, 1)"), (digest,))
        for n in range(1, LEADS + 1):
            contact = (f"lead{n}@example.test", f"+336000{n:05}", "Example", "Lyon", "A lead to qualify.")
            execute(insert, (1, f"Lead {n}", 1, 1, 0, 0, False, *contact, now, now))


if __name__ == "__main__":
    prepare()
