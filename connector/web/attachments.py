"""Files on leads: taken in as multipart, listed, and given out so that no browser runs them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from connector.access.audit import note
from connector.access.idempotency import claim
from connector.access.tokens import Caller
from connector.engine import lists
from connector.engine.direct import create
from connector.engine.lookups import on_missing
from connector.engine.once import Answer, Kept, Task, once
from connector.engine.records import wire
from connector.errors import Fault, Invalid, TooLarge
from connector.storage.blobs import Blob, Blobs, open_blobs, shelf
from connector.storage.contract import Row, Transaction
from connector.web import incoming
from connector.web.answers import answer, replayed
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it was sent, and what it is: quote, invoice or other."""

    file: FileStorage
    kind: str


@attachments.post("/leads/<lead_id>/attachments")
def attach(lead_id: str) -> Response:
    """Keep the part `file` of a multipart body on the lead; `kind` is quote, invoice or other."""
    caller = incoming.caller("act")
    incoming.query()
    lead = visible(caller, lead_id)
    done = keep(caller, [upload()], lead["id"])
    row = done.data["attachments"][0]
    response = answer(row, 201)
    response.headers["Location"] = url_for(".download", attachment_id=row["id"])
    return replayed(response, again=isinstance(done, Kept))


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
    if row is None:
        raise on_missing(house().catalog, "attachment", attachment_id)
    return saved(row)


def saved(row: Row) -> Response:
    """The content of an attachment, under its name; NotFound for one that has none."""
    if not row["storage_key"]:
        raise on_missing(house().catalog, "attachment", row["id"])
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


def parts() -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """Fields and files of a multipart body; TooLarge before more than the limit was read."""
    most = house().settings.attachment_limit
    request.max_content_length = most + ENVELOPE
    try:
        return request.form, request.files
    except RequestEntityTooLarge:
        raise TooLarge("attachment_too_large", limit=most) from None


def upload() -> Upload:
    """The part `file` and its kind; Invalid for what is missing or unknown."""
    form, files = parts()
    sent = files.get("file")
    incoming.refuse_unknown({**form, **files}, (*PARTS, "file"))
    if sent is None or not sent.filename:
        raise Invalid(faults=[Fault(pointer="/file", key="file_expected")])
    return Upload(file=sent, kind=chosen(form.get("kind") or "other"))


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


def keep(
    caller: Caller, uploads: Sequence[Upload], lead_id: int | None = None, first: Task | None = None
) -> Answer | Kept:  # fmt: skip
    """Keep files on a lead, all or none, after the work of `first` and in its transaction.

    The answer is that of `first`, with the records as `attachments`. Without `lead_id` the lead is the one it answers.
    """
    taken: list[Blob] = []
    try:
        for each in uploads:
            taken.append(stored(caller, each))
        outcome = once(house().store, recording(caller, uploads, taken, lead_id, first))
    except Exception:
        forget(taken)
        raise
    if isinstance(outcome, Kept):
        forget(taken)
        return outcome
    found: Answer = outcome.result
    return found


def stored(caller: Caller, sent: Upload) -> Blob:
    """Take the content in."""
    name, most = file_name(sent.file.filename or ""), house().settings.attachment_limit
    account = caller.scope.account_id
    with sent.file.stream as content:
        return blobs().put(shelf(account, house().store.feed(account).feed), content, name, limit=most)


def forget(taken: Iterable[Blob]) -> None:
    """Let go of contents that no record is about."""
    for blob in taken:
        blobs().delete(blob.key)


def recording(
    caller: Caller, uploads: Sequence[Upload], taken: Sequence[Blob], lead_id: int | None, first: Task | None
) -> Task:  # fmt: skip
    """The work that makes the records of kept files; NotFound when the lead has gone meanwhile."""
    catalog = house().catalog
    rows: list[dict[str, Any]] = [
        {"filename": file_name(each.file.filename or ""), "kind": each.kind, "content_type": blob.content_type,
         "size": blob.size, "sha256": blob.sha256}
        for each, blob in zip(uploads, taken, strict=True)
    ]  # fmt: skip

    def work(tx: Transaction) -> Answer:
        if lead_id and tx.get("lead", lead_id) is None:
            raise on_missing(catalog, "lead", lead_id)
        before = first.work(tx) if first else Answer(data={}, created=True, new=frozenset())
        lead = lead_id or before.data["lead"]["id"]
        made = [
            create(catalog, tx, "attachment", {**row, "lead_id": lead, "storage_key": blob.key})
            for row, blob in zip(rows, taken, strict=True)
        ]
        for row in made:
            note(tx, "attachment.created", row["filename"], record=f"attachment/{row['id']}", details={"lead_id": lead})
        data = {**before.data, "attachments": [shown(row) for row in made]}
        return Answer(data=data, created=before.created, new=before.new)

    same = {"lead": lead_id, "files": rows, "first": first.claim.content if first and first.claim else None}
    return Task(
        scope=caller.scope,
        work=work,
        about=(("lead", lead_id),) if lead_id else (),
        claim=claim(caller.scope, "attach" if lead_id else "take_in", same, caller.scope.key),
    )


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
