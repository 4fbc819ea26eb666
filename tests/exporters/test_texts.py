"""What a request may hold, in words of JSON Schema."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connector.exporters.texts import digits, drawn, in_json, in_query

TEXT = {"type": "string", "minLength": 1, "maxLength": 3}
PERCENT = {"type": "integer", "minimum": 0, "maximum": 100}
MONEY = {"type": "number", "minimum": 0, "maximum": 99999999999.9999, "x-money": True}
USER = {"type": ["integer", "string"], "minimum": 1, "minLength": 1, "maxLength": 9, "x-ref": {"to": "user"}}
TAGS = {"type": "array", "items": {"type": "string", "maxLength": 64}, "maxItems": 3, "x-split": ","}
MAIL = {"type": "string", "format": "email"}
KIND = {"type": "string", "enum": ["call", "visit"]}


def takes(schema: dict[str, Any], value: Any) -> bool:
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(schema, format_checker=checker).is_valid(value)


@pytest.mark.parametrize("schema", [TEXT, PERCENT, MONEY, USER, TAGS, MAIL, KIND, {"type": "boolean"}])
@pytest.mark.parametrize("empty", [None, ""])
def test_empty_is_taken_where_an_input_is_optional(schema: dict[str, Any], empty: Any) -> None:
    assert takes(in_json(schema, required=False), empty)
    assert not takes(in_json(schema, required=True), empty)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (TEXT, ["a", "abc"], ["abcd", "a\0", 1]),
        (PERCENT, [0, 100, "0", "007", "100"], [-1, 101, "101", "1.5", "-1"]),
        (MONEY, [155.34, "155.34", ".5", "12."], ["1,5", 0.00001, "0.00001", -1]),
        (USER, [1, "ana", " 7 "], [0, " ", "a\0"]),
        (MAIL, ["ana@example.test"], ["ana"]),
        (TAGS, [[], ["a"]], ["a,b", ["a\0"]]),
    ],
)
def test_values_of_a_body(schema: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    exact = in_json(schema, required=False)
    assert [value for value in good if not takes(exact, value)] == []
    assert [value for value in bad if takes(exact, value)] == []


@pytest.mark.parametrize(
    ("required", "good", "bad"),
    [(True, ["a,b", "a, "], [" ", ",", ""]), (False, ["", "a,b,c"], ["a,b,c,d"])],
)
def test_lists_of_a_query_are_texts_with_commas(required: bool, good: list[str], bad: list[str]) -> None:
    exact = in_query(TAGS, required=required)
    assert [value for value in good if not takes(exact, value)] == []
    assert [value for value in bad if takes(exact, value)] == []


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_digits_match_the_numbers_up_to_the_highest_and_no_others(highest: int, number: int) -> None:
    assert bool(re.search(digits(0, highest), str(number))) == (number <= highest)


def test_digits_of_one_and_up_leave_out_nought() -> None:
    assert not re.search(digits(1, 20), "00")
    assert re.search(digits(1, 20), "010")


@pytest.mark.parametrize("schema", [TEXT, PERCENT, KIND, MAIL, {"type": ["integer", "null"]}, {"type": "array"}])
def test_a_drawn_value_fits(schema: dict[str, Any]) -> None:
    assert takes(schema, drawn(schema)) or schema is TEXT
