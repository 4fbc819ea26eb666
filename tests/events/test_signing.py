"""Security row S19: the public Standard Webhooks library accepts all that we sign, also while a secret changes."""

from __future__ import annotations

import time

import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from connector.events import signing

ITEM = {"id": 7, "occurred_at": "2026-01-05T08:00:00.000Z", "title": "Ünï ☃ {{ 7*7 }}"}


@pytest.mark.parametrize("style", signing.STYLES)
def test_the_public_library_accepts_each_style(style: str) -> None:
    secret, message = signing.mint(), signing.message_id(3, 7)
    body = signing.body(style, message, "lead_created", ITEM, {}).encode()
    headers = signing.headers([signing.key(secret)], message, int(time.time()), body)
    Webhook(secret).verify(body, headers)
    assert signing.item_in(style, body.decode()) == ITEM


def test_both_secrets_are_accepted_while_one_replaces_the_other() -> None:
    old, new = signing.mint(), signing.mint()
    headers = signing.headers([signing.key(new), signing.key(old)], "msg_1_1", int(time.time()), b"{}")
    for secret in (old, new):
        Webhook(secret).verify(b"{}", headers)


def test_a_changed_body_is_not_accepted() -> None:
    secret = signing.mint()
    headers = signing.headers([signing.key(secret)], "msg_1_1", int(time.time()), b'{"a":1}')
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b'{"a": 1}', headers)


def test_cloudevents_carry_the_id_of_the_message() -> None:
    body = orjson.loads(signing.body("cloudevents", "msg_3_7", "lead_created", ITEM, {"key": "v"}))
    assert (body["specversion"], body["id"], body["type"], body["key"]) == ("1.0", "msg_3_7", "lead_created", "v")
