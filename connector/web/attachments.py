"""Files on leads: taken in as multipart, listed, and given out so that no browser runs them."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import PurePath
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from connector.access.tokens import Caller
from connector.engine import lists
from connector.engine.direct import create
from connector.engine.lookups import on_missing
from connector.engine.records import wire
from connector.errors import Fault, Invalid, TooLarge
from connector.storage.blobs import Blob, Blobs, open_blobs
from connector.storage.contract import Row, Transaction
from connector.web import incoming
from connector.web.answers import answer
from connector.web.house import house

attachments = Blueprint("attachments", __name__)
ENVELOPE = 65_536
"""Bytes of a request around the file itself."""
PARTS = ("kind",)
LONGEST_NAME = 255
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069/\\]+")
"""Control characters, path separators, and marks that make a name read backwards."""
LOCKED = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


@attachments.post("/leads/<lead_id>/attachments")
def attach(lead_id: str) -> Response:
    """Keep the part `file` of a multipart body on the lead; `kind` is quote, invoice or other."""
    caller = incoming.caller()
    incoming.query()
    lead = visible(caller, lead_id)
    sent, kind = upload()
    name = file_name(sent.filename or "")
    with closing(sent):
        blob = blobs().put(caller.scope.account_id, sent.stream, name, limit=house().settings.attachment_limit)
    try:
        row = recorded(caller, lead["id"], name, kind, blob)
    except Exception:
        blobs().delete(blob.key)
        raise
    response = answer(shown(row), 201)
    response.headers["Location"] = url_for(".download", attachment_id=row["id"])
    return response


@attachments.get("/leads/<lead_id>/attachments")
def several(lead_id: str) -> Response:
    """The lead's files, newest first."""
    caller = incoming.caller()
    asked = incoming.query("cursor", "limit")
    lead = visible(caller, lead_id)
    catalog = house().catalog
    found = lists.records(
        catalog, house().store, caller.scope, catalog.entities["attachment"], {"lead_id": str(lead["id"])},
        order="-id", cursor=asked.get("cursor"), limit=incoming.limit(asked.get("limit"), lists.LARGEST),
    )  # fmt: skip
    return answer(found.as_json())


@attachments.get("/attachments/<attachment_id>/download")
def download(attachment_id: str) -> Response:
    """The file itself, to be saved and never shown in place."""
    caller = incoming.caller()
    incoming.query()
    wanted = incoming.path_id(attachment_id, "attachment")
    row = house().store.read(caller.scope, lambda tx: tx.get("attachment", wanted))
    if row is None or not row["storage_key"]:
        raise on_missing(house().catalog, "attachment", attachment_id)
    response = Response(blobs().stream(row["storage_key"]), content_type=row["content_type"])
    response.headers.set("Content-Disposition", "attachment", **called(row["filename"]))
    response.content_length = row["size"]
    response.headers.extend(LOCKED)
    return response


def called(name: str) -> dict[str, str]:
    """The parameters that name a file to be saved: for names outside ASCII also the way of RFC 5987."""
    if name.isascii():
        return {"filename": name}
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode()
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}


def upload() -> tuple[FileStorage, str]:
    """The file and its kind; TooLarge before more than the limit was read, Invalid for what is missing or unknown."""
    most = house().settings.attachment_limit
    request.max_content_length = most + ENVELOPE
    try:
        form, sent = request.form, request.files.get("file")
    except RequestEntityTooLarge:
        raise TooLarge("attachment_too_large", limit=most) from None
    incoming.refuse_unknown({**form, **request.files}, (*PARTS, "file"))
    if sent is None or not sent.filename:
        raise Invalid(faults=[Fault(pointer="/file", key="file_expected")])
    return sent, chosen(form.get("kind") or "other")


def chosen(kind: str) -> str:
    """The kind, which must be one that the entity knows."""
    known = house().catalog.entities["attachment"].fields["kind"].choices
    if kind not in known:
        params = {"name": "kind", "got": repr(kind[:100]), "allowed": ", ".join(known)}
        raise Invalid(faults=[Fault(pointer="/kind", key="not_allowed", params=params)])
    return kind


def file_name(given: str) -> str:
    """The file's own name, whatever path and marks came with it."""
    last = PurePath(given.replace("\\", "/")).name
    name = UNSAFE.sub(" ", last).strip(" .") or "file"
    stem, dot, suffix = name.rpartition(".")
    if len(name) <= LONGEST_NAME or not dot or len(suffix) > 20:
        return name[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}"


def recorded(caller: Caller, lead_id: int, name: str, kind: str, blob: Blob) -> Row:
    """The new record of a kept file; NotFound when the lead has gone meanwhile."""
    catalog = house().catalog
    values: dict[str, Any] = {
        "lead_id": lead_id, "filename": name, "kind": kind, "content_type": blob.content_type,
        "size": blob.size, "sha256": blob.sha256, "storage_key": blob.key,
    }  # fmt: skip

    def work(tx: Transaction) -> Row:
        if tx.get("lead", lead_id) is None:
            raise on_missing(catalog, "lead", lead_id)
        return create(catalog, tx, "attachment", values)

    return house().store.transact(caller.scope, work, about=(("lead", lead_id),))[0]


def visible(caller: Caller, lead_id: str) -> Row:
    """The lead, which the caller must be able to see."""
    wanted = incoming.path_id(lead_id, "lead")
    row = house().store.read(caller.scope, lambda tx: tx.get("lead", wanted))
    if row is None:
        raise on_missing(house().catalog, "lead", lead_id)
    return row


def blobs() -> Blobs:
    """Where this house keeps contents."""
    return open_blobs(house().settings.attachments)


def shown(row: Row) -> Row:
    """An attachment as it leaves the house."""
    return wire(house().catalog.entities["attachment"], row)
