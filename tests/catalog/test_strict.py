"""Strict JSON refuses what parsers read differently."""

from __future__ import annotations

import pytest

from connector.catalog.strict import MAX_DEPTH, loads
from connector.errors import Malformed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed_json"),
        ("{", "malformed_json"),
        ("{'a': 1}", "malformed_json"),
        ('{"a": 1} x', "malformed_json"),
        ('{"a": "\0"}', "malformed_json"),
        ('{"a": 1, "a": 2}', "json_duplicate_key"),
        ('[{"b": {"a": 1, "a": 1}}]', "json_duplicate_key"),
        ("NaN", "json_number"),
        ("[-Infinity]", "json_number"),
        ("1e999", "json_number"),
        ("[-1e16]", "json_number"),
        ("9007199254740993", "json_number"),
        ("1" * 5000, "json_number"),
        ('"\\u0000"', "json_character"),
        ('{"\\u0000": 1}', "json_character"),
        ('"\\ud800"', "json_character"),
        ('"\ud800"', "json_character"),
        (b'"\xff"', "json_character"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "json_too_deep"),
        ("[" * 100_000, "json_too_deep"),
    ],
)
def test_what_cannot_be_kept_is_refused(text: str | bytes, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        loads(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ("9007199254740992", 2**53),
        ('{"a":' * 2 + "1" + "}" * 2, {"a": {"a": 1}}),
        ("[" + ",".join(["[]"] * 100) + "]", [[]] * 100),
    ],
)
def test_sound_json_is_read(text: str | bytes, value: object) -> None:
    assert loads(text) == value


def test_the_deepest_nesting_is_read() -> None:
    assert len(loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == 1


def test_an_error_names_line_and_column() -> None:
    with pytest.raises(Malformed, match="line 2, column 1"):
        loads('{"a": 1,\n}')
