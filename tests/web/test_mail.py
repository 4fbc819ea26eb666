"""Mailboxes with their test button, previews of templates, and an e-mail sent again, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from connector.storage.contract import Scope
from connector.web.house import House
from tests.plugins.mailservers import PASSWORD, USER, Serve
from tests.plugins.postrooms import read
from tests.plugins.server import ADMIN

Token = Callable[[str], Mapping[str, str]]
ANA = "ana@example.test"


@pytest.fixture
def settings(settings: Any) -> Any:
    """Loopback may be called."""
    return replace(settings, outbound_allow="127.0.0.1/32")


def make(client: FlaskClient, headers: Mapping[str, str] = ADMIN, **values: Any) -> Any:
    """A new mailbox."""
    body = {"address": "ada@example.test", "host": "localhost", "security": "none", **values}
    return client.post("/api/v1/mailboxes", json=body, headers=headers)


def test_a_password_goes_in_and_never_comes_out(client: FlaskClient, house: House) -> None:
    answer = make(client, username=USER, password=PASSWORD)
    assert answer.status_code == 201
    assert answer.get_json()["state"] == "none"
    listed = client.get("/api/v1/mailboxes", headers=ADMIN)
    for text in (answer.text, listed.text, client.get(answer.headers["Location"], headers=ADMIN).text):
        assert PASSWORD not in text
        assert "password" not in text
    row = house.store.read(Scope(account_id=1), lambda tx: tx.get("mailbox", answer.get_json()["id"]))
    assert row is not None
    assert PASSWORD not in str(row)
    assert house.vault.open(row["password"]) == PASSWORD


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"address": "a@x.test, b@y.test"}, "/address"),
        ({"address": "a@x.test\r\nBcc: b@y.test"}, "/address"),
        ({"port": 0}, "/port"),
        ({"security": "ssl"}, "/security"),
        ({"host": "x y"}, "/host"),
        ({"hosst": "x"}, "/hosst"),
    ],
    ids=str,
)
def test_a_wrong_mailbox_is_refused_by_field(client: FlaskClient, body: dict[str, Any], pointer: str) -> None:
    answer = make(client, **body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_the_test_button_tries_the_login_and_connects_the_mailbox(client: FlaskClient, mail_server: Serve) -> None:
    server = mail_server()
    box = make(client, port=server.port).get_json()["id"]
    answer = client.post(f"/api/v1/mailboxes/{box}/test", headers=ADMIN)
    assert (answer.status_code, answer.get_json()["ok"], answer.get_json()["mailbox"]["state"]) == (
        200,
        True,
        "connected",
    )
    assert (server.plan.calls, server.mails) == (1, [])


def test_the_test_button_sends_a_mail_where_it_is_told_to(client: FlaskClient, mail_server: Serve) -> None:
    server = mail_server()
    box = make(client, port=server.port).get_json()["id"]
    answer = client.post(f"/api/v1/mailboxes/{box}/test", json={"to": "me@example.test"}, headers=ADMIN)
    assert answer.get_json()["ok"], answer.text
    assert [mail.rcpt_tos for mail in server.mails] == [["me@example.test"]]
    assert read(server.mails[0].content)["Subject"] == "Leadwire: test of the mailbox ada@example.test"


def test_the_test_button_says_what_the_server_said(client: FlaskClient, mail_server: Serve) -> None:
    server = mail_server(MAIL="550 who are you")
    box = make(client, port=server.port).get_json()["id"]
    answer = client.post(f"/api/v1/mailboxes/{box}/test", headers={**ADMIN, "Accept-Language": "fr"})
    assert (answer.get_json()["ok"], answer.get_json()["step"], answer.get_json()["said"]) == (
        False,
        "sender",
        "550 who are you",
    )
    assert answer.get_json()["message"].startswith(
        "Le serveur localhost n'accepte pas cet expéditeur : 550 who are you"
    )
    assert answer.get_json()["mailbox"]["state"] == "error"


def test_the_test_button_refuses_two_recipients(client: FlaskClient, mail_server: Serve) -> None:
    server = mail_server()
    box = make(client, port=server.port).get_json()["id"]
    answer = client.post(f"/api/v1/mailboxes/{box}/test", json={"to": "a@x.test, b@y.test"}, headers=ADMIN)
    assert (answer.status_code, server.plan.calls) == (422, 0)


def test_a_closed_network_is_not_connected_to_by_the_test_button(client: FlaskClient, mail_server: Serve) -> None:
    server = mail_server()
    box = make(client, host="127.0.0.2", port=server.port).get_json()["id"]
    other = make(client, host="10.0.0.1", port=9).get_json()["id"]
    said = [client.post(f"/api/v1/mailboxes/{it}/test", headers=ADMIN).get_json()["said"] for it in (box, other)]
    assert server.plan.calls == 0
    assert said[0] == said[1]


def test_a_changed_way_asks_for_a_new_test(client: FlaskClient, mail_server: Serve) -> None:
    box = make(client, port=mail_server().port).get_json()["id"]
    client.post(f"/api/v1/mailboxes/{box}/test", headers=ADMIN)
    path = f"/api/v1/mailboxes/{box}"
    assert client.patch(path, json={"user_id": 2}, headers=ADMIN).get_json()["state"] == "connected"
    assert client.patch(path, json={"port": 26}, headers=ADMIN).get_json()["state"] == "none"


def test_another_user_s_mailbox_is_out_of_reach(client: FlaskClient, token: Token) -> None:
    box = make(client).get_json()["id"]
    ana = token(ANA)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        answer = client.open(f"/api/v1/mailboxes/{box}{path}", method=method, json={}, headers=ana)
        assert answer.status_code == 404, (method, answer.text)
    assert {row["user_id"] for row in client.get("/api/v1/mailboxes", headers=ana).get_json()["data"]} == {2}
    assert make(client, ana, user_id=1).status_code == 403
    assert make(client, ana).get_json()["user_id"] == 2


def test_a_removed_mailbox_leaves_its_mail(client: FlaskClient) -> None:
    before = client.get("/api/v1/emails/1", headers=ADMIN).get_json()
    assert client.delete(f"/api/v1/mailboxes/{before['mailbox_id']}", headers=ADMIN).status_code == 200
    assert client.get("/api/v1/emails/1", headers=ADMIN).get_json()["mailbox_id"] is None


def test_a_preview_shows_the_filled_template_and_sends_nothing(client: FlaskClient) -> None:
    body = {"lead_id": 1, "from_user_id": ANA}
    answer = client.post("/api/v1/email_templates/1/preview", json=body, headers=ADMIN)
    assert (answer.status_code, answer.get_json()["subject"], answer.get_json()["missing"]) == (
        200,
        "Welcome Claire",
        {},
    )
    assert answer.get_json()["body"].endswith("Ana Lopez")
    assert answer.get_json()["to_address"] == "claire@dupont.example"
    assert len(client.get("/api/v1/emails", headers=ADMIN).get_json()["data"]) == 1


def test_a_preview_names_what_it_could_not_fill(client: FlaskClient) -> None:
    answer = client.post("/api/v1/email_templates/3/preview", json={"lead_id": 1}, headers=ADMIN)
    assert answer.get_json()["missing"] == {"subject": ["lead.nickname"]}
    assert answer.get_json()["subject"] == "Hi {{ lead.nickname }}"


@pytest.mark.parametrize(("template", "lead", "status"), [(1, 1, 404), (99, 3, 404), (1, "x", 422)])
def test_a_preview_shows_nothing_out_of_sight(
    client: FlaskClient, token: Token, template: int, lead: Any, status: int
) -> None:
    path = f"/api/v1/email_templates/{template}/preview"
    mine = {row["id"] for row in client.get("/api/v1/leads", headers=token(ANA)).get_json()["data"]}
    out = next(n for n in range(1, 20) if n not in mine) if lead == 1 else lead
    assert client.post(path, json={"lead_id": out}, headers=token(ANA)).status_code == status


def test_a_private_template_is_previewed_by_its_owner_and_admins_alone(client: FlaskClient, token: Token) -> None:
    for who, status in ((ADMIN, 200), (token(ANA), 200), (token("bruno@example.test"), 404)):
        lead = client.get("/api/v1/leads", headers=who).get_json()["data"][0]["id"]
        answer = client.post("/api/v1/email_templates/2/preview", json={"lead_id": lead}, headers=who)
        assert answer.status_code == status, answer.text
