"""Oplead's front door, as it describes itself: leads, their statuses and files, subscriptions, web forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.catalog.coercions import kind_of
from connector.catalog.filters import DIGITS, LONGEST_NUMBER
from connector.catalog.model import Catalog, Input
from connector.catalog.outputs import MOMENT, closed
from connector.exporters.families import Family, parameter, reference, refusals
from connector.exporters.hooks import NULL_WHOLE, SECRET, STYLES, URL
from connector.exporters.routes import (
    KEY,
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
from connector.exporters.texts import WITHIN, body, in_query, line, or_empty

TAG = "Oplead"
EVENTS = ("new-lead-assigned", "lead-status-changed", "appointment-updated")
LEAD, FILE, HOOK = reference("OpleadLead"), reference("OpleadFile"), reference("OpleadSubscription")
ACTING = (403, 404, 409, 413, 415, 507)
IDENTIFIER = segment("identifier", {"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,64}$"},
                     "The lead: our id, or its external reference.", example="1")  # fmt: skip
SUBSCRIPTION_ID = segment("subscription_id", RECORD_ID, "The subscription's id.", example=1)
ANY: Schema = reference("Json")
OBJECTS = ("address", "company", "source", "status", "user")
"""What may be given as an object."""
FILTERS = ("status_id", "user_id", "email", "phone", "title", "external_id", "provider_name", "created_from",
           "created_after", "created_before", "updated_after")  # fmt: skip
PAGE = or_empty({"type": "integer", "minimum": 1, "maximum": 1000}, "string")
READ_WITH = {"lead": Link(operation="oplead_get_lead", does="The lead.",
                          parameters={"identifier": "$response.body#/identifier"})}  # fmt: skip
PLAIN = {"type": "string", "pattern": line()["pattern"]}
LEADS: Mapping[str, Any] = {
    "in French": {
        "nom": "Dupont", "prenom": "Claire", "email": "claire@dupont.example", "telephone": "06 12 34 56 78",
        "code_postal": "69003", "ville": "Lyon", "pays": "FR", "reference": "A-1042", "statut": "Nurserie",
        "provider_name": "Casa Directory", "provider_webhook_url": "https://casa.example/oplead",
    },
    "nested": {
        "contact": {"lastname": "Rossi", "firstname": "Paola", "email": "paola@villarosa.example"},
        "address": {"postcode": "13001", "city": "Marseille", "country": "FR"},
        "provider": {"name": "Casa Directory", "webhook_url": "https://casa.example/oplead"},
    },
}  # fmt: skip
FORM: Mapping[str, Any] = {
    "a web form": {
        "form": "Contact", "ctc_lastname": "Dupont", "ctc_firstname": "Claire", "ctc_postcode": "69003",
        "ctc_country": "FR", "ctc_email": "claire@dupont.example", "ctc_phone": "06 12 34 56 78",
    },
}  # fmt: skip


def leads(catalog: Catalog) -> Iterator[Route]:
    """Taking a lead in, and the list."""
    if "import_lead" not in catalog.actions:
        return
    yield taking(catalog, "/leads", "create_lead", "Create Lead", LEADS, (
        "Takes a lead in. The same external reference again updates that lead: 200, and `created` is false. "
        "Also as a form, or as multipart with files. Names may be flat or nested, English or French; "
        "what is unknown is ignored."
    ))  # fmt: skip
    search = catalog.searches.get("find_lead")
    taken = [replace(parameter(search.input, name), name=name.removesuffix("_id") if name != "external_id" else name)
             for name in FILTERS if search and name in search.input.names]  # fmt: skip
    yield Route(
        key="oplead_list_leads", method="get", path="/leads", tag=TAG, title="List Leads",
        does="The leads that your key sees, newest first, that match every filter.", answers=page(LEAD),
        takes=(*taken, Parameter(name="page", schema=PAGE, does="Which page, from 1."), *paging(LIST)),
        refuses=(404, 409),
    )  # fmt: skip


def forms(catalog: Catalog) -> Iterator[Route]:
    """The import of web forms."""
    if "import_lead" in catalog.actions:
        yield taking(catalog, "/addlead", "add_lead", "Add Lead of a Web Form", FORM, (
            "Takes in what a form of a website sends. The key may be the field `token`; `form` is the form's name. "
            "Also as a form, or as multipart with files."
        ))  # fmt: skip


def taking(catalog: Catalog, path: str, key: str, title: str, examples: Mapping[str, Any], does: str) -> Route:
    """A way for leads to come in."""
    action = catalog.actions["import_lead"]
    return Route(
        key=f"oplead_{key}", method="post", path=path, tag=TAG, title=title, does=does,
        body=reference("OpleadInput"), body_required=True, examples=examples, answers=reference("OpleadTaken"),
        takes=(KEY,),
        statuses=(200, 201), refuses=ACTING, refusals=refusals(action), links=READ_WITH,
    )  # fmt: skip


def lead(catalog: Catalog) -> Iterator[Route]:
    """One lead."""
    yield Route(
        key="oplead_get_lead", method="get", path="/leads/{identifier}", tag=TAG, title="Get Lead",
        does="One lead.", takes=(IDENTIFIER,), answers=LEAD, refuses=(404,),
    )  # fmt: skip


def status(catalog: Catalog) -> Iterator[Route]:
    """The status of a lead."""
    path = "/leads/{identifier}/status"
    yield Route(
        key="oplead_get_status", method="get", path=path, tag=TAG, title="Get Status", does="The lead's status.",
        takes=(IDENTIFIER,), refuses=(404,), answers=closed({
            "id": {"type": "integer"}, "identifier": {"type": "string"}, "status": {"type": "string"},
            "status_code": {"type": "string"}, "status_id": {"type": "integer"},
        }),
    )  # fmt: skip
    if "set_status" not in catalog.actions:
        return
    whole = body(catalog.actions["set_status"].input)
    given = loose({"status": whole["properties"]["status"]}, "status")
    for method in ("put", "post", "patch"):
        yield Route(
            key=f"oplead_{method}_status", method=method, path=path, tag=TAG, title="Set Status",
            does="Gives the lead another status, by any of its names, case and accents aside. Answers the lead.",
            takes=(IDENTIFIER, KEY), body=given, body_required=True, answers=LEAD, refuses=ACTING,
            examples={"nursery": {"status": "Nurserie"}, "quote to follow up": {"status": "devis à relancer"}},
        )  # fmt: skip


def attaching(catalog: Catalog, path: str, key: str) -> Route:
    """A way for files to come in."""
    given = {"file": {"type": "string", "format": "binary"},
             "kind": {**PLAIN, "description": "devis, facture; any other word stands for any other file."},
             "status": {**PLAIN, "description": "A status for the lead, too."}}  # fmt: skip
    return Route(
        key=f"oplead_{key}", method="post", path=path, tag=TAG, title="Attach File", takes=(IDENTIFIER, KEY),
        does="Keeps a file on the lead; with `status`, both happen or neither.",
        body={"type": "object", "required": ["file"], "properties": given}, body_required=True,
        takes_media="multipart/form-data", statuses=(201,), refuses=ACTING,
        answers={"allOf": [FILE], "required": ["attachments"],
                 "properties": {"attachments": {"type": "array", "items": FILE}}},
    )  # fmt: skip


def documents(catalog: Catalog) -> Iterator[Route]:
    """Files under the name of the reference."""
    yield attaching(catalog, "/leads/{identifier}/document/add", "add_document")


def listing(name: str) -> Family:
    """The files of a lead under one of their names, and one of them."""

    def family(catalog: Catalog) -> Iterator[Route]:
        if name == "attachments":
            yield attaching(catalog, "/leads/{identifier}/attachments", "attach")
        yield Route(
            key=f"oplead_list_{name}", method="get", path=f"/leads/{{identifier}}/{name}", tag=TAG,
            title="List Files", does="The lead's files, newest first.", takes=(IDENTIFIER, *paging(LIST)),
            answers=page(FILE), refuses=(404, 409),
        )  # fmt: skip

    return family


def downloading(name: str) -> Family:
    """One file of a lead under one of its names."""

    def family(catalog: Catalog) -> Iterator[Route]:
        yield Route(
            key=f"oplead_download_{name}", method="get", path=f"/leads/{{identifier}}/{name}/{{attachment_id}}",
            tag=TAG, title="Download File", does="The file itself, to be saved and never shown in place.",
            takes=(IDENTIFIER, segment("attachment_id", RECORD_ID, "The file's id.", example=1)), media="*/*",
            answers={}, refuses=(404,),
        )  # fmt: skip

    return family


def subscriptions(catalog: Catalog) -> Iterator[Route]:
    """Making subscriptions, and their list."""
    given = {"event": {"type": "string", "enum": list(EVENTS)}, "url": URL}
    yield Route(
        key="oplead_subscribe", method="post", path="/subscriptions", tag=TAG, title="Subscribe",
        does="Has an event sent to an address, signed. The same wish again answers 200 and the same subscription.",
        body=loose(given, "event", "url"), body_required=True,
        examples={event: {"event": event, "url": "https://example.com/hooks/oplead"} for event in EVENTS},
        answers=HOOK, statuses=(200, 201), refuses=ACTING, links={
            "subscription": Link(operation="oplead_get_subscription", does="The subscription.",
                                 parameters={"subscription_id": "$response.body#/id"}),
            "end": Link(operation="oplead_delete_subscription", does="Ends it.",
                        parameters={"subscription_id": "$response.body#/id"}),
        },
    )  # fmt: skip
    cursor = or_empty({"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, "string")
    yield Route(
        key="oplead_list_subscriptions", method="get", path="/subscriptions", tag=TAG, title="List Subscriptions",
        does="Your subscriptions, newest first; an administrator sees all.", takes=paging(LIST, cursor),
        answers=page(HOOK),
    )  # fmt: skip


def subscription(catalog: Catalog) -> Iterator[Route]:
    """One subscription, and its end."""
    path = "/subscriptions/{subscription_id}"
    yield Route(
        key="oplead_get_subscription", method="get", path=path, tag=TAG, title="Get Subscription",
        does="One subscription, with its last state.", takes=(SUBSCRIPTION_ID,), answers=HOOK, refuses=(404,),
    )  # fmt: skip
    yield Route(
        key="oplead_delete_subscription", method="delete", path=path, tag=TAG, title="Unsubscribe",
        does="Ends it; its address is told so by one DELETE.", takes=(SUBSCRIPTION_ID,), answers=HOOK,
        refuses=(404, 409, 413, 415, 507),
    )  # fmt: skip


OPLEAD: Mapping[str, Family] = {
    "/leads": leads,
    "/addlead": forms,
    "/leads/<identifier>": lead,
    "/leads/<identifier>/status": status,
    "/leads/<identifier>/document/add": documents,
    "/leads/<identifier>/attachments": listing("attachments"),
    "/leads/<identifier>/documents": listing("documents"),
    "/leads/<identifier>/attachments/<attachment_id>": downloading("attachments"),
    "/leads/<identifier>/documents/<attachment_id>": downloading("documents"),
    "/subscriptions": subscriptions,
    "/subscriptions/<subscription_id>": subscription,
}
"""Rule of the URL map -> its operations."""


def components(catalog: Catalog) -> dict[str, Any]:
    """The schemas that only this door uses."""
    entities, action = catalog.entities, catalog.actions.get("import_lead")
    if action is None or not {"lead", "attachment"} <= set(entities):
        return {}
    shown = {
        **entities["lead"].output["properties"], "identifier": {"type": "string"}, "external_id": NULL_TEXT,
        "firstname": NULL_TEXT, "lastname": NULL_TEXT, "status": {"type": "string"},
        "status_code": {"type": "string"}, "provider": closed({"name": NULL_TEXT, "webhook_url": NULL_TEXT}),
    }  # fmt: skip
    file = {**entities["attachment"].output["properties"], "url": {"type": "string"}}
    taken = {
        **shown,
        "created": {"type": "boolean"},
        "attachments": {"type": "array", "items": FILE},
    }
    return {
        "OpleadLead": closed(shown), "OpleadTaken": closed(taken), "OpleadSubscription": closed(hook()),
        "OpleadFile": {**closed(file), "additionalProperties": True}, "OpleadInput": given(action.input),
    }  # fmt: skip


def given(input: Input) -> dict[str, Any]:
    """What may be sent of a lead: the inputs of the action, numbers for texts too, and whatever else there is."""
    wider = {name: with_numbers(schema) for name, schema in body(input)["properties"].items()}
    wider |= {
        name: with_text(wider[name], schema)
        for name, schema in input.schema["properties"].items()
        if "x-split" in schema and "enum" not in schema["items"]
    }
    wider |= {name: with_objects(wider[name]) for name in OBJECTS}
    return loose(wider)


def loose(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    """An object of these and whatever else there is."""
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": ANY,
            "propertyNames": line()}  # fmt: skip


def with_text(listed: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A list may be one text, as in an address."""
    loosened = {name: value for name, value in listed.items() if name != "maxLength"}
    return {**loosened, "pattern": in_query(schema, required=False)["pattern"]}


def with_numbers(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A plain text may be a number: postcodes and phones often are. In a short one it is a whole number."""
    types: Sequence[str] = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    bound = {"enum", "format", "anyOf"} & set(schema) or schema.get("pattern") != line()["pattern"]
    if kind_of({**schema, "type": "string"}) != "text" or "string" not in types or "integer" in types or bound:
        return schema
    if schema.get("maxLength", LONGEST_NUMBER) >= LONGEST_NUMBER:
        return {**schema, **WITHIN, "type": [*types, "number"]}
    most = min(DIGITS, 10 ** (schema["maxLength"] - 1) - 1)
    return {**schema, "type": [*types, "integer"], "minimum": -most, "maximum": most}


def with_objects(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Some values may be objects that say more: `{"address": {"city": ..}}`."""
    return {**schema, "type": [*schema["type"], "object"], "additionalProperties": ANY, "propertyNames": line()}


def hook() -> dict[str, Any]:
    """A subscription as this door shows it."""
    return {
        "id": {"type": "integer"}, "event": {"type": "string"}, "url": {"type": "string"},
        "active": {"type": "boolean"}, "secret": {**SECRET, "type": ["string", "null"]},
        "state": {"type": "string", "enum": ["active", "paused", "disabled", "removed"]}, "reason": NULL_TEXT,
        "style": {"type": "string", "enum": list(STYLES)}, "last_status": NULL_WHOLE, "last_error": NULL_TEXT,
        "last_at": MOMENT_OR_NULL, "user_id": NULL_WHOLE, "created_at": MOMENT, "updated_at": MOMENT,
    }  # fmt: skip
