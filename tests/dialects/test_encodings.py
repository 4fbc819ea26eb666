"""How front doors may be asked: methods, headers, encodings, and everything that must not hurt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

import pytest
from urllib3 import encode_multipart_formdata

from connector.access.tokens import issue
from connector.service import create_app
from connector.settings import Settings
from connector.web.house import House
from connector.web.plain import written
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

LEADS = "/developer/v1/leads"
KEY = f"login=ada&apikey={ADMIN_TOKEN}"
WHO = {"login": "ada", "apikey": ADMIN_TOKEN}
NAME = "Анна Ёлкина"
FORM = "application/x-www-form-urlencoded"
FRENCH = "Renée d'Aÿ"
HUGE = encode_multipart_formdata({"nom": "x" * 600_000})


def title(client: Client, **sent: Any) -> str:
    """The title of the lead that such a request adds."""
    answer = client.open(**{"path": LEADS, **sent})
    assert answer.status_code == 200, answer.text
    return str(client.get(f"{LEADS}?{KEY}&action=info&id={answer.json['result']['id']}").json["data"]["title"])


@pytest.mark.parametrize(
    "sent",
    [
        {"query_string": f"{KEY}&action=add&title={quote_plus(NAME)}"},
        {"query_string": f"{KEY}&action=add&title={quote_plus(NAME, encoding='cp1251')}"},
        {"query_string": f"{KEY}&&action=add&&title=&title={quote_plus(NAME)}&email=&unknown[]=1&unknown[]=2&="},
        {"path": f"{LEADS}/", "query_string": f"{KEY}&action=add&title={quote_plus(NAME)}"},
        {"method": "POST", "data": {**WHO, "action": "add", "title": NAME}},
        {"method": "POST", "query_string": KEY, "data": {"action": "add", "title": NAME}},
        {"method": "POST", "query_string": f"{KEY}&action=add&title=No", "data": {"title": NAME}},
        {"method": "POST", "json": {**WHO, "action": "add", "title": NAME, "phone": 4951112233, "x": [1], "y": {}}},
        {"method": "POST", "content_type": "text/plain", "data": json.dumps({**WHO, "action": "add", "title": NAME})},
        {"method": "POST", "headers": WHO, "json": {"action": "add", "title": NAME}},
        {"headers": WHO, "query_string": f"action=add&title={quote_plus(NAME)}"},
        {
            "method": "POST",
            "content_type": "multipart/form-data",
            "data": {**WHO, "action": "add", "title": NAME},
        },
        {
            "method": "POST",
            "content_type": "application/x-www-form-urlencoded",
            "data": f"{KEY}&action=add&title={quote_plus(NAME, encoding='cp1251')}",
        },
        {"method": "POST", "content_type": "text/plain", "data": f"{KEY}&action=add&title={quote_plus(NAME)}"},
        {"headers": {"Host": "crm.example:8080"}, "query_string": f"{KEY}&action=add&title={quote_plus(NAME)}"},
    ],
)
def test_a_lead_may_come_in_many_ways(client: Client, sent: dict[str, Any]) -> None:
    assert title(client, **sent) == NAME


@pytest.mark.parametrize(
    ("query", "read"),
    [
        (b"a=1&a=2&b=", {"a": "2", "b": ""}),
        (b"&&a=b%3Dc=d&", {"a": "b=c=d"}),
        (b"a=%D0%9E%D0%BA%D0%BD%D0%B0&b=%CE%EA%ED%E0", {"a": "Окна", "b": "Окна"}),
        ("a=Окна".encode(), {"a": "Окна"}),
        ("a=Окна".encode("cp1251"), {"a": "Окна"}),
        (b"a=%zz%98", {"a": "%zz�"}),
        (b"pid[]=1&pid[1]=2", {"pid": "2"}),
    ],
)
def test_query_strings(query: bytes, read: dict[str, str]) -> None:
    assert written(query) == read


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_never_act(client: Client, method: str) -> None:
    answer = client.open(f"{LEADS}?{KEY}&action=add&title=No", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(("more", "headers"), [("&idempotency_key=k", {}), ("", {"Idempotency-Key": "k"})])
def test_a_call_sent_again_under_its_key_adds_one_lead(client: Client, more: str, headers: dict[str, str]) -> None:
    answers = [client.get(f"{LEADS}?{KEY}&action=add&title=Once{more}", headers=headers).json for _ in range(2)]
    assert answers[0]["result"]["id"] == answers[1]["result"]["id"]


@pytest.mark.parametrize("path", [LEADS, "/developer/v1/task"])
@pytest.mark.parametrize("order", ["password", "user.email", "id;drop", ")", "--", "%27", "-id", "custom"])
def test_an_order_that_is_no_field_is_the_usual_one(client: Client, path: str, order: str) -> None:
    usual, found = (client.get(f"{path}?{KEY}&action=list&order={by}") for by in ("", order))
    assert (found.status_code, found.json) == (200, usual.json)


def test_prefetching_never_acts(client: Client) -> None:
    answer = client.get(f"{LEADS}?{KEY}&action=add&title=No", headers={"Purpose": "prefetch"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "403")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"query_string": f"{KEY}&action=add&title=%00"}, "400"),
        ({"query_string": f"{KEY}&action=add"}, "405"),
        ({"query_string": f"{KEY}&action=add&email=nobody"}, "405"),
        ({"query_string": f"{KEY}&action=add&title={'x' * 300}"}, "405"),
        ({"query_string": f"{KEY}&action=info&id=99999999999999999999999"}, "403"),
        ({"query_string": f"{KEY}&action=list&offset=-1&order=)&first='"}, None),
        ({"query_string": f"{KEY}&action=list&dateStart=0001-01-01&dateEnd=9999-12-31"}, "405"),
        ({"method": "POST", "content_type": "application/json", "data": "{"}, "400"),
        ({"method": "POST", "content_type": "application/json", "data": "[]"}, "400"),
        ({"method": "POST", "content_type": "image/png", "data": "x"}, "415"),
        ({"query_string": ""}, "400"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_doors_own_shape(
    client: Client, sent: dict[str, Any], code: str | None
) -> None:
    answer = client.open(LEADS, **sent)
    assert answer.status_code == int(code or 200)
    assert code is None or answer.json == {
        "result": "Error",
        "error": {"code": code, "text": answer.json["error"]["text"]},
    }


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/api/v1/task", "action=add&title=x&datum=01.12.2026", "datum"),
        ("/api/v1/task", "action=add&title=x&totime=25:99", "totime"),
        ("/api/v1/task", "action=add&title=x&clid=999", "clid:"),
        ("/api/v1/task", "action=list&dateStart=x", "dateStart"),
        (LEADS, f"action=add&title=x&path={'x' * 300}", "path"),
    ],
)
def test_errors_name_parameters_as_the_caller_does(client: Client, path: str, query: str, name: str) -> None:
    answer = client.get(f"{path}?{KEY}&{query}")
    assert (answer.json["result"], answer.json["error"]["text"].split()[0]) == ("Error", name)


@pytest.mark.parametrize("wrong", [{"login": "nobody"}, {"apikey": "wrong"}, {"action": "fly"}])
def test_errors_may_leave_the_http_status_alone(
    settings: Settings, house: House, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    calm = replace(house, settings=replace(settings, error_status="always_200"))
    client: Client = create_app(house=calm).test_client()
    answer = client.get(LEADS, query_string={**WHO, "action": "stat", **wrong})
    assert (answer.status_code, answer.json["result"]) == (200, "Error")


def test_the_key_does_not_have_to_be_an_administrators(client: Client, token: Callable[[str], dict[str, str]]) -> None:
    secret = token("ana@example.test")["Authorization"].removeprefix("Bearer ")
    own, other = (
        client.get(LEADS, query_string={"login": who, "apikey": secret, "action": "stat"}) for who in ("ana", "ada")
    )
    assert (own.status_code, other.status_code) == (200, 401)


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"lastname": FRENCH, "nothing": {"known": [1, None, {}]}, "email": "", "phone": None}},
        {"content_type": "text/plain", "data": json.dumps({"Nom": FRENCH})},
        {"content_type": FORM, "data": json.dumps({"last-name": FRENCH})},
        {"data": json.dumps({"data": {"lead": {"contact": {"LastName": FRENCH}}}})},
        {"content_type": "application/vnd.api+json", "data": json.dumps({"ctc_lastname": FRENCH})},
        {"content_type": FORM, "data": f"lastname={quote_plus(FRENCH)}"},
        {"content_type": FORM, "data": f"lastname={quote_plus(FRENCH, encoding='cp1252')}"},
        {"content_type": FORM, "data": f"nom=No&&nom={quote_plus(FRENCH)}&email=&&unknown[]=1&unknown[]=2&=&x"},
        {"content_type": FORM, "data": f"contact[lastname]=+{quote_plus(FRENCH)}+&tags[]=a&tags[]=b"},
        {"content_type": "multipart/form-data", "data": {"ctc_lastname": FRENCH}},
        {"query_string": f"lastname={quote_plus(FRENCH)}"},
        {"query_string": "lastname=No", "json": {"lastname": FRENCH}},
        {"path": "/v1//leads/", "json": {"nom": FRENCH}},
        {"path": "/addlead/", "json": {"ctc_name": FRENCH}},
        {"headers": {**ADMIN, "Host": "api.oplead.example:8443"}, "json": {"nom": FRENCH}},
        {"headers": {"X-API-KEY": ADMIN_TOKEN}, "json": {"nom": FRENCH}},
        {"headers": {}, "json": {"nom": FRENCH, "token": ADMIN_TOKEN}},
        {"headers": {}, "content_type": FORM, "data": f"token={ADMIN_TOKEN}&nom={quote_plus(FRENCH)}"},
    ],
)
def test_an_oplead_lead_may_come_in_many_ways(client: Client, sent: dict[str, Any]) -> None:
    answer = client.open(**{"path": "/leads", "method": "POST", "headers": ADMIN, **sent})
    assert (answer.status_code, answer.json["lastname"]) == (201, FRENCH), answer.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"phone": 142010203}, {"phone": "142010203"}),
        ({"postcode": 75011.0}, {"postcode": "75011"}),
        ({"company": 8.98e-300}, {"company": "8.98e-300"}),
        ({"postcode": 8.98e-300}, None),
        ({"postcode": -2.2250738585072014e-308}, None),
    ],
)
def test_an_oplead_text_may_be_a_number_that_fits_into_it(client: Client, sent: Any, kept: Any) -> None:
    answer = client.post("/leads", headers=ADMIN, json={"nom": FRENCH, **sent})
    assert answer.status_code == (422 if kept is None else 201), answer.text
    assert kept is None or kept.items() <= answer.json.items()


@pytest.mark.parametrize(
    "query",
    ["status=En+cours", "statut=EN%20COURS&&foo=bar", "status=No&status=todo", "status=d%E9j%E0+vu&status=en+cours",
     "status=en+cours&email=&limit=&page=&cursor=&created_after=", "lead[status]=en cours"],
)  # fmt: skip
def test_oplead_lists_are_asked_for_in_many_ways(client: Client, query: Any) -> None:
    answer = client.get("/leads", query_string=query, headers=ADMIN)
    assert (answer.status_code, [lead["id"] for lead in answer.json["data"]]) == (200, [8, 1])


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/leads", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/leads", {"json": [1]}, 400),
        ("POST", "/leads", {"data": "nom=a%00b", "content_type": FORM}, 400),
        ("POST", "/leads", {"data": "x", "content_type": "image/png"}, 415),
        ("POST", "/leads", {"json": {"nom": ["a", 1]}}, 422),
        ("POST", "/leads", {"json": {"nom": {"a": "b"}}}, 422),
        ("POST", "/leads", {"json": {"nom": "x" * 101, "email": "nobody", "amount": "much"}}, 422),
        ("POST", "/leads", {"json": {"city": "Lyon"}}, 409),
        ("POST", "/leads", {"json": {"nom": "a", "user": "nobody@example.test"}}, 404),
        ("POST", "/leads", {"data": HUGE[0], "content_type": HUGE[1]}, 413),
        ("POST", "/leads/1/attachments", {"json": {"file": "a.pdf"}}, 415),
        ("POST", "/leads/1/attachments", {"data": {"file": "a.pdf"}, "content_type": "multipart/form-data"}, 422),
        ("GET", "/leads?limit=0", {}, 422),
        ("GET", "/leads?page=1001", {}, 422),
        ("GET", "/leads?created_after=yesterday", {}, 422),
        ("GET", "/leads?created_after=2026-02-31", {}, 422),
        ("GET", "/leads?cursor=!", {}, 409),
        ("GET", "/leads?status=nobody%00knows", {}, 400),
        ("GET", "/leads/%00", {}, 404),
        ("GET", f"/leads/{'9' * 40}", {}, 404),
        ("GET", f"/leads/{'x' * 300}", {}, 404),
        ("GET", "/leads/1/attachments/99999999999999999999999", {}, 404),
        ("DELETE", "/leads/1", {}, 405),
        ("POST", "/subscriptions", {"json": {"event": 5, "url": "https://example.com"}}, 422),
        ("POST", "/subscriptions", {"json": {"event": "lead-assigned", "url": "http://127.0.0.1/"}}, 422),
        ("POST", "/subscriptions", {"json": {"url": "https://example.com"}}, 422),
        ("GET", "/subscriptions/x", {}, 404),
    ],
)  # fmt: skip
def test_what_oplead_cannot_read_is_refused(
    client: Client, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    answer = client.open(path, method=method, headers=ADMIN, **sent)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text


@pytest.mark.parametrize("in_query", [True, False])
def test_a_key_in_an_address_works_where_its_token_allows_that(house: House, client: Client, in_query: bool) -> None:
    secret, _ = issue(house.store, 1, 2, "feed", in_query=in_query)
    assert client.get(f"/leads?token={secret}").status_code == (200 if in_query else 401)
