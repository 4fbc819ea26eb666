"""The clauses that several kinds of files share: values, where, order, references, refusals, texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalog.expressions import compile_bare, typed_value
from connector.catalog.model import AnyTest, Ref, Refusal, Sort, Test, Texts, Value, Where
from connector.catalog.place import Place, suggest
from connector.catalog.shapes import SCALAR, TEXT, Known, Shape, record
from connector.errors import ExpressionError

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "contains", "exists")
MOMENT = {"now": TEXT, "today": TEXT}
"""Names that every expression of an engine run may use, beside `actor`."""

_BROKEN = Value(source=None, of=lambda names: None, constant=True)


def texts(document: Mapping[str, Any], name: str, fallback: str = "") -> Texts:
    """A text by language, from `title` and `x-title`."""
    return {"en": document.get(name) or fallback, **document.get(f"x-{name}", {})}


def value(source: Any, known: Known, place: Place) -> Value:
    """A compiled value; what is wrong with it is reported at its place."""
    return shaped(source, known, place)[0]


def shaped(source: Any, known: Known, place: Place) -> tuple[Value, Shape]:
    """A compiled value and its shape."""
    try:
        return typed_value(source, known)
    except ExpressionError as error:
        place.add(error.params.get("reason", str(error)), error.params.get("hint", ""))
        return _BROKEN, SCALAR


def bare(source: Any, known: Known, place: Place) -> Value:
    """A compiled bare expression."""
    try:
        return compile_bare(source, known)
    except ExpressionError as error:
        place.add(error.params.get("reason", str(error)), error.params.get("hint", ""))
        return _BROKEN


def condition(document: Mapping[str, Any], known: Known, place: Place) -> Value | None:
    """The `when` of a clause, or None where there is none."""
    return bare(document["when"], known, place / "when") if "when" in document else None


def refusal(document: Mapping[str, Any], known: Known, place: Place) -> Refusal:
    """A code with its sentence in every language given."""
    message = {
        locale: value(text, known, place / ("message" if locale == "en" else "x-message"))
        for locale, text in texts(document, "message").items()
    }
    return Refusal(code=document["code"], message=message)


def where(document: Mapping[str, Any], entity: str, known: Known, place: Place) -> Where:
    """The clauses of a `where` over an entity: all must hold."""
    clauses: list[Test | AnyTest] = []
    for key, wanted in document.items():
        if key == "any":
            clauses.append(_any(wanted, entity, known, place / key))
        else:
            clauses += _tests(key, wanted, entity, known, place / key)
    return tuple(clauses)


def _any(groups: Any, entity: str, known: Known, place: Place) -> AnyTest:
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        place.add("'any' must be a list of objects", 'Write "any": [{"email": ...}, {"phone": ...}].')
        return AnyTest(groups=())
    return AnyTest(
        groups=tuple(
            tuple(test for key, wanted in group.items() for test in _tests(key, wanted, entity, known, place / i / key))
            for i, group in enumerate(groups)
        )
    )


def _tests(path: str, wanted: Any, entity: str, known: Known, place: Place) -> list[Test]:
    ended = known.resolve(entity, path)
    if isinstance(ended, str):
        place.add(ended, suggest(path.rsplit(".", 1)[-1], _reachable(entity, path, known)))
        return []
    if not isinstance(wanted, dict):
        wanted = {"eq": wanted}
    tests = []
    for op, source in wanted.items():
        if op not in OPERATORS:
            place.add(f"there is no operator '{op}'", suggest(op, OPERATORS))
        elif op == "in" and not isinstance(source, (list, str)):
            (place / op).add("'in' needs a list", 'Write {"in": ["a", "b"]} or {"in": "{{ ... }}"}.')
        else:
            tests.append(Test(path=path, op=op, value=_operand(op, source, ended, known, place / op)))
    return tests


def _operand(op: str, source: Any, ended: tuple[str, str], known: Known, place: Place) -> Value:
    """The value of a clause; a constant that the field can never hold is reported."""
    compiled = value(source, known, place)
    if compiled.constant and op not in ("contains", "exists"):
        entity, field = ended
        for item in source if op == "in" and isinstance(source, list) else [source]:
            wrong = known.outlines[entity].misfit(field, item)
            if wrong:
                place.add(wrong, "Give it a value that the field can hold.")
    return compiled


def _reachable(entity: str, path: str, known: Known) -> list[str]:
    """The names that could have stood at the end of a path."""
    for step in path.split(".")[:-1]:
        target = known.outlines[entity].refs.get(f"{step}_id", "")
        if target not in known.outlines:
            return [name.removesuffix("_id") for name in known.outlines[entity].refs]
        entity = target
    return list(known.outlines[entity].fields)


def order(document: Any, entity: str, known: Known, place: Place) -> tuple[Sort, ...]:
    """The keys of an `order`."""
    keys = document if isinstance(document, list) else [document]
    at = [place / i for i in range(len(keys))] if isinstance(document, list) else [place]
    return tuple(_sort(key, entity, known, spot) for key, spot in zip(keys, at, strict=True))


def _sort(key: Any, entity: str, known: Known, place: Place) -> Sort:
    if isinstance(key, str):
        path = key.removeprefix("-")
        ended = known.resolve(entity, path)
        if isinstance(ended, str):
            place.add(ended, suggest(path.rsplit(".", 1)[-1], _reachable(entity, path, known)))
        return Sort(path=path, descending=key.startswith("-"))
    counted = key["count"]
    if counted not in known.outlines:
        (place / "count").add(f"there is no entity '{counted}'", suggest(counted, known.outlines))
        return Sort()
    inner = known.plus(it=record(entity))
    return Sort(
        count=counted,
        descending=bool(key.get("descending")),
        where=where(key.get("where", {}), counted, inner, place / "where"),
    )


def reference(document: Mapping[str, Any], known: Known, place: Place) -> Ref:
    """A compiled `x-ref`. Its `where` sees actor, now and today; its label and refusal see the record as `it`."""
    to = document["to"]
    outline = known.outlines.get(to)
    if outline is None:
        (place / "to").add(f"there is no entity '{to}'", suggest(to, known.outlines))
        return Ref(to=to)
    by = tuple(document.get("by", ["id"]))
    for i, name in enumerate(by):
        if name not in outline.fields:
            (place / "by" / i).add(f"{to} has no field '{name}'", suggest(name, outline.fields))
    outer = Known(names={"actor": record("user"), **MOMENT}, outlines=known.outlines)
    inner = outer.plus(it=record(to))
    return Ref(
        to=to,
        by=by,
        several=frozenset(name for name in by if outline.fields.get(name) == "list"),
        where=where(document.get("where", {}), to, outer, place / "where"),
        label=value(document["label"], inner, place / "label") if "label" in document else None,
        refuse=refusal(document["refuse"], inner, place / "refuse") if "refuse" in document else None,
        on_delete=document.get("on_delete", "refuse"),
    )
