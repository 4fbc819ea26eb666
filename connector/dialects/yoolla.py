"""Yoolla CRM, reminders: `/api/v1/task?login=..&apikey=..&action=tips|fields|list|info|add|update|doit|delete|addhist`.

Users are named by login, ids and numbers are texts, times are those of the account's zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from connector.catalog.filters import stamp
from connector.errors import Fault, Invalid, NotFound
from connector.storage.contract import Row
from connector.web.looking import EVERY_METHOD
from connector.web.methods import Call, Method, needed, page_number, refuse, serve
from connector.web.problems import catch

ROOTS = ("/developer/v1/task", "/api/v1/task")
DONE = "Выполнено напоминание"
FIELDS: Mapping[str, str] = {
    "tid": "Идентификатор напоминания", "title": "Тема", "des": "Агенда", "tip": "Тип напоминания",
    "active": "Признак: выполнено, активно", "priority": "Важность", "spees": "Срочность", "iduser": "Ответственный",
    "autor": "Автор напоминания", "clid": "ID клиента", "pid": "ID контакта", "did": "ID сделки",
}  # fmt: skip
TAKEN: Mapping[str, str] = {
    "title": "title", "des": "description", "tip": "activity_type", "datum": "due_date", "totime": "due_time",
    "priority": "priority", "spees": "urgency", "speed": "urgency", "clid": "client_id", "pid": "contact_id",
    "did": "deal_id", "user": "user_id", "autor": "author_id",
}  # fmt: skip
"""Parameters of `add` and `update`, and what they are called here."""
FILTERS: Mapping[str, str] = {"dateStart": "due_from", "dateEnd": "due_to", "active": "done"}
"""Parameters of `list` that have another name here."""
UNUSED: Mapping[str, str] = {"tip": "activity_type_id"} | {
    name: TAKEN[name]
    for name in ("des", "datum", "totime", "priority", "spees", "speed", "autor", "clid", "pid", "did")
}
"""Parameters whose field an account may have put out of use."""
SORTED: Mapping[str, str] = {
    "tid": "id", "datum": "due_date", "totime": "due_time", "title": "title", "des": "description",
    "tip": "activity_type_id", "priority": "priority", "speed": "urgency", "spees": "urgency", "iduser": "user_id",
    "autor": "author_id", "clid": "client_id", "pid": "contact_id", "did": "deal_id", "active": "done_at",
}  # fmt: skip
"""Fields that `order` may name."""
FLAGS: Mapping[str, str] = {"yes": "true", "no": "false"}
IDS = ("clid", "pid", "did")

yoolla = Blueprint("yoolla", __name__)


@yoolla.route("", methods=EVERY_METHOD)
def task() -> Response:
    """Every call of this door."""
    return serve(METHODS, ACTING, {**TAKEN, **FILTERS})


def tips(call: Call) -> Any:
    """The types of reminders, with their colours."""
    rows = call.records("activity_type", {})
    return {"data": [{"title": row["title"], "color": row["color"] or ""} for row in rows if row["is_active"]]}


def fields(call: Call) -> Any:
    """What the fields in use mean."""
    return {"data": {name: meaning for name, meaning in FIELDS.items() if in_use(call, name)}}


def in_use(call: Call, name: str) -> bool:
    """Whether the account uses the field behind that parameter."""
    return UNUSED.get(name) not in (call.account["unused_task_fields"] or ())


def several(call: Call) -> Any:
    """A page of 200 reminders, today's unless dates are given: latest first, unless `first=old`."""
    given = call.given
    owner = call.user(given.get("user", ""))
    raw = {
        "word": given.get("word"), "activity_type": given.get("tip"), "user_id": owner and str(owner["id"]),
        "done": {"yes": "false", "no": "true"}.get(given.get("active", "")),
        "due_from": given.get("dateStart", "")[:10], "due_to": given.get("dateEnd", "")[:10],
    }  # fmt: skip
    field = SORTED.get(given.get("order", ""), "due_date")
    order = field if given.get("first") == "old" else f"-{field}"
    rows = call.search("find_reminder", raw, order=order, page=page_number(given.get("offset", "")))
    return {"data": shaped(call, rows)}


def info(call: Call) -> Any:
    """One reminder."""
    return {"data": shaped(call, [found(call)])[0]}


def found(call: Call) -> Row:
    """The reminder that `tid` names: 405 without one, 404 for what cannot be one, 403 for one out of reach."""
    wanted = needed(call.given, "tid", "tid напоминания")
    if not (wanted.isascii() and wanted.isdecimal()):
        raise NotFound("nothing_found")
    try:
        return call.record("task", wanted)
    except NotFound:
        raise NotFound("reminder_not_found") from None


def add(call: Call) -> Any:
    """Make a reminder; a title is enough."""
    needed(call.given, "title", "Заголовок")
    raw = {**taken(call), "mail_alert": FLAGS.get(call.given.get("mailalert", ""))}
    return done(call.act("create_reminder", raw)["id"], "Добавлено напоминание")


def update(call: Call) -> Any:
    """Change what is given of a reminder, and nothing else."""
    task_id = found(call)["id"]
    changes = taken(call)
    changes.pop("author_id", None)
    call.act("update_task", {**changes, "task_id": str(task_id)})
    return done(str(task_id), "Обновлено напоминание")


def doit(call: Call) -> Any:
    """Finish a reminder; the result goes into the history."""
    task_id = str(found(call)["id"])
    call.act("complete_task", {"task_id": task_id, "result": call.given.get("description") or DONE})
    return done(task_id, DONE)


def delete(call: Call) -> Any:
    """Delete a reminder."""
    task_id = found(call)["id"]
    call.act("delete_task", {"task_id": str(task_id)})
    return done(task_id, "Удалено напоминание")


def addhist(call: Call) -> Any:
    """Add an entry to the history of a client, contact or deal."""
    given = call.given
    needed(given, "content", "content")
    if not any(numeral(given.get(name, "")) for name in IDS):
        needed({}, "clid", "clid, pid, did")
    actor = call.user(given.get("user", ""))
    raw = {
        "content": given["content"], "activity_type": given.get("tip"), "user_id": actor and str(actor["id"]),
        "happened_at": moment(given.get("datum", ""), call.account["time_zone"]),
        **{TAKEN[name]: numeral(given.get(name, "")) for name in IDS},
    }  # fmt: skip
    return {"result": "Успешно", "data": call.act("log_activity", raw)["id"]}


def taken(call: Call) -> dict[str, Any]:
    """The parameters of a reminder under our names; those of fields out of use are ignored."""
    raw: dict[str, Any] = {}
    for name, ours in TAKEN.items():
        value = call.given.get(name, "")
        if value and in_use(call, name):
            raw[ours] = READ.get(name, lambda call, value: value)(call, value)
    return raw


def login(call: Call, value: str) -> str:
    """The id of the user of that login."""
    user = call.user(value)
    return str(user["id"]) if user else ""


READ: Mapping[str, Any] = {
    "user": login,
    "autor": login,
    "datum": lambda call, value: value[:10],
    "totime": lambda call, value: value.zfill(5)[:5] if value[1:2] == ":" else value[:5],
    **{name: lambda call, value: numeral(value) for name in IDS},
}
"""What reads a parameter that is not taken as it stands."""


def numeral(value: str) -> str:
    """An id; of several the first, and 0 is none."""
    return value.replace(",", ";").partition(";")[0].strip().lstrip("0")


def moment(text: str, zone: str) -> str | None:
    """The moment that clocks of that zone show so, None where none is given."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return stamp(read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError):
        params = {"name": "datum", "got": text[:60]}
        raise Invalid(faults=[Fault(pointer="/datum", key="not_a_datetime", params=params)]) from None


def shaped(call: Call, tasks: Sequence[Row]) -> list[dict[str, Any]]:
    """Reminders in Yoolla's words: every value a text, `autor` null where the user set it for himself."""
    clients = call.labels("client", tasks, "client_id", "name")
    people = call.labels("contact", tasks, "contact_id", "name")
    deals = call.labels("deal", tasks, "deal_id", "title")
    logins = call.labels("user", tasks, "user_id", "login") | call.labels("user", tasks, "author_id", "login")
    return [
        {
            "tid": str(row["id"]), "datum": row["due_date"] or "", "totime": row["due_time"] or "",
            "title": row["title"], "des": row["description"] or "", "tip": row["activity_type"] or "",
            "active": "no" if row["done_at"] else "yes", "priority": str(row["priority"]),
            "speed": str(row["urgency"]), "spees": str(row["urgency"]), "iduser": logins.get(row["user_id"], ""),
            "autor": logins.get(row["author_id"]) if row["author_id"] != row["user_id"] else None,
            "clid": str(row["client_id"] or 0), "client": clients.get(row["client_id"], ""),
            "pid": str(row["contact_id"] or 0), "person": people.get(row["contact_id"], ""),
            "did": str(row["deal_id"] or 0), "dogovor": deals.get(row["deal_id"], ""),
        }
        for row in tasks
    ]  # fmt: skip


def done(data: int | str, message: str) -> dict[str, Any]:
    """What a write answers; some say the id as a number and some as a text, as in the vendor's samples."""
    return {"result": "Успешно", "data": data, "message": message}


ACTING = frozenset({"add", "update", "doit", "delete", "addhist"})
METHODS: Mapping[str, Method] = {
    "tips": tips, "fields": fields, "list": several, "info": info, "add": add, "update": update, "doit": doit,
    "delete": delete, "addhist": addhist,
}  # fmt: skip

catch(yoolla, refuse)
