"""Leads as this door names and shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.access.tokens import Caller
from connector.engine import lists
from connector.engine.lookups import as_id, on_missing
from connector.errors import NotFound
from connector.storage.contract import Row
from connector.web.house import house

LONGEST = 255
"""Characters of an external reference."""
STATUSES: Mapping[str, str] = {
    "todo": "En cours", "standby": "En attente", "won": "Gagné", "lost": "Perdu", "cancelled": "Annulé",
}  # fmt: skip
"""What Oplead calls the statuses that have another title here."""


def named(caller: Caller, identifier: str) -> Row:
    """The lead that an address names: by our id, else by its external reference; NotFound."""
    catalog, store, scope = house().catalog_of(caller), house().store, caller.scope
    if as_id(identifier) is not None:
        try:
            return lists.record(catalog, store, scope, catalog.entities["lead"], identifier)
        except NotFound:
            pass
    if len(identifier) <= LONGEST and "\0" not in identifier:
        found = lists.search(catalog, store, scope, "find_lead", {"external_id": identifier}, limit=1)
        if found.data:
            return found.data[0]
    raise on_missing(catalog, "lead", identifier)


def shaped(caller: Caller, leads: Sequence[Row]) -> list[dict[str, Any]]:
    """Leads with Oplead's words beside ours."""
    known = references(caller, leads)
    return [
        {
            **lead, "identifier": str(lead["id"]), "external_id": known.get(lead["id"]),
            "firstname": lead["first_name"], "lastname": lead["last_name"],
            "status": STATUSES.get(lead["status"], lead["status_title"]), "status_code": lead["status"],
            "provider": {"name": lead["provider_name"], "webhook_url": lead["provider_webhook_url"]},
        }
        for lead in leads
    ]  # fmt: skip


def references(caller: Caller, leads: Sequence[Row]) -> dict[int, str]:
    """The external references of these leads by id; of several, the first one."""
    if not leads:
        return {}
    catalog = house().catalog_of(caller)
    found = lists.records(
        catalog, house().store, caller.scope, catalog.entities["external_ref"], limit=lists.LARGEST, order="-id",
        filters={"entity": "lead", "record_id[in]": ",".join(str(lead["id"]) for lead in leads)},
    )  # fmt: skip
    return {row["record_id"]: row["value"] for row in found.data}
