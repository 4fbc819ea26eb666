"""The extra parameters of one subscription, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from connector.access.vault import Vault
from connector.errors import Fault, Forbidden, Invalid, NotFound
from connector.events import messages, subscriptions
from connector.events.messages import Parameter
from connector.events.shapes import MOST_PARAMETERS
from connector.storage.contract import Row, Scope, Store, Transaction

Edit = Callable[[Sequence[Parameter]], Sequence[Parameter]]


def one(found: Sequence[Parameter], parameter_id: int) -> Parameter:
    """The parameter of that number, or NotFound."""
    for it in found:
        if it.id == parameter_id:
            return it
    raise NotFound("parameter_not_found", value=parameter_id)


def add(store: Store, vault: Vault, row: Row, wanted: Parameter, *, by: Scope | None = None) -> Parameter:
    """One more parameter, behind those that are there."""

    def edit(found: Sequence[Parameter]) -> Sequence[Parameter]:
        if len(found) >= MOST_PARAMETERS:
            params = {"name": "parameters", "got": len(found) + 1, "limit": MOST_PARAMETERS}
            raise Invalid(faults=[Fault(pointer="", key="too_many_items", params=params)])
        return messages.numbered((*found, wanted))

    return _edited(store, vault, row, edit, by)[-1]


def revise(
    store: Store, vault: Vault, row: Row, parameter_id: int, change: Callable[[Parameter], Parameter], *,
    by: Scope | None = None,
) -> Parameter:  # fmt: skip
    """Give the parameter of that number what `change` makes of it."""

    def edit(found: Sequence[Parameter]) -> Sequence[Parameter]:
        new = replace(change(one(found, parameter_id)), id=parameter_id)
        return [new if it.id == parameter_id else it for it in found]

    return one(_edited(store, vault, row, edit, by), parameter_id)


def remove(store: Store, vault: Vault, row: Row, parameter_id: int, *, by: Scope | None = None) -> None:
    """Take the parameter of that number away."""
    _edited(store, vault, row, lambda found: [it for it in found if it is not one(found, parameter_id)], by)


def _edited(store: Store, vault: Vault, row: Row, edit: Edit, by: Scope | None) -> Sequence[Parameter]:
    """The parameters after an edit, read and written in one transaction: of two edits at once both hold."""
    if row["kind"] == subscriptions.PROVIDER:
        raise Forbidden("provider_subscription")

    def work(tx: Transaction) -> Sequence[Parameter]:
        held = tx.get(subscriptions.ENTITY, row["id"])
        if held is None:
            raise NotFound("subscription_not_found", value=row["id"])
        found = edit(messages.parameters(vault, held))
        if by is not None:
            subscriptions.noted(tx, "changed", held, fields=["parameters"])
        tx.update(subscriptions.ENTITY, row["id"], {"parameters": messages.sealed(vault, found)})
        return found

    scope = by or Scope(account_id=row["account_id"], origin="automation")
    return store.transact(scope, work, about=((subscriptions.ENTITY, row["id"]),))[0]
