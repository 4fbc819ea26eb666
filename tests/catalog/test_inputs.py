"""Raw input becomes typed values, or every mistake in it."""

from __future__ import annotations

import string
from collections import Counter
from typing import Any

import pytest

from connector.catalog.forms import compile_input
from connector.catalog.inputs import parse
from connector.catalog.model import Input
from connector.catalog.place import Place
from connector.catalog.shapes import Known, Outline
from connector.errors import Fault, Invalid
from connector.sentences import LOCALES, SENTENCES, access, doors, inbound, mail, webhooks

USER = Outline(key="user", fields={"id": "integer", "email": "text"}, refs={}, required=frozenset(), inside={}, flat={})
SCHEMA: dict[str, Any] = {
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 10},
        "user_id": {"x-ref": {"to": "user", "by": ["id", "email"]}},
        "amount": {"type": "number", "x-money": True, "minimum": 0},
        "rate": {"type": "number"},
        "days": {"type": "integer", "minimum": 0, "maximum": 3650},
        "flag": {"type": "boolean", "default": False},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "email": {"type": "string", "format": "email", "maxLength": 254},
        "site": {"type": "string", "format": "uri"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "Three letters, {such} as EUR."},
        "state": {"type": "string", "enum": ["planned", "done"]},
        "tags": {
            "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 5},
            "minItems": 1, "maxItems": 3, "uniqueItems": True, "x-split": ",",
        },
        "steps": {"type": "array", "items": {"type": "integer", "maximum": 9}},
        "custom": {"type": "object", "maxProperties": 2},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def form() -> Input:
    place = Place("test.json")
    compiled = compile_input(SCHEMA, Known(outlines={"user": USER}), place, clearable=("day", "email"))
    assert place.problems == []
    return compiled


def faults(form: Input, raw: dict[str, Any], *, text: bool) -> list[Fault]:
    with pytest.raises(Invalid) as caught:
        parse(form, raw, text=text)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("name", "  two  ", "  two  "), ("name", ["one"], "one"), ("name", "{{ 7*7 }}", "{{ 7*7 }}"),
        ("user_id", "09846", "09846"), ("user_id", " ana@x.test ", "ana@x.test"), ("user_id", "02", "02"),
        ("amount", "155.34", 155.34), ("amount", " 12 ", 12), ("amount", ".5", 0.5), ("amount", "1.", 1.0),
        ("amount", "99999999999.9999", 99999999999.9999), ("amount", "+3", 3), ("amount", "19.99", 19.99),
        ("rate", "-0.123456", -0.123456), ("days", "015", 15), ("days", " 7 ", 7), ("days", "+7", 7),
        ("flag", "true", True), ("flag", "YES", True), ("flag", "1", True), ("flag", "on", True),
        ("flag", "false", False), ("flag", "No", False), ("flag", "0", False), ("flag", "off", False),
        ("day", "2026-03-01", "2026-03-01"), ("at", "2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000Z"),
        ("at", "2026-03-01T09:00:00+02:00", "2026-03-01T07:00:00.000Z"),
        ("at", "2026-03-01 09:00", "2026-03-01T09:00:00.000Z"),
        ("at", "2026-03-01T09:00:00.123456", "2026-03-01T09:00:00.123Z"),
        ("at", "2026-03-01t09:00:00z", "2026-03-01T09:00:00.000Z"),
        ("email", " ana@x.test ", "ana@x.test"), ("tags", "a,b", ["a", "b"]), ("tags", "a , b,", ["a", "b"]),
        ("tags", ["a,b", "c"], ["a", "b", "c"]), ("steps", "3", [3]), ("steps", ["3", "04"], [3, 4]),
        ("custom", '{"a": 1}', {"a": 1}), ("clear", "day,email", ["day", "email"]),
    ],
)  # fmt: skip
def test_text_is_typed_by_the_schema(form: Input, name: str, given: Any, value: Any) -> None:
    assert parse(form, {"name": "x", name: given}, text=True)[name] == value


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("user_id", 3, 3), ("user_id", "03", "03"), ("user_id", 3.0, 3), ("amount", "155.34", 155.34),
        ("amount", 19.99, 19.99),
        ("amount", 0, 0), ("days", "015", 15), ("days", 15.0, 15), ("rate", "1.5", 1.5), ("flag", True, True),
        ("day", "2026-03-01", "2026-03-01"), ("at", "2026-03-01T09:00:00+02:00", "2026-03-01T07:00:00.000Z"),
        ("email", "ana@x.test\t", "ana@x.test"),
        ("tags", ["a,b"], ["a,b"]), ("steps", ["3", 4], [3, 4]), ("custom", {"a": None}, {"a": None}),
    ],
)  # fmt: skip
def test_json_keeps_its_types_but_numeric_text_is_read(form: Input, name: str, given: Any, value: Any) -> None:
    parsed = parse(form, {"name": "x", name: given}, text=False)[name]
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "given", "key"),
    [
        ("name", "12345678901", "too_long"), ("name", ["a", "b"], "given_twice"), ("user_id", "x" * 300, "too_long"),
        ("amount", "155,34", "decimal_comma"), ("amount", "1,234.56", "not_a_number"),
        ("amount", "1e3", "not_a_number"),
        ("amount", "12 €", "not_a_number"), ("amount", "nan", "not_a_number"), ("amount", "inf", "not_a_number"),
        ("amount", "0x10", "not_a_number"), ("amount", "1_000", "not_a_number"), ("amount", "٣", "not_a_number"),
        ("amount", "1.23456", "too_many_decimals"), ("amount", "-1", "too_small"),
        ("amount", "1" * 30, "too_large_number"),
        ("amount", "100000000000", "too_large_number"), ("days", "1.5", "not_an_integer"),
        ("days", "1,5", "not_an_integer"),
        ("days", "abc", "not_an_integer"), ("days", "-1", "too_small"), ("days", "4000", "too_large_number"),
        ("days", "9" * 39, "too_large_number"), ("rate", "9007199254740993", "too_large_number"),
        ("steps", "-9007199254740993", "too_large_number"), ("flag", "maybe", "not_a_boolean"),
        ("flag", "2", "not_a_boolean"),
        ("day", "01/03/2026", "not_a_date"), ("day", "2026-02-30", "not_a_date"), ("day", "20260301", "not_a_date"),
        ("day", "2026-03-01T09:00:00Z", "not_a_date"), ("at", "2026-03-01", "not_a_datetime"),
        ("at", "today", "not_a_datetime"),
        ("at", "2026-03-01T25:00:00Z", "not_a_datetime"), ("at", "0001-01-01T00:00:00+14:00", "not_a_datetime"),
        ("at", "2026-03-01T09:00:00 02:00", "not_a_datetime"), ("email", "ana", "wrong_format"),
        ("email", "ana@x.test\n", "wrong_format"), ("email", "a@x.test,b@x.test", "wrong_format"),
        ("email", "Ana <ana@x.test>", "wrong_format"), ("site", "no site", "wrong_format"),
        ("code", "eur", "wrong_pattern"),
        ("code", "EUR\n", "wrong_pattern"), ("state", "open", "not_allowed"), ("tags", ",", "too_few_items"),
        ("tags", "a,b,c,d", "too_many_items"), ("tags", "a,a", "not_unique"), ("custom", "{", "not_a_mapping"),
        ("custom", '{"a": 1, "a": 2}', "not_a_mapping"), ("custom", '{"a":1,"b":2,"c":3}', "too_many_items"),
        ("clear", "name", "not_allowed"),
    ],
)  # fmt: skip
def test_text_that_does_not_fit_is_refused(form: Input, name: str, given: Any, key: str) -> None:
    [fault] = faults(form, {"name": "x", name: given}, text=True)
    assert fault.key == key
    assert fault.pointer.startswith(f"/{name}")


@pytest.mark.parametrize(
    ("name", "given", "key"),
    [
        ("name", 5, "not_a_text"), ("name", ["x"], "not_a_text"), ("user_id", True, "not_an_id"),
        ("user_id", {}, "not_an_id"),
        ("user_id", 1.5, "not_an_id"), ("user_id", 0, "too_small"), ("amount", True, "not_a_number"),
        ("amount", [], "not_a_number"),
        ("amount", 1.00001, "too_many_decimals"), ("days", 1.5, "not_an_integer"), ("days", False, "not_an_integer"),
        ("flag", "true", "not_a_boolean"), ("flag", 1, "not_a_boolean"), ("day", 20260301, "not_a_date"),
        ("at", 0, "not_a_datetime"), ("tags", "a", "not_a_list"), ("tags", [1], "not_a_text"),
        ("tags", [""], "too_short"),
        ("steps", ["x"], "not_an_integer"), ("steps", [10], "too_large_number"), ("custom", [], "not_a_mapping"),
    ],
)  # fmt: skip
def test_json_of_another_type_is_refused(form: Input, name: str, given: Any, key: str) -> None:
    [fault] = faults(form, {"name": "x", name: given}, text=False)
    assert fault.key == key


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_optional_input_is_absent(form: Input, text: bool, empty: Any) -> None:
    raw = {name: empty for name in form.names} | {"name": "x"}
    assert parse(form, raw, text=text) == {"name": "x", "flag": False}


@pytest.mark.parametrize("raw", [{}, {"name": ""}, {"name": None}])
def test_an_empty_required_input_is_missing(form: Input, raw: dict[str, Any]) -> None:
    assert [(fault.pointer, fault.key) for fault in faults(form, raw, text=False)] == [("/name", "missing_parameter")]


def test_all_mistakes_come_at_once_in_the_order_of_the_form(form: Input) -> None:
    raw = {"zzz": 1, "tags": ["a", 1, 2], "days": "x", "amount": "1,5"}
    found = [(fault.pointer, fault.key) for fault in faults(form, raw, text=False)]
    assert found == [
        ("/name", "missing_parameter"), ("/amount", "decimal_comma"), ("/days", "not_an_integer"),
        ("/tags/1", "not_a_text"), ("/tags/2", "not_a_text"), ("/zzz", "unknown_parameter"),
    ]  # fmt: skip


def test_an_unknown_name_is_refused_with_the_nearest_one_or_ignored(form: Input) -> None:
    [fault] = faults(form, {"name": "x", "emial": "a"}, text=True)
    assert fault.message() == "emial is not known here. Try: email."
    assert parse(form, {"name": "x", "emial": "a"}, text=True, lenient=True) == {"name": "x", "flag": False}


def test_a_sentence_says_what_came_and_what_to_do(form: Input) -> None:
    [fault] = faults(form, {"name": "x", "amount": "155,34"}, text=True)
    assert fault.message() == 'amount is "155,34", with a decimal comma; use a point: 155.34.'


def test_a_pattern_is_explained_by_the_description_of_its_field(form: Input) -> None:
    [fault] = faults(form, {"name": "x", "code": "eur"}, text=True)
    assert fault.message().endswith("Three letters, {such} as EUR.")


def test_a_long_value_is_shown_short(form: Input) -> None:
    [fault] = faults(form, {"name": "x" * 5000}, text=True)
    assert len(fault.params["got"]) <= 64


def test_defaults_are_not_shared(form: Input) -> None:
    first = parse(form, {"name": "x"}, text=False)
    first["flag"] = "changed"
    assert parse(form, {"name": "x"}, text=False)["flag"] is False


def test_a_pointer_escapes_what_it_must(form: Input) -> None:
    [fault] = faults(form, {"name": "x", "a/b~": 1}, text=False)
    assert fault.pointer == "/a~1b~0"


def test_no_sentence_stands_in_two_tables() -> None:
    tables = (access.ACCESS, doors.DOORS, inbound.INBOUND, mail.MAIL, webhooks.WEBHOOKS)
    keys = Counter(key for table in tables for key in table)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_has_the_same_blanks_in_all_languages(key: str) -> None:
    blanks = [{name for _, name, _, _ in string.Formatter().parse(SENTENCES[key][locale])} for locale in LOCALES]
    assert blanks[0] - {None} == blanks[1] - {None} == blanks[2] - {None}
