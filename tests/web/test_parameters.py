"""The extra parameters of a webhook, one at a time: what may be said, and who may say it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.access.tokens import authenticate
from connector.errors import Forbidden
from connector.events import parameters, subscriptions
from connector.events.messages import Parameter
from connector.settings import Settings
from connector.web.house import House
from tests.plugins.receivers import Receiver
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

ROOT = "/api/v1/subscriptions"
KEY = {"name": "X-Key", "value": "known to the receiver"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Loopback may be called."""
    return replace(settings, outbound_allow="127.0.0.0/8")


@pytest.fixture
def path(client: Client, receiver: Receiver) -> str:
    """Where the parameters of a new subscription are."""
    body = {"trigger": "new_lead", "target_url": receiver.url()}
    return f"{ROOT}/{client.post(ROOT, json=body, headers=ADMIN).json['id']}/parameters"


def test_numbers_stay_when_others_go(client: Client, path: str) -> None:
    for name in ("a", "b", "c"):
        client.post(path, json={"name": name, "value": "v"}, headers=ADMIN)
    client.delete(f"{path}/2", headers=ADMIN)
    client.post(path, json={"name": "d", "value": "v"}, headers=ADMIN)
    assert [(it["id"], it["name"]) for it in client.get(path, headers=ADMIN).json["data"]] == [
        (1, "a"), (3, "c"), (4, "d"),
    ]  # fmt: skip


def test_a_new_one_has_an_address(client: Client, path: str) -> None:
    made = client.post(path, json=KEY, headers=ADMIN)
    assert (made.status_code, client.get(made.headers["Location"], headers=ADMIN).json) == (201, made.json)


def test_a_field_takes_the_place_of_a_value_and_back(client: Client, path: str) -> None:
    client.post(path, json=KEY, headers=ADMIN)
    for asked, shown in (({"field": "lead_id"}, (None, "lead_id")), ({"value": "x"}, ("[redacted]", None))):
        told = client.patch(f"{path}/1", json=asked, headers=ADMIN).json
        assert (told["name"], told["value"], told["field"]) == ("X-Key", *shown)


@pytest.mark.parametrize(
    "body, pointer",
    [
        ({}, "/name"),
        ({"name": "X-Key"}, "/value"),
        ({"name": "X-Key", "value": "a", "field": "title"}, "/value"),
        ({"name": "webhook-id", "value": "a"}, "/name"),
        ({"name": "id", "in": "body", "value": "a"}, "/name"),
        ({"name": "X-Key", "value": "a\r\nb"}, "/value"),
        ({"name": "X-Key", "value": "a", "id": 9}, "/id"),
    ],
)
def test_faults_are_named(client: Client, path: str, body: dict[str, Any], pointer: str) -> None:
    answer = client.post(path, json=body, headers=ADMIN)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_there_are_twenty_at_most(client: Client, path: str) -> None:
    told = [client.post(path, json={"name": f"k{n}", "value": "v"}, headers=ADMIN).status_code for n in range(21)]
    assert told == [201] * 20 + [422]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_one_is_not_found(client: Client, path: str, method: str) -> None:
    answer = client.open(f"{path}/9", method=method, json={"value": "x"}, headers=ADMIN)
    assert (answer.status_code, answer.json["code"]) == (404, "parameter_not_found")


def test_others_do_not_see_them(client: Client, path: str, token: Callable[[str], Mapping[str, str]]) -> None:
    client.post(path, json=KEY, headers=ADMIN)
    for method, place in (("GET", path), ("POST", path), ("GET", f"{path}/1"), ("DELETE", f"{path}/1")):
        assert client.open(place, method=method, json=KEY, headers=token("ana@example.test")).status_code == 404


def test_of_two_at_once_both_are_kept(house: House, client: Client, path: str) -> None:
    row = subscriptions.one(house.store, authenticate(house.store, ADMIN_TOKEN), 1)

    def add(number: int) -> None:
        parameters.add(house.store, house.vault, row, Parameter(name=f"k{number}", place="header", value="v"))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {it["id"] for it in client.get(path, headers=ADMIN).json["data"]} == set(range(1, 9))


def test_a_provider_s_subscription_has_none(house: House, client: Client, path: str) -> None:
    row = subscriptions.one(house.store, authenticate(house.store, ADMIN_TOKEN), 1)
    with pytest.raises(Forbidden, match="provider"):
        parameters.add(house.store, house.vault, {**row, "kind": "provider"}, Parameter(name="k", place="header"))
