"""Yoolla's reminders, as they describe themselves: methods, parameters and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalog.outputs import closed
from connector.exporters.methods import Desk, Method
from connector.exporters.routes import NULL_TEXT
from connector.exporters.salesman import PAGED, TEXT

SET: Mapping[str, str] = {"title": "title", "des": "description", "tip": "activity_type"}
"""Parameters of `add` and `update` that go on as they come, and what they are called there."""
WORDS: Mapping[str, str] = {
    **PAGED,
    "tid": "The reminder.",
    "word": "Part of the title, description or type.",
    "active": "`yes`: open ones; `no`: finished ones.",
    "user": "Who has to do it, or did it, by login; you unless given.",
    "autor": "Who set it, by login; you unless given.",
    "datum": "Its day, YYYY-MM-DD: today unless given. In the history the moment: YYYY-MM-DD HH:MM:SS.",
    "totime": "Hours and minutes, such as 14:30; in an hour unless given.",
    "priority": "0 normal, 1 low, 2 high.",
    "speed": "Urgency: 0 normal, 1 low, 2 high.",
    "spees": "The same as `speed`.",
    "clid": "The id of a client.",
    "pid": "The id of a contact; of several the first.",
    "did": "The id of a deal.",
    "mailalert": "`yes`: the user gets a notice, if they take such notices.",
    "description": "What came of it; goes into the history.",
    "content": "What happened.",
    "dateStart": "From that day on, YYYY-MM-DD; only today without both dates.",
}
ROW: Mapping[str, Any] = {
    **dict.fromkeys(("tid", "datum", "totime", "title", "des", "tip"), TEXT),
    "active": {**TEXT, "enum": ["yes", "no"]},
    **dict.fromkeys(("priority", "speed", "spees", "iduser"), TEXT),
    "autor": {**NULL_TEXT, "description": "Null where users set it for themselves."},
    **dict.fromkeys(("clid", "client", "pid", "person", "did", "dogovor"), TEXT),
}
SHOWN_ROW = {
    "tid": "1", "datum": "2026-02-02", "totime": "10:00", "title": "Send samples", "des": "", "tip": "E-mail",
    "active": "yes", "priority": "0", "speed": "0", "spees": "0", "iduser": "ana", "autor": "ada", "clid": "0",
    "client": "", "pid": "0", "person": "", "did": "0", "dogovor": "",
}  # fmt: skip
FIELDS = (
    "tid", "title", "des", "tip", "active", "priority", "spees", "iduser", "autor", "clid", "pid", "did",
)  # fmt: skip
SETS = ("title", "des", "datum", "totime", "tip", "user", "autor", "priority", "speed", "spees", "clid", "pid", "did")
CHANGED = tuple(name for name in SETS if name != "autor")
DONE = "Успешно"


def done(kind: str) -> dict[str, Any]:
    """What a method that writes answers: a number or a text, as the original has it."""
    return closed({"result": {"const": DONE}, "data": {"type": kind}, "message": TEXT})


REMINDERS = Desk(
    tag="Yoolla reminders",
    title="Call a Method of Yoolla's Reminders",
    paths={"/api/v1/task": "yoolla", "/developer/v1/task": "yoolla_developer"},
    inputs={name: ("create_reminder", taken) for name, taken in SET.items()},
    words=WORDS,
    methods={
        "tips": Method(
            does="The types of reminders with their colours.",
            answers=closed({"data": {"type": "array", "items": closed({"title": TEXT, "color": TEXT})}}),
            answer={"data": [{"title": "Call", "color": "#1f77b4"}]},
        ),
        "fields": Method(
            does="What the fields in use mean.",
            answers=closed({"data": {"type": "object", "additionalProperties": False,
                                     "properties": dict.fromkeys(FIELDS, TEXT)}}),
            answer={"data": {"tid": "Идентификатор напоминания", "title": "Тема"}},
        ),
        "list": Method(
            does="A page of reminders, latest first; today's unless dates are given.",
            takes=(*PAGED, "user", "word", "tip", "active"),
            shown={"dateStart": "2026-02-01", "dateEnd": "2026-04-30", "order": "datum", "first": "old", "offset": "0",
                   "user": "ana", "active": "yes"},
            answers=closed({"data": {"type": "array", "items": closed(ROW)}}), answer={"data": [SHOWN_ROW]},
        ),
        "info": Method(does="One reminder.", takes=("tid",), needs=("tid",), shown={"tid": "1"},
                       answers=closed({"data": closed(ROW)}), answer={"data": SHOWN_ROW}),
        "add": Method(
            does="Makes a reminder and answers its id. A title is enough.", takes=(*SETS, "mailalert"),
            needs=("title",),
            shown={"title": "Call back", "datum": "2026-03-02", "totime": "14:30", "tip": "Call", "user": "ana",
                   "autor": "ada", "clid": "1", "mailalert": "no"},
            answers=done("integer"), answer={"result": DONE, "data": 4, "message": "Добавлено напоминание"},
        ),
        "update": Method(
            does="Changes what is given of a reminder.", takes=("tid", *CHANGED), needs=("tid",),
            shown={"tid": "1", "title": "Send more samples"}, answers=done("string"),
            answer={"result": DONE, "data": "1", "message": "Обновлено напоминание"},
        ),
        "doit": Method(
            does="Finishes a reminder.", takes=("tid", "description"), needs=("tid",),
            shown={"tid": "1", "description": "Samples sent"}, answers=done("string"),
            answer={"result": DONE, "data": "1", "message": "Выполнено напоминание"},
        ),
        "delete": Method(does="Deletes a reminder.", takes=("tid",), needs=("tid",), shown={"tid": "2"},
                         answers=done("integer"),
                         answer={"result": DONE, "data": 2, "message": "Удалено напоминание"}),
        "addhist": Method(
            does="Adds an entry to the history of a client, contact or deal, and answers its id.",
            takes=("content", "clid", "pid", "did", "user", "datum", "tip"), needs=("content",),
            one_of=("clid", "pid", "did"),
            shown={"content": "Invoice sent", "clid": "1", "datum": "2026-02-03 10:15:00", "tip": "Call"},
            answers=closed({"result": {"const": DONE}, "data": {"type": "integer"}}),
            answer={"result": DONE, "data": 3},
        ),
    },
)  # fmt: skip
"""Yoolla's reminders."""
