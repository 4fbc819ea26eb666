"""Mailboxes, previews of templates, and the files on leads."""

from __future__ import annotations

from collections.abc import Mapping

from connector.catalog.outputs import closed
from connector.exporters.families import reference
from connector.exporters.routes import API, KEY, LIST, NULL_TEXT, RECORD_ID, Link, Route, Schema, page, paging, segment
from connector.exporters.texts import WITHIN, strict

MAILBOXES, ATTACHMENTS = "Mailboxes", "Attachments"
FIELDS: Mapping[str, Schema] = {
    "user_id": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**53 - 1,
                "description": "Whose mailbox it is; yours unless given."},
    "address": {"type": "string", "format": "email", "minLength": 1, "maxLength": 254},
    "host": {"type": ["string", "null"], "pattern": "^[A-Za-z0-9.:_-]{1,255}$",
             "description": "Its mail server; the house's own unless given."},
    "port": {"type": ["integer", "null"], "minimum": 1, "maximum": 65535},
    "security": {"type": "string", "enum": ["none", "starttls", "tls"], "default": "starttls"},
    "username": strict({"type": ["string", "null"], "maxLength": 255}),
    "password": strict({"type": ["string", "null"], "maxLength": 255, "description": "Kept sealed, never shown."}),
}  # fmt: skip
CHANGE: Schema = {"type": "object", "additionalProperties": False, "properties": FIELDS}
NEW: Schema = {**CHANGE, "required": ["address"]}
TEST: Schema = {
    "type": "object", "additionalProperties": False,
    "properties": {"to": {"type": ["string", "null"], "format": "email", "minLength": 1, "maxLength": 254,
                          "description": "To whom a test mail goes; without it only the login is tried."}},
}  # fmt: skip
PREVIEW: Schema = {
    "type": "object", "additionalProperties": False, "required": ["lead_id"],
    "properties": {
        "lead_id": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
        "from_user_id": strict({**WITHIN, "type": ["integer", "string", "null"],
                                "description": "An id or e-mail; yours unless given."}),
    },
}  # fmt: skip
MAILBOX = reference("Mailbox")
TRIED = closed({
    "ok": {"type": "boolean"}, "step": {"type": "string", "description": "Where it ended."},
    "said": {**NULL_TEXT, "description": "What the server said there."},
    "message": {"type": "string", "description": "What came of it, in your language."}, "mailbox": MAILBOX,
})  # fmt: skip
PREVIEWED = closed({
    "email_template_id": {"type": "integer"}, "lead_id": {"type": "integer"}, "to_address": NULL_TEXT,
    "from_user_id": {"type": "integer"}, "subject": NULL_TEXT, "body": NULL_TEXT, "html": NULL_TEXT,
    "missing": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "description": "By part: the placeholders that could not be filled."},
})  # fmt: skip
UPLOAD: Schema = {
    "type": "object", "required": ["file"], "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "kind": {"type": "string", "enum": ["quote", "invoice", "other"], "default": "other"},
    },
}  # fmt: skip

ONE = f"{API}/mailboxes/{{mailbox_id}}"
FILES = f"{API}/leads/{{lead_id}}/attachments"
MAILBOX_ID = segment("mailbox_id", RECORD_ID, "The mailbox's id.", example=1)
LEAD_ID = segment("lead_id", RECORD_ID, "The lead.", example=1)
MAILBOX_LINKS = {
    "mailbox": Link(operation="get_mailbox", does="The mailbox.", parameters={"mailbox_id": "$response.body#/id"}),
    "remove": Link(operation="delete_mailbox", does="Removes it.", parameters={"mailbox_id": "$response.body#/id"}),
}
FILE_LINKS = {
    "file": Link(operation="download_attachment", does="The file itself.",
                 parameters={"attachment_id": "$response.body#/id"}),
}  # fmt: skip

MAIL: tuple[Route, ...] = (
    Route(key="list_mailboxes", method="get", path=f"{API}/mailboxes", tag=MAILBOXES, title="List Mailboxes",
          does="Your mailboxes; an administrator sees all.", answers=page(MAILBOX)),
    Route(key="create_mailbox", method="post", path=f"{API}/mailboxes", tag=MAILBOXES, title="Create Mailbox",
          does="Makes a mailbox; no mail leaves from it before its test went well.", body=NEW, body_required=True,
          examples={"own server": {"address": "ada@example.test", "host": "mail.example.test", "security": "tls",
                                   "username": "ada", "password": "correct horse"}},
          answers=MAILBOX, statuses=(201,), refuses=(403, 404, 409, 413, 415, 507), links=MAILBOX_LINKS),
    Route(key="get_mailbox", method="get", path=ONE, tag=MAILBOXES, title="Get Mailbox",
          does="One mailbox, without its password.", takes=(MAILBOX_ID,), answers=MAILBOX, refuses=(404,)),
    Route(key="change_mailbox", method="patch", path=ONE, tag=MAILBOXES, title="Change Mailbox",
          does="Changes a mailbox; where its way changes, it has to be tested again.", takes=(MAILBOX_ID,),
          body=CHANGE, examples={"other port": {"port": 587}}, answers=MAILBOX,
          refuses=(403, 404, 409, 413, 415, 507)),
    Route(key="delete_mailbox", method="delete", path=ONE, tag=MAILBOXES, title="Remove Mailbox",
          does="Removes a mailbox; the mail that left from it stays.", takes=(MAILBOX_ID,), answers=MAILBOX,
          refuses=(404, 409, 507)),
    Route(key="test_mailbox", method="post", path=f"{ONE}/test", tag=MAILBOXES, title="Test Mailbox",
          does="Logs in at its server now, sends a mail where `to` says so, and answers what the server said.",
          takes=(MAILBOX_ID,), body=TEST, examples={"log in": {}}, answers=TRIED,
          refuses=(404, 409, 413, 415, 507)),
    Route(key="preview_template", method="post", path=f"{API}/email_templates/{{template_id}}/preview", tag=MAILBOXES,
          title="Preview Template", does="The template filled for a lead; nothing is sent.",
          takes=(segment("template_id", RECORD_ID, "The template's id.", example=1),), body=PREVIEW,
          body_required=True, examples={"for a lead": {"lead_id": 1}}, answers=PREVIEWED,
          refuses=(404, 409, 413, 415)),
    Route(key="attach", method="post", path=FILES, tag=ATTACHMENTS, title="Attach File",
          does="Keeps a file on the lead.", takes=(LEAD_ID, KEY), body=UPLOAD, body_required=True,
          takes_media="multipart/form-data", answers=reference("Attachment"), statuses=(201,),
          refuses=(404, 409, 413, 415, 507), links=FILE_LINKS),
    Route(key="list_files", method="get", path=FILES, tag=ATTACHMENTS, title="List Files of a Lead",
          does="The lead's files, newest first.", takes=(LEAD_ID, *paging(LIST)),
          answers=page(reference("Attachment")), refuses=(404, 409)),
    Route(key="download_attachment", method="get", path=f"{API}/attachments/{{attachment_id}}/download",
          tag=ATTACHMENTS, title="Download File", does="The file itself, to be saved and never shown in place.",
          takes=(segment("attachment_id", RECORD_ID, "The attachment's id.", example=1),), media="*/*",
          answers={}, refuses=(404,)),
)  # fmt: skip
"""Mailboxes, previews, files."""
