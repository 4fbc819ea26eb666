"""Which column of a CSV file is which field of a lead."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import click

from connector.catalog.folds import FOLDS
from connector.catalog.model import NOTHING, Field
from connector.catalog.place import suggest

DROP = "-"
"""The target of a column that is to be left out."""
LOOKED_UP = {"owner": "user_id", "source": "source_id", "stage": "status_id"}
"""Targets whose cells are names that the account knows, and the input that each fills (a stage may fill step_id)."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "lead", "lead title", "lead name", "deal name", "opportunity", "titre", "prospect"),
    "first_name": ("first name", "firstname", "given name", "prenom"),
    "last_name": ("last name", "lastname", "surname", "family name", "nom", "nom de famille"),
    "contact_name": ("name", "full name", "contact", "contact name", "nom complet", "nom du contact"),
    "email": ("email", "e mail", "email 1", "email address", "mail", "courriel", "adresse email", "adresse e mail"),
    "phone": ("phone", "phone 1", "phone number", "telephone", "tel", "mobile", "mobile phone", "portable"),
    "company": ("company", "company name", "account name", "organization", "organisation", "societe", "entreprise"),
    "site": ("website", "web site", "site", "site web", "url"),
    "address": ("address", "street", "adresse", "rue"),
    "postcode": ("postcode", "postal code", "zip", "zip code", "code postal", "cp"),
    "city": ("city", "town", "ville"),
    "country": ("country", "pays"),
    "description": ("description", "notes", "note", "comments", "comment", "message", "commentaires", "commentaire"),
    "amount": ("amount", "value", "deal value", "montant", "valeur"),
    "currency": ("currency", "devise"),
    "probability": ("probability", "probabilite"),
    "tags": ("tags", "tag", "labels", "etiquettes"),
    "external_id": ("external id", "account id", "record id", "lead id", "id", "identifiant", "reference"),
    "utm_source": ("utm source",),
    "utm_medium": ("utm medium",),
    "utm_campaign": ("utm campaign",),
    "utm_term": ("utm term",),
    "utm_content": ("utm content",),
    "owner": ("owner", "lead owner", "assigned to", "proprietaire", "responsable", "commercial", "attribue a"),
    "source": ("source", "lead source", "origine", "canal"),
    "stage": ("stage", "deal stage", "lead status", "status", "step", "pipeline stage", "etape", "statut", "etat"),
    DROP: ("leadwire line", "leadwire problem"),
}
TARGETS = {header: target for target, headers in HEADERS.items() for header in headers}


def plain(text: str) -> str:
    """A header or a name without case, accents and punctuation."""
    return re.sub(r"[\W_]+", " ", str(FOLDS["text"](text))).strip()


def mapped(
    headers: Sequence[str], given: Mapping[str, str], inputs: Collection[str], own: Mapping[str, Field] = NOTHING
) -> dict[str, str]:
    """Header -> target, for every column that has one; the first of two columns for one field wins.

    `given` comes first and is taken at its word; a header or a field that does not exist is refused with the nearest.
    `own`: the account's custom fields, known by their keys and their names.
    """
    known = (*inputs, *(target for target, field in LOOKED_UP.items() if field in inputs), DROP)
    targets = {plain(name): key for key, field in own.items() for name in (key, *field.title.values())} | TARGETS
    for header, target in given.items():
        _one_of("column", header, headers)
        _one_of("field", target, known)
    found = dict(given)
    for header in headers:
        target = targets.get(plain(header), "")
        if header not in found and target in known and (target == DROP or target not in found.values()):
            found[header] = target
    return found


def _one_of(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise click.UsageError(f"There is no {kind} {name!r}. {suggest(name, known)}")
