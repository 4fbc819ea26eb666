"""Administrators keep web forms and pages of Meta; secrets go in, or are told once, and never come out again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.settings import Settings
from connector.storage.contract import Query, Scope
from connector.web.house import House
from tests.plugins.graphs import APP_SECRET, PAGE_ID, PAGE_TOKEN, notification, signed
from tests.plugins.server import ADMIN, Client

FORMS, PAGES, LEADS = "/api/v1/forms", "/api/v1/meta/pages", "/api/v1/meta/leads"
PAGE = {"name": "Our page", "page_id": PAGE_ID, "access_token": PAGE_TOKEN}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Lead ads are set up."""
    return replace(settings, meta_app_secret=APP_SECRET)


def make(client: Client, path: str = FORMS, **given: Any) -> Any:
    body = {"name": "Website", **given} if path == FORMS else {**PAGE, **given}
    return client.post(path, json=body, headers=ADMIN)


def test_a_form_is_made_read_changed_and_removed(client: Client) -> None:
    made = make(client, tags=["Web"], origins=["https://www.example.com"], mapping={"q1": "phone"})
    assert (made.status_code, made.json["merge_minutes"], made.json["secret"]) == (201, 10, None)
    place = made.headers["Location"]
    assert client.get(place, headers=ADMIN).json == made.json
    assert client.get(FORMS, headers=ADMIN).json["data"] == [made.json]
    changed = client.patch(place, json={"name": "Shop", "tags": []}, headers=ADMIN).json
    assert {**changed, "updated_at": ""} == {**made.json, "name": "Shop", "tags": [], "updated_at": ""}
    assert client.delete(place, headers=ADMIN).json == changed
    assert client.get(place, headers=ADMIN).status_code == 404
    assert client.post(made.json["url"], data={"email": "a@b.fr"}).status_code == 404


def test_a_new_key_is_a_new_address(client: Client) -> None:
    made = make(client)
    fresh = client.post(f"{made.headers['Location']}/rotate_key", headers=ADMIN).json
    told = [client.post(url, data={"email": "a@b.fr"}).status_code for url in (made.json["url"], fresh["url"])]
    assert told == [404, 200]


def test_a_secret_is_told_once(client: Client, house: House) -> None:
    made = make(client, signed=True)
    place, secret = made.headers["Location"], made.json["secret"]
    assert secret.startswith("whsec_")
    shown = [client.get(path, headers=ADMIN).text for path in (place, FORMS)]
    shown.append(client.patch(place, json={"signed": True}, headers=ADMIN).text)
    assert not [text for text in shown if secret in text]
    rows = house.store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity="web_form")))
    assert secret not in str(rows)
    fresh = client.post(f"{place}/rotate_secret", headers=ADMIN).json["secret"]
    assert fresh not in (None, secret)


def test_the_audit_tells_what_was_done_and_no_secret(client: Client) -> None:
    form, page = make(client, signed=True), make(client, PAGES)
    fresh = client.post(f"{form.headers['Location']}/rotate_key", headers=ADMIN).json
    told = client.get("/api/v1/audit", headers=ADMIN).text
    assert told.count("[secret]") >= 3 and page.json["page_id"] in told
    keys = [each["url"].rpartition("/")[2] for each in (form.json, fresh)]
    assert [text for text in (*keys, form.json["secret"], PAGE_TOKEN) if text in told] == []


def test_signing_can_begin_and_end(client: Client) -> None:
    place = make(client).headers["Location"]
    refused = client.post(f"{place}/rotate_secret", headers=ADMIN)
    assert (refused.status_code, refused.json["code"]) == (409, "form_not_signed")
    assert client.patch(place, json={"signed": True}, headers=ADMIN).json["secret"]
    assert client.patch(place, json={"signed": False}, headers=ADMIN).json["signed"] is False


@pytest.mark.parametrize(
    "body, pointer",
    [
        ({"name": ""}, "/name"),
        ({"mapping": {"q1": "shoe_size"}}, "/mapping/q1/value"),
        ({"mapping": {"q1": "custom.Bad"}}, "/mapping/q1/value"),
        ({"mapping": {"": "email"}}, "/mapping//key"),
        ({"origins": ["www.example.com"]}, "/origins/0"),
        ({"redirect": "javascript:alert(1)"}, "/redirect"),
        ({"redirect": "https://x.test/\r\nSet-Cookie: a=b"}, "/redirect"),
        ({"redirect_hosts": ["https://x.test"]}, "/redirect_hosts/0"),
        ({"merge_minutes": 1441}, "/merge_minutes"),
        ({"state": "gone"}, "/state"),
        ({"key": "mine"}, "/key"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_faults_are_named(client: Client, body: dict[str, Any], pointer: str) -> None:
    answer = make(client, **body)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("path", [FORMS, PAGES])
def test_users_are_known(client: Client, path: str) -> None:
    assert make(client, path, user_id=999).status_code == 404


@pytest.mark.parametrize("path", [FORMS, PAGES, LEADS])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_members_may_not(client: Client, token: Callable[[str], Mapping[str, str]], path: str, method: str) -> None:
    answer = client.open(path, method=method, json={"name": "x"}, headers=token("ana@example.test"))
    assert answer.status_code in (403, 405)
    assert not client.get(path, headers=ADMIN).json["data"]


def test_a_page_s_token_goes_in_and_never_comes_out(client: Client, house: House) -> None:
    made = make(client, PAGES, mapping={"q1": "phone"}, forms={"77": {"q2": "city"}})
    assert (made.status_code, made.json["forms"]) == (201, {"77": {"q2": "city"}})
    place = made.headers["Location"]
    answers = [made, client.get(place, headers=ADMIN), client.get(PAGES, headers=ADMIN)]
    answers.append(client.patch(place, json={"access_token": PAGE_TOKEN}, headers=ADMIN))
    answers.append(client.get("/api/v1/audit", headers=ADMIN))
    rows = house.store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity="meta_page")))
    assert not [text for text in (str(rows), *(answer.text for answer in answers)) if PAGE_TOKEN in text]


def test_a_page_belongs_to_one_registration(client: Client) -> None:
    make(client, PAGES)
    again = make(client, PAGES)
    assert (again.status_code, again.json["code"]) == (409, "already_exists")


def test_what_was_told_is_listed_filtered_and_replayed(client: Client) -> None:
    make(client, PAGES)
    raw = notification("1", "2", "3")
    client.post("/in/meta", data=raw, headers=signed(raw))
    first = client.get(f"{LEADS}?limit=2", headers=ADMIN).json
    rest = client.get(f"{LEADS}?limit=2&cursor={first['cursor']}", headers=ADMIN).json
    assert [row["leadgen_id"] for row in first["data"] + rest["data"]] == ["3", "2", "1"]
    (row,) = client.get(f"{LEADS}?leadgen_id=2&state=pending&page_id={PAGE_ID}", headers=ADMIN).json["data"]
    assert client.post(f"{LEADS}/{row['id']}/replay", headers=ADMIN).json["state"] == "pending"
    assert client.get(f"{LEADS}/{row['id']}", headers=ADMIN).json["leadgen_id"] == "2"
    assert client.get(f"{LEADS}/999", headers=ADMIN).status_code == 404
    replayed = client.post(f"{PAGES}/1/replay", headers=ADMIN).json
    assert replayed == {"page_id": PAGE_ID, "replayed": 0}
