"""API tokens: made here, shown once, kept only as a SHA-256 hash, looked up by it on every request."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zlib import crc32

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from connector.access.addresses import network
from connector.access.audit import note
from connector.errors import Forbidden, NotFound, Unauthorized
from connector.storage.contract import Clause, Query, Row, Scope, Store, Transaction

ENTITY = "api_token"
PREFIX = "lw_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
KINDS = ("user", "console")
"""Whose hand a token is: a program's, or a person's own. What is done with a `console` token counts as done by hand."""
SCOPES = ("read", "act", "administer", "act_as")
"""What a token may be for. `administer` needs an administrator as its user; `act_as` names another user per call."""
USUAL = SCOPES[:3]
"""The scopes of a token that names none: all that its user may do."""
CHANGEABLE = (
    "name", "details", "scopes", "actions", "allowed_ips", "rate_limit", "replay_window", "in_query", "expires_at",
)  # fmt: skip
MOST = 100
"""Ranges, or actions, that one token may name."""
RANDOM_LENGTH = 30
"""30 of 62 characters carry 178 random bits."""
CHECKSUM_LENGTH = 6
ANYONE = Scope(account_id=0)
"""The scope of the one question asked before the account is known: whose token is this?"""


class Moment(fields.AwareDateTime):
    """A time as people write it, with an offset; the other way it goes as it is stored."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return stamp(super()._deserialize(value, attr, data, **kwargs))
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None


class Whole(fields.Integer):
    """A whole number, also as text; 2.5 is none, and is not cut to one."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Range(fields.String):
    """An IP address or a range of addresses."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return str(network(str(text)))
        except ValueError:
            raise ValidationError("not_a_network") from None


class Token(Schema):
    """A token as administrators write and read it. Its secret is no field of it: it is told once, beside it."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    id = fields.Integer(dump_only=True)
    name = fields.String(required=True, validate=validate.Length(1, 100))
    details = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=1000))
    user_id = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 2**53 - 1))
    prefix = fields.String(dump_only=True)
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(KINDS))
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, MOST),
    )
    actions = fields.List(
        fields.String(validate=validate.Length(1, 64)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST),
    )
    allowed_ips = fields.List(Range(), load_default=None, allow_none=True, validate=validate.Length(max=MOST))
    rate_limit = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))
    replay_window = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 3600))
    in_query = fields.Boolean(load_default=None, allow_none=True)
    expires_at = Moment(load_default=None, allow_none=True, format="iso")
    last_used_at = fields.Raw(dump_only=True)
    revoked_at = fields.Raw(dump_only=True)
    created_at = fields.Raw(dump_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a request acts, as told by its token."""

    scope: Scope
    token_id: int
    token: str
    """The token's name, never its secret."""
    user_id: int
    email: str
    locale: str
    is_admin: bool
    scopes: tuple[str, ...] = USUAL
    allowed_ips: tuple[str, ...] = ()
    """The ranges it may call from; none: anywhere."""
    rate_limit: int | None = None
    """Its calls per minute; None: as many as the settings say, 0: any number."""
    in_query: bool = False
    """Whether the token may stand in an address, where a front door takes it there."""
    last_used_at: str | None = None
    custom_version: int = 0
    """Which custom fields the account has; 0: it never had any."""

    def require(self, scope: str) -> None:
        """Forbidden unless the token has that scope."""
        if scope not in self.scopes:
            raise Forbidden("scope_missing", name=scope)


def mint() -> str:
    """A new secret: `lw_`, 178 random bits, and a checksum that lets scanners tell it from random text."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return PREFIX + body + checksum(body)


def checksum(body: str) -> str:
    """The CRC-32 of a token's random part, in the token's own alphabet."""
    number, text = crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return text


def fingerprint(secret: str) -> str:
    """What is stored in a secret's place. A token is random enough for a fast hash to be safe."""
    return sha256(secret.encode()).hexdigest()


def hint(secret: str) -> str:
    """The first letters, by which people tell their tokens apart: never more than a quarter of it."""
    return secret[: min(7, len(secret) // 4)]


def issue(
    store: Store, account_id: int, user_id: int, name: str, *, secret: str = "", expires_at: str | None = None,
    details: str | None = None, by: Scope | None = None, kind: str | None = None, **rights: Any,
) -> tuple[str, Row]:  # fmt: skip
    """Create a token for that user. The secret is in this answer and nowhere else, ever.

    A `secret` of the caller's choice is taken as it is; `rights` are scopes, actions, allowed_ips, rate_limit,
    replay_window and in_query, all as usual where absent. An unknown user raises NotFound.
    """
    chosen = secret or mint()
    usual = "account" if "act_as" in (rights.get("scopes") or ()) else "user"
    told = {"user_id": user_id, "kind": kind, **rights} if kind else {"user_id": user_id, **rights}

    def work(tx: Transaction) -> Row:
        if tx.get("user", user_id, scoped=False) is None:
            raise NotFound("user_not_found", value=user_id)
        values = {"name": name, "details": details, "user_id": user_id, "expires_at": expires_at}
        values["kind"] = kind if kind == "console" else usual
        row = tx.insert(ENTITY, {**rights, **values, "hash": fingerprint(chosen), "prefix": hint(chosen)})
        note(tx, "token.created", name, record=f"{ENTITY}/{row['id']}", details=told)
        return row

    row, _ = store.transact(by or Scope(account_id=account_id, origin="manual"), work)
    return chosen, public(row)


def authenticate(store: Store, secret: str) -> Caller:
    """Who this secret stands for, by one indexed read; so a revoked token stops working at once.

    Unknown, expired and revoked tokens and those of inactive users get the same answer: Unauthorized.
    """
    rows = store.read(ANYONE, lambda tx: tx.find(_by_hash(fingerprint(secret))))
    if not rows or not _alive(rows[0]):
        raise Unauthorized("unauthorized_invalid_token")
    return _caller(rows[0])


def act_as(store: Store, caller: Caller, login: str) -> Caller:
    """The caller as the active user of that login or e-mail address; what it sees is what that user sees.

    Account keys may do so: tokens with the scope `act_as`, and those that may administer the account. Every other
    token is its own user's only. What the token may do stays as it is. Unauthorized("unknown_login") for anybody else.
    """
    user = store.read(Scope(account_id=caller.scope.account_id), lambda tx: _user(tx, login))
    anybody = "act_as" in caller.scopes or (caller.is_admin and "administer" in caller.scopes)
    if user is None or not user["is_active"] or not (anybody or user["id"] == caller.user_id):
        raise Unauthorized("unknown_login")
    scope = replace(caller.scope, actor_id=user["id"], owner=None if user["is_admin"] else user["id"])
    return replace(
        caller, scope=scope, user_id=user["id"], email=user["email"], locale=user["locale"] or "en",
        is_admin=bool(user["is_admin"]),
    )  # fmt: skip


def _user(tx: Transaction, login: str) -> Row | None:
    """The user of that login, else of that e-mail address."""
    for path in ("login", "email"):
        found = tx.find(Query(entity="user", where=(Clause(path=path, op="eq", value=login),), limit=1))
        if found:
            return found[0]
    return None


def _by_hash(value: str) -> Query:
    return Query(entity=ENTITY, where=(Clause(path="hash", op="eq", value=value),), limit=1, everywhere=True)


def _alive(row: Mapping[str, Any]) -> bool:
    if row["revoked_at"] is not None or not row["is_active"]:
        return False
    return not expired(row)


def expired(row: Mapping[str, Any]) -> bool:
    """Whether the token has come to its end by itself."""
    return row["expires_at"] is not None and row["expires_at"] <= stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """A time as it is stored: UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _caller(row: Mapping[str, Any]) -> Caller:
    scopes = tuple(row["scopes"] or USUAL)
    actions = row["actions"] if "act" in scopes else ()
    scope = Scope(
        account_id=row["account_id"], actor_id=row["user_id"], owner=None if row["is_admin"] else row["user_id"],
        token_id=row["id"], actions=None if actions is None else tuple(actions), window=row["replay_window"] or 0,
        origin="manual" if row["kind"] == "console" else "api",
    )  # fmt: skip
    return Caller(
        scope=scope, token_id=row["id"], token=row["name"], user_id=row["user_id"], email=row["user_email"],
        locale=row["user_locale"] or "en", is_admin=row["is_admin"], scopes=scopes,
        allowed_ips=tuple(row["allowed_ips"] or ()), rate_limit=row["rate_limit"], in_query=bool(row["in_query"]),
        last_used_at=row["last_used_at"], custom_version=row.get("custom_version") or 0,
    )  # fmt: skip


def listing(store: Store, account_id: int) -> Sequence[Row]:
    """All tokens of an account, revoked ones too, oldest first; without their hashes."""
    rows = store.read(Scope(account_id=account_id), lambda tx: tx.find(Query(entity=ENTITY)))
    return [public(row) for row in rows]


def one(store: Store, account_id: int, token_id: int) -> Row:
    """The account's token of that id, without its hash; NotFound when there is none."""
    row = store.read(Scope(account_id=account_id), lambda tx: tx.get(ENTITY, token_id))
    if row is None:
        raise NotFound("token_not_found", value=token_id)
    return public(row)


def change(store: Store, account_id: int, token_id: int, changes: Mapping[str, Any], *, by: Scope | None = None) -> Row:
    """Change what the token is called and may do, from its next call on."""

    def work(tx: Transaction) -> Row:
        row = tx.get(ENTITY, token_id)
        if row is None:
            raise NotFound("token_not_found", value=token_id)
        note(tx, "token.changed", row["name"], record=f"{ENTITY}/{token_id}", details=dict(changes))
        return tx.update(ENTITY, token_id, changes)

    scope = by or Scope(account_id=account_id, origin="manual")
    row, _ = store.transact(scope, work, about=((ENTITY, token_id),))
    return public(row)


def revoke(store: Store, account_id: int, token_id: int, *, by: Scope | None = None) -> Row:
    """End a token now. Ending it again changes nothing; an unknown one raises NotFound."""

    def work(tx: Transaction) -> Row:
        row = tx.get(ENTITY, token_id)
        if row is None:
            raise NotFound("token_not_found", value=token_id)
        if row["revoked_at"]:
            return row
        note(tx, "token.revoked", row["name"], record=f"{ENTITY}/{token_id}")
        return tx.update(ENTITY, token_id, {"revoked_at": tx.now})

    scope = by or Scope(account_id=account_id, origin="manual")
    row, _ = store.transact(scope, work, about=((ENTITY, token_id),))
    return public(row)


def public(row: Mapping[str, Any]) -> Row:
    """A token's row as people may see it."""
    return {key: value for key, value in row.items() if key != "hash"}
