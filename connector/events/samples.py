"""Samples of triggers: real items, made by running a trigger's own example in the demo world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connector.catalog.model import CUSTOM, Catalog, Example, Trigger
from connector.engine.examples import example_problem, new_world, play, scope_of
from connector.errors import LeadwireError, Problem
from connector.events.feeds import page, trigger
from connector.storage.contract import Scope, Store, Transaction

MakeStore = Callable[[], Store]


def items(catalog: Catalog, store: Store, found: Trigger, example: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the trigger's feed holds after its example's action, newest first, in a store with the demo world."""
    _happen(catalog, store, example["run"])
    return page(catalog, store, scope_of(catalog, None), found.key, example.get("input", {})).data


def _happen(catalog: Catalog, store: Store, run: Mapping[str, Any]) -> None:
    """Run the example's action; or, for what only the house itself does, write the record as it would."""
    if "action" in run:
        play(catalog, store, run["action"], run)
    else:
        store.transact(Scope(account_id=1, origin="automation"), lambda tx: _write(tx, run))


def _write(tx: Transaction, run: Mapping[str, Any]) -> None:
    if "create" in run:
        tx.insert(run["create"], run["set"])
    else:
        tx.update(run["update"], run["on"], run["set"])


def sample(catalog: Catalog, key: str, make_store: MakeStore) -> dict[str, Any]:
    """One real item of the trigger. Costs a small world in `make_store()`; keep it per catalog version."""
    found = trigger(catalog, key)
    for example in found.examples:
        if "item" in example.document:
            return items(catalog, new_world(catalog, make_store), found, example.document)[0]
    raise LeadwireError("no_sample", texts={"en": f"The trigger {key} has no example with an item."})


def with_own(catalog: Catalog, key: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """The sample as an account with custom fields has it: each of them with a made-up value."""
    own = trigger(catalog, key).own
    if CUSTOM not in item or not own:
        return dict(item)
    return {**item, CUSTOM: {name: field.schema["examples"][0] for name, field in own.items()}}


def failures(catalog: Catalog, make_store: MakeStore) -> list[Problem]:
    """Run every example of every trigger; what did not come out as written."""
    found: list[Problem] = []
    for item in catalog.triggers.values():
        for number, example in enumerate(item.examples):
            found += check(catalog, new_world(catalog, make_store), item, number, example)
    return found


def check(catalog: Catalog, store: Store, found: Trigger, number: int, example: Example) -> list[Problem]:
    """What one trigger example got wrong in a fresh world; empty when it holds."""
    try:
        complaints = list(_compared(found, example.document, items(catalog, store, found, example.document)))
    except LeadwireError as error:
        complaints = [f"its action was refused with {error.code}: {error.message()}"]
    return [example_problem(found.file, number, example, text) for text in complaints]


def _compared(found: Trigger, document: Mapping[str, Any], got: list[dict[str, Any]]) -> Iterator[str]:
    if document.get("silent"):
        if got:
            yield f"it should stay silent, but gave {len(got)} item(s)."
        return
    if not got:
        yield "it gave no item."
        return
    for name, wanted in document.get("item", {}).items():
        if got[0].get(name) != wanted:
            yield f"{name} is {got[0].get(name)!r}, expected {wanted!r}."
    if set(got[0]) != set(found.output["properties"]):
        yield "its keys are not those of its schema."
