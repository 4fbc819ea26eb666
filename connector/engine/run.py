"""Runs one action, whole or not at all: input, references, bind, require, do, returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from connector.access.audit import ACTION, note
from connector.access.idempotency import PARAMETER, checked, claim
from connector.catalog.inputs import parse
from connector.catalog.model import Action, Catalog
from connector.engine.effects import apply
from connector.engine.lookups import as_id, on_missing, resolve
from connector.engine.once import Answer, Kept, Task, once, once_each
from connector.engine.queries import Run, bind, open_run
from connector.engine.records import Members, Names, Record, entity_of, key_of, row_of, wire
from connector.engine.writes import flush
from connector.errors import Forbidden, LeadwireError, NotFound, Refused
from connector.storage.contract import Event, Outcome, Row, Scope, Store, Transaction

BATCH = 50
"""Rows per COMMIT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an action came to: a JSON object, the events it made, whether its record is new."""

    action: str
    data: dict[str, Any]
    events: tuple[Event, ...]
    created: bool = False
    dry_run: bool = False
    replayed: bool = False
    """It was done before under the same idempotency key: nothing was changed by this call."""


def action(catalog: Catalog, key: str) -> Action:
    """The action of that key, or NotFound."""
    try:
        return catalog.actions[key]
    except KeyError:
        raise NotFound("action_not_found", name=key) from None


def run(
    catalog: Catalog, store: Store, scope: Scope, key: str, raw: Mapping[str, Any], *, text: bool = False,
    lenient: bool = False, dry_run: bool = False, now: str | None = None, seed: int | None = None, same: Any = None,
) -> Result:  # fmt: skip
    """Run the action in one transaction. `dry_run` goes the same way and rolls back; new ids are then null.

    Under an idempotency key (the scope's, or `idempotency_key` among the input) it is run once, and answered again;
    `same` says what two such calls have in common, where that is not all of their input.
    Raises Invalid, NotFound, Forbidden, Refused, Conflict; nothing is changed then.
    """
    todo = action(catalog, key)
    wish = task(catalog, scope, todo, raw, text=text, lenient=lenient, same=same)
    if not dry_run:
        return told(key, once(store, wish, now=now, seed=seed))
    answer, events = store.transact(scope, wish.work, about=wish.about, commit=False, now=now, seed=seed)
    result = Result(action=key, data=answer.data, events=events, created=answer.created, dry_run=True)
    return _anonymous(catalog, result, answer)


def run_many(
    catalog: Catalog, store: Store, scope: Scope, key: str, rows: Sequence[Mapping[str, Any]], *, text: bool = False,
    lenient: bool = False,
) -> list[Result | LeadwireError]:  # fmt: skip
    """Run the action once per row, up to 50 rows per COMMIT; each row whole or not at all, answers in order.

    The scope's idempotency key stands for as many keys as there are rows; a row's own key goes before it.
    """
    todo = action(catalog, key)
    scopes = (replace(scope, key=f"{scope.key}#{index}") if scope.key else scope for index in range(len(rows)))
    tasks = [_attempted(catalog, own, todo, row, text, lenient) for own, row in zip(scopes, rows, strict=True)]
    answers: list[Result | LeadwireError] = []
    for start in range(0, len(rows), BATCH):
        answers.extend(_chunk(store, key, tasks[start : start + BATCH]))
    return answers


def _attempted(
    catalog: Catalog, scope: Scope, todo: Action, row: Mapping[str, Any], text: bool, lenient: bool
) -> Task | LeadwireError:
    try:
        return task(catalog, scope, todo, row, text=text, lenient=lenient)
    except LeadwireError as error:
        return error


def _chunk(store: Store, key: str, tasks: Sequence[Task | LeadwireError]) -> list[Result | LeadwireError]:
    done = iter(once_each(store, [task for task in tasks if isinstance(task, Task)]))
    return [task if isinstance(task, LeadwireError) else _settled(key, next(done)) for task in tasks]


def _settled(key: str, found: Outcome | Kept | Exception) -> Result | LeadwireError:
    if isinstance(found, LeadwireError):
        return found
    if isinstance(found, Exception):
        raise found
    return told(key, found)


def told(key: str, done: Outcome | Kept) -> Result:
    """What a task of that action came to."""
    if isinstance(done, Kept):
        return Result(action=key, data=done.data, events=(), created=done.created, replayed=True)
    answer: Answer = done.result
    return Result(action=key, data=answer.data, events=done.events, created=answer.created)


def task(
    catalog: Catalog, scope: Scope, todo: Action, raw: Mapping[str, Any], *, text: bool = False, lenient: bool = False,
    same: Any = None,
) -> Task:  # fmt: skip
    """What is to be done, checked as far as that goes outside the transaction."""
    if scope.actions is not None and todo.key not in scope.actions:
        raise Forbidden("action_not_allowed", name=todo.key)
    key = scope.key
    if PARAMETER in raw and PARAMETER not in todo.input.names:
        key = checked(raw[PARAMETER]) or key
        raw = {name: value for name, value in raw.items() if name != PARAMETER}
    inputs = parse(todo.input, raw, text=text, lenient=lenient)
    about: tuple[tuple[str, int], ...] = ()
    if todo.on is not None:
        record_id = as_id(inputs[f"{todo.on}_id"])
        if record_id is None:
            raise on_missing(catalog, todo.on, inputs[f"{todo.on}_id"])
        about = ((todo.on, record_id),)
    record = f"{about[0][0]}/{about[0][1]}" if about else None

    def work(tx: Transaction) -> Answer:
        answer = _perform(catalog, todo, inputs, tx)
        note(tx, ACTION, todo.key, record=record)
        return answer

    return Task(scope=scope, work=work, about=about, claim=claim(scope, todo.key, same or inputs, key))


def _perform(catalog: Catalog, todo: Action, inputs: Mapping[str, Any], tx: Transaction) -> Answer:
    """The stages in a row. May be run again by the store, so nothing here outlives the transaction."""
    run = open_run(catalog, tx, standing(catalog, tx), inputs)
    if todo.on is not None:
        _place(run, todo.on, inputs[f"{todo.on}_id"])
    run.names["input"] = Members({name: _typed(run, todo, name, value) for name, value in inputs.items()})
    for binding in todo.bind:
        run.names[binding.name] = bind(run, binding)
    for requirement in todo.require:
        if not requirement.that.of(run.names):
            texts = {locale: str(value.of(run.names)) for locale, value in requirement.refusal.message.items()}
            raise Refused(requirement.refusal.code, texts=texts)
    for effect in todo.do:
        apply(run, effect)
    flush(run, apply)
    return Answer(data=_returned(run, todo), created=_is_new(run, todo), new=frozenset(run.created))


def standing(catalog: Catalog, tx: Transaction) -> Names:
    """The names that every expression may use: now, actor and today."""
    return Names({"now": tx.now}, {"actor": lambda: _actor(catalog, tx), "today": lambda: _today(tx)})


def _actor(catalog: Catalog, tx: Transaction) -> Record | None:
    if tx.scope.actor_id is None:
        return None
    read = lambda entity, record_id: tx.get(entity, record_id, scoped=False)  # noqa: E731
    return Record(catalog, catalog.entities["user"], tx.scope.actor_id, None, read)


def _today(tx: Transaction) -> str:
    account = tx.get("account", tx.scope.account_id, scoped=False) or {}
    zone = ZoneInfo(account.get("time_zone") or "UTC")
    return datetime.fromisoformat(tx.now).astimezone(zone).date().isoformat()


def _place(run: Run, entity: str, given: Any) -> None:
    record_id = as_id(given)
    row = run.tx.get(entity, record_id) if record_id is not None else None
    if row is None:
        raise on_missing(run.catalog, entity, given)
    run.names["on"] = run.names[entity] = run.record(entity, row["id"], row)


def _typed(run: Run, todo: Action, name: str, value: Any) -> Any:
    ref = todo.input.refs.get(name)
    if ref is None:
        return value
    if todo.on is not None and name == f"{todo.on}_id":
        return run.names["on"]
    return resolve(run, name, ref, value)


def _fresh(run: Run, value: Any) -> Any:
    """A record as it stands now; of a deleted one, its last state."""
    if isinstance(value, list):
        return [_fresh(run, item) for item in value]
    if not isinstance(value, Record) or key_of(value) in run.deleted:
        return value
    row = run.tx.get(*key_of(value), scoped=False)
    return run.record(*key_of(value), row) if row is not None else value


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return wire(entity_of(value), row_of(value)) if isinstance(value, Record) else value


def _returned(run: Run, todo: Action) -> dict[str, Any]:
    if isinstance(todo.returns, str):
        found = _shown(_fresh(run, run.names[todo.returns]))
        return found if isinstance(found, dict) else {todo.returns: found}
    if isinstance(todo.returns, Mapping):
        now = Names({name: _fresh(run, value) for name, value in run.names.items()}, run.names.lazy)
        return {name: _shown(value.of(now)) for name, value in todo.returns.items()}
    row = _shown(_fresh(run, run.names["on"]))
    return {name: row[name] for name in todo.returns}


def _is_new(run: Run, todo: Action) -> bool:
    if isinstance(todo.returns, str):
        value = run.names[todo.returns]
        return isinstance(value, Record) and key_of(value) in run.created
    return bool(run.created) and any(effect.verb == "create" for effect in todo.do) and todo.on is None


def _anonymous(catalog: Catalog, result: Result, answer: Answer) -> Result:
    """A dry run shows no ids of records that were never made."""

    def blank(entity: str, text: str | None) -> str | None:
        return None if text is None else orjson.dumps(_blank(catalog, entity, orjson.loads(text), answer.new)).decode()

    events = tuple(
        replace(event, after=blank(event.entity, event.after), before=blank(event.entity, event.before),
                record_id=None if (event.entity, event.record_id) in answer.new else event.record_id)
        for event in result.events
    )  # fmt: skip
    data = result.data
    if result.created and "id" in data:
        data = data | {"id": None}
    return replace(result, data=data, events=events)


def _blank(catalog: Catalog, entity: str, row: Row, new: frozenset[tuple[str, int]]) -> Row:
    fields = catalog.entities[entity].fields.values()
    targets = {"id": entity} | {field.name: field.ref.to for field in fields if field.ref is not None}
    return row | {name: None for name, to in targets.items() if (to, row.get(name)) in new}
