"""One test per row of the security list, S7 to S18: each fails when the defence is taken out."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import ReferencingError

from connector.access import tokens
from connector.catalog.forms import validator
from connector.catalog.load import SHIPPED, load
from connector.errors import CatalogError
from connector.service import create_app, open_house
from connector.settings import Settings
from connector.settings import load as read_settings
from connector.storage.contract import Scope
from connector.web import logs
from connector.web.house import House
from tests.plugins.server import ADMIN, ADMIN_TOKEN, UNLIMITED, Client, declaration
from tests.plugins.stores import fresh_database

SIMPLE = "/api/simple/leads/1"


def step(client: Client) -> int:
    return int(client.get("/api/v1/leads/1", headers=ADMIN).json["step_id"])


@pytest.mark.parametrize("secret", ["é", "lw_é", "x" * 9000])
def test_s7_a_secret_of_any_letters_is_refused_not_stumbled_over(client: Client, secret: str) -> None:
    answer = client.get("/api/v1/me", headers={"X-API-KEY": secret})
    assert answer.status_code == 401


def test_s8_a_forwarded_address_is_believed_from_a_trusted_proxy_alone(settings: Settings) -> None:
    house = open_house(replace(settings, trusted_proxies="10.0.0.0/8"))
    client = create_app(house=house).test_client()
    secret, _ = tokens.issue(house.store, 1, 1, "x", allowed_ips=["203.0.113.7"])

    def status(peer: str, forwarded: str) -> int:
        headers = {"X-API-KEY": secret, "X-Forwarded-For": forwarded}
        return int(client.get("/api/v1/me", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code)

    assert status("192.0.2.1", "203.0.113.7") == 403
    assert status("10.0.0.1", "203.0.113.7, 192.0.2.1") == 403
    assert status("10.0.0.1", "192.0.2.1, 203.0.113.7") == 200
    assert status("::ffff:203.0.113.7", "") == 200
    house.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "Prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_s9_no_browser_acts_by_looking(client: Client, headers: Mapping[str, str]) -> None:
    before = step(client)
    answer = client.get(f"{SIMPLE}/next_step", headers={**ADMIN, **headers})
    assert (answer.status_code, answer.json["type"]) == (403, "prefetch_refused")
    assert step(client) == before


def test_s9_the_request_sender_of_the_documentation_may_act(client: Client) -> None:
    headers = {**ADMIN, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    assert client.get(f"{SIMPLE}/next_step", headers=headers).status_code == 200


@pytest.mark.parametrize("path", [f"{SIMPLE}/next_step", "/api/simple/ids"])
def test_s9_head_never_acts(client: Client, path: str) -> None:
    before = step(client)
    assert client.head(path, headers=ADMIN).status_code == 405
    assert step(client) == before


@pytest.mark.parametrize("name", ["apikey", "api_key", "token", "access_token", "X-API-KEY"])
def test_s9_a_key_in_an_address_opens_no_door_that_does_not_ask_for_it(client: Client, name: str) -> None:
    before = step(client)
    assert client.get(f"{SIMPLE}/next_step", query_string={name: ADMIN_TOKEN}).status_code == 401
    assert step(client) == before


def test_s9_get_can_be_switched_off(settings: Settings) -> None:
    house = open_house(replace(settings, get_acts=False))
    client = create_app(house=house).test_client()
    answer = client.get(f"{SIMPLE}/next_step", headers=ADMIN)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert client.post(f"{SIMPLE}/next_step", headers=ADMIN).status_code == 200
    house.close()


def test_s9_a_repeated_get_is_answered_again_for_a_token_that_wants_it(client: Client, house: House) -> None:
    secret, _ = tokens.issue(house.store, 1, 1, "x", replay_window=60)
    before = step(client)
    found = [client.get(f"{SIMPLE}/next_step", headers={"X-API-KEY": secret}).json["step_id"] for _ in range(2)]
    assert found == [before + 1] * 2


def test_s9_answers_are_kept_by_no_cache_and_tell_no_referrer(client: Client) -> None:
    said = client.get(f"{SIMPLE}/next_step", headers=ADMIN).headers
    assert (said["Cache-Control"], said["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_s10_secrets_are_in_no_log_error_or_dump(
    client: Client, house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    marks = {"X-API-KEY": "marked-secret", "Authorization": "Bearer marked-secret"}
    answers = [client.get("/api/v1/me?apikey=marked-secret&login=marked-secret", headers=marks)]
    monkeypatch.setattr("connector.access.tokens.authenticate", lambda *_: 1 / 0)
    answers += [client.get("/api/v1/me?token=marked-secret", headers=ADMIN)]
    assert [answer.status_code for answer in answers] == [401, 500]
    told = caplog.text + repr(house) + "".join(answer.text for answer in answers)
    assert "marked-secret" not in told
    assert ADMIN_TOKEN not in told


TOLD = "apikey=marked-secret {'X-API-KEY': 'marked-secret'} Authorization: Bearer marked-secret lw_marked-secret"


@pytest.mark.parametrize("form", [logs.People(logs.TEXT), logs.Machines()], ids=["text", "json"])
def test_s10_no_line_of_a_log_tells_a_secret(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, form: logging.Formatter
) -> None:
    def broken(*_: object) -> None:
        logging.getLogger("connector").warning("%s", TOLD)
        raise RuntimeError(TOLD)

    monkeypatch.setattr("connector.access.tokens.authenticate", broken)
    assert client.get("/api/v1/me", headers=ADMIN).status_code == 500
    told = [form.format(record) for record in caplog.records if record.name.startswith("connector")]
    assert (len(told), "RuntimeError" in told[1], told[0].count("[redacted]")) == (2, True, 4)
    assert "marked-secret" not in "".join(told)


@pytest.mark.parametrize("text", ["{{7*7}}", "{{x.__class__}}", "{% for x in y %}", "{0.__class__}"])
def test_s11_data_is_never_a_template(client: Client, text: str) -> None:
    asked = {"lead_id": 1, "title": text, "description": text}
    answer = client.post("/api/v1/actions/update_lead", json=asked, headers=ADMIN).json
    assert (answer["title"], answer["description"]) == (text, text)


def test_s13_answers_cannot_run_as_pages(client: Client) -> None:
    made = client.post("/api/v1/actions/create_lead", json={"title": "<img onerror=x>"}, headers=ADMIN)
    assert made.headers["Content-Type"] == "application/json"
    assert made.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in made.headers["Content-Security-Policy"]
    assert made.headers["X-Frame-Options"] == "DENY"
    assert made.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert made.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_s13_a_page_tells_what_a_stranger_said_as_text(client: Client) -> None:
    answer = client.post("/in/forms/<img onerror=x>", data={"name": "x"}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "&lt;img onerror=x&gt;" in answer.text and "<img" not in answer.text


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def on_sql(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a house on each storage that speaks SQL."""
    url = f"sqlite:///{tmp_path_factory.mktemp('sql') / 'leadwire.db'}"
    with ExitStack() as stack:
        if request.param == "postgres":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        given = {"admin_token": ADMIN_TOKEN, "database_url": url, "worker": "false", **UNLIMITED}
        house = open_house(read_settings({f"LEADWIRE_{name.upper()}": value for name, value in given.items()}))
        yield create_app(house=house).test_client()
        house.close()


@pytest.mark.parametrize("path", ["order=datum;drop", "order='--", "nonsense=1", "title[or]=1", "limit='--"])
def test_s14_names_come_from_a_list(on_sql: Client, path: str) -> None:
    assert on_sql.get(f"/api/v1/leads?{path}", headers=ADMIN).status_code == 422


@pytest.mark.parametrize("text", ["'--", "' OR '1'='1", "x'; DROP TABLE lead; --", "\\", "%", "_", '"', "$1", ":a"])
def test_s14_values_are_bound(on_sql: Client, text: str) -> None:
    made = on_sql.post("/api/v1/actions/create_lead", json={"title": text}, headers=ADMIN).json
    for query in ({"title": text}, {"title[contains]": text}, {"q": text}):
        found = on_sql.get("/api/v1/leads", query_string=query, headers=ADMIN).json["data"]
        assert made["id"] in [row["id"] for row in found]
        assert all(text in row["title"] for row in found if "q" not in query)


@pytest.mark.parametrize("place", ["subject", "body", "html"])
def test_s11_mail_puts_values_in_once_and_as_text(client: Client, house: House, place: str) -> None:
    text = "{{ lead.email }} {{7*7}} <b>"
    lead = client.post("/api/v1/actions/create_lead", json={"title": text, "email": "a@b.test"}, headers=ADMIN).json[
        "id"
    ]
    fields = {"subject": "{{ lead.title }}", "body": "{{ lead.title }}", "html": "<p>{{ lead.title }}</p>"}
    house.store.transact(Scope(account_id=1), lambda tx: tx.update("email_template", 1, fields))
    asked = {"lead_id": lead}
    shown = client.post("/api/v1/email_templates/1/preview", json=asked, headers=ADMIN).json[place]
    assert shown == ("<p>{{ lead.email }} {{7*7}} &lt;b&gt;</p>" if place == "html" else text)


@pytest.mark.parametrize("email", ['"a, b"@x.test', "a@b.test, c@d.test", "a@b.test\r\nBcc: c@d.test", "a@b.test%0ac"])
def test_s12_no_mail_is_written_to_what_is_not_one_address(client: Client, house: House, email: str) -> None:
    house.store.transact(Scope(account_id=1), lambda tx: tx.update("lead", 1, {"email": email}))
    before = house.store.feed(1).newest
    asked = {"lead_id": 1, "email_template_id": 1}
    answer = client.post("/api/v1/actions/send_email_from_template", json=asked, headers=ADMIN)
    assert (answer.status_code, answer.json["code"], house.store.feed(1).newest) == (409, "bad_address", before)


@pytest.mark.parametrize(
    "expression",
    ["{{ lead.__class__ }}", "{{ lead.title.upper() }}", "{{ 10 ** 9 }}", "{{ lead.title * 9 }}", "{{ range }}",
     "{% for x in y %}{% endfor %}", "{{ [lead.title][0] }}", "{{ lead.title | pprint }}"],
)  # fmt: skip
def test_s11_a_file_computes_nothing_but_what_is_on_the_list(tmp_path: Path, expression: str) -> None:
    place = tmp_path / "own" / "actions" / "lead"
    place.mkdir(parents=True)
    (place / "risky.json").write_text(json.dumps(declaration("risky", {"set": {"title": expression}})))
    with pytest.raises(CatalogError) as refused:
        load([SHIPPED, tmp_path / "own"])
    assert refused.value.problems[0].pointer.startswith("/do/0/set/title")


@pytest.mark.parametrize(
    "body, status",
    [
        (b"[" * 100_000, 400),
        (b'{"title": ' + b"[" * 40 + b"]" * 40 + b"}", 400),
        (b'{"title": Infinity}', 400),
        (b'{"amount": 1e999}', 400),
        (b'{"title": "\xff"}', 400),
        (b'{"title": NaN}', 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": "a\\u0000b"}', 400),
        (b'{"amount": 1' + b"0" * 400 + b"}", 400),
        (b'{"amount": 9007199254740993}', 400),
        (b'{"title": "' + b"x" * 1_000_001 + b'"}', 413),
    ],
)
@pytest.mark.parametrize("path", ["actions/create_lead", "actions/create_lead/batch", "tokens"])
def test_s15_bodies_that_cannot_be_kept_are_refused_whole(client: Client, path: str, body: bytes, status: int) -> None:
    answer = client.post(f"/api/v1/{path}", data=body, content_type="application/json", headers=ADMIN)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


@pytest.mark.parametrize("path", ["me", "leads", "searches/find_lead", "triggers/new_lead", "audit"])
def test_s15_a_refusal_names_the_first_faults_only(client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}", query_string={f"x{number}": 1 for number in range(1000)}, headers=ADMIN)
    assert (answer.status_code, len(answer.json["errors"]) <= 20) == (422, True)


@pytest.mark.parametrize("path", ["actions/create_lead", "tokens", "subscriptions", "mailboxes"])
def test_s15_a_refusal_of_a_body_names_the_first_faults_only(client: Client, path: str) -> None:
    answer = client.post(f"/api/v1/{path}", json={f"x{number}": 1 for number in range(1000)}, headers=ADMIN)
    assert (answer.status_code, len(answer.json["errors"])) == (422, 20)


LONG = {"address": "/api/v1/leads?q=" + "x" * 33_000, "door": "/api/simple/leads/1/won?q=" + "x" * 33_000}


@pytest.mark.parametrize(("place", "code"), [("address", "code"), ("door", "type")])
def test_s15_a_long_address_is_refused_in_the_words_of_its_door(client: Client, place: str, code: str) -> None:
    answer = client.get(LONG[place], headers=ADMIN)
    assert (answer.status_code, answer.json[code]) == (414, "address_too_long")
    assert client.get(LONG[place][:32_000], headers=ADMIN).status_code == 200


def test_s15_large_headers_are_refused(client: Client) -> None:
    answer = client.get("/api/v1/me", headers={**ADMIN, "X-One": "x" * 20_000, "X-Two": "x" * 20_000})
    assert (answer.status_code, answer.json["code"]) == (431, "headers_too_large")
    assert client.get("/api/v1/me", headers={**ADMIN, "X-One": "x" * 20_000}).status_code == 200


def declared(folder: Path, schema: Mapping[str, Any]) -> Path:
    """A folder with one action that takes this input."""
    document = declaration("risky", {"set": {"title": "{{ input.text or lead.title }}"}})
    document["input"] = {"type": "object", "properties": {"text": {"title": "Text", "maxLength": 4000, **schema}}}
    place = folder / "actions" / "lead"
    place.mkdir(parents=True)
    (place / "risky.json").write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize(("pattern", "enough"), [("^(a+)+$", 27), ("^(?:a|a)*$", 27), ("^(a|aa)+$", 40)])
def test_s16_patterns_take_linear_time(settings: Settings, tmp_path: Path, pattern: str, enough: int) -> None:
    own = declared(tmp_path / "own", {"type": "string", "pattern": pattern})
    house = open_house(replace(settings, schemas=str(own)))
    client = create_app(house=house).test_client()
    for length in (enough, 3999):
        begun = time.process_time()
        asked = {"lead_id": 1, "text": "a" * length + "!"}
        answer: Any = client.post("/api/v1/actions/risky", json=asked, headers=ADMIN)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/text")
        assert time.process_time() - begun < 1
    house.close()


def test_s16_a_pattern_that_cannot_be_linear_is_refused_at_load(tmp_path: Path) -> None:
    own = declared(tmp_path / "own", {"type": "string", "pattern": "^(?=a)a$"})
    with pytest.raises(CatalogError):
        load([SHIPPED, own])


@pytest.mark.parametrize(
    "ref", ["http://127.0.0.1:9/x.json", "https://example.test/x", "file:///etc/hosts", "other.json"]
)
def test_s17_a_schema_never_fetches_another(tmp_path: Path, ref: str) -> None:
    own = declared(tmp_path / "own", {"type": "string", "$ref": ref})
    with pytest.raises(CatalogError):
        load([SHIPPED, own])


def test_s17_no_validator_goes_to_the_network() -> None:
    asked: list[str] = []

    class Canary(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Canary) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises((ReferencingError, ValueError)):
            validator({"$ref": f"http://127.0.0.1:{server.server_port}/x.json"})
        server.shutdown()
    assert asked == []


@pytest.mark.parametrize("amount, status", [(19.99, 200), (0.1, 200), (1.00001, 422)])
def test_s17_money_is_decimal(client: Client, amount: float, status: int) -> None:
    asked = {"lead_id": 1, "amount": amount}
    assert client.post("/api/v1/actions/update_lead", json=asked, headers=ADMIN).status_code == status


@pytest.mark.parametrize(("most", "good"), [(1000, True), (1001, False), (None, False)])
def test_s17_a_list_that_must_be_unique_is_bounded(tmp_path: Path, most: int | None, good: bool) -> None:
    bound = {} if most is None else {"maxItems": most}
    own = declared(tmp_path / "own", {"type": "string"})
    path = own / "actions" / "lead" / "risky.json"
    document = json.loads(path.read_text())
    items = {
        "title": "Words",
        "type": "array",
        "uniqueItems": True,
        "items": {"type": "string", "maxLength": 9},
        **bound,
    }
    document["input"]["properties"]["words"] = items
    path.write_text(json.dumps(document))
    with nullcontext() if good else pytest.raises(CatalogError):
        load([SHIPPED, own])


def test_s17_formats_are_asserted_and_long_lists_are_refused_quickly(client: Client) -> None:
    begun = time.process_time()
    asked = {"lead_id": 1, "email": "not an address", "tags": [f"tag {n}" for n in range(3000)]}
    answer = client.post("/api/v1/actions/update_lead", json=asked, headers=ADMIN)
    assert {"/email", "/tags"} <= {fault["pointer"] for fault in answer.json["errors"]}
    assert time.process_time() - begun < 1


def test_s18_unknown_and_revoked_tokens_get_the_same_answer(client: Client, house: House) -> None:
    secret, row = tokens.issue(house.store, 1, 1, "x")
    tokens.revoke(house.store, 1, row["id"])
    answers = [client.get("/api/v1/me", headers={"X-API-KEY": given}).json for given in (secret, tokens.mint())]
    assert len({json.dumps({**answer, "request_id": None}) for answer in answers}) == 1


def test_security_txt_names_whom_to_tell(client: Client, house: House) -> None:
    answer = client.get("/.well-known/security.txt")
    assert answer.content_type.startswith("text/plain")
    assert f"Contact: {house.settings.security_contact}" in answer.text
    assert "\nExpires: 20" in answer.text
