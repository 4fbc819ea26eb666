"""SalesMan's leads, as they describe themselves: methods, parameters and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalog.outputs import closed
from connector.exporters.methods import Desk, Method
from connector.exporters.routes import NULL_TEXT

TEXT: Mapping[str, Any] = {"type": "string"}
PAGED: Mapping[str, str] = {
    "dateStart": "From that day on, YYYY-MM-DD.",
    "dateEnd": "Until that day, YYYY-MM-DD.",
    "order": "The key of a row to sort by.",
    "first": "`old`: upwards; anything else: downwards.",
    "offset": "The number of the page, from 0; a page has 200 rows.",
}
SOURCED = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_referrer")
RECEIVED: Mapping[str, str] = {
    "title": "title", "email": "email", "phone": "phone", "company": "company", "description": "description",
    "site": "site", "ip": "ip", "country": "country", "city": "city", "path": "source", "partner": "partner",
    "user": "login", **{name: name for name in SOURCED},
}  # fmt: skip
ROW: Mapping[str, Any] = {
    "id": TEXT, "datum": {**TEXT, "description": "When it came, in the account's time zone."},
    "datum_do": {**NULL_TEXT, "description": "When it was finished."},
    **dict.fromkeys(("email", "phone", "site", "company", "city", "country", "content"), TEXT),
    **dict.fromkeys(("clid", "client", "pid", "person", "did", "deal", "user", "userName"), TEXT),
    "status": {**TEXT, "enum": ["0", "1", "2", "3"]},
    "statusName": {**TEXT, "enum": ["Открыт", "В работе", "Обработан", "Закрыт"]},
    "rezult": {**TEXT, "enum": ["0", "1", "2", "3", "4"], "description": "Why it was closed; 0: it was not."},
    "rezultName": TEXT, "clientpath": TEXT, "clientpathName": TEXT,
}  # fmt: skip
SHOWN_ROW = {
    "id": "1", "datum": "2026-01-05 10:00:00", "datum_do": None, "email": "nora@northwind.example", "phone": "",
    "site": "", "company": "Northwind Bakery", "city": "", "country": "", "content": "", "clid": "1",
    "client": "Northwind Bakery", "pid": "0", "person": "", "did": "0", "deal": "", "user": "2",
    "userName": "Ana Lopez", "status": "1", "statusName": "В работе", "rezult": "0", "rezultName": "",
    "clientpath": "1", "clientpathName": "Website Form",
}  # fmt: skip
COUNTED = closed({"title": TEXT, "open": TEXT, "processed": TEXT})
MORE = ("title", "ip", *SOURCED, "description", "partner")

LEADS = Desk(
    tag="SalesMan leads",
    title="Call a Method of SalesMan's Leads",
    paths={"/developer/v1/leads": "salesman"},
    inputs={name: ("receive_lead", taken) for name, taken in RECEIVED.items()},
    words={
        "id": "The lead.",
        **PAGED,
        "dateStart": "YYYY-MM-DD. With `dateEnd`: from that day on; alone: after that day began.",
        "dateEnd": "YYYY-MM-DD. With `dateStart`: until that day, included; alone: before that day began.",
    },
    methods={
        "add": Method(
            does="Takes a lead in and answers its id. A title, company, e-mail address or phone number is enough.",
            takes=tuple(RECEIVED), one_of=("title", "company", "email", "phone"),
            shown={"title": "Anna Berg", "email": "anna@berg.example", "phone": "06.12.34.56.78", "path": "Landing"},
            answers=closed({"result": closed({"text": {"const": "Success"}, "id": {"type": "integer"}})}),
            answer={"result": {"text": "Success", "id": 940}},
        ),
        "stat": Method(
            does="This month's leads per active user: open ones that came, and finished ones.",
            answers=closed({"data": {"type": "array", "items": COUNTED}}),
            answer={"data": [{"title": "ana", "open": "3", "processed": "1"}]},
        ),
        "info": Method(
            does="One lead.", takes=("id",), needs=("id",), shown={"id": "1"},
            answers=closed({"data": closed({**ROW, **dict.fromkeys(MORE, TEXT)}), "id": {"type": "integer"}}),
            answer={"data": {**SHOWN_ROW, **dict.fromkeys(MORE, ""), "title": "Bakery"}, "id": 1},
        ),
        "list": Method(
            does="A page of leads, newest first.", takes=tuple(PAGED),
            shown={"dateStart": "2026-01-01", "dateEnd": "2026-12-31", "order": "datum", "first": "old", "offset": "0"},
            answers=closed({"data": {"type": "array", "items": closed(ROW)}}), answer={"data": [SHOWN_ROW]},
        ),
    },
)  # fmt: skip
"""SalesMan's leads."""
