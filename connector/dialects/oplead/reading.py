"""What Oplead's clients send, in their many words: flat, dotted, bracketed or nested names, French or English.

A name counts without its case, accents and signs: `provider.webhook_url`, `provider[webhook_url]`, `providerWebhookUrl`
and `{"provider": {"webhook_url": ..}}` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from connector.catalog import folds
from connector.catalog.coercions import kind_of
from connector.catalog.filters import DIGITS, LONGEST_NUMBER, shown
from connector.catalog.model import Input
from connector.errors import Malformed
from connector.web import incoming
from connector.web.attachments import parts
from connector.web.plain import pairs

FORM, MULTIPART = incoming.FORMS
LATIN = "cp1252"
"""What forms of French sites are in that are not UTF-8."""
SIGNS = re.compile(r"[^a-z0-9]+")
JOINTS = re.compile(r"[\[\].]+")
Place = tuple[str, ...]
Words = Mapping[str, tuple[str, int]]
"""Folded name -> what it is called here, and how many of its other names go before it."""


def words(names: Mapping[str, str]) -> Words:
    """A table of names, from lists of other names separated by blanks; the first ones count most."""
    return {
        word: (ours, rank)
        for ours, others in names.items()
        for rank, word in enumerate([folded(ours), *others.split()])
    }


def folded(name: str) -> str:
    """A name without case, accents and signs."""
    return SIGNS.sub("", folds.text(name))


LEAD = words({
    "title": "titre subject objet sujet projet projecttitle leadtitle",
    "first_name": "firstname prenom givenname contactfirstname ctcfirstname ctcprenom",
    "last_name": "lastname nom surname familyname contactlastname ctclastname ctcname ctcnom",
    "contact_name": "name fullname contact contactfullname nomcomplet",
    "email": "mail courriel emailaddress adressemail contactemail ctcemail ctcmail",
    "phone": "phonenumber telephone tel contactphone ctcphone ctctel ctcphone1 mobile portable gsm cellphone ctcmobile "
             "ctccellphone phone1 phone2 ctcphone2",
    "company": "companyname societe entreprise raisonsociale organization contactcompany ctccompany ctcsociete",
    "description": "comment comments commentaire commentaires message note notes remarque besoin demande ctccomment "
                   "ctccomments leadcomment",
    "address": "adresse street rue address1 addressline1 line1 addressstreet addressline ctcaddress ctcadresse "
               "ctcaddress1",
    "postcode": "postalcode zip zipcode codepostal cp ctcpostcode ctczip ctczipcode ctccp ctcpostalcode",
    "city": "ville town ctccity ctcville",
    "country": "pays countrycode ctccountry ctcpays",
    "site": "website siteweb ctcwebsite",
    "source": "sourcename origin origine provenance channel canal cnl cnlid cnlcanal channelidentifier",
    "user": "userid useremail useridentifier owner owneremail commercial vendeur seller assignedto responsable",
    "status": "statut statusid statuscode statustitle statusname statuslabel leadstatus etat",
    "external_id": "externalreference externalref reference ref idexterne referenceexterne externalidentifier "
                   "identifier leadreference providerreference",
    "provider_name": "provider fournisseur nomfournisseur",
    "provider_webhook_url": "providerwebhook providerurl webhookurl webhook",
    "created_from": "form formname formulaire",
    "amount": "montant budget prix",
    "tags": "tag etiquettes motscles keywords",
    "idempotency_key": "",
    **dict.fromkeys(
        ("currency", "probability", "ip", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
         "utm_referrer", "custom", "clear"), ""
    ),
})  # fmt: skip
"""The words of a lead."""
STATUS = words({
    "status": "statut statusid statuscode statustitle statusname statuslabel leadstatus etat title label libelle name "
              "nom value code id",
    "idempotency_key": "",
})  # fmt: skip
"""The words of a new status."""
FILTER = words({
    "status_id": "status statut etat", "user_id": "user owner commercial vendeur seller",
    "email": "mail courriel ctcemail",
    "phone": "telephone tel phonenumber ctcphone", "title": "q search query titre name", "lead_id": "id",
    "external_id": "externalreference externalref reference ref identifier",
    "provider_name": "provider fournisseur", "created_from": "form formulaire",
    "created_after": "since from datestart startdate datefrom createdsince datedebut",
    "created_before": "until to dateend enddate dateto createduntil datefin",
    "updated_after": "updatedsince modifiedsince modifiedafter updatedfrom",
    "limit": "perpage pagesize itemsperpage size", "page": "pagenumber", "cursor": "",
})  # fmt: skip
"""The words of a list."""
HOOK = words({
    "event": "events type trigger topic evenement eventtype eventname name",
    "url": "targeturl webhookurl callbackurl callback webhook endpoint target hookurl",
})  # fmt: skip
"""The words of a subscription."""
TOKENS = words({"token": "apitoken accesstoken apikey jeton"})
FILE = words({"kind": "type documenttype nature category", "status": "statut leadstatus etat", "idempotency_key": ""})
"""The words beside a file."""
AROUND = {
    "lead", "leads", "contact", "ctc", "customer", "client", "prospect", "person", "individual", "address", "adresse",
    "data", "attributes", "fields",
}  # fmt: skip
"""Objects whose fields count as if they stood outside: `{"contact": {"email": ..}}`."""

OBJECTS = {
    "provider", "fournisseur", "contact", "address", "adresse", "company", "societe", "source", "channel", "canal",
    "user", "owner", "commercial", "status", "statut",
}  # fmt: skip
"""Names of values that may be objects, too; these say nothing but what stands in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came with a request: values by place, whether they are text, and files."""

    address: Sequence[tuple[Place, Any]]
    body: Sequence[tuple[Place, Any]]
    text: bool
    files: Sequence[FileStorage] = ()


def sent() -> Sent:
    """What this request brings, in its address and in a body that is JSON, a form or multipart."""
    given = [*plain(pairs(request.environ.get("QUERY_STRING", "").encode("latin-1"), LATIN))]
    if request.mimetype == MULTIPART:
        form, files = parts()
        if any("\0" in text for pair in form.items(multi=True) for text in pair):
            raise Malformed("nul_character")
        body = [*plain(form.items(multi=True))]
        return Sent(address=given, body=body, text=True, files=[file for _, file in files.items(multi=True) if file])
    data = incoming.content()
    if data.lstrip()[:1] == b"{":
        # Said to be JSON or not.
        return Sent(address=given, body=[*leaves(incoming.mapping(data))], text=False)
    if request.mimetype == FORM:
        return Sent(address=given, body=[*plain(pairs(data, LATIN))], text=True)
    found, _ = incoming.body()
    return Sent(address=given, body=[*leaves(found)], text=not data)


def plain(given: Iterable[tuple[str, str]]) -> Iterator[tuple[Place, Any]]:
    """The parameters of a form, those called `name[]` as one list."""
    many: dict[str, list[str]] = {}
    for name, value in given:
        many.setdefault(name, []).append(value.strip())
    for name, values in many.items():
        yield place(name), values if name.endswith("[]") else values[-1]


def leaves(found: Mapping[str, Any], above: Place = ()) -> Iterator[tuple[Place, Any]]:
    """The values of a JSON object by their places; an object is also a value."""
    for name, value in found.items():
        here = (*above, *place(name))
        if here == above:
            continue  # a name of signs alone
        yield here, value
        if isinstance(value, Mapping):
            yield from leaves(value, here)


def place(name: str) -> Place:
    """`provider[webhook_url]` -> `("provider", "webhookurl")`."""
    return tuple(filter(None, map(folded, JOINTS.split(name))))


def understood(given: Iterable[tuple[Place, Any]], known: Words) -> dict[str, Any]:
    """The values under our names. What is empty or unknown is left out; of equal names the last one counts."""
    best: dict[str, tuple[int, Any]] = {}
    for where, value in given:
        found = meant(where, known)
        if found is None or value in (None, "", []) or (isinstance(value, Mapping) and where[-1] in OBJECTS):
            continue
        ours, rank = found
        if ours not in best or rank <= best[ours][0]:
            best[ours] = (rank, value)
    return {ours: value for ours, (_, value) in best.items()}


def meant(where: Place, known: Words) -> tuple[str, int] | None:
    """What a place is called here: by its whole name, or by what is left without the objects around it."""
    for start in range(len(where)):
        found = known.get("".join(where[start:]))
        if found or where[start] not in AROUND:
            return found
    return None


def inputs(came: Sent, known: Words, input: Input) -> dict[str, Any]:
    """What was sent, as this input takes it; the body goes before the address."""
    address = understood(came.address, known)
    body = understood(came.body, known)
    return {name: fitting(input, name, value) for name, value in {**address, **body}.items()}


def fitting(input: Input, name: str, value: Any) -> Any:
    """A number where a text is wanted is that text; of a list where one is wanted, the last counts."""
    schema = input.schema["properties"].get(name)
    if schema is None:
        return value
    kind = kind_of(schema)
    if isinstance(value, list) and kind != "list" and all(isinstance(item, str) for item in value):
        value = value[-1]
    if kind == "list" and isinstance(value, str) and "x-split" in schema and "enum" not in schema["items"]:
        return [item for part in value.split(schema["x-split"]) if (item := part.strip())]
    if kind == "text" and isinstance(value, int | float) and not isinstance(value, bool) and roomy(schema, value):
        return shown(value)
    return value


def roomy(schema: Mapping[str, Any], number: float) -> bool:
    """Whether a text may be that number: any where there is room, in short ones such as postcodes whole numbers."""
    room: int = schema.get("maxLength", LONGEST_NUMBER)
    return room >= LONGEST_NUMBER or (number == int(number) and abs(number) <= DIGITS)
