"""Web forms: whatever a page or program posts becomes a lead, once; and what bots and strangers post does not."""

from __future__ import annotations

import hmac
import logging
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from connector.service import create_app, open_house
from connector.settings import Settings
from connector.storage.contract import Query, Scope
from connector.web.house import House
from tests.plugins.server import ADMIN, Client
from tests.shape.source import read

FORMS = "/api/v1/forms"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ENQUIRY = {"name": "Zoé Martin", "email": "zoe@example.com", "message": "Six windows"}
ACCEPTED = {"ok": True, "next": None, "lead_id": None}
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def form(client: Client) -> Make:
    """A maker of forms: the form, with `path` as where it posts to."""

    def make(**given: Any) -> dict[str, Any]:
        answer = client.post(FORMS, json={"name": "Website", **given}, headers=ADMIN)
        assert answer.status_code == 201, answer.text
        return {**answer.json, "path": answer.json["url"].removeprefix("http://localhost")}

    return make


def leads(client: Client) -> list[dict[str, Any]]:
    """The leads of the form, newest first."""
    return list(client.get("/api/v1/leads?created_from=Website&order=-id", headers=ADMIN).json["data"])


def newest(client: Client) -> dict[str, Any]:
    return leads(client)[0]


@pytest.mark.parametrize(
    "body",
    [
        {"data": ENQUIRY},
        {"data": ENQUIRY, "content_type": "multipart/form-data"},
        {"json": ENQUIRY},
        {"json": {"contact": ENQUIRY}},
        {"json": [{"name": name, "value": value} for name, value in ENQUIRY.items()]},
        {"data": orjson.dumps(ENQUIRY), "content_type": "text/plain;charset=UTF-8"},
        {"data": "name=%C7%EE%FF&email=zoe%40example.com&message=Six+windows".replace("%C7%EE%FF", "Zo%C3%A9+Martin")},
    ],
)
def test_any_body_becomes_the_same_lead(client: Client, form: Make, body: Mapping[str, Any]) -> None:
    more = {"content_type": "application/x-www-form-urlencoded"} if isinstance(body.get("data"), str) else {}
    answer = client.post(form()["path"], **body, **more)
    assert (answer.status_code, {**answer.json, **ACCEPTED}) == (200, answer.json)
    found = newest(client)
    kept = {name: found[name] for name in ("title", "contact_name", "email", "description", "source", "ip")}
    assert kept == {
        "title": "Zoé Martin", "contact_name": "Zoé Martin", "email": "zoe@example.com",
        "description": "Six windows", "source": "Website", "ip": "127.0.0.1",
    }  # fmt: skip
    assert len(leads(client)) == 1


def test_old_encodings_are_read(client: Client, form: Make) -> None:
    raw = "имя=Зоя&телефон=42".encode("cp1251")
    client.post(form()["path"], data=raw, content_type="application/x-www-form-urlencoded")
    assert (newest(client)["title"], newest(client)["phone"]) == ("Зоя", "42")


def test_the_event_says_that_it_came_through_a_form(client: Client, form: Make) -> None:
    client.post(form()["path"], data=ENQUIRY)
    items = client.get("/api/v1/triggers/new_lead?origin=form", headers=ADMIN).json["data"]
    assert [(item["title"], item["origin"], item["actor_id"]) for item in items] == [("Zoé Martin", "form", None)]


def test_the_form_says_who_is_in_charge_and_what_is_known(client: Client, form: Make) -> None:
    made = form(user_id=3, source="Autumn Fair", tags=["Fair"], mapping={"q1": "phone", "q2": "custom.windows"})
    client.post(
        f"{made['path']}?utm_source=bing", data={"q1": "0612", "q2": "6"}, headers={"Referer": "https://x.test/a"}
    )
    found = newest(client)
    assert (found["user_id"], found["source"], found["tags"], found["phone"]) == (3, "Autumn Fair", ["Fair"], "0612")
    assert (found["custom"]["windows"], found["utm_source"], found["utm_referrer"]) == ("6", "bing", "https://x.test/a")


def test_names_of_files_are_kept(client: Client, form: Make) -> None:
    client.post(form()["path"], data={**ENQUIRY, "plan": (BytesIO(b"a"), "plan.pdf")})
    assert newest(client)["description"] == "Six windows\n\nplan: plan.pdf"


@pytest.mark.parametrize("trap", ["_gotcha", "_honey", "bot-field", "surname2"])
def test_bots_are_thanked_and_nothing_is_made(client: Client, form: Make, house: House, trap: str) -> None:
    path = form(honeypot="surname2")["path"]
    before = house.store.feed(1).newest
    bot = client.post(path, data={**ENQUIRY, trap: "x"})
    assert house.store.feed(1).newest == before
    person = client.post(path, data={**ENQUIRY, trap: ""})
    assert house.store.feed(1).newest > before
    assert (bot.status_code, bot.json) == (person.status_code, person.json)


def test_the_same_answers_again_are_the_same_lead(client: Client, form: Make) -> None:
    made = form(signed=True)
    ids = [post_signed(client, made, ENQUIRY).json["lead_id"] for _ in range(3)]
    other = post_signed(client, made, {**ENQUIRY, "message": "Seven windows"}).json["lead_id"]
    assert (len(set(ids)), other == ids[0], len(leads(client))) == (1, False, 2)


def test_the_same_answers_from_another_address_are_the_same_lead(client: Client, form: Make) -> None:
    path = form()["path"]
    for address in ("192.0.2.1", "192.0.2.2"):
        client.post(path, data=ENQUIRY, environ_base={"REMOTE_ADDR": address})
    assert len(leads(client)) == 1


def test_merging_can_be_switched_off_and_is_each_form_s_own(client: Client, form: Make) -> None:
    for path in (form(merge_minutes=0)["path"], form()["path"], form()["path"]):
        for _ in range(2):
            client.post(path, data=ENQUIRY)
    assert len(leads(client)) == 4


def test_a_key_of_the_sender_s_is_taken_as_its_word(client: Client, form: Make) -> None:
    made = form(signed=True, merge_minutes=0)
    ids = [post_signed(client, made, ENQUIRY, **{"Idempotency-Key": "k1"}).json["lead_id"] for _ in range(2)]
    assert ids[0] == ids[1]


def digest(secret: str, raw: bytes) -> bytes:
    return hmac.digest(secret.encode(), raw, "sha256")


def post_signed(client: Client, form: Mapping[str, Any], body: Any, secret: str = "", **headers: str) -> Any:
    """Post JSON under the form's secret."""
    raw = orjson.dumps(body)
    headers = {"X-Signature": digest(secret or form["secret"], raw).hex(), **headers}
    return client.post(form["path"], data=raw, content_type="application/json", headers=headers)


def standard(secret: str, raw: bytes, seconds: float = 0) -> dict[str, str]:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    signature = Webhook(secret).sign("msg_1", at, raw.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


WAYS: Mapping[str, Callable[[str, bytes], dict[str, str]]] = {
    "hex": lambda secret, raw: {"X-Leadwire-Signature": digest(secret, raw).hex()},
    "prefixed": lambda secret, raw: {"X-Hub-Signature-256": f"sha256={digest(secret, raw).hex().upper()}"},
    "base64": lambda secret, raw: {"Typeform-Signature": f"sha256={b64encode(digest(secret, raw)).decode()}"},
    "Standard Webhooks": standard,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_signed_form_takes_what_is_signed(client: Client, form: Make, way: str) -> None:
    made, raw = form(signed=True), orjson.dumps(ENQUIRY)
    good = client.post(made["path"], data=raw, content_type="application/json", headers=WAYS[way](made["secret"], raw))
    assert (good.status_code, good.json["lead_id"]) == (200, newest(client)["id"])
    for secret, body in ((made["secret"], raw + b" "), ("whsec_d3Jvbmc=", raw)):
        bad = client.post(made["path"], data=raw, content_type="application/json", headers=WAYS[way](secret, body))
        assert (bad.status_code, bad.json["code"]) == (403, "wrong_signature")


@pytest.mark.parametrize("headers", [{}, {"X-Signature": ""}, {"X-Signature": "é"}, {"webhook-signature": "v1,x"}])
def test_a_signed_form_takes_nothing_else(client: Client, form: Make, headers: dict[str, str]) -> None:
    answer = client.post(form(signed=True)["path"], json=ENQUIRY, headers=headers)
    assert (answer.status_code, leads(client)) == (403, [])


def test_an_old_message_is_no_message(client: Client, form: Make) -> None:
    made, raw = form(signed=True), orjson.dumps(ENQUIRY)
    headers = standard(made["secret"], raw, -600)
    assert client.post(made["path"], data=raw, content_type="application/json", headers=headers).status_code == 403


def test_for_a_day_both_secrets_sign(client: Client, form: Make) -> None:
    made = form(signed=True)
    fresh = client.post(f"{FORMS}/{made['id']}/rotate_secret", headers=ADMIN).json["secret"]
    assert {post_signed(client, made, ENQUIRY, secret).status_code for secret in (made["secret"], fresh)} == {200}
    again = client.post(f"{FORMS}/{made['id']}/rotate_secret", headers=ADMIN).json["secret"]
    told = [post_signed(client, made, ENQUIRY, secret).status_code for secret in (made["secret"], fresh, again)]
    assert told == [403, 200, 200]


@pytest.mark.parametrize(
    "headers, kind",
    [
        ({}, "application/json"),
        ({"Accept": "*/*"}, "application/json"),
        ({"Accept": "application/json, text/plain, */*"}, "application/json"),
        (HTML, "text/html; charset=utf-8"),
        ({**HTML, "X-Requested-With": "XMLHttpRequest"}, "application/json"),
    ],
)
def test_people_get_a_page_and_programs_json(client: Client, form: Make, headers: dict[str, str], kind: str) -> None:
    path = form()["path"]
    assert client.post(path, data=ENQUIRY, headers=headers).content_type == kind
    refused = client.post(path, data={}, headers=headers)
    assert (refused.status_code, refused.content_type) == (409, kind.replace("/json", "/problem+json"))


@pytest.mark.parametrize("language, word", [("fr", "Merci"), ("ru-RU", "Спасибо"), ("de", "Thank you")])
def test_the_page_speaks_the_visitor_s_language(client: Client, form: Make, language: str, word: str) -> None:
    answer = client.post(form()["path"], data=ENQUIRY, headers={**HTML, "Accept-Language": language})
    assert f"<h1>{word}</h1>" in answer.text


SITE = "https://www.example.com"


@pytest.mark.parametrize(
    "asked, onward",
    [
        ("https://www.example.com/thanks?x=1", "https://www.example.com/thanks?x=1"),
        ("https://shop.example.com:8443/", "https://shop.example.com:8443/"),
        ("/thanks", "https://www.example.com/thanks"),
        ("https://evil.test/", "https://www.example.com/usual"),
        ("https://www.example.com@evil.test/", "https://www.example.com/usual"),
        ("https://www.example.com\\@evil.test/", "https://www.example.com/usual"),
        ("//evil.test/", "https://www.example.com/usual"),
        ("javascript:alert(1)", "https://www.example.com/usual"),
        ("https://www.example.com/\r\nSet-Cookie: a=b", "https://www.example.com/usual"),
        ("", "https://www.example.com/usual"),
    ],
)
@pytest.mark.parametrize("name", ["_next", "_redirect"])
def test_visitors_go_on_to_known_hosts_only(client: Client, form: Make, name: str, asked: str, onward: str) -> None:
    made = form(redirect=f"{SITE}/usual", redirect_hosts=["shop.example.com:8443"])
    answer = client.post(made["path"], data={**ENQUIRY, name: asked}, headers={**HTML, "Origin": SITE})
    assert (answer.status_code, answer.headers["Location"]) == (303, onward)
    assert client.post(made["path"], data={**ENQUIRY, name: asked}, headers={"Origin": SITE}).json["next"] == onward


def test_without_a_place_to_go_there_is_a_page(client: Client, form: Make) -> None:
    answer = client.post(form()["path"], data={**ENQUIRY, "_next": "https://evil.test/"}, headers=HTML)
    assert (answer.status_code, "Location" in answer.headers) == (200, False)


def test_scripts_of_other_pages_may_send_and_read(client: Client, form: Make) -> None:
    path, headers = form()["path"], {"Origin": SITE, "Access-Control-Request-Method": "POST"}
    before = client.options(path, headers=headers)
    assert (before.status_code, before.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Content-Type" in before.headers["Access-Control-Allow-Headers"]
    bodies: list[dict[str, Any]] = [{"json": ENQUIRY}, {"json": {}}, {"data": "<", "content_type": "text/xml"}]
    for body in bodies:
        assert client.post(path, headers=headers, **body).headers["Access-Control-Allow-Origin"] == "*"


def test_a_form_may_know_its_pages(client: Client, form: Make) -> None:
    path = form(origins=[SITE])["path"]
    known = client.post(path, json=ENQUIRY, headers={"Origin": SITE})
    assert (known.status_code, known.headers["Access-Control-Allow-Origin"]) == (200, SITE)
    assert "Origin" in known.headers["Vary"]
    for origin in ("https://evil.test", "null"):
        other = client.post(path, json=ENQUIRY, headers={"Origin": origin})
        assert (other.status_code, other.json["code"]) == (403, "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in other.headers
    assert client.post(path, json=ENQUIRY).status_code == 200


@pytest.mark.parametrize("path", ["/in/forms/unknown", f"/in/forms/{'x' * 500}", "/in/forms/%00"])
def test_an_unknown_form_is_unknown(client: Client, path: str) -> None:
    answer = client.post(path, data=ENQUIRY)
    assert (answer.status_code, answer.json["code"]) == (404, "web_form_not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_looking_is_not_sending(client: Client, form: Make, method: str) -> None:
    assert client.open(form()["path"], method=method).status_code == 405


def test_a_paused_form_takes_nothing_in(client: Client, form: Make) -> None:
    made = form()
    client.patch(f"{FORMS}/{made['id']}", json={"state": "paused"}, headers=ADMIN)
    answer = client.post(made["path"], data=ENQUIRY)
    assert (answer.status_code, answer.json["code"], leads(client)) == (403, "form_paused", [])


@pytest.mark.parametrize(
    "body, status",
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b'{"a": NaN}', "content_type": "application/json"}, 400),
        ({"data": b'{"a":' * 40 + b"1" + b"}" * 40, "content_type": "application/json"}, 400),
        ({"data": b'"text"', "content_type": "application/json"}, 400),
        ({"data": b"<a/>", "content_type": "application/xml"}, 415),
        ({"data": b"x" * 1_000_001, "content_type": "text/plain"}, 413),
        ({"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"}, 409),
        ({"data": b"no boundary", "content_type": "multipart/form-data"}, 409),
        ({"data": b"&&==&%zz=%&[]=&[[[=1", "content_type": "application/x-www-form-urlencoded"}, 200),
        ({"data": b"email=a%00@b.fr&name=\x00x", "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"json": {"a" * 5000: "b" * 60000, "email": ["a@b.fr", {"x": 1}]}}, 200),
        ({"json": {f"q{number}": number for number in range(2000)}}, 200),
    ],
)
def test_no_body_is_too_strange(client: Client, form: Make, body: Mapping[str, Any], status: int) -> None:
    assert client.post(form()["path"], **body).status_code == status


def limited(settings: Settings, **given: int) -> tuple[House, Client, str]:
    house = open_house(replace(settings, **given))  # type: ignore[arg-type]
    client: Client = create_app(house=house).test_client()
    form = client.post(FORMS, json={"name": "Website", "merge_minutes": 0}, headers=ADMIN).json
    return house, client, form["url"].removeprefix("http://localhost")


def test_an_address_that_sends_too_often_waits_and_others_do_not(settings: Settings) -> None:
    house, client, path = limited(settings, form_address_limit=2)
    told = [client.post(path, data=ENQUIRY) for _ in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 429]
    assert (told[2].json["code"], 0 < int(told[2].headers["Retry-After"]) <= 60) == ("form_address_limited", True)
    assert client.post(path, data=ENQUIRY, environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 200
    house.close()


def test_a_form_that_is_sent_too_often_waits(settings: Settings) -> None:
    house, client, path = limited(settings, form_limit=2)
    told = [client.post(path, data=ENQUIRY, environ_base={"REMOTE_ADDR": f"192.0.2.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 429]
    client.patch(f"{FORMS}/1", json={"rate_limit": 0}, headers=ADMIN)
    assert client.post(path, data=ENQUIRY).status_code == 200
    house.close()


def test_what_visitors_say_is_in_no_log(client: Client, form: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = form(signed=True)
    post_signed(client, made, ENQUIRY)
    client.post(made["path"], json=ENQUIRY)
    told = caplog.text
    assert not [word for word in (made["secret"], made["path"], "zoe@example.com") if word in told]


def test_what_was_done_is_in_the_audit_with_its_address(client: Client, form: Make, house: House) -> None:
    client.post(form()["path"], data=ENQUIRY)
    rows = house.store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity="audit")))
    assert [(row["name"], row["origin"], row["address"]) for row in rows if row["what"] == "action"] == [
        ("receive_lead", "form", "127.0.0.1")
    ]


DOCUMENTED = read("connector/docs/inbound.md")


def test_the_documented_signature_is_a_good_one(client: Client, form: Make) -> None:
    made, body = form(signed=True), orjson.dumps(ENQUIRY)
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENTED, re.S)
    names: dict[str, Any] = {"secret": made["secret"], "body": body}
    exec(code, names)
    sent = client.post(made["path"], data=body, content_type="application/json", headers=names["headers"])
    assert sent.status_code == 200


def test_the_documented_form_makes_a_lead(client: Client, form: Make) -> None:
    (html,) = re.findall(r"```html\n(.*?)```", DOCUMENTED, re.S)
    given = {name: ENQUIRY.get(name, "") for name in re.findall(r'name="([^"]+)"', html)}
    assert client.post(form()["path"], data=given, headers=HTML).status_code == 200
    assert newest(client)["email"] == ENQUIRY["email"]


def test_the_documented_answer_is_the_real_one(client: Client, form: Make) -> None:
    (told,) = re.findall(r"```json\n(.*?)```", DOCUMENTED, re.S)
    assert client.post(form()["path"], data=ENQUIRY).json == orjson.loads(told)
