"""The table of effects: what each word of a `do` does. Writes are noted on the run and merged; see `writes`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connector.catalog.model import CUSTOM, Effect, Entity
from connector.engine.mail import fill, fill_html, one_address
from connector.engine.queries import Run, clauses, left_out
from connector.engine.records import Record, entity_of, key_of, plain, row_of
from connector.engine.values import KEPT
from connector.engine.writes import erase, insert, wish
from connector.errors import Refused
from connector.storage.contract import Clause, Query


def apply(run: Run, effect: Effect) -> None:
    """Apply one effect, once per item of its `each`, unless its `when` is false."""
    if effect.each is not None:
        for item in _items(effect.each.of(run.names) or []):
            run.names["it"] = item
            _apply(run, effect)
        run.names.pop("it", None)
    else:
        _apply(run, effect)


def _apply(run: Run, effect: Effect) -> None:
    if effect.when is None or effect.when.of(run.names):
        EFFECTS[effect.verb](run, effect)
    elif effect.name is not None:
        run.names[effect.name] = None


def _values(run: Run, effect: Effect) -> dict[str, Any]:
    return {name: value.of(run.names) for name, value in effect.values.items() if not left_out(run, value)}


def _copied(run: Run, effect: Effect, entity: Entity) -> dict[str, Any]:
    """The input values that `copy` carries over: all that name a field, or the named ones."""
    names = entity.fields if effect.copy == "input" else effect.copy or ()
    return {name: _input(run, name) for name in names if name in run.inputs} | _cleared(run, entity)


def _input(run: Run, name: str) -> Any:
    return getattr(run.names["input"], name)


def _cleared(run: Run, entity: Entity) -> dict[str, Any]:
    return {name: entity.fields[name].default for name in run.inputs.get("clear", ()) if name in entity.fields}


def _laid(copied: dict[str, Any], held: Any) -> dict[str, Any]:
    """What is copied, its custom values laid over those that are held; null takes one out."""
    if CUSTOM not in copied:
        return copied
    merged = {**(held or {}), **copied[CUSTOM]}
    return {**copied, CUSTOM: {key: value for key, value in merged.items() if value is not None}}


def _on(run: Run) -> Record:
    record = run.names["on"]
    assert isinstance(record, Record)
    return record


def set_(run: Run, effect: Effect) -> None:
    """Give fields of the record the action is on new values."""
    record = _on(run)
    values = _values(run, effect)
    cleared = {name: value for name, value in _cleared(run, entity_of(record)).items() if name in effect.values}
    wish(run, *key_of(record), values | cleared)


def _current(run: Run, record: Record, name: str) -> Any:
    """The field as it will be, as far as this run has got."""
    noted = run.pending.get(key_of(record), {})
    return noted[name] if name in noted else row_of(record)[name]


def _items(value: Any) -> list[Any]:
    value = plain(value)
    return value if isinstance(value, list) else [value]


def add(run: Run, effect: Effect) -> None:
    """Append the values that a list field does not hold yet."""
    record = _on(run)
    for name, value in _values(run, effect).items():
        items = list(_current(run, record, name) or [])
        items.extend(item for item in dict.fromkeys(_items(value)) if item not in items)
        wish(run, *key_of(record), {name: items})


def remove(run: Run, effect: Effect) -> None:
    """Take values out of a list field."""
    record = _on(run)
    for name, value in _values(run, effect).items():
        gone = _items(value)
        wish(run, *key_of(record), {name: [item for item in _current(run, record, name) or [] if item not in gone]})


def create(run: Run, effect: Effect) -> None:
    """Create a record, blank or from another one, and name it."""
    assert effect.entity is not None
    entity = run.catalog.entities[effect.entity]
    values: dict[str, Any] = {}
    if effect.source is not None:
        row = row_of(run.names[effect.source])
        values = {name: row[name] for name in entity.fields if name not in (*KEPT, *effect.leave_out)}
    values |= _laid(_copied(run, effect, entity), values.get(CUSTOM)) | _values(run, effect)
    record = insert(run, effect.entity, values, apply)
    if effect.name is not None:
        run.names[effect.name] = record


def ensure(run: Run, effect: Effect) -> None:
    """Create a record unless one with the same values is there already."""
    assert effect.entity is not None
    same = tuple(Clause(path=name, op="eq", value=plain(value)) for name, value in _values(run, effect).items())
    found = run.tx.find(Query(entity=effect.entity, where=same, limit=1, lock=True, scoped=False))
    if not found:
        create(run, effect)
    elif effect.name is not None:
        run.names[effect.name] = run.record(effect.entity, found[0]["id"], found[0])


def _targets(run: Run, effect: Effect) -> Iterator[Record]:
    """The bound record or records, or all that meet the effect's `where`."""
    if effect.target is not None:
        bound = run.names[effect.target]
        yield from bound if isinstance(bound, list) else [bound] if bound is not None else []
        return
    assert effect.entity is not None
    query = Query(entity=effect.entity, where=clauses(run, effect.where, run.names), scoped=run.scoped)
    for row in run.tx.find(query):
        yield run.record(effect.entity, row["id"], row)


def update(run: Run, effect: Effect) -> None:
    """Change a bound record, or every record that meets `where`."""
    for record in _targets(run, effect):
        copied = _copied(run, effect, entity_of(record))
        if CUSTOM in copied:
            copied = _laid(copied, _current(run, record, CUSTOM))
        wish(run, *key_of(record), copied | _values(run, effect))


def delete(run: Run, effect: Effect) -> None:
    """Delete a bound record, or every record that meets `where`."""
    for record in _targets(run, effect):
        erase(run, *key_of(record))


def send_email(run: Run, effect: Effect) -> None:
    """Write the filled e-mail and its outbox row; a placeholder that stays empty refuses the action."""
    values = {name: plain(value) for name, value in _values(run, effect).items()}
    names = {name: value.of(run.names) for name, value in effect.fill.items()}
    for part, filler in (("subject", fill), ("body", fill), ("html", fill_html)):
        if values.get(part):
            values[part], missing = filler(values[part], names)
            if missing:
                code = "variables_in_subject" if part == "subject" else "variables_in_body"
                raise Refused(code, missing=", ".join(missing))
    if values.get("to_address"):
        values["to_address"] = one_address(values["to_address"])
    email = insert(run, "email", {"state": "queued", **values}, apply)
    _post(run, email.id, values.get("mailbox_id"))
    if effect.name is not None:
        run.names[effect.name] = email


def _post(run: Run, email_id: int, mailbox_id: int | None) -> None:
    row = {"kind": "email", "email_id": email_id, "body": {"mailbox_id": mailbox_id}}
    run.tx.insert("outbox", {**row, "state": "pending", "due_at": run.tx.now})


def resend(run: Run, effect: Effect) -> None:
    """Put a stored e-mail into the outbox once more, as it is, under the same Message-ID."""
    for record in _targets(run, effect):
        wish(run, *key_of(record), {"state": "queued", "error": None})
        _post(run, record.id, row_of(record)["mailbox_id"])


def notify(run: Run, effect: Effect) -> None:
    """Put a notice for one of the house's own users into the outbox; it leaves as an e-mail, without a record."""
    user = effect.values["user"].of(run.names)
    if user is not None:
        parts = {part: effect.values.get(f"{part}:{user.locale}", effect.values[part]) for part in ("subject", "text")}
        body = {"to": user.email, "name": str(user)} | {name: part.of(run.names) for name, part in parts.items()}
        run.tx.insert("outbox", {"kind": "notice", "body": body, "state": "pending", "due_at": run.tx.now})


def call(run: Run, effect: Effect) -> None:
    """Put an HTTP call into the outbox; it leaves after the transaction is committed."""
    body = {name: plain(value) for name, value in _values(run, effect).items()} | {
        "request_id": run.tx.scope.request_id
    }
    run.tx.insert("outbox", {"kind": "call", "body": body, "state": "pending", "due_at": run.tx.now})


EFFECTS: Mapping[str, Callable[[Run, Effect], None]] = {
    "set": set_,
    "add": add,
    "remove": remove,
    "create": create,
    "ensure": ensure,
    "update": update,
    "delete": delete,
    "send_email": send_email,
    "resend": resend,
    "notify": notify,
    "call": call,
}
