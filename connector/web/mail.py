"""Mail over HTTP: mailboxes with their test button, and what a template would say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import make_msgid
from typing import Any, TypeVar

from flask import Blueprint, Response, url_for
from marshmallow import RAISE, Schema, fields, validate

from connector.access.audit import note
from connector.access.tokens import Caller, Whole
from connector.engine.direct import change, create, remove
from connector.engine.mail import one_address
from connector.engine.previews import preview
from connector.engine.records import wire
from connector.errors import Fault, Forbidden, Invalid, NotFound, Refused
from connector.events.addresses import vetting
from connector.events.letters import Letter, Party
from connector.events.mailboxes import tried, ways
from connector.events.schedule import stamp
from connector.sentences import SENTENCES, say
from connector.storage.contract import Order, Query, Row, Transaction
from connector.web import incoming
from connector.web.answers import answer
from connector.web.forms import checked
from connector.web.house import house

T = TypeVar("T")
mail = Blueprint("mail", __name__)
WAY = frozenset({"address", "host", "port", "security", "username", "password"})
"""What decides whether a mailbox works; a change of these asks for a new test."""


class MailboxShape(Schema):
    """A mailbox as people write it. Its password is kept sealed and never shown."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    user_id = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 2**53 - 1))
    address = fields.String(required=True, validate=validate.Length(1, 254))
    host = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"[A-Za-z0-9.:_-]{1,255}\Z"))
    port = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 65535))
    security = fields.String(load_default="starttls", validate=validate.OneOf(("none", "starttls", "tls")))
    username = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=255))
    password = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=255))


class TestShape(Schema):
    """To whom a test mail goes; without it nothing is sent, only the login is tried."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    to = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 254))


class PreviewShape(Schema):
    """For which lead, and from whom."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    lead_id = Whole(required=True, validate=validate.Range(1, 2**53 - 1))
    from_user_id = fields.Raw(load_default=None, allow_none=True)


NEW, TEST, PREVIEW = MailboxShape(), TestShape(), PreviewShape()


@mail.get("/mailboxes")
def several() -> Response:
    """The caller's mailboxes; an admin sees all of the account."""
    caller = incoming.caller()
    incoming.query()
    query = Query(entity="mailbox", order=(Order(path="id"),))
    rows = house().store.read(caller.scope, lambda tx: tx.find(query))
    return answer({"data": [shown(row) for row in rows], "cursor": None, "has_more": False})


@mail.get("/mailboxes/<mailbox_id>")
def one(mailbox_id: str) -> Response:
    """One mailbox, without its password."""
    _, row = mine(mailbox_id)
    return answer(shown(row))


@mail.post("/mailboxes")
def make() -> Response:
    """Make a mailbox; no mail leaves from it before its test went well."""
    caller = incoming.caller()
    incoming.query()
    asked = prepared(caller, checked(NEW, incoming.body()[0]))
    asked["user_id"] = asked["user_id"] or caller.user_id
    catalog = house().catalog

    def work(tx: Transaction) -> Row:
        if tx.get("user", asked["user_id"]) is None:
            raise NotFound("user_not_found", value=asked["user_id"])
        made = create(catalog, tx, "mailbox", {**asked, "state": "none"})
        noted(tx, "created", made)
        return made

    row, _ = house().store.transact(caller.scope, work)
    response = answer(shown(row), 201)
    response.headers["Location"] = url_for(".one", mailbox_id=row["id"])
    return response


@mail.patch("/mailboxes/<mailbox_id>")
def revise(mailbox_id: str) -> Response:
    """Change a mailbox; where its way changes, it has to be tested again."""
    caller, row = mine(mailbox_id)
    asked = prepared(caller, checked(NEW, incoming.body()[0], partial=True))
    if WAY & set(asked):
        asked |= {"state": "none", "error": None}
    return answer(shown(written(caller, row, asked, "changed")))


@mail.delete("/mailboxes/<mailbox_id>")
def end(mailbox_id: str) -> Response:
    """Remove a mailbox; the mail that left from it stays."""
    caller, row = mine(mailbox_id)
    catalog = house().catalog

    def work(tx: Transaction) -> None:
        remove(catalog, tx, "mailbox", row["id"])
        noted(tx, "removed", row)

    house().store.transact(caller.scope, work, about=about(row))
    return answer(shown(row))


@mail.post("/mailboxes/<mailbox_id>/test")
def test(mailbox_id: str) -> Response:
    """Log in at its server now, send a mail where `to` says so, and answer what the server said."""
    caller, row = mine(mailbox_id)
    to = checked(TEST, incoming.body()[0])["to"]
    letter = trial(row, caller, pointed("/to", one_address, to)) if to else None
    outcome, host = tried(ways(house().settings, house().vault, vetting(house().settings)), row, letter)
    ok = outcome.fate == "sent"
    blanks = {"host": host, "said": outcome.said, "to": to}

    def sentence(locale: str) -> str:
        key = ("mail_test_sent" if to else "mail_works") if ok else outcome.key
        return say(SENTENCES[key], locale).format_map(blanks)

    values = {"state": "connected", "error": None} if ok else {"state": "error", "error": sentence(caller.locale)}
    said = {"ok": ok, "step": outcome.step, "said": outcome.said or None, "message": sentence(incoming.locale())}
    return answer(said | {"mailbox": shown(written(caller, row, values, "tested"))})


@mail.post("/email_templates/<template_id>/preview")
def show(template_id: str) -> Response:
    """The template filled for a lead, with the placeholders that could not be; nothing is sent."""
    caller = incoming.caller("read")
    incoming.query()
    asked = checked(PREVIEW, incoming.body()[0])
    wanted = incoming.path_id(template_id, "email_template")
    return answer(
        preview(house().catalog, house().store, caller.scope, wanted, asked["lead_id"], asked["from_user_id"])
    )


def trial(row: Row, caller: Caller, to: str) -> Letter:
    """The test mail of a mailbox, in its user's language."""
    subject, text = (say(SENTENCES[key], caller.locale) for key in ("mail_test_subject", "mail_test_text"))
    sender = Party(address=row["address"])
    return Letter(
        message_id=make_msgid("test", row["address"].rpartition("@")[2]), sender=sender, to=Party(address=to),
        subject=subject.format(address=row["address"]), text=text, at=stamp(datetime.now(UTC)), automatic=True,
    )  # fmt: skip


def prepared(caller: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, ready to be kept: one real address, a sealed password; Forbidden for another user's mailbox."""
    if asked.get("user_id") not in (None, caller.user_id) and not caller.is_admin:
        raise Forbidden("admins_only")
    if "address" in asked:
        asked["address"] = pointed("/address", one_address, asked["address"])
    if asked.get("password"):
        asked["password"] = house().vault.seal(asked["password"])
    return asked


def pointed(pointer: str, read: Callable[[str], T], text: str) -> T:
    """What `read` makes of a field; its refusal as Invalid with that pointer."""
    try:
        return read(text)
    except Refused as error:
        raise Invalid(faults=[Fault(pointer=pointer, key=error.code, params=error.params)]) from None


def mine(mailbox_id: str) -> tuple[Caller, Row]:
    """The caller, and the visible mailbox of that id; NotFound for any other."""
    caller = incoming.caller()
    incoming.query()
    wanted = incoming.path_id(mailbox_id, "mailbox")
    row = house().store.read(caller.scope, lambda tx: tx.get("mailbox", wanted))
    if row is None:
        raise NotFound("mailbox_not_found", value=mailbox_id)
    return caller, row


def about(row: Row) -> tuple[tuple[str, int]]:
    """What a change of a mailbox locks."""
    return (("mailbox", row["id"]),)


def noted(tx: Transaction, what: str, row: Row, **details: Any) -> None:
    """Write into the audit what is done with a mailbox."""
    note(tx, f"mailbox.{what}", row["address"], record=f"mailbox/{row['id']}", details=details or None)


def written(caller: Caller, row: Row, values: Mapping[str, Any], what: str) -> Row:
    """The mailbox with new values; `what` the audit calls it."""
    catalog = house().catalog

    def work(tx: Transaction) -> Row:
        change(catalog, tx, "mailbox", row["id"], values)
        noted(tx, what, row, fields=sorted(values))
        return tx.get("mailbox", row["id"], scoped=False) or row

    return house().store.transact(caller.scope, work, about=about(row))[0]


def shown(row: Row) -> Row:
    """A mailbox as it leaves the house."""
    return wire(house().catalog.entities["mailbox"], row)
