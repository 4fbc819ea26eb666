"""One test per row of the SalesMan table: each sends the row's own request over HTTP to a server on every storage."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.plugins.doors import Door, Outbox

ADA, ANA, BRUNO, CHLOE = "1", "2", "3", "4"
ACTIONS = ("add", "stat", "info", "list")
ROW = [
    "id", "datum", "datum_do", "email", "phone", "site", "company", "city", "country", "content", "clid", "client",
    "pid", "person", "did", "deal", "user", "userName", "status", "statusName", "rezult", "rezultName", "clientpath",
    "clientpathName",
]  # fmt: skip
NUMBERS = count(1)


@pytest.fixture
def rule(leads: Door) -> Iterator[Callable[[str], None]]:
    """Sets the account's distribution rule; the coordinator's is put back."""

    def set_method(method: str) -> None:
        leads.act("set_lead_distribution", lead_method=method)

    yield set_method
    leads.act("set_lead_distribution", lead_method="coordinator", coordinator_id=1)


def stranger() -> dict[str, str]:
    """A person nobody knows."""
    return {"title": "Иван Петров", "email": f"ivan{next(NUMBERS)}@stranger.example"}


def read(leads: Door, **given: str) -> dict[str, str]:
    """The new lead, by a later request."""
    return dict(leads("info", id=leads("add", **given)["result"]["id"])["data"])


def test_S1_login_apikey_and_action_come_in_the_query(leads: Door) -> None:
    assert leads("stat")["data"]


@pytest.mark.parametrize("action", ACTIONS)
def test_S2_key_then_user_then_method_are_checked(leads: Door, action: str) -> None:
    assert leads.as_user("nobody", key="wrong").refused(action) == "400"
    assert leads.as_user("nobody").refused(action) == "401"
    assert leads.refused(f"{action}s") == "402"
    answer = leads.as_user("ada", key="wrong").ask(action).json()
    assert answer == {"result": "Error", "error": {"code": "400", "text": "Не верный API key"}}


def test_S3_add_keeps_what_the_form_said(leads: Door) -> None:
    given = {
        **stranger(), "phone": "+7 495 111-22-33", "company": "ООО Ромашка", "description": "Перезвоните мне",
        "ip": "192.0.2.7", "country": "Россия", "city": "Пермь",
    }  # fmt: skip
    assert given.items() <= read(leads, **given).items()


def test_S4_path_is_the_source_and_a_known_partner_is_kept(leads: Door) -> None:
    found = read(leads, **stranger(), path="Test Path", partner="casa.example")
    assert (found["clientpathName"], found["partner"]) == ("Test Path", "Casa Directory")
    again = read(leads, **stranger(), path="test path", partner="unknown.example")
    assert (again["clientpath"], again["partner"]) == (found["clientpath"], "")


def test_S5_user_is_a_login(leads: Door) -> None:
    found = read(leads, **stranger(), user="bruno")
    assert (found["user"], found["userName"]) == (BRUNO, "Bruno Petit")


def test_S6_utm_fields_are_kept_and_the_source_follows(leads: Door) -> None:
    utm = {
        "utm_medium": "cpc",
        "utm_campaign": "spring",
        "utm_term": "окна",
        "utm_content": "banner",
        "utm_referrer": "yandex.ru",
    }
    found = read(leads, **stranger(), utm_source="google", **utm)
    assert (found["utm_source"], found["clientpathName"]) == ("google", "Google Ads")
    assert utm.items() <= found.items()
    assert read(leads, **stranger(), utm_source="yandex")["clientpathName"] == "yandex"


def test_S7_the_coordinator_gets_what_nobody_is_named_for(leads: Door, rule: Callable[[str], None]) -> None:
    assert read(leads, **stranger())["user"] == ADA
    leads.act("set_lead_distribution", coordinator_id=2)
    assert read(leads, **stranger())["user"] == ANA


def test_S8_the_accounts_rule_distributes(leads: Door, rule: Callable[[str], None]) -> None:
    rule("free")
    assert read(leads, **stranger())["user"] == "0"
    rule("equal")
    shares = [read(leads, **stranger())["user"] for _ in range(24)]
    assert set(shares[-4:]) == {ADA, ANA, BRUNO, CHLOE}
    rule("random")
    drawn = {read(leads, **stranger())["user"] for _ in range(24)}
    assert len(drawn) > 1
    assert drawn <= {ADA, ANA, BRUNO, CHLOE}


@pytest.mark.parametrize("phone", ["06.12.34.56.78", "0033612345678", "8 (6) 12-34-56-78"])
def test_S9_whoever_knows_the_client_becomes_responsible(leads: Door, phone: str) -> None:
    assert read(leads, title="Снова", phone=phone)["user"] == BRUNO
    assert read(leads, title="Снова", email=" NORA@Northwind.example")["user"] == BRUNO


def test_S9_an_earlier_lead_counts_as_well(leads: Door) -> None:
    person = stranger()
    read(leads, **person, user="bruno")
    again = leads.as_user("ana")("add", **person)["result"]["id"]
    assert leads("info", id=again)["data"]["user"] == BRUNO


@pytest.mark.parametrize(("login", "address"), [("bruno", "bruno@example.test"), ("", "ada@example.test")])
def test_S10_one_mail_tells_who_is_responsible(leads: Door, outbox: Outbox, login: str, address: str) -> None:
    person = stranger()
    leads("add", **{**person, "title": person["email"]}, user=login)
    assert outbox(person["email"]) == [address]


def test_S11_the_answer_to_add(leads: Door) -> None:
    answer = leads("add", **stranger())
    assert answer == {"result": {"text": "Success", "id": answer["result"]["id"]}}
    assert isinstance(answer["result"]["id"], int)


def test_S12_stat_counts_this_months_leads_per_user(leads: Door) -> None:
    def numbers() -> tuple[int, int]:
        row = next(row for row in leads("stat")["data"] if row["title"] == "bruno")
        assert (set(row), type(row["open"]), type(row["processed"])) == ({"title", "open", "processed"}, str, str)
        return int(row["open"]), int(row["processed"])

    before = numbers()
    lead = leads("add", **stranger(), user="bruno")["result"]["id"]
    assert numbers() == (before[0] + 1, before[1])
    leads.act("won", lead_id=lead)
    assert numbers() == (before[0], before[1] + 1)
    assert [row["title"] for row in leads("stat")["data"]] == ["ada", "ana", "bruno", "chloe"]


def test_S13_info_is_the_data_of_a_lead(leads: Door) -> None:
    answer = leads("info", id=1)
    assert (answer["id"], answer["data"]["title"]) == (1, "Windows for Maison Dupont")
    assert (leads.refused("info"), leads.refused("info", id=999999)) == ("405", "403")
    assert leads.as_user("bruno").refused("info", id=1) == "403"


def test_S14_list_has_pages_of_200_by_number(leads: Door) -> None:
    rows = [{"title": f"Lead {number}", "user_id": 4} for number in range(250)]
    leads.act("create_lead/batch", rows=rows)
    chloe, today = leads.as_user("chloe"), datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
    before = len(chloe("list", dateStart=today, offset=1)["data"]) - 50
    assert before >= 0
    assert len(chloe("list", dateStart=today, offset=0)["data"]) == 200
    assert len(chloe("list", dateStart=today)["data"]) == 200
    assert chloe("list", dateStart=today, offset=2)["data"] == []


def test_S15_order_names_a_field(leads: Door) -> None:
    ids = [int(row["id"]) for row in leads("list", order="id")["data"]]
    assert ids == sorted(ids, reverse=True)
    cities = [row["city"] for row in leads("list", order="city", first="old")["data"]]
    assert cities == sorted(cities)
    assert leads("list", order="datum")["data"] == leads("list")["data"] == leads("list", order="nothing")["data"]


def test_S16_first_is_new_or_old(leads: Door) -> None:
    moments = [row["datum"] for row in leads("list", first="old")["data"]]
    assert moments == sorted(moments)
    for given in ({}, {"first": ""}, {"first": "new"}):
        moments = [row["datum"] for row in leads("list", **given)["data"]]
        assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize(
    ("period", "inside"),
    [
        ({"dateStart": "2026-01-05", "dateEnd": "2026-01-05"}, True),
        ({"dateStart": "2026-01-04", "dateEnd": "2026-01-04"}, False),
        ({"dateStart": "2026-01-05"}, True),
        ({"dateStart": "2026-01-06"}, False),
        ({"dateEnd": "2026-01-06"}, True),
        ({"dateEnd": "2026-01-05"}, False),
        ({"dateStart": "", "dateEnd": ""}, True),
    ],
)
def test_S17_dates_bound_the_list(leads: Door, period: dict[str, str], inside: bool) -> None:
    found = {row["id"] for row in leads("list", first="old", **period)["data"]}
    assert ("1" in found) is inside
    assert leads.refused("list", dateStart="yesterday") == "405"


def test_S18_the_keys_of_a_row(leads: Door) -> None:
    rows = {row["id"]: row for row in leads("list", first="old")["data"]}
    assert {tuple(row) for row in rows.values()} == {tuple(ROW)}
    done, fresh = rows["3"], rows["8"]
    assert (done["clid"], done["client"], done["pid"], done["person"], done["did"], done["deal"]) == (
        "1", "Northwind Bakery", "1", "Nora Berg", "1", "Shop front",
    )  # fmt: skip
    assert {fresh[name] for name in ("clid", "pid", "did", "user", "status", "rezult")} == {"0"}
    assert (done["datum"], done["datum_do"]) == ("2026-01-05 09:00:00", "2026-01-20 16:00:00")


@pytest.mark.parametrize(
    ("given", "action", "status"),
    [
        ({"user": "ada"}, None, ("0", "Открыт")),
        ({"user": "ana"}, None, ("1", "В работе")),
        ({"user": "ana"}, "won", ("2", "Обработан")),
        ({"user": "ana"}, "lost", ("3", "Закрыт")),
    ],
)
def test_S19_the_statuses(leads: Door, given: dict[str, str], action: str | None, status: tuple[str, str]) -> None:
    lead = leads("add", **stranger(), **given)["result"]["id"]
    if action:
        leads.act(action, lead_id=lead)
    found = leads("info", id=lead)["data"]
    assert (found["status"], found["statusName"]) == status


@pytest.mark.parametrize(
    ("reason", "rezult"),
    [
        ("spam", ("1", "Спам")),
        ("duplicate", ("2", "Дубль")),
        ("other", ("3", "Другое")),
        ("not_target", ("4", "Не целевой")),
    ],
)
def test_S20_the_results(leads: Door, reason: str, rezult: tuple[str, str]) -> None:
    lead = leads("add", **stranger())["result"]["id"]
    leads.act("lost", lead_id=lead, close_reason=reason)
    found = leads("info", id=lead)["data"]
    assert (found["rezult"], found["rezultName"]) == rezult


def test_an_account_key_acts_for_whom_it_names(leads: Door, account_key: Callable[[], str]) -> None:
    key = account_key()
    seen = {row["user"] for row in leads.as_user("ana", key)("list")["data"]}
    assert seen == {ANA}
    assert leads.as_user("ana@example.test", key)("stat")
    assert leads.as_user("dmitri", key).refused("stat") == "401"


def test_other_keys_act_for_their_own_user_only(leads: Door) -> None:
    body = {"name": "own", "user_id": 3}
    answer = requests.post(f"{leads.live.base}/api/v1/tokens", json=body, headers=leads.live.headers, timeout=10)
    key = answer.json()["token"]
    assert leads.as_user("bruno", key)("stat")
    assert leads.as_user("ana", key).refused("stat") == "401"


def test_absolute_addresses_and_any_host_are_served(leads: Door) -> None:
    connection = http.client.HTTPConnection(urlsplit(leads.live.base).netloc, timeout=10)
    query = f"login=ada&apikey={leads.key}&action=info&id=1"
    for address in (f"http://crm.example{leads.path}?{query}", f"{leads.path}/?{query}", f"/{leads.path}?{query}"):
        connection.request("GET", address, headers={"Host": "another.example:81"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["id"]) == (200, 1)
    connection.close()
