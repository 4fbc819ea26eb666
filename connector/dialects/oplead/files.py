"""Files on leads: quotes, invoices and others, under both names that the original gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from connector.catalog.folds import text
from connector.dialects.oplead import reading
from connector.dialects.oplead.door import entered, oplead, reader
from connector.dialects.oplead.finding import named
from connector.dialects.oplead.reading import Sent
from connector.engine import lists
from connector.engine.lookups import on_missing
from connector.engine.once import Kept
from connector.engine.run import action, task
from connector.errors import Fault, Invalid, WrongType
from connector.storage.contract import Row
from connector.web import incoming
from connector.web.answers import answer, replayed
from connector.web.attachments import Upload, keep, saved
from connector.web.house import house

KINDS: Mapping[str, str] = {
    "quote": "quote", "devis": "quote", "offre": "quote", "invoice": "invoice", "facture": "invoice",
}  # fmt: skip
"""What files are called; any other word stands for any other file."""


@oplead.post("/leads/<identifier>/document/add")
@oplead.post("/leads/<identifier>/attachments")
def attach(identifier: str) -> Response:
    """Keep the files of a multipart body on the lead; with `status`, the lead gets that status too, or nothing happens.

    Answers the first file, with all of them as `attachments`.
    """
    caller, came = entered("act")
    lead = named(caller, identifier)
    todo, sent = action(house().catalog_of(caller), "set_status"), uploads(came)
    if request.mimetype != reading.MULTIPART:
        raise WrongType("multipart_expected")
    if not sent:
        raise Invalid(faults=[Fault(pointer="/file", key="file_expected")])
    given = reading.inputs(came, reading.FILE, todo.input)
    first = None
    if "status" in given:
        raw = {**given, "lead_id": lead["id"]}
        first = task(house().catalog_of(caller), caller.scope, todo, raw, text=True, lenient=True)
    done = keep(caller, sent, lead["id"], first)
    rows = [linked(row) for row in done.data["attachments"]]
    response = answer({**rows[0], "attachments": rows}, 201)
    response.headers["Location"] = rows[0]["url"]
    return replayed(response, again=isinstance(done, Kept))


@oplead.get("/leads/<identifier>/documents")
@oplead.get("/leads/<identifier>/attachments")
def listed(identifier: str) -> Response:
    """The files of a lead, newest first."""
    caller = reader()
    asked = reading.understood(reading.sent().address, reading.FILTER)
    limit, catalog = incoming.limit(asked.get("limit"), lists.LARGEST), house().catalog_of(caller)
    found = lists.records(
        catalog, house().store, caller.scope, catalog.entities["attachment"], order="-id", limit=limit,
        cursor=asked.get("cursor"), filters={"lead_id": str(named(caller, identifier)["id"])},
    )  # fmt: skip
    return answer(found.as_json() | {"data": [linked(row) for row in found.data]})


@oplead.get("/leads/<identifier>/documents/<attachment_id>")
@oplead.get("/leads/<identifier>/attachments/<attachment_id>")
def download(identifier: str, attachment_id: str) -> Response:
    """One of the lead's files itself."""
    caller = reader()
    lead, wanted = named(caller, identifier), incoming.path_id(attachment_id, "attachment")
    row = house().store.read(caller.scope, lambda tx: tx.get("attachment", wanted))
    if row is None or row["lead_id"] != lead["id"]:
        raise on_missing(house().catalog_of(caller), "attachment", attachment_id)
    return saved(row)


def uploads(came: Sent) -> list[Upload]:
    """The files that were sent, whatever their parts are called."""
    kind = text(str(reading.understood(came.body, reading.FILE).get("kind", "")))
    return [Upload(file=file, kind=KINDS.get(kind, "other")) for file in came.files]


def linked(row: Row) -> dict[str, Any]:
    """A file's record, and where the file is."""
    return {**row, "url": url_for(".download", identifier=row["lead_id"], attachment_id=row["id"])}
