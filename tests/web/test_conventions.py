"""What holds for every address: problem documents, methods, slashes, bodies, ids, languages."""

from __future__ import annotations

import gzip
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from connector.access.keeper import Keeper
from connector.service import create_app
from connector.web.house import House
from tests.plugins.server import ADMIN, Client

PROBLEM = {"type", "title", "status", "code", "detail", "message", "errors", "request_id", "retryable", "halt"}
JSON = {"Content-Type": "application/json", **ADMIN}
WON = "/api/v1/actions/won"


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v2/leads", "/api/v1/nothing", "/api/v1/leads/1/more", "/api/v1/accounts"]
)
def test_an_unknown_address_is_a_problem_document(client: Client, path: str) -> None:
    answer = client.get(path, headers=ADMIN)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert set(answer.json) == PROBLEM
    assert answer.json["message"] == answer.json["detail"]


@pytest.mark.parametrize("path", ["/api/v1/me", "//api//v1/me", "/api/v1/me/", "/api/v1//me//", "/healthz/"])
def test_doubled_and_trailing_slashes_are_served_not_redirected(client: Client, path: str) -> None:
    assert client.get("/", headers=ADMIN, environ_overrides={"PATH_INFO": path}).status_code == 200


@pytest.mark.parametrize(
    ("peer", "proto", "host", "told"),
    [
        ("10.1.2.3", "https", "crm.example.com", "https://crm.example.com"),
        ("10.1.2.3", "http, https", "evil.example, crm.example.com:8443", "https://crm.example.com:8443"),
        ("10.1.2.3", "https", "", "https://localhost"),
        ("10.1.2.3", "gopher", "crm.example.com/x?", "http://localhost"),
        ("192.0.2.9", "https", "evil.example", "http://localhost"),
    ],
)
def test_own_addresses_are_told_as_a_trusted_proxy_says(
    house: House, peer: str, proto: str, host: str, told: str
) -> None:
    settings = replace(house.settings, trusted_proxies="10.0.0.0/8")
    behind = replace(house, settings=settings, keeper=Keeper(settings, house.store))
    answer = create_app(house=behind).test_client().post(
        "/api/v1/subscriptions", json={"trigger": "new_lead", "target_url": "https://receiver.example.com/hook"},
        headers={**ADMIN, "X-Forwarded-Proto": proto, "X-Forwarded-Host": host},
        environ_overrides={"REMOTE_ADDR": peer},
    )  # fmt: skip
    assert answer.headers["Location"].startswith(f"{told}/api/v1/hooks/")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/leads", "/api/v1/steps/1", "/api/v1/me", "/api/v1/catalog", "/healthz"])
def test_reading_addresses_take_nothing_else(client: Client, method: str, path: str) -> None:
    answer = client.open(path, method=method, headers=ADMIN)
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_an_action_runs_by_post_only(client: Client, method: str) -> None:
    answer = client.open(WON, method=method, headers=ADMIN)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/api/v1/leads", "/api/v1/me", "/readyz"])
def test_head_is_get_without_a_body(client: Client, path: str) -> None:
    answer = client.head(path, headers=ADMIN)
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("name", ["abc.1-2_3", "r" * 64])
def test_a_request_keeps_its_own_id(client: Client, name: str) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": name})
    assert answer.headers["X-Request-Id"] == answer.json["request_id"] == name


@pytest.mark.parametrize("name", ["", "a b", "r" * 65, "é"])
def test_a_strange_request_id_is_replaced(client: Client, name: str) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": name}).headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1]",
        b"1",
        b"null",
        b'{"lead_id": NaN}',
        b'{"lead_id": 1, "lead_id": 2}',
        b'{"lead_id": 1' + b"0" * 30 + b"}",
        b'{"lead_id": "\\ud800"}',
        b'{"lead_id": "\\u0000"}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_a_body_that_is_not_strict_json_is_refused(client: Client, body: bytes) -> None:
    answer = client.post(WON, data=body, headers=JSON)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_a_body_over_the_limit_is_refused(client: Client) -> None:
    assert client.post(WON, data=b" " * 1_000_001, headers=JSON).status_code == 413


def test_a_body_in_chunks_is_not_cut_at_the_limit(client: Client) -> None:
    form = BytesIO(b"lead_id=1&x=" + b"x" * 2_000_000)
    headers = {**ADMIN, "Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    answer = client.post(WON, input_stream=form, headers=headers, environ_overrides={"wsgi.input_terminated": True})
    assert answer.status_code == 413


def test_json_of_no_kind_is_json(client: Client) -> None:
    assert client.post(WON, data=b' {"lead_id": 1}', headers=ADMIN).status_code == 200
    assert client.post(WON, data=b"lead_id=1", headers=ADMIN).status_code == 415


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_json_must_say_that_it_is_json(client: Client, kind: str) -> None:
    answer = client.post(WON, data=b'{"lead_id": 1}', headers={**ADMIN, "Content-Type": kind})
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_packed_body_is_refused_as_such(client: Client) -> None:
    headers = {**ADMIN, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post(WON, data=gzip.compress(b'{"lead_id": 1}'), headers=headers)
    assert (answer.status_code, answer.json["code"]) == (415, "packed_body")


def test_a_blank_beside_an_id_in_an_address_is_no_part_of_it(client: Client) -> None:
    assert client.get("/api/simple/leads/1%20/todo", headers=ADMIN).json["id"] == 1


@pytest.mark.parametrize("given", ["x", "0", "-1", "1.5", "9" * 30, "%00", "é", "1e3", "9223372036854775808"])
@pytest.mark.parametrize("path", ["/api/v1/leads/{}", "/api/simple/leads/{}/won"])
def test_an_id_that_cannot_be_is_not_found(client: Client, path: str, given: str) -> None:
    assert client.get(path.format(given), headers=ADMIN).status_code == 404


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/api/v1/leads?stat=1", "status"),
        ("/api/v1/leads?limt=1", "limit"),
        ("/api/v1/choices/user?cusor=1", "cursor"),
        ("/api/v1/searches/find_lead?emial=a", "email"),
        ("/api/v1/me?x=1", ""),
    ],
)
def test_an_unknown_parameter_is_refused_with_its_neighbour(client: Client, path: str, nearest: str) -> None:
    answer = client.get(path, headers=ADMIN)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "unknown_parameter")
    assert nearest in answer.json["message"]


SAID = {"en": "No token was given", "fr": "Aucun jeton fourni", "ru": "Токен не указан"}


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("en", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, ru;q=0.5", "ru"),
        ("fr-CA, en;q=0.5", "fr"),
        ("fr;q=0, ru-RU", "ru"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;", "en"),
    ],
)
def test_refusals_speak_the_callers_language(client: Client, asked: str, language: str) -> None:
    answer = client.get("/api/v1/me", headers={"Accept-Language": asked})
    assert answer.json["message"].startswith(SAID[language])
    assert answer.headers["Content-Language"] == language


def test_nobody_is_told_what_went_wrong_inside(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("connector.access.tokens.authenticate", broken)
    answer = client.get("/api/v1/me", headers=ADMIN)
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert "secret" not in answer.text
