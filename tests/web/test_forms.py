"""Bodies of what is no action: every complaint in the reader's language."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from connector.access.tokens import Token
from connector.events import shapes
from connector.web import mail
from connector.web.forms import WORDS
from tests.plugins.server import ADMIN, Client

SCHEMAS: tuple[Schema, ...] = (
    Token(), shapes.SubscriptionShape(), shapes.ChangeShape(), shapes.ReplayShape(), shapes.ParameterShape(),
    mail.MailboxShape(), mail.PreviewShape(), mail.TestShape(),
)  # fmt: skip
NEVER = {"validator_failed", "format", "invalid_awareness"}
"""Messages of fields for what our schemas do not do."""


@pytest.mark.parametrize(
    ("body", "pointer", "en", "fr", "ru"),
    [
        ({}, "/name", "name is missing", "name manque", "name"),
        ({"name": 5}, "/name", "must be one text; it is 5", "5", "5"),
        ({"name": ""}, "/name", "too short: at least 1", "trop court", "1"),
        ({"name": "x" * 101}, "/name", "at most 100", "100", "100"),
        ({"name": "x", "nam": "y"}, "/nam", "Try: name", "name", "name"),
        ({"name": "x", "rate_limit": -1}, "/rate_limit", "at least 0", "0", "0"),
        ({"name": "x", "rate_limit": 2.5}, "/rate_limit", "whole number; it is 2.5", "entier", "целым"),
        ({"name": "x", "scopes": ["fly"]}, "/scopes/0", 'is "fly"; choose one of: read', "read", "read"),
        ({"name": "x", "scopes": "read"}, "/scopes", "must be a list", "liste", "список"),
        ({"name": "x", "in_query": "maybe"}, "/in_query", "must be yes or no", "oui ou non", "да"),
        ({"name": "x", "expires_at": "soon"}, "/expires_at", "must be a date and time", "date", "дат"),
        ({"name": "x", "allowed_ips": ["here"]}, "/allowed_ips/0", "neither an IP", "ni une", "не IP"),
        ({"name": "x", "actions": ["a"] * 101}, "/actions", "101 items; at most 100", "101", "101"),
    ],
)
def test_a_fault_is_told_in_the_readers_language(
    client: Client, body: dict[str, Any], pointer: str, en: str, fr: str, ru: str
) -> None:
    said = {}
    for language, part in {"en": en, "fr": fr, "ru": ru}.items():
        answer = client.post("/api/v1/tokens", json=body, headers={**ADMIN, "Accept-Language": language})
        (found,) = answer.json["errors"]
        assert (answer.status_code, found["pointer"]) == (422, pointer)
        assert part in found["message"]
        said[language] = found["message"]
    assert len(set(said.values())) == 3


@pytest.mark.parametrize(
    ("parameter", "pointer"),
    [
        ({"name": "a", "value": "1", "field": "x"}, "/parameters/0/value"),
        ({"name": "host", "value": "1"}, "/parameters/0/name"),
        ({"name": "id", "in": "body", "value": "1"}, "/parameters/0/name"),
        ({"name": "a", "value": "1\n2"}, "/parameters/0/value"),
        ({"name": "a b", "value": "1"}, "/parameters/0/name"),
        ("text", "/parameters/0"),
    ],
)
def test_an_extra_parameter_is_refused_in_the_readers_language(client: Client, parameter: Any, pointer: str) -> None:
    body = {"trigger": "new_lead", "target_url": "https://example.test/", "parameters": [parameter]}
    headers = [{**ADMIN, "Accept-Language": language} for language in ("en", "fr", "ru")]
    found = [client.post("/api/v1/subscriptions", json=body, headers=each).json["errors"] for each in headers]
    assert {fault["pointer"] for faults in found for fault in faults} == {pointer}
    assert len({fault["message"] for faults in found for fault in faults}) == 3


def said(field: fields.Field[Any]) -> list[str]:
    """What marshmallow may say of a field."""
    own = [str(text).format(obj_type="datetime") for name, text in field.error_messages.items() if name not in NEVER]
    checks = [text for validator in field.validators for text in complaints(validator)]
    inner = said(field.inner) if isinstance(field, fields.List) else []
    return [*own, *checks, *inner]


def complaints(validator: Any) -> list[str]:
    if isinstance(validator, validate.Length):
        return [validator._format_error("x", validator.message_max if validator.min is None else validator.message_all)]
    if isinstance(validator, validate.Range):
        return [validator._format_error(0, validator.message_all)]
    return [validator._format_error("x")]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: type(schema).__name__)
def test_nothing_that_marshmallow_says_is_left_in_english(schema: Schema) -> None:
    texts = [text for field in schema.fields.values() if not field.dump_only for text in said(field)]
    texts += [schema.error_messages["unknown"], schema.error_messages["type"]]
    assert [text for text in texts if not any(pattern.fullmatch(text) for pattern, _ in WORDS)] == []
