"""One test per row of the ActiveTrail table: each sends the row's request over HTTP to a server on every storage."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from tests.plugins import graphs
from tests.plugins.browser import Browser
from tests.plugins.receivers import Receiver, start, stop
from tests.plugins.server import ADMIN_TOKEN, Live, on_storage, until

Headers = Mapping[str, str]


@pytest.fixture(scope="module")
def graph() -> Iterator[Receiver]:
    """Meta's Graph API, on loopback."""
    receiver = Receiver()
    server = start(receiver)
    yield receiver
    stop(server)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, graph: Receiver
) -> Iterator[Live]:  # fmt: skip
    """A server that may call receivers on loopback."""
    with on_storage(request, tmp_path_factory.mktemp("live"), **graphs.settings_of(graph)) as served:
        yield served


def call(live: Live, method: str, path: str, headers: Headers | None = None, **body: Any) -> requests.Response:
    """Any call of the native API, as the administrator unless headers say otherwise."""
    more = {"json": body} if body else {}
    return requests.request(method, f"{live.base}/api/v1/{path}", headers=headers or live.headers, timeout=30, **more)  # type: ignore[arg-type]


def token(live: Live, **given: Any) -> dict[str, Any]:
    """A new token, its secret included."""
    answer = call(live, "POST", "tokens", name=given.pop("name", "Website"), **given)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def status(live: Live, headers: Headers) -> int:
    """What the connection test answers to these headers."""
    return call(live, "GET", "me", headers).status_code


def act(live: Live, action: str, secret: str = ADMIN_TOKEN, **body: Any) -> None:
    """An action of the native API."""
    answer = call(live, "POST", f"actions/{action}", {"Authorization": secret}, **body)
    assert answer.status_code in (200, 201), answer.text


def subscribe(live: Live, receiver: Receiver, trigger: str, **given: Any) -> int:
    """The id of a new subscription to a path of the receiver's own for this trigger and filter."""
    url = receiver.url(f"/{trigger}/{given.get('filter', {}).get('origin', '')}")
    answer = call(live, "POST", "subscriptions", trigger=trigger, target_url=url, **given)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_A1_any_number_of_tokens_with_name_and_details(live: Live) -> None:
    made = [token(live, name=f"System {number}", details=f"Runs on host {number}") for number in range(3)]
    listed = {row["id"]: (row["name"], row["details"]) for row in live.get("tokens")["data"]}
    assert [listed[row["id"]] for row in made] == [(f"System {n}", f"Runs on host {n}") for n in range(3)]
    assert {status(live, {"Authorization": row["token"]}) for row in made} == {200}


WAYS: Mapping[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "Bearer": lambda secret: f"Bearer {secret}",
    "bearer": lambda secret: f"bearer {secret}",
    "Basic": lambda secret: f"Basic {secret}",
    "BASIC": lambda secret: f"BASIC  {secret}",
    "Basic token:": lambda secret: f"Basic {b64encode(f'{secret}:'.encode()).decode()}",
    "Basic token:x": lambda secret: f"Basic {b64encode(f'{secret}:x'.encode()).decode()}",
    "Basic user:token": lambda secret: f"Basic {b64encode(f'ada:{secret}'.encode()).decode()}",
    "Basic token, unpadded": lambda secret: f"Basic {b64encode(secret.encode()).decode().rstrip('=')}",
}


@pytest.mark.parametrize("way", WAYS)
def test_A1_the_token_is_taken_as_clients_send_it(live: Live, way: str) -> None:
    secret = token(live)["token"]
    assert status(live, {"Authorization": WAYS[way](secret)}) == 200
    assert status(live, {"Authorization": WAYS[way](secret + "x")}) == 401


def test_A2_each_token_is_revoked_alone(live: Live) -> None:
    gone, kept = token(live), token(live)
    assert call(live, "DELETE", f"tokens/{gone['id']}").status_code == 200
    assert [status(live, {"Authorization": row["token"]}) for row in (gone, kept)] == [401, 200]


@pytest.mark.parametrize(
    "allowed, expected",
    [(["10.0.0.0/8"], 403), (["127.0.0.1"], 200), (["10.0.0.1", "127.0.0.0/8"], 200)],
)
def test_A3_addresses_and_ranges_per_token(live: Live, allowed: list[str], expected: int) -> None:
    assert status(live, {"Authorization": token(live, allowed_ips=allowed)["token"]}) == expected


def test_A4_a_token_is_shown_once(live: Live) -> None:
    made = token(live)
    shown = call(live, "GET", "tokens").text + call(live, "GET", f"tokens/{made['id']}").text
    assert made["token"] not in shown
    assert made["token"].startswith(made["prefix"])
    assert len(made["prefix"]) < 10


def test_A5_a_webhook_is_an_address_for_an_event(live: Live, receiver: Receiver) -> None:
    made = subscribe(live, receiver, "new_lead")
    lead = live.lead(title="Zoé")
    assert [request.json["lead_id"] for request in receiver.wait(1)] == [lead]
    assert live.get(f"subscriptions/{made}")["target_url"] == receiver.url("/new_lead/")
    call(live, "DELETE", f"subscriptions/{made}")


def test_A6_parameters_are_a_resource_below_their_webhook(live: Live, receiver: Receiver) -> None:
    path = f"subscriptions/{subscribe(live, receiver, 'new_lead')}/parameters"
    first = call(live, "POST", path, name="X-Key", value="one").json()
    wanted: dict[str, Any] = {"name": "lead", "in": "query", "field": "lead_id"}
    second = call(live, "POST", path, **wanted).json()
    assert live.get(path)["data"] == [first, second]
    assert (first["in"], first["value"], second["field"]) == ("header", "[redacted]", "lead_id")
    assert call(live, "PATCH", f"{path}/{first['id']}", value="two").json() == first
    assert live.get(f"{path}/{first['id']}") == first
    lead = live.lead()
    (request,) = receiver.wait(1)
    assert (request.headers["x-key"], request.path) == ("two", f"/new_lead/?lead={lead}")
    assert call(live, "DELETE", f"{path}/{second['id']}").json() == second
    assert call(live, "GET", f"{path}/{second['id']}").status_code == 404
    live.lead()
    assert receiver.wait(2)[1].path == "/new_lead/"
    call(live, "DELETE", path.removesuffix("/parameters"))


def test_A7_the_test_button_tells_what_the_receiver_said(live: Live, receiver: Receiver) -> None:
    made = subscribe(live, receiver, "lead_updated")
    receiver.script = [503]
    told = [call(live, "POST", f"subscriptions/{made}/test").json() for _ in range(2)]
    assert [(answer["ok"], answer["status"]) for answer in told] == [(False, 503), (True, 200)]
    assert len(receiver.requests) == 2
    call(live, "DELETE", f"subscriptions/{made}")


def test_A8_changes_by_programs_and_by_hand_are_told_apart(live: Live, receiver: Receiver) -> None:
    lead, hand = live.lead(), token(live, kind="console")
    assert hand["kind"] == "console"
    made = [subscribe(live, receiver, "lead_updated", filter={"origin": way}) for way in ("external", "manual")]
    act(live, "update_lead", lead_id=lead, city="Lyon")
    act(live, "update_lead", hand["token"], lead_id=lead, city="Paris")
    came = {(request.path, request.json["city"], request.json["origin"]) for request in receiver.wait(2)}
    assert came == {("/lead_updated/external", "Lyon", "api"), ("/lead_updated/manual", "Paris", "manual")}
    for subscription in made:
        call(live, "DELETE", f"subscriptions/{subscription}")
    polled = live.get("triggers/lead_updated", origin="manual")["data"]
    assert [item["city"] for item in polled if item["lead_id"] == lead] == ["Paris"]


FURTHER: Mapping[str, tuple[str, dict[str, Any]]] = {
    "lead_step_changed": ("next_step", {}),
    "lead_tagged": ("add_tag", {"tag": ["Newsletter"]}),
    "lead_untagged": ("remove_tag", {"tag": ["Customers"]}),
    "lead_unsubscribed": ("unsubscribe_lead", {}),
    "lead_updated": ("update_lead", {"city": "Lyon"}),
}
"""Step of an automation, added to a group, removed from one, unsubscribed, updated: trigger, and what sets it off."""


@pytest.mark.parametrize("trigger", FURTHER)
def test_A9_the_further_events_arrive(live: Live, receiver: Receiver, trigger: str) -> None:
    action, body = FURTHER[trigger]
    lead = live.lead(tags=["Customers"])
    made = subscribe(live, receiver, trigger)
    act(live, action, lead_id=lead, **body)
    assert [request.json["lead_id"] for request in receiver.wait(1)] == [lead]
    call(live, "DELETE", f"subscriptions/{made}")


def test_A10_every_function_of_the_documentation_has_a_button_that_sends_it(live: Live, browser: Browser) -> None:
    lead = live.lead()
    browser.open(f"{live.base}/documentation/#/Actions/unsubscribe_lead")
    browser.click(".auth-wrapper .authorize")
    browser.type("#auth-bearer-value", ADMIN_TOKEN)
    browser.click(".auth-btn-wrapper .authorize")
    browser.click(".auth-btn-wrapper .btn-done")
    browser.type("#operations-Actions-unsubscribe_lead textarea", f'{{"lead_id": {lead}}}')
    browser.click("#operations-Actions-unsubscribe_lead .execute")
    browser.wait("document.querySelector('.live-responses-table tbody .response-col_status')?.textContent")
    assert live.read(lead)["unsubscribed_at"]


def test_A12_leads_of_facebook_come_in_once_each(live: Live, graph: Receiver) -> None:
    page: dict[str, Any] = {"name": "Our page", "page_id": graphs.PAGE_ID, "access_token": graphs.PAGE_TOKEN}
    assert call(live, "POST", "meta/pages", **page).status_code == 201
    hub = {"hub.mode": "subscribe", "hub.verify_token": graphs.VERIFY_TOKEN, "hub.challenge": "1158201444"}
    assert requests.get(f"{live.base}/in/meta", hub, timeout=10).text == "1158201444"
    graph.script = [503]
    graph.answer = graphs.lead("12", **{"phone_number": "+33 6 11", "windows?": "six"})
    raw = graphs.notification("12")
    for _ in range(2):
        told = requests.post(f"{live.base}/in/meta", raw, headers=graphs.signed(raw), timeout=10)
        assert told.status_code == 200, told.text
    (row,) = until(lambda: live.get("meta/leads", state="done")["data"])
    lead = live.read(row["lead_id"])
    assert (lead["title"], lead["email"], lead["phone"]) == ("Zoé Martin", "zoe12@example.com", "+33 6 11")
    assert (lead["description"], lead["source"], row["attempts"]) == ("windows?: six", "Instagram", 2)
    assert len(live.get("leads", email="zoe12@example.com")["data"]) == 1
    assert live.get("triggers/new_lead", origin="form")["data"][0]["lead_id"] == row["lead_id"]


def test_A12_any_lead_form_may_post_here(live: Live) -> None:
    form = call(live, "POST", "forms", name="Landing page", signed=False, mapping={"q7": "phone"}).json()
    given = {"your-name": "Zoé Form", "E-mail": "form@example.com", "q7": "+33 6 22", "Colour": "red"}
    for _ in range(2):
        answer = requests.post(form["url"], data=given, headers={"Accept": "text/html"}, timeout=10)
        assert (answer.status_code, "Thank you" in answer.text) == (200, True)
    (lead,) = live.get("leads", email="form@example.com")["data"]
    assert (lead["title"], lead["phone"], lead["description"]) == ("Zoé Form", "+33 6 22", "Colour: red")
    assert lead["source"] == "Landing page"
