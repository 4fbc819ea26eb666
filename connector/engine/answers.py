"""What a form, a survey or another program sends, whatever its shape, as a list of answers: asked this, said that.

Nested objects, lists of `{name, value}`, the bodies of Typeform, Tally, HubSpot, Elementor and Google's lead forms, and
Meta's `field_data` all come to the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("column_id", "name", "label", "key", "ref", "question", "title", "column_name", "id")
"""Where an answer says what was asked, the most telling first."""
LABELS = ("label", "title", "question", "column_name", "name", "key", "ref", "column_id", "id")
"""The same, for people."""
VALUES = ("value", "values", "string_value", "answer", "answers")
"""Where an answer says what was said."""
MOST = 200
"""Answers that are read at most."""
LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: all names of what was asked (the path first), how people read it, and what was said."""

    names: tuple[str, ...]
    label: str
    text: str
    listed: bool = False
    """It stood in a list of answers, so it was meant as one."""


def answers(document: Mapping[str, Any]) -> list[Answer]:
    """All answers of a document, in order. Where it lists answers as such, nothing else of it is one but UTM words."""
    found = [answer for answer in _below(document, ()) if answer.text]
    if any(answer.listed for answer in found):
        found = [answer for answer in found if answer.listed or answer.names[-1].startswith("utm_")]
    return found[:MOST]


def nested(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The document that form fields stand for: `contact[email]` is nested, a name given twice is a list."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = [part for part in name.replace("]", "").split("[") if part][:8] or [name]
        place: Any = root
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                place, last = root, name
                break
        held = place.get(last)
        place[last] = value if held is None else [*(held if isinstance(held, list) else [held]), value]
    return root


def _below(value: Any, path: tuple[str, ...]) -> Iterator[Answer]:
    if isinstance(value, Mapping):
        if (answer := _listed(value, path)) is not None:
            yield answer
        elif "value" in value and path and not isinstance(value["value"], Mapping):
            # HubSpot's `properties: {email: {value: ..., versions: [...]}}`.
            yield from _below(value["value"], path)
        else:
            for name, inner in value.items():
                yield from _below(inner, (*path, str(name)))
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for item in value:
            yield from _below(item, path)
    else:
        yield _said(path, path[-1] if path else "", (), value)


def _listed(value: Mapping[str, Any], path: tuple[str, ...]) -> Answer | None:
    """The answer that an object is, or None where it is no answer but holds some."""
    field = value.get("field")
    if isinstance(field, Mapping) and isinstance(value.get("type"), str):
        # Typeform: the value stands under its type, the question under `field`.
        names = [field[key] for key in ("ref", "title", "type", "id") if isinstance(field.get(key), str)]
        return _said(path, field.get("title") or (names or [""])[0], names, value.get(value["type"]), listed=True)
    names = [value[key] for key in NAMES if isinstance(value.get(key), str)]
    said = next((value[key] for key in VALUES if key in value), None)
    if not names or not any(key in value for key in VALUES):
        return None
    label = next(value[key] for key in LABELS if isinstance(value.get(key), str))
    return _said(path, label, names, said, listed=True)


def _said(path: tuple[str, ...], label: str, names: Sequence[str], value: Any, *, listed: bool = False) -> Answer:
    called = tuple(names) if listed else (".".join(path), *path[-1:])
    return Answer(called or ("",), label[:LONGEST_LABEL].strip(), text(value), listed)


def text(value: Any) -> str:
    """A value as people write it: lists with commas, of a choice its label."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(text, value)))
    if isinstance(value, Mapping):
        return text(next((value[key] for key in ("label", "labels", "value", "name", "other") if key in value), None))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value).strip()
