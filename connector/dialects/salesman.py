"""SalesMan CRM, leads: `/developer/v1/leads?login=..&apikey=..&action=add|info|list|stat`.

Numbers are texts and times are those of the account's zone, as the real server sends them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response

from connector.catalog.filters import local, midnight, plus_days
from connector.errors import Fault, Invalid, NotFound
from connector.storage.contract import Row
from connector.web.looking import EVERY_METHOD
from connector.web.methods import Call, Method, needed, page_number, refuse, serve
from connector.web.problems import catch

ROOTS = ("/developer/v1/leads",)
STATUSES = ("Открыт", "В работе", "Обработан", "Закрыт")
CLOSED: Mapping[str, int] = {"won": 2, "lost": 3, "cancelled": 3}
REASONS: Mapping[str, tuple[str, str]] = {
    "spam": ("1", "Спам"), "duplicate": ("2", "Дубль"), "other": ("3", "Другое"), "not_target": ("4", "Не целевой"),
}  # fmt: skip
TAKEN: Mapping[str, str] = {
    "title": "title", "email": "email", "phone": "phone", "company": "company", "description": "description",
    "site": "site", "ip": "ip", "country": "country", "city": "city", "path": "source", "partner": "partner",
    "user": "login", "utm_source": "utm_source", "utm_medium": "utm_medium", "utm_campaign": "utm_campaign",
    "utm_term": "utm_term", "utm_content": "utm_content",
    "utm_referrer": "utm_referrer",
}  # fmt: skip
"""Parameters of `add`, and what they are called here."""
SORTED: Mapping[str, str] = {
    "id": "id", "datum": "created_at", "datum_do": "closed_at", "title": "title", "email": "email", "phone": "phone",
    "site": "site", "company": "company", "city": "city", "country": "country", "clid": "client_id",
    "pid": "contact_id", "did": "deal_id", "user": "user_id", "status": "status_id", "rezult": "close_reason",
    "clientpath": "source_id",
}  # fmt: skip
"""Fields that `order` may name."""
SAME = ("email", "phone", "site", "company", "city", "country")
MORE = ("title", "ip", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_referrer")

salesman = Blueprint("salesman", __name__)


@salesman.route("", methods=EVERY_METHOD)
def leads() -> Response:
    """Every call of this door."""
    return serve(METHODS, ACTING, TAKEN)


def add(call: Call) -> Any:
    """Take a lead in: `{"result": {"text": "Success", "id": 940}}`."""
    raw = {ours: call.given.get(theirs) for theirs, ours in TAKEN.items()}
    raw["contact_name"] = raw["title"]
    return {"result": {"text": "Success", "id": call.act("receive_lead", raw)["id"]}}


def stat(call: Call) -> Any:
    """Open and processed leads of this month, per active user."""
    rows = call.every("lead_statistics")
    return {
        "data": [{"title": row["login"], "open": str(row["open"]), "processed": str(row["processed"])} for row in rows]
    }


def info(call: Call) -> Any:
    """One lead."""
    wanted = needed(call.given, "id", "id заявки")
    try:
        lead = call.record("lead", wanted)
    except NotFound:
        raise NotFound("incoming_lead_not_found") from None
    data = shaped(call, [lead])[0]
    more = {name: lead[name] or "" for name in MORE}
    return {
        "data": {**data, **more, "description": data["content"], "partner": lead["partner"] or ""},
        "id": lead["id"],
    }


def several(call: Call) -> Any:
    """A page of 200 leads: newest first, unless `first=old`."""
    given = call.given
    field = SORTED.get(given.get("order", ""), "created_at")
    order = field if given.get("first") == "old" else f"-{field}"
    rows = call.records("lead", period(call.account, given), order=order, page=page_number(given.get("offset", "")))
    return {"data": shaped(call, rows)}


def period(account: Row, given: Mapping[str, str]) -> dict[str, str]:
    """Both dates: those whole days. One alone: what came after, or before, that day began."""
    first, last = given.get("dateStart", ""), given.get("dateEnd", "")
    zone = account["time_zone"]
    filters = {}
    if first:
        filters["created_at[gte]"] = day(first, "dateStart", zone)
    if last:
        filters["created_at[lt]"] = day(last, "dateEnd", zone, later=1 if first else 0)
    return filters


def day(text: str, name: str, zone: str, later: int = 0) -> str:
    """The moment at which that day begins in the account's zone."""
    try:
        return midnight(plus_days(text[:10], later), zone)
    except (ValueError, OverflowError):
        params = {"name": name, "got": text[:60]}
        raise Invalid(faults=[Fault(pointer=f"/{name}", key="not_a_date", params=params)]) from None


def shaped(call: Call, leads: Sequence[Row]) -> list[dict[str, Any]]:
    """Leads in SalesMan's words."""
    clients = call.labels("client", leads, "client_id", "name")
    people = call.labels("contact", leads, "contact_id", "name")
    deals = call.labels("deal", leads, "deal_id", "title")
    zone, coordinator = call.account["time_zone"], call.account["coordinator_id"]
    rows = []
    for lead in leads:
        status, reason = progress(lead, coordinator), REASONS.get(lead["close_reason"] or "", ("0", ""))
        rows.append({
            "id": str(lead["id"]), "datum": local(lead["created_at"], zone),
            "datum_do": local(lead["closed_at"], zone) if lead["closed_at"] else None,
            **{name: lead[name] or "" for name in SAME}, "content": lead["description"] or "",
            "clid": number(lead["client_id"]), "client": clients.get(lead["client_id"], ""),
            "pid": number(lead["contact_id"]), "person": people.get(lead["contact_id"], ""),
            "did": number(lead["deal_id"]), "deal": deals.get(lead["deal_id"], ""),
            "user": number(lead["user_id"]), "userName": lead["user_name"] or "",
            "status": str(status), "statusName": STATUSES[status], "rezult": reason[0], "rezultName": reason[1],
            "clientpath": number(lead["source_id"]), "clientpathName": lead["source"] or "",
        })  # fmt: skip
    return rows


def progress(lead: Row, coordinator: int | None) -> int:
    """SalesMan's status: open leads are in work once somebody but the coordinator has them."""
    if lead["status_kind"] == "open":
        return 0 if lead["user_id"] in (None, coordinator) else 1
    return CLOSED.get(lead["status_kind"], 1)


def number(record_id: int | None) -> str:
    """An id as text, "0" for none."""
    return str(record_id or 0)


ACTING = frozenset({"add"})
METHODS: Mapping[str, Method] = {"add": add, "stat": stat, "info": info, "list": several}

catch(salesman, refuse)
