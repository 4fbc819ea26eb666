"""Where leads come in from outside: web forms, and Meta's lead ads."""

from __future__ import annotations

from collections.abc import Mapping

from connector.catalog.outputs import MOMENT, closed
from connector.exporters.routes import (
    ANY_OBJECT,
    API,
    LIST,
    MOMENT_OR_NULL,
    NULL_TEXT,
    RECORD_ID,
    Link,
    Parameter,
    Route,
    Schema,
    page,
    paging,
    segment,
)
from connector.exporters.texts import YES_OR_NO, line, or_empty, strict

TAG = "Inbound"
NULL_WHOLE: Schema = {"type": ["integer", "null"]}
FIELDS = (
    "title|contact_name|first_name|last_name|email|phone|company|site|address|postcode|city|country|description|"
    "utm_source|utm_medium|utm_campaign|utm_term|utm_content|utm_referrer|source|partner|tags|external_id"
)
HOST = r"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?"
MAPPING: Schema = {
    "type": "object", "maxProperties": 200,
    "propertyNames": strict({"type": "string", "minLength": 1, "maxLength": 200}),
    "additionalProperties": {"type": "string", "pattern": rf"^({FIELDS}|-|custom\.[a-z][a-z0-9_]{{0,59}})$"},
    "description": "Name or path of an answer -> field of the lead; `custom.KEY` is a custom field, `-` leaves it out. "
                   "Usual names need no entry.",
}  # fmt: skip
SHARED: Mapping[str, Schema] = {
    "name": strict({"type": "string", "minLength": 1, "maxLength": 100}),
    "state": {"type": "string", "enum": ["active", "paused"], "default": "active"},
    "mapping": MAPPING,
    "source": strict({"type": ["string", "null"], "minLength": 1, "maxLength": 255,
                      "description": "The lead's source, by name; a new one is made."}),
    "tags": {"type": "array", "maxItems": 50, "items": strict({"type": "string", "minLength": 1, "maxLength": 64})},
    "user_id": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**53 - 1,
                "description": "Who is in charge of the leads; else as the account distributes them."},
}  # fmt: skip
FORM_FIELDS: Mapping[str, Schema] = {
    **SHARED,
    "signed": {"anyOf": list(YES_OR_NO),
               "description": "Whether a submission must carry HMAC-SHA256 of its raw body."},
    "honeypot": strict({"type": ["string", "null"], "minLength": 1, "maxLength": 100,
                        "description": "A field that people do not see: filled, nothing is made."}),
    "origins": {"type": "array", "maxItems": 50, "items": {"type": "string", "pattern": rf"^https?://{HOST}$"},
                "description": "Pages that may send to it, as https://example.com; any unless given."},
    "redirect": {"type": ["string", "null"], "pattern": rf"^https?://{HOST}([/?#][\x21-\x5b\x5d-\x7e]*)?$",
                 "minLength": 1, "maxLength": 2000, "description": "Where visitors go on to."},
    "redirect_hosts": {"type": "array", "maxItems": 50, "items": {"type": "string", "pattern": f"^{HOST}$"},
                       "description": "Further hosts that a form's own `_redirect` may name."},
    "rate_limit": {"type": ["integer", "null"], "minimum": 0, "maximum": 1_000_000,
                   "description": "Submissions per minute; 0 is no limit."},
    "merge_minutes": {"type": "integer", "minimum": 0, "maximum": 1440, "default": 10,
                      "description": "Minutes in which the same answers again are the same lead."},
}  # fmt: skip
CHANGED_FORM: Schema = {"type": "object", "additionalProperties": False, "properties": FORM_FIELDS}
NEW_FORM: Schema = {**CHANGED_FORM, "required": ["name"]}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
TEXT: Schema = {"type": "string"}
STANDS: Mapping[str, Schema] = {
    "id": {"type": "integer"}, "name": TEXT, "state": TEXT, "mapping": ANY_OBJECT, "source": NULL_TEXT, "tags": TEXTS,
    "user_id": NULL_WHOLE, "created_at": MOMENT, "updated_at": MOMENT,
}  # fmt: skip
FORM = closed({
    **STANDS, "signed": {"type": "boolean"}, "honeypot": NULL_TEXT, "origins": TEXTS, "redirect": NULL_TEXT,
    "redirect_hosts": TEXTS, "rate_limit": NULL_WHOLE, "merge_minutes": {"type": "integer"},
    "url": {"type": "string", "description": "Where submissions go."},
    "secret": {**NULL_TEXT, "description": "Of a signed form, in the answer that makes it and nowhere else."},
})  # fmt: skip
NUMBER: Schema = {"type": "string", "pattern": "^[0-9]{1,32}$"}
PAGE_FIELDS: Mapping[str, Schema] = {
    **SHARED,
    "page_id": NUMBER,
    "access_token": {"type": "string", "pattern": "^[\x21-\x7e]{1,1000}$", "description": "Kept sealed, never shown."},
    "forms": {"type": "object", "maxProperties": 200, "propertyNames": NUMBER, "additionalProperties": MAPPING,
              "description": "Id of a lead form -> a mapping of its own."},
}  # fmt: skip
CHANGED_PAGE: Schema = {"type": "object", "additionalProperties": False, "properties": PAGE_FIELDS}
NEW_PAGE: Schema = {**CHANGED_PAGE, "required": ["name", "page_id", "access_token"]}
META_PAGE = closed({**STANDS, "page_id": TEXT, "forms": ANY_OBJECT})
META_LEAD = closed({
    "id": {"type": "integer"}, "leadgen_id": TEXT, "page_id": TEXT, "form_id": NULL_TEXT, "ad_id": NULL_TEXT,
    "submitted_at": MOMENT_OR_NULL, "state": {"type": "string", "enum": ["pending", "done", "failed"]},
    "attempts": {"type": "integer"}, "last_status": NULL_WHOLE, "last_error": NULL_TEXT,
    "said": {**NULL_TEXT, "description": "Meta's own words, or why the lead was refused."}, "lead_id": NULL_WHOLE,
    "settled_at": MOMENT_OR_NULL, "request_id": NULL_TEXT, "created_at": MOMENT, "due_at": MOMENT_OR_NULL,
    "message": {**NULL_TEXT, "description": "What is wrong, in your language."},
})  # fmt: skip
TAKEN = closed({
    "ok": {"type": "boolean"}, "message": TEXT, "next": {**NULL_TEXT, "description": "Where a visitor goes on to."},
    "lead_id": {**NULL_WHOLE, "description": "The lead, told to senders who sign."},
})  # fmt: skip
NOTED = closed({"ok": {"type": "boolean"}, "received": {"type": "integer"}, "new": {"type": "integer"}})

ONE_FORM, ONE_PAGE = f"{API}/forms/{{form_id}}", f"{API}/meta/pages/{{page_id}}"
ONE_LEAD = f"{API}/meta/leads/{{meta_lead_id}}"
FORM_ID = segment("form_id", RECORD_ID, "The form's id.", example=1)
PAGE_ID = segment("page_id", RECORD_ID, "The page's id here.", example=1)
LEAD_ID = segment("meta_lead_id", RECORD_ID, "Its id in this list.", example=1)
WRITES = (403, 404, 409, 413, 415, 507)
FORM_LINKS = {
    "form": Link(operation="get_form", does="The form.", parameters={"form_id": "$response.body#/id"}),
    "remove": Link(operation="delete_form", does="Removes it.", parameters={"form_id": "$response.body#/id"}),
}
PAGE_LINKS = {
    "page": Link(operation="get_meta_page", does="The page.", parameters={"page_id": "$response.body#/id"}),
    "remove": Link(operation="delete_meta_page", does="Forgets it.", parameters={"page_id": "$response.body#/id"}),
}
HUB = tuple(
    Parameter(name=f"hub.{name}", schema=line(), does=does)
    for name, does in (
        ("mode", "subscribe"),
        ("verify_token", "LEADWIRE_META_VERIFY_TOKEN"),
        ("challenge", "Any text."),
    )
)

INBOUND: tuple[Route, ...] = (
    Route(key="list_forms", method="get", path=f"{API}/forms", tag=TAG, title="List Forms",
          does="All web forms of the account. For administrators.", answers=page(FORM), refuses=(403,)),
    Route(key="create_form", method="post", path=f"{API}/forms", tag=TAG, title="Create Form",
          does="Makes a web form; its `url` is what a page posts to. For administrators.", body=NEW_FORM,
          body_required=True, answers=FORM, statuses=(201,), refuses=WRITES, links=FORM_LINKS,
          examples={"for a website": {"name": "Website", "mapping": {"q1": "phone"}, "source": "Website"},
                    "signed": {"name": "Shop", "signed": True}}),
    Route(key="get_form", method="get", path=ONE_FORM, tag=TAG, title="Get Form",
          does="One form, with its address. For administrators.", takes=(FORM_ID,), answers=FORM, refuses=(403, 404)),
    Route(key="change_form", method="patch", path=ONE_FORM, tag=TAG, title="Change Form",
          does="Changes what is given. For administrators.", takes=(FORM_ID,), body=CHANGED_FORM,
          examples={"pause": {"state": "paused"}}, answers=FORM, refuses=WRITES),
    Route(key="rotate_form_key", method="post", path=f"{ONE_FORM}/rotate_key", tag=TAG, title="Rotate Form Key",
          does="A new address; the old one is unknown from now on. For administrators.", takes=(FORM_ID,),
          answers=FORM, refuses=(403, 404, 409, 507)),
    Route(key="rotate_form_secret", method="post", path=f"{ONE_FORM}/rotate_secret", tag=TAG,
          title="Rotate Form Secret", does="A new secret; for a day both sign. For administrators.", takes=(FORM_ID,),
          answers=FORM, refuses=(403, 404, 409, 507),
          refusals={"form_not_signed": "The form takes unsigned submissions, so it has no secret."}),
    Route(key="delete_form", method="delete", path=ONE_FORM, tag=TAG, title="Remove Form",
          does="Removes a form; its leads stay. For administrators.", takes=(FORM_ID,), answers=FORM,
          refuses=(403, 404, 409, 507)),
    Route(key="submit_form", method="post", path="/in/forms/{key}", tag=TAG, title="Submit Form",
          does="Makes a lead of any HTML form or JSON; the address is its own key. Browsers get a page or are sent on.",
          takes=(segment("key", {"type": "string", "pattern": "^[A-Za-z0-9_-]{24}$"}, "The form's key."),),
          body=ANY_OBJECT, examples={"an enquiry": {"name": "Zoé Martin", "email": "zoe@example.com"}}, answers=TAKEN,
          refuses=(400, 403, 404, 409, 413, 415, 429, 507), open=True),
    Route(key="list_meta_pages", method="get", path=f"{API}/meta/pages", tag=TAG, title="List Meta Pages",
          does="All pages whose lead ads are fetched. For administrators.", answers=page(META_PAGE), refuses=(403,)),
    Route(key="create_meta_page", method="post", path=f"{API}/meta/pages", tag=TAG, title="Register Meta Page",
          does="Registers a page of Facebook or Instagram with its access token. For administrators.", body=NEW_PAGE,
          body_required=True, answers=META_PAGE, statuses=(201,), refuses=WRITES, links=PAGE_LINKS,
          examples={"a page": {"name": "Our page", "page_id": "1029384756", "access_token": "EAAB-token-of-the-page"}}),
    Route(key="get_meta_page", method="get", path=ONE_PAGE, tag=TAG, title="Get Meta Page",
          does="One page, without its token. For administrators.", takes=(PAGE_ID,), answers=META_PAGE,
          refuses=(403, 404)),
    Route(key="change_meta_page", method="patch", path=ONE_PAGE, tag=TAG, title="Change Meta Page",
          does="Changes what is given, such as the token. For administrators.", takes=(PAGE_ID,), body=CHANGED_PAGE,
          examples={"new token": {"access_token": "EAAB-new-token"}}, answers=META_PAGE, refuses=WRITES),
    Route(key="replay_meta_page", method="post", path=f"{ONE_PAGE}/replay", tag=TAG, title="Replay Meta Page",
          does="Asks Meta again for all leads of the page that were given up. For administrators.", takes=(PAGE_ID,),
          answers=closed({"page_id": TEXT, "replayed": {"type": "integer"}}), refuses=(403, 404, 409, 507)),
    Route(key="delete_meta_page", method="delete", path=ONE_PAGE, tag=TAG, title="Forget Meta Page",
          does="Forgets a page and its token; its leads stay. For administrators.", takes=(PAGE_ID,),
          answers=META_PAGE, refuses=(403, 404, 409, 507)),
    Route(key="list_meta_leads", method="get", path=f"{API}/meta/leads", tag=TAG, title="List Leads of Meta",
          does="What Meta told of and what became of it, newest first. For administrators.",
          takes=(*(Parameter(name=name, schema=line(), does="Only where it is this.")
                   for name in ("state", "page_id", "form_id", "leadgen_id")),
                 *paging(LIST, or_empty({"type": "integer", "minimum": 0, "maximum": 10**18 - 1}, "string"))),
          answers=page(META_LEAD), refuses=(403,)),
    Route(key="get_meta_lead", method="get", path=ONE_LEAD, tag=TAG, title="Get Lead of Meta",
          does="One of them. For administrators.", takes=(LEAD_ID,), answers=META_LEAD, refuses=(403, 404)),
    Route(key="replay_meta_lead", method="post", path=f"{ONE_LEAD}/replay", tag=TAG, title="Replay Lead of Meta",
          does="Asks Meta again for one that was given up. For administrators.", takes=(LEAD_ID,), answers=META_LEAD,
          refuses=(403, 404, 409, 507), refusals={"meta_lead_done": "The lead was fetched already."}),
    Route(key="meta_handshake", method="get", path="/in/meta", tag=TAG, title="Meta's Handshake",
          does="Answers the challenge to whoever knows the verify token.", takes=HUB, answers=TEXT, media="text/plain",
          refuses=(400, 403), open=True),
    Route(key="meta_notification", method="post", path="/in/meta", tag=TAG, title="Meta's Notification",
          does="Takes a body signed with `X-Hub-Signature-256`; its leads are noted, then fetched.", body=ANY_OBJECT,
          answers=NOTED, refuses=(400, 403, 409, 413, 507), open=True),
)  # fmt: skip
"""Forms, pages, and the doors that they open."""
