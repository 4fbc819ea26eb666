"""One lead walks through every door: each tells the same truth of it, and what one changes all others show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests

from tests.plugins.doors import Door, Oplead
from tests.plugins.receivers import Receiver
from tests.plugins.server import Live, until

SERVED_WITH = {"outbound_allow": "127.0.0.0/8", "secret_key": "only for this walk, and for no secret of anybody"}
TRIGGERS = ("new_lead", "lead_status_changed", "lead_tagged", "lead_updated")
NAME, EMAIL, PHONE, CITY = "Zoé Martin", "zoe.walk@example.com", "+33 6 98 76 54 32", "Nîmes"


def created_by_form(live: Live, oplead: Oplead, leads: Door) -> int:
    form = posted(live, "/api/v1/forms", name="Walk")
    sent = {"name": NAME, "email": EMAIL, "phone": PHONE, "city": CITY, "message": "Six windows"}
    answer = requests.post(form["url"], data=sent, timeout=10)
    assert answer.status_code == 200, answer.text
    (lead,) = live.get(f"leads?email={EMAIL}")["data"]
    return int(lead["id"])


def created_by_oplead(live: Live, oplead: Oplead, leads: Door) -> int:
    sent = {"nom": "Martin", "prenom": "Zoé", "email": EMAIL, "telephone": PHONE, "ville": CITY}
    return int(oplead.made(**{"lastname": None, **sent})["id"])


def created_by_salesman(live: Live, oplead: Oplead, leads: Door) -> int:
    return int(leads("add", title=NAME, email=EMAIL, phone=PHONE, city=CITY)["result"]["id"])


def created_by_action(live: Live, oplead: Oplead, leads: Door) -> int:
    sent = {"title": NAME, "contact_name": NAME, "email": EMAIL, "phone": PHONE, "city": CITY}
    return int(leads.act("create_lead", **sent)["id"])


def posted(live: Live, path: str, **body: Any) -> dict[str, Any]:
    """A POST to an administrative resource."""
    answer = requests.post(f"{live.base}{path}", json=body, headers=live.headers, timeout=10)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def truths(live: Live, oplead: Oplead, leads: Door, lead_id: int) -> list[dict[str, Any]]:
    """What each door says of a lead, in one set of words."""
    native = live.get(f"leads/{lead_id}")
    simple = requests.post(
        f"{live.base}/api/simple/leads/{lead_id}/add_tag?tag=walked", headers=live.headers, timeout=9
    )
    french, russian = oplead.get(f"/leads/{lead_id}"), leads("info", id=lead_id)["data"]
    (found,) = [row for row in live.get(f"searches/find_lead?email={EMAIL}")["data"] if row["id"] == lead_id]
    (row,) = [row for row in leads("list")["data"] if row["id"] == str(lead_id)]
    (shown,) = [row for row in oplead.get("/leads", limit=200)["data"] if row["id"] == lead_id]
    rows = (native, simple.json(), french, russian, found, row, shown)
    return [{name: each[name] for name in ("email", "phone", "city")} for each in rows]


def came(receiver: Receiver, trigger: str, lead_id: int, polled: dict[int, Any]) -> bool:
    """Whether exactly the polled items about that lead came to the trigger's address."""
    items = [request.json for request in list(receiver.requests) if request.path == f"/{trigger}"]
    return {item["id"]: item for item in items if item["lead_id"] == lead_id} == polled


@pytest.mark.parametrize(
    "create",
    [created_by_form, created_by_oplead, created_by_salesman, created_by_action],
    ids=lambda made: made.__name__,
)
def test_a_lead_is_the_same_through_every_door(
    live: Live, leads: Door, receiver: Receiver, create: Callable[[Live, Oplead, Door], int]
) -> None:
    oplead = Oplead(live)
    hooks = [posted(live, "/api/v1/subscriptions", trigger=key, target_url=receiver.url(f"/{key}")) for key in TRIGGERS]
    lead_id = create(live, oplead, leads)
    same = {"email": EMAIL, "phone": PHONE, "city": CITY}
    assert truths(live, oplead, leads, lead_id) == [same] * 7

    assert oplead.ask("PUT", f"/leads/{lead_id}/status", json={"status": "Nurserie"}).status_code == 200
    status = live.get(f"leads/{lead_id}")["status_title"]
    requests.get(f"{live.base}/api/simple/leads/{lead_id}/won?amount=155.34", headers=live.headers, timeout=9)
    assert live.get(f"leads/{lead_id}")["amount"] == 155.34
    assert oplead.get(f"/leads/{lead_id}/status")["status"] != status
    assert leads("info", id=lead_id)["data"]["status"] in ("2", "3")
    leads.act("update_lead", lead_id=lead_id, city="Lyon", email=f"{lead_id}@example.com")
    assert leads("info", id=lead_id)["data"]["city"] == oplead.get(f"/leads/{lead_id}")["city"] == "Lyon"

    for key, hook in zip(TRIGGERS, hooks, strict=True):
        assert hook["state"] == "active"
        polled = {item["id"]: item for item in live.get(f"triggers/{key}")["data"] if item["lead_id"] == lead_id}
        assert polled and until(partial(came, receiver, key, lead_id, polled))
        requests.delete(f"{live.base}/api/v1/subscriptions/{hook['id']}", headers=live.headers, timeout=9)


def test_a_reminder_is_the_same_in_both_families(live: Live, leads: Door) -> None:
    task = Door(live, "/api/v1/task")
    made = leads.act("create_task", lead_id=1, title="Call back", due_date="2031-05-06")
    told = task("info", tid=made["id"])["data"]
    assert (told["title"], told["datum"], told["active"]) == ("Call back", "2031-05-06", "yes")
    task("update", tid=made["id"], title="Перезвонить")
    assert live.get(f"tasks/{made['id']}")["title"] == "Перезвонить"
    leads.act("complete_task", task_id=made["id"])
    assert task("info", tid=made["id"])["data"]["active"] == "no"
