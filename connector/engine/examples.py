"""Runs the examples inside the files: they are the files' tests, on every storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from connector.catalog.model import Action, Catalog, Example, Search
from connector.engine.lists import search
from connector.engine.lookups import as_id
from connector.engine.run import Result, run
from connector.engine.world import load_world
from connector.errors import LeadwireError, Problem
from connector.storage.contract import Clause, Event, Query, Scope, Store

MakeStore = Callable[[], Store]


def new_world(catalog: Catalog, make_store: MakeStore) -> Store:
    """A fresh store that holds the demo world."""
    store = make_store()
    store.adopt(catalog)
    store.upgrade(catalog)
    load_world(catalog, store)
    return store


def scope_of(catalog: Catalog, email: str | None) -> Scope:
    """The scope of that demo user, or of the first admin."""
    users = catalog.world.get("user", ())
    found = [user for user in users if (user["email"] == email if email else user.get("is_admin"))]
    if not found:
        raise LeadwireError("example_user", texts={"en": f"No user of world.json has the e-mail {email}."})
    user = found[0]
    return Scope(account_id=1, actor_id=user["id"], owner=None if user.get("is_admin") else user["id"])


def play(catalog: Catalog, store: Store, key: str, example: Mapping[str, Any]) -> Result:
    """Run one action example in a store that holds the demo world, its `given` patched in first."""
    action = catalog.actions[key]
    raw = dict(example.get("input", {}))
    if action.on is not None:
        raw.setdefault(f"{action.on}_id", example.get("on", 1))
        _patch(catalog, store, action.on, raw[f"{action.on}_id"], example.get("given", {}))
    scope = replace(scope_of(catalog, example.get("as")), origin=example.get("origin", "api"))
    return run(catalog, store, scope, key, raw, now=moment(example.get("now")), seed=example.get("seed", 1))


def moment(text: str | None) -> str | None:
    """A moment as the store keeps it: UTC, milliseconds."""
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _patch(catalog: Catalog, store: Store, entity: str, given_id: Any, given: Mapping[str, Any]) -> None:
    record_id = as_id(given_id)
    if given and record_id is not None:
        store.transact(Scope(account_id=1), lambda tx: tx.update(entity, record_id, given))


def failures(catalog: Catalog, make_store: MakeStore) -> list[Problem]:
    """Run every example of every action and search; what did not come out as written, with file and pointer."""
    found: list[Problem] = []
    for action in catalog.actions.values():
        for number, example in enumerate(action.examples):
            found += check(catalog, new_world(catalog, make_store), action, number, example)
    for item in catalog.searches.values():
        store = new_world(catalog, make_store)
        for number, example in enumerate(item.examples):
            found += check_search(catalog, store, item, number, example)
    return found


def check(catalog: Catalog, store: Store, action: Action, number: int, example: Example) -> list[Problem]:
    """What one action example got wrong in a fresh world; empty when it holds."""
    document = example.document
    before = store.feed(1).newest
    complaints = []
    try:
        result = play(catalog, store, action.key, document)
    except LeadwireError as error:
        if error.code != document.get("error"):
            complaints.append(f"it was refused with {error.code}: {error.message()}")
        if store.feed(1).newest != before + (1 if document.get("given") else 0):
            complaints.append("it was refused and yet left an event behind")
    else:
        complaints += _compared(store, result, document)
    return [example_problem(action.file, number, example, text) for text in complaints]


def example_problem(file: str, number: int, example: Example, reason: str) -> Problem:
    """What an example got wrong, in words for `leadwire check`."""
    return Problem(file=file, pointer=f"/examples/{number}", reason=f"Example '{example.name}' does not hold: {reason}",
                   hint="Change the example or the file so that they agree.")  # fmt: skip


def _compared(store: Store, result: Result, document: Mapping[str, Any]) -> Iterator[str]:
    if "error" in document:
        yield f"it should be refused with {document['error']}, but it ran."
    for name, wanted in document.get("expect", {}).items():
        got = result.data.get(name)
        same = _covers(wanted, got)
        if not same:
            yield f"{name} is {got!r}, expected {wanted!r}."
    if "events" in document:
        got_topics = [topic for event in result.events for topic in topics(event)]
        if got_topics != document["events"]:
            yield f"its events are {got_topics}, expected {document['events']}."
    for rule in document.get("records", ()):
        yield from _counted(store, rule)


def _covers(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        return all(_covers(value, got.get(name)) for name, value in wanted.items())
    return bool(wanted == got)


def topics(event: Event) -> tuple[str, ...]:
    """The topics an example names: one per changed field for an update, else the verb."""
    return event.topics[1:] if event.verb == "updated" else event.topics


def _counted(store: Store, rule: Mapping[str, Any]) -> Iterator[str]:
    where = tuple(Clause(path=path, op="eq", value=value) for path, value in rule.get("where", {}).items())
    count = store.read(Scope(account_id=1), lambda tx: tx.count(Query(entity=rule["entity"], where=where)))
    if count != rule["count"]:
        told = orjson.dumps(rule.get("where", {})).decode()
        yield f"{count} {rule['entity']} records meet {told}, expected {rule['count']}."


def check_search(catalog: Catalog, store: Store, item: Search, number: int, example: Example) -> list[Problem]:
    """What one search example got wrong; empty when it holds."""
    scope = scope_of(catalog, example.document.get("as"))
    try:
        found = search(catalog, store, scope, item.key, example.document.get("input", {}), text=False)
    except LeadwireError as error:
        got: Any = error.code
        wanted = example.document.get("error")
    else:
        got = [row["id"] for row in found.data]
        wanted = example.document.get("find")
    return [] if got == wanted else [example_problem(item.file, number, example, f"it found {got}, expected {wanted}.")]
