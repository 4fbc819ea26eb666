"""One test per row of the Yoolla table: each sends the row's own request over HTTP to a server on every storage."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from connector.storage import open as open_store
from connector.storage.contract import Scope
from tests.plugins.desk import shipped
from tests.plugins.doors import Door, Outbox

ACTIONS = ("tips", "fields", "list", "info", "add", "update", "doit", "delete", "addhist")
KEYS = [
    "tid", "datum", "totime", "title", "des", "tip", "active", "priority", "speed", "spees", "iduser", "autor", "clid",
    "client", "pid", "person", "did", "dogovor",
]  # fmt: skip
FIELDS = ["tid", "title", "des", "tip", "active", "priority", "spees", "iduser", "autor", "clid", "pid", "did"]
MISSING = 999999


def clock() -> datetime:
    """What the clocks of the account show."""
    return datetime.now(ZoneInfo("Europe/Paris"))


def day(days: int = 0) -> str:
    """A date near today."""
    return (clock() + timedelta(days=days)).date().isoformat()


def made(task: Door, **given: Any) -> dict[str, Any]:
    """A new reminder, by a later request."""
    tid = task("add", **{"title": "Позвонить", **given})["data"]
    return dict(task("info", tid=tid)["data"])


def listed(task: Door, **given: Any) -> set[str]:
    """The ids of a list."""
    return {row["tid"] for row in task("list", **given)["data"]}


@pytest.fixture
def quiet(task: Door) -> None:
    """Ana takes no notices of tasks."""
    ana = next(row for row in task.live.get("users")["data"] if row["login"] == "ana")
    store = open_store(task.live.database_url)
    store.adopt(shipped())
    store.transact(Scope(account_id=1), lambda tx: tx.update("user", ana["id"], {"notify_task": False}))
    store.close()


@pytest.mark.parametrize("action", ACTIONS)
def test_T1_key_then_user_then_method_are_checked(task: Door, action: str) -> None:
    assert task.as_user("nobody", key="wrong").refused(action) == "400"
    assert task.as_user("nobody").refused(action) == "401"
    assert task.refused(f"{action}s") == "402"


def test_T2_the_defaults_of_active_priority_and_speed(task: Door) -> None:
    found = made(task)
    assert (found["priority"], found["speed"], found["active"]) == ("0", "0", "yes")
    found = made(task, priority="2", speed="1")
    assert (found["priority"], found["speed"]) == ("2", "1")
    assert made(task, spees="2")["spees"] == "2"


def test_T3_tips_are_types_with_colours(task: Door) -> None:
    rows = task("tips")["data"]
    assert {"title": "Call", "color": "#1f77b4"} in rows
    assert {tuple(row) for row in rows} == {("title", "color")}


def test_T4_fields_say_what_they_mean(task: Door) -> None:
    data = task("fields")["data"]
    assert list(data) == FIELDS
    assert all(isinstance(meaning, str) and meaning for meaning in data.values())


def test_T5_fields_out_of_use_are_ignored(task: Door) -> None:
    task.act("set_task_fields", unused_task_fields=["priority", "description"])
    try:
        found = made(task, priority="2", des="Никто не увидит", speed="2")
        assert (found["priority"], found["des"], found["speed"]) == ("0", "", "2")
        assert {"priority", "des"}.isdisjoint(task("fields")["data"])
    finally:
        task.act("set_task_fields", unused_task_fields=[])


def test_T6_list_shows_what_the_user_may_see_by_pages(task: Door) -> None:
    rows = [{"title": f"Дело {number}", "user_id": 4} for number in range(210)]
    task.act("create_task/batch", rows=rows)
    chloe = task.as_user("chloe")
    assert len(chloe("list")["data"]) == 200
    assert chloe("list", offset=1)["data"]
    assert chloe("list", offset=9)["data"] == []
    assert {row["iduser"] for row in chloe("list")["data"]} == {"chloe"}
    ids = [int(row["tid"]) for row in chloe("list", order="tid", first="old")["data"]]
    assert ids == sorted(ids)
    ids = [int(row["tid"]) for row in chloe("list", order="tid")["data"]]
    assert ids == sorted(ids, reverse=True)


def test_T7_filters(task: Door) -> None:
    mine = made(task, title="Отправить Договор", des="до обеда", tip="Бумаги", datum=day(40))["tid"]
    other = made(task, user="bruno", datum=day(42))["tid"]
    assert listed(task, user="bruno", dateStart=day(39)) & {mine, other} == {other}
    assert listed(task, dateStart=day(41)) & {mine, other} == {other}
    assert listed(task, dateEnd=day(41)) & {mine, other} == {mine}
    assert listed(task, dateStart=day(40), dateEnd=day(42)) >= {mine, other}
    for word in ("договор", "ОБЕДА", "бумаг"):
        assert listed(task, word=word, dateStart=day(39)) & {mine, other} == {mine}
    assert listed(task, tip="бумаги", dateStart=day(39)) & {mine, other} == {mine}
    assert listed(task, tip="Нет такого", dateStart=day(39)) == set()


def test_T8_without_dates_the_list_is_todays(task: Door) -> None:
    today, tomorrow = made(task)["tid"], made(task, datum=day(1))["tid"]
    rows = task("list")["data"]
    assert {row["datum"] for row in rows} == {day()}
    assert {row["tid"] for row in rows} & {today, tomorrow} == {today}


def test_T9_info_has_18_keys_and_texts(task: Door) -> None:
    found = made(task, clid=1, pid=1, did=1, des="Обсудить", tip="Call")
    assert list(found) == KEYS
    assert {name for name, value in found.items() if not isinstance(value, str)} == {"autor"}
    assert (found["iduser"], found["autor"], found["clid"]) == ("ada", None, "1")
    assert (found["client"], found["person"], found["dogovor"]) == ("Northwind Bakery", "Nora Berg", "Shop front")


def test_T10_info_refuses_with_403_404_405(task: Door) -> None:
    foreign = made(task)["tid"]
    assert task.as_user("bruno").refused("info", tid=foreign) == "403"
    assert task.refused("info", tid=MISSING) == "403"
    assert task.refused("info", tid="abc") == "404"
    assert (task.refused("info"), task.refused("info", tid="")) == ("405", "405")


def test_T11_add_needs_a_title_only(task: Door) -> None:
    before, found, after = clock(), made(task), clock()
    hours = {(moment + timedelta(hours=1)).strftime("%H:%M") for moment in (before, after)} | {"23:59"}
    assert (found["datum"], found["title"], found["iduser"]) == (day(), "Позвонить", "ada")
    assert found["totime"] in hours
    given = {"datum": "2031-03-05", "totime": "14:30", "user": "bruno", "autor": "ana", "des": "Образцы"}
    assert given.items() <= {**(found := made(task, **given)), "user": found["iduser"]}.items()


def test_T12_without_a_user_it_is_the_callers(task: Door) -> None:
    assert made(task.as_user("ana"), user="")["iduser"] == "ana"


def test_T13_mailalert_reaches_users_who_take_notices(task: Door, outbox: Outbox, quiet: None) -> None:
    words = {name: f"{name} {task('add', title='Номер')['data']}" for name in ("yes", "no", "off")}
    task("add", title=words["yes"], user="bruno", mailalert="yes")
    task("add", title=words["no"], user="bruno", mailalert="no")
    task("add", title=words["off"], user="ana", mailalert="yes")
    assert [outbox(word) for word in words.values()] == [["bruno@example.test"], [], []]


def test_T14_a_new_tip_enters_the_directory(task: Door) -> None:
    tip = f"Новый тип {task.path}"
    for written in (tip, tip.upper()):
        assert made(task, tip=written)["tip"] == tip
    assert [row["title"] for row in task("tips")["data"]].count(tip) == 1


def test_T15_the_answer_to_add(task: Door) -> None:
    answer = task("add", title="Позвонить")
    assert (list(answer), answer["result"], type(answer["data"])) == (["result", "data", "message"], "Успешно", int)
    assert task.refused("add") == "405"
    assert task.ask("add").json()["error"]["text"] == "Отсутствуют параметры - Заголовок"


def test_T16_update_changes_only_what_is_given(task: Door) -> None:
    found = made(task, des="Обсудить", tip="Call", totime="14:30", priority="1", clid=1)
    answer = task("update", tid=found["tid"], title="Другое")
    assert (answer["result"], answer["data"]) == ("Успешно", found["tid"])
    assert task("info", tid=found["tid"])["data"] == {**found, "title": "Другое"}
    assert (task.refused("update", tid=MISSING, title="Нет"), task.refused("update", title="Нет")) == ("403", "405")


def test_T17_doit_finishes_with_a_result(task: Door) -> None:
    found = made(task, clid=1)
    address = (
        f"{task.live.base}{task.path}?login={task.login}&apikey={task.key}&&action=doit"
        f"&tid={found['tid']}&description=Договорились+{found['tid']}"
    )
    answer = requests.get(address, timeout=10).json()
    assert answer == {"result": "Успешно", "data": found["tid"], "message": "Выполнено напоминание"}
    assert task("info", tid=found["tid"])["data"]["active"] == "no"
    history = task.live.get("activities", client_id="1", limit=200)["data"]
    assert f"Договорились {found['tid']}" in {entry["content"] for entry in history}
    assert (task.refused("doit", tid=MISSING), task.refused("doit")) == ("403", "405")


def test_T18_delete(task: Door) -> None:
    tid = task("add", title="Лишнее")["data"]
    answer = task("delete", tid=tid)
    assert (answer["result"], answer["data"]) == ("Успешно", tid)
    assert task.refused("info", tid=tid) == "403"
    assert (task.refused("delete", tid=tid), task.refused("delete")) == ("403", "405")


def test_T19_addhist_writes_history(task: Door) -> None:
    given = {"content": "Выставлен счёт", "clid": 1, "tip": "Счёт", "user": "bruno", "datum": "2026-02-03 10:15:00"}
    entry = task.live.get(f"activities/{task('addhist', **given)['data']}")
    assert (entry["client_id"], entry["user_id"], entry["activity_type"]) == (1, 3, "Счёт")
    assert (entry["content"], entry["happened_at"]) == ("Выставлен счёт", "2026-02-03T09:15:00.000Z")
    entry = task.live.get(f"activities/{task('addhist', content='Звонок', did=1)['data']}")
    assert (entry["deal_id"], entry["happened_at"][:10]) == (1, datetime.now(ZoneInfo("UTC")).date().isoformat())
    for lacking in ({"clid": 1}, {"content": "Никому"}, {"content": "Никому", "clid": 0}):
        assert task.refused("addhist", **lacking) == "405"


def test_T20_plus_stands_for_a_blank(task: Door) -> None:
    address = f"{task.live.base}{task.path}?login=ada&apikey={task.key}&action=add&title=Send+two%2Bthree+samples"
    tid = requests.get(address, timeout=10).json()["data"]
    assert task("info", tid=tid)["data"]["title"] == "Send two+three samples"


@pytest.mark.parametrize("action", ["add", "list", "addhist"])
def test_a_user_nobody_knows_is_refused(task: Door, action: str) -> None:
    assert task.refused(action, title="Кому", content="Кому", clid=1, user="nobody") == "401"
