"""What came in with a request: who calls, in which language, with which parameters and which body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from flask import Request, g, request
from werkzeug.datastructures import ImmutableMultiDict, LanguageAccept, MultiDict
from werkzeug.http import parse_accept_header

from connector.access.idempotency import checked
from connector.access.keeper import Call
from connector.access.tokens import Caller
from connector.catalog.inputs import MAX_FAULTS, unknown
from connector.catalog.strict import loads
from connector.errors import (
    Fault,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    Unauthorized,
    WrongMethod,
    WrongType,
)
from connector.sentences import LOCALES, SENTENCES
from connector.web import envelope
from connector.web.house import house

JSON_TYPE = "application/json"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MAX_ID = 2**63 - 1
SAFE = ("GET", "HEAD")
AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
LOOKING = ("prefetch", "prerender", "preview")
"""Headers, and words in them, by which a browser says that nobody has asked for this yet."""
YES, NO = ("true", "1", "yes"), ("", "false", "0", "no")


class Named(Request):
    """A request each part of whose form has a name: what nobody can ask for is left out."""

    def _load_form_data(self) -> None:
        super()._load_form_data()
        sent: Any = self.files
        for file in sent.getlist(None):
            file.close()
        for kind, parts in (("form", self.form), ("files", self.files)):
            if None in parts:
                self.__dict__[kind] = ImmutableMultiDict(pair for pair in parts.items(multi=True) if pair[0])


def name_request() -> None:
    """Keep the caller's own `X-Request-Id` where it is a plain word, else make one."""
    g.request_id = envelope.request_name(request.environ)


def measure() -> None:
    """Turn away addresses and headers beyond what anybody needs."""
    envelope.measure(request.environ, house().settings)


def locale() -> str:
    """The language to answer in: the best of `Accept-Language` that we speak, else English."""
    wanted = request.headers.get("Accept-Language")
    return _best(wanted) if wanted else "en"


@lru_cache(maxsize=256)
def _best(wanted: str) -> str:
    # By the language alone: `fr-CA` is French, and is wanted before what comes after it.
    asked = parse_accept_header(wanted, LanguageAccept)
    return next(
        (spoken for word, much in asked if (spoken := word.partition("-")[0].lower()) in LOCALES and much), "en"
    )


def address() -> str:
    """Where the request comes from, seen through the proxies that the settings trust."""
    return envelope.address(request.environ, house().keeper.proxies)


def caller(needs: str = "") -> Caller:
    """Who calls, by the token in the headers; Unauthorized unless it is good right now.

    Reading needs the scope `read`, all else `act`; a door that acts on GET says so. Which actions a token may run is
    checked where actions are run, so no door can forget it.
    """
    return admitted(envelope.secret(request.environ), needs)


def admitted(token: str, needs: str | None = "", *, in_query: bool = False) -> Caller:
    """Who calls with this token; `in_query`: it stands in the address, which the token must allow.

    `needs` None: the door asks for a scope itself, once it knows what is wanted.
    """
    key = checked(request.headers.get("Idempotency-Key"))
    found = house().keeper.admit(Call(token, address(), key, g.request_id))
    if in_query and not found.in_query:
        raise Unauthorized("unauthorized_missing_token")
    if needs is not None:
        found.require(needs or ("read" if request.method in SAFE else "act"))
    return found


def admin() -> Caller:
    """The caller, who must be an administrator with a token for that; no query parameter is known here."""
    found = ruler()
    query()
    return found


def ruler() -> Caller:
    """The caller, who must be an administrator with a token for that."""
    return ruling(caller("administer"))


def ruling(found: Caller) -> Caller:
    """That caller; Forbidden unless they are an administrator."""
    if not found.is_admin:
        raise Forbidden("admins_only")
    return found


def meant() -> None:
    """A GET that acts is one that a person or program means: no prefetch, no link that a page embeds or that is opened.

    Browsers may only send it as a `cors` call of this very origin, as the documentation's request sender does. They
    always name the site; a program's `fetch` (Node's) says `cors` and names none.
    """
    if request.method == "GET" and not house().settings.get_acts:
        raise WrongMethod("get_switched_off", method=request.method, allow="POST")
    ahead = (request.headers.get(name, "").lower() for name in AHEAD)
    if any(word in said for said in ahead for word in LOOKING):
        raise Forbidden("prefetch_refused")
    mode, site = (request.headers.get(f"Sec-Fetch-{name}", "").lower() for name in ("Mode", "Site"))
    if mode not in ("", "cors") or site not in ("", "same-origin") or (site and not mode):
        raise Forbidden("prefetch_refused")


def query(*known: str) -> dict[str, str]:
    """The query parameters, each of which must be one of the known; given twice, the last one counts."""
    if not request.query_string:
        return {}
    values = last(texts(request.args))
    refuse_unknown(values, known)
    return values


def last(values: Mapping[str, Any]) -> dict[str, str]:
    """One text per name: of a name given several times, the last."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in values.items()}


def split(*paging: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The query parameters as they came, and apart from them those that say which page."""
    raw = texts(request.args)
    return raw, last({name: raw.pop(name) for name in paging if name in raw})


def refuse_unknown(values: Iterable[str], known: Sequence[str]) -> None:
    """Invalid, naming the nearest known name, for any other."""
    names = set(known)
    faults = islice((unknown(name, known) for name in values if name not in names), MAX_FAULTS)
    if found := list(faults):
        raise Invalid(faults=found)


def texts(values: MultiDict[str, str]) -> dict[str, Any]:
    """Text parameters as a plain dict: a list where a name was given several times."""
    if b"%00" in request.query_string:
        raise Malformed("nul_character")
    return {name: found[0] if len(found) == 1 else found for name, found in values.lists()}


def flag(value: str, name: str) -> bool:
    """A yes or no of the query string."""
    if value.lower() in YES:
        return True
    if value.lower() in NO:
        return False
    raise Invalid(
        faults=[Fault(pointer=f"/{name}", key="not_a_boolean", params={"name": name, "got": repr(value[:60])})]
    )


def limit(value: str | None, most: int, name: str = "limit") -> int | None:
    """The page size asked for, or another number from 1; None where none was."""
    if not value:
        return None
    if value.isascii() and value.isdecimal() and 1 <= int(value[:20]) <= most:
        return int(value[:20])
    params = {"name": name, "got": value, "lowest": 1, "highest": most}
    raise Invalid(faults=[Fault(pointer=f"/{name}", key="limit_out_of_range", params=params)])


def path_id(value: str, what: str) -> int:
    """The id in an address; anything that cannot be one is as unknown as an id that nobody has."""
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) <= 19 and 0 < int(value) <= MAX_ID:
        return int(value)
    code, shown = f"{what}_not_found", repr(value[:60])
    if code in SENTENCES:
        raise NotFound(code, value=value)
    raise NotFound(code, texts={it: text.format(value=shown) for it, text in SENTENCES["no_such_id"].items()})


def body() -> tuple[dict[str, Any], bool]:
    """The parameters in the body, and whether they are text (a form) rather than JSON; {} without a body.

    JSON is read strictly and must be an object. Any other kind of body raises WrongType.
    """
    kind = request.environ.get("CONTENT_TYPE") or ""
    if kind != JSON_TYPE:
        kind = request.mimetype
    data = content()
    if kind == JSON_TYPE or kind.endswith("+json") or (not kind and data.lstrip()[:1] == b"{"):
        # Programs that send bytes often do not say what they are.
        return mapping(data), False
    if kind in FORMS:
        return _form(), True
    if not data:
        return {}, False
    raise WrongType(given=kind or "-")


def content() -> bytes:
    """The body as it came; TooLarge for one over the limit, WrongType for one that is packed."""
    packed = request.headers.get("Content-Encoding", "identity").lower()
    if packed not in ("", "identity"):
        raise WrongType("packed_body", given=packed[:60])
    data = request.get_data()
    most = house().settings.body_limit
    if request.content_length is None and len(data) >= most:
        # A body sent in chunks is cut off silently at the limit.
        raise TooLarge(limit=most)
    return data


def mapping(raw: bytes) -> dict[str, Any]:
    """The one JSON object that these bytes are, read strictly; Malformed for anything else."""
    value = loads(raw) if raw.strip() else {}
    if not isinstance(value, dict):
        raise Malformed("not_an_object")
    return value


def _form() -> dict[str, Any]:
    values = texts(request.form)
    if len(values) == 1 and next(iter(values)).lstrip().startswith(("{", "[")):
        # What `curl -d '{...}'` sends when nobody said that it is JSON.
        raise WrongType(given=request.mimetype)
    if any("\0" in name or "\0" in "".join(value) for name, value in values.items()):
        raise Malformed("nul_character")
    return values
