"""One test per row of the Oplead table: each sends the row's own request over HTTP to a server on every storage."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from openapi_spec_validator import validate

from tests.plugins.doors import Oplead
from tests.plugins.receivers import Receiver

SERVED_WITH = {"outbound_allow": "127.0.0.0/8", "secret_key": "only for these rows, and for no secret of anybody"}
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
ANA, BRUNO = 2, 3
FILES = ("/document/add", "/attachments")
LABELS = ["Nurserie", "Nursery", "En cours", "en  cours", "Devis à relancer", "devis a relancer", "devis relancer"]
SHAPES: list[dict[str, Any]] = [
    {"json": {"lastname": "Dupont", "firstname": "Zoé", "postcode": 69003, "city": "Lyon"}},
    {"json": {"nom": "Dupont", "prénom": "Zoé", "code_postal": "69003", "Ville": "Lyon"}},
    {"json": {"contact": {"lastName": "Dupont", "firstName": "Zoé"}, "address": {"zipCode": "69003", "city": "Lyon"}}},
    {"data": {"lastname": "Dupont", "firstname": "Zoé", "postcode": "69003", "city": "Lyon"}},
    {"data": {"ctc_lastname": "Dupont", "ctc_firstname": "Zoé", "address[postcode]": "69003", "address.city": "Lyon"}},
    {"files": {name: (None, text) for name, text in
               {"lastname": "Dupont", "firstname": "Zoé", "postcode": "69003", "city": "Lyon"}.items()}},
]  # fmt: skip
PROVIDERS: list[dict[str, Any]] = [
    {"provider_name": "Casa", "provider_webhook_url": "{url}"},
    {"provider": {"name": "Casa", "webhook_url": "{url}"}},
    {"provider.name": "Casa", "provider.webhookUrl": "{url}"},
]


def reference() -> str:
    """An external reference that nobody has had."""
    return f"row-{uuid4().hex[:12]}"


def told(receiver: Receiver, count: int = 1) -> list[dict[str, Any]]:
    """The bodies that came, once there are that many, in the order of their events."""
    came = sorted(receiver.wait(count), key=lambda request: int(request.id.rpartition("_")[2]))
    return [dict(request.json) for request in came]


def uploaded(oplead: Oplead, lead: Any, path: str = "/attachments", **fields: str) -> requests.Response:
    """Send a quote to a lead."""
    return oplead.ask("POST", f"/leads/{lead}{path}", files={"file": ("devis.pdf", PDF)}, data=fields)


def test_O1_the_documentation_is_a_page_that_sends_calls_from_a_valid_document(oplead: Oplead) -> None:
    page = requests.get(f"{oplead.live.base}/documentation/", timeout=10)
    assert (page.status_code, "<script" in page.text) == (200, True)
    document = oplead.live.document()
    validate(document)
    body = document["paths"]["/leads"]["post"]["requestBody"]["content"]["application/json"]
    answers = [oplead.ask("POST", "/leads", json=example["value"]) for example in body["examples"].values()]
    assert {answer.status_code for answer in answers} <= {200, 201}


@pytest.mark.parametrize("sent", SHAPES, ids=["flat", "french", "nested", "form", "bracketed", "multipart"])
def test_O2_a_lead_is_created_from_json_form_and_multipart(oplead: Oplead, sent: dict[str, Any]) -> None:
    answer = oplead.ask("POST", "/leads", **sent)
    assert (answer.status_code, answer.json()["created"]) == (201, True)
    found = oplead.live.read(answer.json()["id"])
    told = {name: found[name] for name in ("title", "last_name", "first_name", "postcode", "city")}
    assert told == {
        "title": "Zoé Dupont",
        "last_name": "Dupont",
        "first_name": "Zoé",
        "postcode": "69003",
        "city": "Lyon",
    }
    assert answer.headers["Location"] == f"{oplead.root}/leads/{answer.json()['id']}"


def test_O2_tags_may_be_a_text_in_json_too(oplead: Oplead) -> None:
    assert oplead.made(tags="toit, VIP")["tags"] == oplead.made(tags=["toit", "VIP"])["tags"] == ["toit", "VIP"]


def test_O2_the_same_reference_again_is_the_same_lead(oplead: Oplead) -> None:
    mine = reference()
    first = oplead.made(reference=mine, city="Lyon")
    again = oplead.ask("POST", "/leads", json={"externalReference": mine, "city": "Paris"})
    assert (again.status_code, again.json()["created"], again.json()["id"]) == (200, False, first["id"])
    assert oplead.get(f"/leads/{mine}")["city"] == "Paris"
    foreign = oplead.as_user(ANA).ask("POST", "/leads", json={"lastname": "Martin", "reference": mine})
    assert (foreign.status_code, foreign.json()["code"]) == (409, "external_id_taken")


def test_O3_leads_are_listed_and_read_by_either_identifier(oplead: Oplead) -> None:
    mine = reference()
    made = oplead.made(reference=mine, email=f"{mine}@dupont.example", status="Nurserie")
    assert made["id"] in oplead.ids()
    assert oplead.get(f"/leads/{made['id']}") == oplead.get(f"/leads/{mine}")
    assert oplead.ids(email=f"{mine}@DUPONT.example") == oplead.ids(reference=mine) == {made["id"]}
    assert made["id"] in oplead.ids(statut="nurserie") - oplead.ids(status="En cours")
    assert made["id"] in oplead.ids(dateStart="2026-01-05") - oplead.ids(created_before="2026-01-05")
    pages = [oplead.get("/leads", limit=1, page=number)["data"] for number in (1, 2)]
    assert pages[0] != pages[1]
    first = oplead.get("/leads", limit=1)
    assert oplead.get("/leads", limit=1, cursor=first["cursor"])["data"] == pages[1]


@pytest.mark.parametrize("path", FILES)
def test_O4_O5_a_quote_is_attached_under_both_names(oplead: Oplead, path: str) -> None:
    mine = reference()
    oplead.made(reference=mine)
    answer = uploaded(oplead, mine, path, kind="devis")
    assert (answer.status_code, answer.json()["kind"]) == (201, "quote")
    rows = [oplead.get(f"/leads/{mine}/{name}")["data"] for name in ("attachments", "documents")]
    assert rows[0] == rows[1]
    assert [row["filename"] for row in rows[0]] == ["devis.pdf"]
    saved = requests.get(f"{oplead.live.base}{rows[0][0]['url']}", headers=oplead.live.headers, timeout=10)
    assert saved.content == PDF
    assert oplead.as_user(ANA).ask("GET", f"/leads/{mine}/documents/{answer.json()['id']}").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
@pytest.mark.parametrize("label", LABELS)
def test_O6_O7_a_status_is_set_by_its_label(oplead: Oplead, method: str, label: str) -> None:
    lead = oplead.made(status="Perdu")["id"]
    answer = oplead.ask(method, f"/leads/{lead}/status", json={"status": label})
    assert answer.status_code == 200
    shown = {"n": "Nurserie", "e": "En cours", "d": "Devis à relancer"}[label[0].lower()]
    assert oplead.get(f"/leads/{lead}")["status"] == oplead.get(f"/leads/{lead}/status")["status"] == shown


def test_O6_a_status_may_come_as_a_form_and_an_unknown_one_is_refused(oplead: Oplead) -> None:
    lead = oplead.made()["id"]
    assert oplead.ask("PUT", f"/leads/{lead}/status", data={"statut": "Nurserie"}).json()["status"] == "Nurserie"
    assert oplead.ask("PATCH", f"/leads/{lead}/status", json={"status": {"label": "Gagné"}}).json()["status"] == "Gagné"
    refused = oplead.ask("PUT", f"/leads/{lead}/status", json={"status": "Perdu de vue"})
    assert (refused.status_code, refused.json()["code"]) == (404, "status_not_found")
    assert oplead.ask("PUT", f"/leads/{lead}/status", json={}).status_code == 422
    assert oplead.ask("POST", f"/leads/{lead}/attachments", json={"file": "x"}).json()["code"] == "multipart_expected"
    assert oplead.get(f"/leads/{lead}")["status"] == "Gagné"


@pytest.mark.parametrize("path", FILES)
def test_O8_a_status_may_come_with_a_lead_or_a_file(oplead: Oplead, path: str) -> None:
    lead = oplead.made(status="nurserie")["id"]
    assert oplead.get(f"/leads/{lead}")["status"] == "Nurserie"
    assert uploaded(oplead, lead, path, status="devis relancer").status_code == 201
    assert uploaded(oplead, lead, path, status="nobody knows this").status_code == 404
    assert oplead.get(f"/leads/{lead}")["status"] == "Devis à relancer"
    assert len(oplead.get(f"/leads/{lead}/attachments")["data"]) == 1


def test_O9_subscriptions_are_made_listed_read_and_ended(oplead: Oplead, receiver: Receiver) -> None:
    made = oplead.subscribed("lead-status-changed", receiver.url())
    assert (made["event"], made["url"], made["active"]) == ("lead-status-changed", receiver.url(), True)
    assert made["secret"].startswith("whsec_")
    again = oplead.ask("POST", "/subscriptions", json={"eventType": "rdv", "callback_url": receiver.url()})
    assert (again.status_code, again.json()["event"]) == (201, "appointment-updated")
    assert made["id"] in {row["id"] for row in oplead.get("/subscriptions")["data"]}
    assert oplead.get(f"/subscriptions/{made['id']}")["secret"] is None
    assert oplead.ask("DELETE", f"/subscriptions/{made['id']}").status_code == 200
    assert oplead.ask("GET", f"/subscriptions/{made['id']}").status_code == 404
    unknown = oplead.ask("POST", "/subscriptions", json={"event": "lead-sneezed", "url": receiver.url()})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/event")


def test_O10_new_leads_assigned_are_delivered(oplead: Oplead, receiver: Receiver) -> None:
    bruno, lead = oplead.as_user(BRUNO), oplead.made()["id"]
    bruno.subscribed("new-lead-assigned", receiver.url())
    oplead.live.simple(lead, f"assign?user_id={BRUNO}")
    (body,) = told(receiver)
    assert (body["event"], body["leadIdentifier"]) == ("new-lead-assigned", lead)
    assert (body["data"]["user_id"], body["data"]["title"]) == (BRUNO, "Dupont")


def test_O11_changes_of_status_are_delivered(oplead: Oplead, receiver: Receiver) -> None:
    ana = oplead.as_user(ANA)
    ana.subscribed("lead-status-changed", receiver.url())
    lead = ana.made()["id"]
    for label in ("Nurserie", "nurserie", "En cours"):
        ana.ask("PUT", f"/leads/{lead}/status", json={"status": label})
    bodies = told(receiver, 2)
    assert [body["data"]["status"] for body in bodies] == ["nurserie", "todo"]
    assert {(body["event"], body["leadIdentifier"]) for body in bodies} == {("lead-status-changed", lead)}


def test_O12_changes_of_appointments_are_delivered(oplead: Oplead, receiver: Receiver) -> None:
    ana = oplead.as_user(ANA)
    ana.subscribed("appointment-updated", receiver.url())
    lead = ana.made()["id"]
    address, headers = f"{oplead.live.base}/api/v1/actions/", {"X-API-KEY": ana.key}
    given = {"lead_id": lead, "starts_at": "2031-03-05T09:00:00Z"}
    made = requests.post(f"{address}create_appointment", json=given, headers=headers, timeout=10).json()
    moved = {"appointment_id": made["id"], "starts_at": "2031-03-06T09:00:00Z"}
    requests.post(f"{address}update_appointment", json=moved, headers=headers, timeout=10)
    items = [(body["event"], body["leadIdentifier"], body["data"]["starts_at"]) for body in told(receiver, 2)]
    days = ("2031-03-05", "2031-03-06")
    assert items == [("appointment-updated", lead, f"{day}T09:00:00.000Z") for day in days]


@pytest.mark.parametrize("given", PROVIDERS, ids=["flat", "nested", "dotted"])
def test_O13_the_provider_hears_of_its_own_lead_alone(
    oplead: Oplead, receiver: Receiver, given: dict[str, Any]
) -> None:
    url = receiver.url(f"/{uuid4().hex}")
    filled = {name: {inner: text.format(url=url) for inner, text in value.items()} if isinstance(value, dict)
              else value.format(url=url) for name, value in given.items()}  # fmt: skip
    lead, other = oplead.made(**filled), oplead.made()["id"]
    assert lead["provider"] == {"name": "Casa", "webhook_url": url}
    for changed in (other, lead["id"]):
        oplead.ask("PUT", f"/leads/{changed}/status", json={"status": "Nurserie"})
    oplead.ask("PUT", f"/leads/{lead['id']}/status", json={"status": "Gagné"})
    items = [(body["lead_id"], body["status"]) for body in told(receiver, 2)]
    assert items == [(lead["id"], "nurserie"), (lead["id"], "won")]


def test_O14_the_101st_request_in_a_minute_has_to_wait(oplead: Oplead) -> None:
    limited = oplead.as_user(ANA, rate_limit=100)
    with requests.Session() as session:
        address, headers = f"{oplead.live.base}{oplead.root}/leads", {"Authorization": f"Bearer {limited.key}"}
        answers = [session.get(address, params={"limit": 1}, headers=headers, timeout=10) for _ in range(101)]
    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/leads"), ("POST", "/leads"), ("GET", "/leads/1"), ("PUT", "/leads/1/status"), ("POST", "/addlead/"),
     ("POST", "/leads/1/document/add"), ("GET", "/leads/1/attachments"), ("GET", "/subscriptions")],
)  # fmt: skip
def test_O15_a_token_is_required(oplead: Oplead, method: str, path: str) -> None:
    address = f"{oplead.live.base}{oplead.root}{path}"
    for headers in ({}, {"Authorization": "Bearer lw_wrong"}):
        answer = requests.request(method, address, headers=headers, timeout=10)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="leadwire"')


def test_O16_the_settings_have_a_tab_for_the_api_that_shows_the_tokens(oplead: Oplead) -> None:
    page, person = f"{oplead.live.base}/settings", requests.Session()
    assert requests.get(page, timeout=10).status_code == 401
    tab = person.post(f"{page}/sign-in", data={"token": oplead.key}, timeout=10)
    assert (tab.url, f"{oplead.key[:4]}" in tab.text, oplead.key in tab.text) == (f"{page}/api", True, False)
    made = person.post(f"{page}/api", data={"name": "Website", "user_id": ANA, "scopes": ["read", "act"]}, timeout=10)
    (secret,) = re.findall(r'value="(lw_\w+)"', made.text)
    assert oplead.live.read(replace(oplead, key=secret).made()["id"])["user_id"] == ANA


def test_O17_a_users_key_sees_that_users_leads_alone(oplead: Oplead) -> None:
    ana, bruno = oplead.as_user(ANA), oplead.as_user(BRUNO)
    mine = reference()
    lead = bruno.made(reference=mine)["id"]
    assert (lead in bruno.ids(), lead in ana.ids()) == (True, False)
    for identifier in (lead, mine):
        assert ana.ask("GET", f"/leads/{identifier}").status_code == 404
        assert ana.ask("PUT", f"/leads/{identifier}/status", json={"status": "Gagné"}).status_code == 404
        assert uploaded(ana, identifier).status_code == 404
    assert bruno.get(f"/leads/{lead}")["status"] == "En cours"


def test_O18_an_administrators_key_sees_all_leads(oplead: Oplead) -> None:
    both = {oplead.as_user(ANA).made()["id"], oplead.as_user(BRUNO).made()["id"]}
    assert both <= oplead.ids()
    assert oplead.get(f"/leads/{min(both)}")["lastname"] == "Dupont"


@pytest.mark.parametrize("kind", ["json", "data", "files"])
def test_a_web_form_brings_its_own_token(oplead: Oplead, kind: str) -> None:
    form = {"form": "Contact", "token": oplead.as_user(ANA).key, "ctc_lastname": "Ёлкина", "ctc_postcode": "69003",
            "ctc_country": "FR", "ctc_email": "anna@dupont.example", "CNL_": "Salon"}  # fmt: skip
    sent: Any = {**form, "plan": ("plan.pdf", PDF)} if kind == "files" else form
    if kind == "files":
        sent = {name: value if isinstance(value, tuple) else (None, value) for name, value in sent.items()}
    answer = requests.post(f"{oplead.live.base}{oplead.root}/addlead/", timeout=10, **{kind: sent})
    assert (answer.status_code, answer.json()["user_id"]) == (201, ANA)
    found = oplead.live.read(answer.json()["id"])
    told = {name: found[name] for name in ("title", "created_from", "postcode", "email", "source")}
    assert told == {"title": "Ёлкина", "created_from": "Contact", "postcode": "69003", "email": "anna@dupont.example",
                    "source": "Salon"}  # fmt: skip
    assert len(oplead.get(f"/leads/{found['id']}/documents")["data"]) == (kind == "files")


def test_a_call_sent_again_under_its_key_acts_once(oplead: Oplead) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    made = [oplead.ask("POST", "/leads", json={"lastname": "Double"}, headers=key) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert "Idempotency-Replayed" in made[1].headers
    lead = made[0].json()["id"]
    files = [
        oplead.ask("POST", f"/leads/{lead}/attachments", files={"file": ("a.pdf", PDF)}, headers=key) for _ in "ab"
    ]
    assert files[0].json() == files[1].json()
    assert len(oplead.get(f"/leads/{lead}/attachments")["data"]) == 1
    other = oplead.ask("POST", f"/leads/{lead}/attachments", files={"file": ("a.pdf", b"%PDF other")}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_absolute_addresses_and_any_host_are_served(oplead: Oplead) -> None:
    connection = HTTPConnection(urlsplit(oplead.live.base).netloc, timeout=10)
    headers = {"Host": "another.example:81", "X-API-KEY": oplead.key}
    for address in (f"http://api.oplead.example{oplead.root}/leads/1", f"{oplead.root}/leads//1/"):
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["id"]) == (200, 1)
    connection.close()
