"""Web forms: `POST /in/forms/KEY` takes any HTML form or JSON and makes a lead of it.

The key is all that a page needs; a form that is signed also needs HMAC-SHA256 of the raw body. Plain HTML forms get a
page or are sent on, programs get JSON. Bots that fill the trap are thanked like everybody else, and nothing is made.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from time import time
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Blueprint, Response, g, request

from connector.access import intakes
from connector.access.idempotency import checked
from connector.catalog.strict import loads
from connector.catalog.words import squeezed
from connector.engine.answers import Answer, answers, nested
from connector.engine.intake import Rules, receive
from connector.errors import Forbidden, Malformed, NotFound, WrongType
from connector.events.addresses import parsed
from connector.events.schedule import stamp
from connector.sentences import SENTENCES, say
from connector.storage.contract import Row, Scope
from connector.web import incoming
from connector.web.answers import JSON_TYPE, answer, elsewhere
from connector.web.house import house
from connector.web.plain import pairs
from connector.web.problems import catch, headers, known, refuse
from connector.web.signatures import signed

ROOTS = ("/in/forms",)
FORM, MULTIPART = incoming.FORMS
TRAPS = ("_gotcha", "_honey", "_honeypot", "bot-field")
"""Fields that no person sees; each form may name one more."""
ONWARD = ("_redirect", "_next")
ALLOWED = "Content-Type, Accept, X-Requested-With, Idempotency-Key"
PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><h1>{title}</h1><p>{text}</p></html>"""

forms = Blueprint("forms", __name__)


@forms.route("/<key>", methods=("POST", "OPTIONS"), provide_automatic_options=False)
def submit(key: str) -> Response:
    """Take one submission in."""
    form = g.form = known_form(key)
    if request.method == "OPTIONS":
        return preflight()
    refuse_strangers(form)
    raw = incoming.content()
    unsigned = not form["signed"]
    slow_down(form, unsigned)
    if form["signed"] and not signed(secrets_of(form), request.headers, raw, time()):
        raise Forbidden("wrong_signature")
    given = answers(document(raw))
    if trapped(form, given):
        return accepted(form, given)
    lead_id = made(form, given)
    return accepted(form, given, None if unsigned else lead_id)


def known_form(key: str) -> Row:
    """The form of this address, or NotFound."""
    found = intakes.found(house().store, intakes.FORM, "key", key) if len(key) <= 64 else None
    if found is None:
        raise NotFound("web_form_not_found", value=key[:60])
    return found


def refuse_strangers(form: Row) -> None:
    """Forbidden for a form that is paused, and for pages that it does not know."""
    if form["state"] != "active":
        raise Forbidden("form_paused")
    if request.headers.get("Origin") and not origin(form):
        raise Forbidden("origin_not_allowed", origin=request.headers["Origin"][:200])


def slow_down(form: Row, unsigned: bool) -> None:
    """RateLimited for a form, or an address, that sends too often."""
    keeper, settings = house().keeper, house().settings
    if unsigned:
        keeper.slow("form_address_limited", "form-address", incoming.address(), settings.form_address_limit)
    limit = settings.form_limit if form["rate_limit"] is None else form["rate_limit"]
    keeper.slow("form_rate_limited", "form", str(form["id"]), limit)


def secrets_of(form: Row) -> list[str]:
    """The secrets that count now; the old one until its day is over."""
    sealed = [form["secret"]]
    if form["old_secret"] and (form["old_secret_until"] or "") > stamp(datetime.now(UTC)):
        sealed.append(form["old_secret"])
    return [house().vault.open(each) for each in sealed if each]


def document(raw: bytes) -> dict[str, Any]:
    """The body as one object: JSON of any shape, or a form; parameters of the address join it."""
    kind = request.mimetype
    asked = [*pairs(request.environ.get("QUERY_STRING", "").encode("latin-1"))]
    if kind == MULTIPART:
        files = [(name, sent.filename or "") for name, sent in request.files.items(multi=True)]
        return nested(tidy([*request.form.items(multi=True), *files, *asked]))
    if kind == JSON_TYPE or kind.endswith("+json") or (kind in ("text/plain", "") and raw.lstrip()[:1] in (b"{", b"[")):
        found = loads(raw) if raw.strip() else {}
        if not isinstance(found, dict | list):
            raise Malformed("not_an_object")
        return {**nested(tidy(asked)), **(found if isinstance(found, dict) else {"answers": found})}
    if kind not in (FORM, "text/plain", ""):
        raise WrongType(given=kind)
    return nested(tidy([*pairs(raw), *asked]))


def tidy(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs without what no database keeps."""
    return [(name.replace("\0", ""), value.replace("\0", "")) for name, value in found]


def trapped(form: Row, given: list[Answer]) -> bool:
    """Whether somebody filled what people do not see."""
    traps = {squeezed(name) for name in (*TRAPS, form["honeypot"] or "") if name}
    return any(squeezed(answer.names[-1]) in traps for answer in given)


def made(form: Row, given: list[Answer]) -> int:
    """The id of the lead: a new one, or the one that the same answers made a while ago."""
    scope = Scope(
        account_id=form["account_id"], origin="form", address=incoming.address(), request_id=g.request_id,
        key=checked(request.headers.get("Idempotency-Key") or request.headers.get("webhook-id")),
        window=(form["merge_minutes"] or 0) * 60,
    )  # fmt: skip
    fixed = {
        "source": form["source"] or form["name"], "tags": form["tags"], "login": form["user_email"],
        "ip": incoming.address()[:45], "created_from": form["name"][:64],
    }  # fmt: skip
    usual = {"utm_referrer": request.headers.get("Referer", "")[:255]}
    rules = Rules(mapping=form["mapping"] or {}, fixed=fixed, usual=usual)
    same = {"form": form["id"], "said": [[*answer.names, answer.text] for answer in given]}
    return int(
        receive(house().accounts.now(scope.account_id), house().store, scope, given, rules, same=same).data["id"]
    )


def accepted(form: Row, given: list[Answer], lead_id: int | None = None) -> Response:
    """The answer to what was taken in, and to what only seems so."""
    onward = next(
        (found for answer in given if answer.names[-1] in ONWARD and (found := place(form, answer.text))), None
    )
    onward = onward or form["redirect"]
    if not wants_page():
        said = say(SENTENCES["form_thanks"], incoming.locale())
        return answer({"ok": True, "message": said, "next": onward, "lead_id": lead_id})
    if onward is None:
        return page("form_thanks_title", say(SENTENCES["form_thanks"], incoming.locale()), 200)
    return elsewhere(onward)


def place(form: Row, text: str) -> str | None:
    """Where a visitor is sent on to, if that is a host that the form allows; a path is one of the page's own host."""
    if text.startswith("/"):
        text = urljoin(request.headers.get("Origin") or request.headers.get("Referer", ""), text)
    try:
        found = parsed(text)
    except ValueError:
        return None
    known_hosts = {urlsplit(url).netloc.lower() for url in (*form["origins"], form["redirect"] or "")}
    hosts = known_hosts | {host.lower() for host in form["redirect_hosts"]}
    return text if {found.host, found.authority.lower()} & hosts else None


def wants_page() -> bool:
    """Whether a person's browser asks, and not a script or program."""
    best = request.accept_mimetypes.best_match((JSON_TYPE, "text/html"), default=JSON_TYPE)
    return best == "text/html" and request.headers.get("X-Requested-With") != "XMLHttpRequest"


def page(title: str, text: str, status: int) -> Response:
    """A small page."""
    language = incoming.locale()
    words = {"lang": language, "title": say(SENTENCES[title], language), "text": escape(text)}
    response = Response(PAGE.format(**words), status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    return response


def origin(form: Row) -> str:
    """What `Access-Control-Allow-Origin` says of the page that asks; empty where it is none of the form's."""
    if not form["origins"]:
        return "*"
    asked = request.headers.get("Origin", "")
    return asked if asked.lower() in {each.lower() for each in form["origins"]} else ""


def preflight() -> Response:
    """What a browser asks before a page may send JSON."""
    response = Response("", 204)
    response.headers["Access-Control-Allow-Methods"] = "POST"
    response.headers["Access-Control-Allow-Headers"] = ALLOWED
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


@forms.after_request
def share(response: Response) -> Response:
    """Let scripts of the form's pages read the answer."""
    form = g.get("form")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Vary"] = "Origin, Accept, Accept-Language"
    if allowed := "*" if form is None else origin(form):
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def _refuse(error: Exception) -> Response:
    if not wants_page():
        return refuse(error)
    ours = known(error)
    response = page("form_error_title", ours.message(incoming.locale()), ours.status)
    response.headers.extend(headers(ours))
    return response


catch(forms, _refuse)
