"""Finds the record that an input names: by id, e-mail, code or whatever its `x-ref` allows, inside the transaction."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector.catalog.model import AnyTest, Catalog, Ref, Test, Where
from connector.engine.queries import Run
from connector.engine.records import Record
from connector.errors import Fault, NotFound, Refused
from connector.sentences import LOCALES
from connector.storage.contract import Clause, Query, Row, Transaction

LARGEST_ID = 2**53 - 1

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, allowed: value in allowed,
    "contains": lambda value, item: item in value,
}


def as_id(given: Any) -> int | None:
    """The id in a number or a numeric text (leading zeros are fine), or None."""
    if isinstance(given, bool):
        return None
    if isinstance(given, str):
        text = given.strip()
        given = int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None
    return given if isinstance(given, int) and 0 < given <= LARGEST_ID else None


def find_row(tx: Transaction, ref: Ref, given: Any) -> Row | None:
    """The visible record so named, whichever of the reference's keys it matches first."""
    for key in ref.by:
        if key == "id":
            record_id = as_id(given)
            row = tx.get(ref.to, record_id) if record_id is not None else None
        else:
            clause = Clause(path=key, op="contains" if key in ref.several else "eq", value=str(given))
            found = tx.find(Query(entity=ref.to, where=(clause,), limit=1))
            row = found[0] if found else None
        if row is not None:
            return row
    return None


def resolve(run: Run, name: str, ref: Ref, given: Any) -> Record:
    """The record an input names; NotFound where no visible record is so named, Refused where it may not be chosen."""
    row = find_row(run.tx, ref, given)
    if row is None:
        raise _unknown(run.catalog, name, ref, given)
    record = run.record(ref.to, row["id"], row)
    if not meets(record, ref.where):
        raise _unfit(run, name, ref, record)
    return record


def on_missing(catalog: Catalog, entity: str, given: Any) -> NotFound:
    """The error for a record that does not exist or that this caller may not see."""
    title = catalog.entities[entity].title
    texts = {
        "en": f"There is no {title['en'].lower()} {_shown(given)} that you may see.",
        "fr": f"{title.get('fr', title['en'])} {_shown(given)} : introuvable ou hors de votre portée.",
        "ru": f"{title.get('ru', title['en'])} {_shown(given)}: запись не найдена или недоступна вам.",
    }
    return NotFound(f"{entity}_not_found", texts=texts)


def _unknown(catalog: Catalog, name: str, ref: Ref, given: Any) -> NotFound:
    title = catalog.entities[ref.to].title
    keys = {"en": " or ", "fr": " ou ", "ru": " или "}
    texts = {
        "en": f"{name}: no {title['en'].lower()} matches {_shown(given)}. Give its {keys['en'].join(ref.by)}.",
        "fr": f"{name} : aucun enregistrement « {title.get('fr', title['en'])} » ne correspond à {_shown(given)}. "
              f"Indiquez : {keys['fr'].join(ref.by)}.",
        "ru": f"{name}: нет записи «{title.get('ru', title['en'])}» со значением {_shown(given)}. "
              f"Укажите: {keys['ru'].join(ref.by)}.",
    }  # fmt: skip
    plain = {locale: text.replace("{", "{{").replace("}", "}}") for locale, text in texts.items()}
    code = f"{ref.to}_not_found"
    return NotFound(code, texts=texts, faults=[Fault(pointer=f"/{name}", key=code, texts=plain)])


def _shown(given: Any) -> str:
    text = str(given)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _unfit(run: Run, name: str, ref: Ref, record: Record) -> Exception:
    if ref.refuse is None:
        return _unknown(run.catalog, name, ref, record.id)
    names = {"it": record, **{key: run.names[key] for key in ("on",) if key in run.names}}
    texts = {locale: str(value.of(names)) for locale, value in ref.refuse.message.items() if locale in LOCALES}
    return Refused(ref.refuse.code, texts=texts)


def meets(record: Record, where: Where) -> bool:
    """Whether a record meets a `where` of constants, read through its references."""
    return all(
        any(_all(record, group) for group in part.groups) if isinstance(part, AnyTest) else _holds(record, part)
        for part in where
    )


def _all(record: Record, tests: Iterable[Test]) -> bool:
    return all(_holds(record, test) for test in tests)


def _holds(record: Record, test: Test) -> bool:
    value: Any = record
    for step in test.path.split("."):
        value = getattr(value, step) if value is not None else None
    wanted = test.value.of({"it": record})
    if value is None or wanted is None:
        return (value is wanted) if test.op == "eq" else (value is not wanted) if test.op == "ne" else False
    return bool(COMPARE[test.op](value, wanted))
