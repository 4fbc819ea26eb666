"""Webhooks over HTTP: who may subscribe to what, what is shown once, and what a test tells."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from standardwebhooks import Webhook

from connector.service import create_app
from connector.web.house import EXTENSION, House
from connector.web.logs import Machines, redacted
from tests.events.test_addresses import SPELLINGS
from tests.plugins.receivers import Receiver
from tests.plugins.server import ADMIN, Client

ROOT = "/api/v1/subscriptions"
MARKER = "marker-0815"


@pytest.fixture
def client(house: House) -> Client:
    """A client of a house that may call loopback."""
    opened = replace(house, settings=replace(house.settings, outbound_allow="127.0.0.0/8"))
    return create_app(house=opened).test_client()


@pytest.fixture
def closed(house: House) -> Client:
    """A client of a house that calls no private network."""
    return create_app(house=house).test_client()


def subscribe(client: Client, url: str, **more: Any) -> Any:
    return client.post(ROOT, json={"trigger": "new_lead", "target_url": url, **more}, headers=ADMIN)


def test_a_secret_is_shown_once_and_the_same_wish_is_the_same_subscription(client: Client, receiver: Receiver) -> None:
    first, second = (subscribe(client, receiver.url()) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["secret"].startswith("whsec_")
    assert (second.json["id"], second.json["secret"]) == (first.json["id"], None)
    assert client.get(f"{ROOT}/{first.json['id']}", headers=ADMIN).json["secret"] is None
    assert set(first.json) - set(second.json) == set()


def test_the_location_ends_it_without_a_token(client: Client, receiver: Receiver) -> None:
    address = subscribe(client, receiver.url()).headers["Location"]
    assert client.delete(address[:-1] + ("A" if address[-1] != "A" else "B")).status_code == 404
    assert {client.open(address, method=method).status_code for method in ("GET", "HEAD", "POST")} == {405}
    assert client.delete(address).json["state"] == "removed"
    assert client.delete(address).status_code == 404
    assert client.get(ROOT, headers=ADMIN).json["data"] == []


def test_a_test_sends_the_sample_and_tells_what_the_receiver_said(client: Client, receiver: Receiver) -> None:
    made = subscribe(client, receiver.url()).json
    told = client.post(f"{ROOT}/{made['id']}/test", headers=ADMIN).json
    sample = client.get("/api/v1/triggers/new_lead/sample", headers=ADMIN).json["data"][0]
    assert (told["ok"], told["status"], told["answer"], told["error"]) == (True, 200, "ok", None)
    Webhook(made["secret"]).verify(receiver.requests[0].body, receiver.requests[0].headers)
    assert receiver.requests[0].json == sample


@pytest.mark.parametrize(("answer", "error"), [(500, "receiver_refused"), (b"", "answer_cut_short")])
def test_a_failed_test_explains_itself(client: Client, receiver: Receiver, answer: Any, error: str) -> None:
    receiver.answer = answer
    made = subscribe(client, receiver.url()).json
    told = client.post(f"{ROOT}/{made['id']}/test", headers={**ADMIN, "Accept-Language": "fr"}).json
    assert (told["ok"], told["error"]) == (False, error)
    assert "é" in told["message"]


@pytest.mark.parametrize("spelling", [it for it in SPELLINGS if it != "LOCALHOST."])
def test_no_entry_takes_an_inner_address(closed: Client, receiver: Receiver, spelling: str) -> None:
    url = f"http://{spelling}:{receiver.port}/"
    made = subscribe(closed, "https://hooks.invalid/1").json
    answers = [
        subscribe(closed, url),
        closed.patch(f"{ROOT}/{made['id']}", json={"target_url": url}, headers=ADMIN),
    ]
    assert [(it.status_code, it.json["errors"][0]["pointer"]) for it in answers] == [(422, "/target_url")] * 2
    assert receiver.connections == 0


def test_a_test_is_vetted_too(house: House, client: Client, receiver: Receiver) -> None:
    made = subscribe(client, receiver.url()).json
    client.application.extensions[EXTENSION] = house
    told = client.post(f"{ROOT}/{made['id']}/test", headers=ADMIN).json
    assert (told["error"], receiver.connections) == ("network_not_allowed", 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"trigger": None}, "/trigger"),
        ({"target_url": "ftp://x.example/"}, "/target_url"),
        ({"style": "soap"}, "/style"),
        ({"filter": {"nobody": 1}}, "/filter/nobody"),
        ({"parameters": [{"name": "X-A", "value": "x", "plce": "query"}]}, "/parameters/0/plce"),
        ({"parameters": [{"name": "X-A"}]}, "/parameters/0/value"),
        ({"parameters": [{"name": "Host", "value": "x"}]}, "/parameters/0/name"),
        ({"parameters": [{"name": "webhook-id", "value": "x"}]}, "/parameters/0/name"),
        ({"parameters": [{"name": "a\r\nb", "value": "x"}]}, "/parameters/0/name"),
        ({"parameters": [{"name": "X-A", "value": "a\r\nX-B: c"}]}, "/parameters/0/value"),
        ({"parameters": [{"name": "id", "in": "body", "value": "x"}]}, "/parameters/0/name"),
        ({"unknown": 1}, "/unknown"),
    ],
)
def test_faults_are_named(client: Client, receiver: Receiver, body: Mapping[str, Any], pointer: str) -> None:
    answer = client.post(ROOT, json={"trigger": "new_lead", "target_url": receiver.url(), **body}, headers=ADMIN)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_an_unknown_name_in_a_list_is_told_the_known_ones(client: Client, receiver: Receiver) -> None:
    body = {"trigger": "new_lead", "target_url": receiver.url(), "parameters": [{"name": "X", "vlaue": "x"}]}
    (*_, fault) = client.post(ROOT, json=body, headers=ADMIN).json["errors"]
    assert fault["message"] == "parameters.0.vlaue is not known here. Try: value."


def test_members_see_their_own_only(
    client: Client, receiver: Receiver, token: Callable[[str], Mapping[str, str]]
) -> None:
    made = subscribe(client, receiver.url()).json
    ana = token("ana@example.test")
    assert client.get(ROOT, headers=ana).json["data"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/test"), ("POST", "/rotate_secret")):
        answer = client.open(f"{ROOT}/{made['id']}{path}", method=method, json={}, headers=ana)
        assert answer.status_code == 404


def test_it_can_be_changed_paused_and_given_a_new_secret(client: Client, receiver: Receiver) -> None:
    made = subscribe(client, receiver.url()).json
    path = f"{ROOT}/{made['id']}"
    changed = client.patch(path, json={"state": "paused", "style": "standard"}, headers=ADMIN).json
    assert (changed["state"], changed["style"]) == ("paused", "standard")
    assert client.post(f"{path}/rotate_secret", headers=ADMIN).json["secret"] != made["secret"]
    assert client.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}, headers=ADMIN).status_code == 409


def test_parameter_values_are_never_shown_again(client: Client, receiver: Receiver) -> None:
    subscribe(client, receiver.url(), parameters=[{"name": "X-Key", "value": MARKER}])
    listed = client.get(ROOT, headers=ADMIN)
    assert MARKER not in listed.text
    assert listed.json["data"][0]["parameters"] == [
        {"id": 1, "name": "X-Key", "in": "header", "value": "[redacted]", "field": None}
    ]


@pytest.mark.parametrize("path", ["deliveries", "attempts", "subscriptions"])
@pytest.mark.parametrize("query", ["limit=0", "cursor=x", "since=yesterday", "nobody=1"])
def test_lists_refuse_what_they_do_not_know(client: Client, path: str, query: str) -> None:
    assert client.get(f"/api/v1/{path}?{query}", headers=ADMIN).status_code == 422


def test_metrics_are_for_administrators(client: Client, token: Callable[[str], Mapping[str, str]]) -> None:
    client.post("/api/v1/actions/won", json={"lead_id": 1}, headers=ADMIN)
    text = client.get("/metrics", headers=ADMIN).text
    assert 'leadwire_requests_total{action="won",endpoint="actions.act",status="200"} 1.0' in text
    for name in ("deliveries_pending", "oldest_pending_seconds", "subscriptions_disabled", "events_undispatched"):
        assert f"leadwire_{name} " in text
    assert client.get("/metrics", headers=token("ana@example.test")).status_code == 403


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What is logged for machines."""
    made: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            made.append(self.format(record))

    handler = Keep()
    handler.setFormatter(Machines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield made
    root.removeHandler(handler)
    root.setLevel(level)


def test_json_logs_carry_the_request_id_and_no_secret(house: House, lines: list[str]) -> None:
    opened = replace(house, settings=replace(house.settings, log_format="json"))
    client = create_app(house=opened).test_client()
    client.get(f"/api/v1/me?apikey={MARKER}", headers={**ADMIN, "X-Request-Id": "mine-1"})
    found = [json.loads(line) for line in lines]
    assert [(it["request_id"], it["route"]) for it in found if it["logger"] == "connector.web.logs"] == [
        ("mine-1", "/api/v1/me")
    ]
    assert MARKER not in "".join(lines)


@pytest.mark.parametrize(
    "text", ["lw_abcdefghij0123", "whsec_abc/def+ghi=", "apikey=abcdefgh&x", '"token": "abcdefgh"']
)
def test_secrets_are_blotted_out(text: str) -> None:
    assert "abc" not in redacted(f"before {text} after")
    assert redacted(f"before {text} after").startswith("before ")
