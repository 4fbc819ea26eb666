"""Web forms over HTTP, for administrators: where their answers may come from and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from marshmallow import RAISE, Schema, fields, validate

from connector.access import intakes as access
from connector.access.intakes import FORM
from connector.access.tokens import Caller, Whole
from connector.engine.intake import CHOSEN, CUSTOM, DROP
from connector.errors import Conflict
from connector.events import signing
from connector.events.schedule import stamp
from connector.events.subscriptions import BOTH_VALID
from connector.storage.contract import Row
from connector.web import incoming
from connector.web.answers import answer
from connector.web.forms import checked
from connector.web.house import house

intakes = Blueprint("intakes", __name__)
TARGET = re.compile(rf"({'|'.join(CHOSEN)}|{DROP}|{re.escape(CUSTOM)}[a-z][a-z0-9_]{{0,59}})\Z")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?\Z")
ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?([/?#][\x21-\x5b\x5d-\x7e]*)?\Z")
HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?\Z")
MOST = 50
"""Entries of a list."""


def mapping() -> fields.Dict:
    """Names of answers, and the field that each fills."""
    return fields.Dict(
        keys=fields.String(validate=validate.Length(1, 200)), values=fields.String(validate=validate.Regexp(TARGET)),
        load_default=dict, validate=validate.Length(max=200),
    )  # fmt: skip


def several_of(shape: fields.String) -> fields.List[str]:
    """Up to MOST texts of a kind."""
    return fields.List(shape, load_default=list, validate=validate.Length(max=MOST))


class IntakeShape(Schema):
    """What web forms and pages with lead ads have in common."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    name = fields.String(required=True, validate=validate.Length(1, 100))
    state = fields.String(load_default="active", validate=validate.OneOf(("active", "paused")))
    mapping = mapping()
    source = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 255))
    tags = several_of(fields.String(validate=validate.Length(1, 64)))
    user_id = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 2**53 - 1))


class FormShape(IntakeShape):
    """A web form as administrators write it."""

    signed = fields.Boolean(load_default=False)
    honeypot = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))
    origins = several_of(fields.String(validate=validate.Regexp(ORIGIN)))
    redirect = fields.String(
        load_default=None, allow_none=True, validate=[validate.Length(1, 2000), validate.Regexp(ADDRESS)]
    )
    redirect_hosts = several_of(fields.String(validate=validate.Regexp(HOST)))
    rate_limit = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))
    merge_minutes = Whole(load_default=10, validate=validate.Range(0, 1440))


NEW = FormShape()
SHOWN = ("id", *NEW.fields, "created_at", "updated_at")


@intakes.get("/forms")
def several() -> Response:
    """All forms of the account."""
    rows = access.listing(house().store, incoming.admin().scope, FORM)
    return answer({"data": [shown(row) for row in rows], "cursor": None, "has_more": False})


@intakes.get("/forms/<form_id>")
def one(form_id: str) -> Response:
    """One form with its address, without its secret."""
    return answer(shown(mine(form_id)[1]))


@intakes.post("/forms")
def make() -> Response:
    """Make a form; where it is to be signed, this answer has its secret, and no other."""
    caller = incoming.admin()
    asked = checked(NEW, incoming.body()[0])
    secret = signing.mint() if asked["signed"] else None
    asked |= {"key": access.mint(), "secret": secret and house().vault.seal(secret)}
    row = access.make(house().store, caller.scope, FORM, asked)
    response = answer(shown(row) | {"secret": secret}, 201)
    response.headers["Location"] = url_for(".one", form_id=row["id"])
    return response


@intakes.patch("/forms/<form_id>")
def revise(form_id: str) -> Response:
    """Change what is given. One that is to be signed from now on gets a secret, which is in this answer alone."""
    caller, row = mine(form_id)
    asked = checked(NEW, incoming.body()[0], partial=True)
    secret = signing.mint() if asked.get("signed") and not row["signed"] else None
    if secret:
        asked["secret"] = house().vault.seal(secret)
    elif asked.get("signed") is False:
        asked |= {"secret": None, "old_secret": None, "old_secret_until": None}
    return answer(shown(written(caller, row, asked)) | {"secret": secret})


@intakes.delete("/forms/<form_id>")
def end(form_id: str) -> Response:
    """Remove a form; the leads that came through it stay."""
    caller, row = mine(form_id)
    return answer(shown(access.remove(house().store, caller.scope, FORM, row["id"])))


@intakes.post("/forms/<form_id>/rotate_key")
def rotate_key(form_id: str) -> Response:
    """A new address; the old one is unknown from now on."""
    caller, row = mine(form_id)
    return answer(shown(written(caller, row, {"key": access.mint()})))


@intakes.post("/forms/<form_id>/rotate_secret")
def rotate_secret(form_id: str) -> Response:
    """A new secret, shown this once; for a day both sign."""
    caller, row = mine(form_id)
    if not row["signed"]:
        raise Conflict("form_not_signed")
    secret = signing.mint()
    until = stamp(datetime.now(UTC), BOTH_VALID)
    changes = {"secret": house().vault.seal(secret), "old_secret": row["secret"], "old_secret_until": until}
    return answer(shown(written(caller, row, changes)) | {"secret": secret})


def mine(form_id: str) -> tuple[Caller, Row]:
    """The administrator and the account's form of that id, or NotFound."""
    caller = incoming.admin()
    return caller, access.one(house().store, caller.scope, FORM, incoming.path_id(form_id, FORM))


def written(caller: Caller, row: Row, changes: Mapping[str, Any]) -> Row:
    """The form with new values."""
    return access.change(house().store, caller.scope, FORM, row["id"], changes)


def shown(row: Row) -> dict[str, Any]:
    """A form on the wire."""
    address = f"{request.url_root.rstrip('/')}/in/forms/{row['key']}"
    return {name: row[name] for name in SHOWN} | {"url": address, "secret": None}
