"""What a template would say to a lead, and what keeps it from being sent; nothing is written."""

from __future__ import annotations

from typing import Any

from connector.catalog.model import Catalog, Ref
from connector.engine.lookups import find_row, on_missing
from connector.engine.mail import fill, fill_html
from connector.engine.records import reader
from connector.storage.contract import Row, Scope, Store, Transaction

PARTS = (("subject", fill), ("body", fill), ("html", fill_html))


def preview(catalog: Catalog, store: Store, scope: Scope, template_id: Any, lead_id: Any, user: Any) -> dict[str, Any]:
    """Each part of the template filled for this lead and sender (an id or e-mail; None: the caller).

    `missing` names the placeholders that could not be filled. NotFound for what the caller may not see.
    """

    def work(tx: Transaction) -> dict[str, Any]:
        template = _visible(catalog, tx, template_id)
        lead = _found(catalog, tx, "lead", lead_id)
        sender = _found(catalog, tx, "user", user if user is not None else scope.actor_id)
        record = reader(catalog, tx)
        names = {"lead": record("lead", lead["id"], lead), "user": record("user", sender["id"], sender)}
        said: dict[str, Any] = {"to_address": lead["email"], "from_user_id": sender["id"]}
        missing: dict[str, list[str]] = {}
        for part, filler in PARTS:
            said[part], gaps = filler(template[part], names) if template[part] else (None, ())
            if gaps:
                missing[part] = list(dict.fromkeys(gaps))
        return {"email_template_id": template["id"], "lead_id": lead["id"], **said, "missing": missing}

    return store.read(scope, work)


def _found(catalog: Catalog, tx: Transaction, entity: str, given: Any) -> Row:
    row = find_row(tx, Ref(to=entity, by=("id", "email") if entity == "user" else ("id",)), given)
    if row is None:
        raise on_missing(catalog, entity, given)
    return row


def _visible(catalog: Catalog, tx: Transaction, template_id: Any) -> Row:
    """Shared templates, one's own, and an admin sees all."""
    row = _found(catalog, tx, "email_template", template_id)
    if not row["is_shared"] and tx.scope.owner not in (None, row["owner_id"]):
        raise on_missing(catalog, "email_template", template_id)
    return row
