"""The catalog as a document for programs and people: what there is, and what each thing takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector.catalog.model import Action, Catalog, Entity, Search, Trigger
from connector.sentences import say

TRANSLATED = {"x-title": "title", "x-description": "description", "x-message": "message"}


def catalog(known: Catalog, locale: str) -> dict[str, Any]:
    """Everything, by kind, in that language."""
    kinds = {kind: [entry(known, kind, key, locale) for key in listed(known, kind)] for kind in KINDS}
    return {"version": known.version, **kinds}


def listed(known: Catalog, kind: str) -> list[str]:
    """The keys of that kind that the public may see."""
    return [key for key, item in getattr(known, kind).items() if getattr(item, "public", True)]


def entry(known: Catalog, kind: str, key: str, locale: str) -> dict[str, Any] | None:
    """One entry in that language; None where there is none."""
    if kind not in KINDS or key not in listed(known, kind):
        return None
    return KINDS[kind](getattr(known, kind)[key], locale)


def action(item: Action, locale: str) -> dict[str, Any]:
    """An action: where to send it, what it takes, what it answers."""
    own = {"on": item.on, "path": item.path, "destructive": item.destructive, "clearable": list(item.input.clearable)}
    return callable_at("POST", f"/api/v1/actions/{item.key}", item, locale) | own


def trigger(item: Trigger, locale: str) -> dict[str, Any]:
    """A trigger: where its feed is, its filters, its items."""
    return callable_at("GET", f"/api/v1/triggers/{item.key}", item, locale) | {"on": item.on}


def search(item: Search, locale: str) -> dict[str, Any]:
    """A search: where it is, what it takes, what it finds."""
    return callable_at("GET", f"/api/v1/searches/{item.key}", item, locale) | {"find": item.find}


def callable_at(method: str, url: str, item: Action | Trigger | Search, locale: str) -> dict[str, Any]:
    """What all that can be called have in common."""
    return {
        "key": item.key, "title": say(item.title, locale), "description": say(item.description, locale),
        "method": method, "url": url,
        "input": worded(item.input.schema, locale), "output": worded(item.output, locale),
    }  # fmt: skip


def entity(item: Entity, locale: str) -> dict[str, Any]:
    """A record type: where its records are, and how one looks."""
    return {
        "key": item.key, "plural": item.plural, "title": say(item.title, locale),
        "method": "GET", "url": f"/api/v1/{item.plural}", "choices": f"/api/v1/choices/{item.key}",
        "search": list(item.search), "output": worded(item.output, locale),
    }  # fmt: skip


KINDS: Mapping[str, Callable[[Any, str], dict[str, Any]]] = {
    "actions": action,
    "triggers": trigger,
    "searches": search,
    "entities": entity,
}


def worded(schema: Any, locale: str) -> Any:
    """A JSON Schema with its texts in that language; the other languages are left out."""
    if isinstance(schema, Mapping):
        words = {
            TRANSLATED[key]: texts[locale] for key, texts in schema.items() if key in TRANSLATED and locale in texts
        }
        rest = {key: worded(value, locale) for key, value in schema.items() if key not in TRANSLATED}
        return rest | words
    if isinstance(schema, list | tuple):
        return [worded(item, locale) for item in schema]
    return schema
