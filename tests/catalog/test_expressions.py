"""Expressions keep types, resolve every path at load, and can do nothing but compute."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from connector.catalog.expressions import compile_bare, compile_value
from connector.catalog.filters import FILTERS, MAX_TEXT, TESTS
from connector.catalog.shapes import ANY, INTEGER, NONE, TEXT, Known, Outline, listing, members, record, row
from connector.errors import ExpressionError


def outline(key: str, inside: dict[str, Any]) -> Outline:
    return Outline(key=key, fields={}, refs={}, required=frozenset(), inside=inside, flat={})


LEAD = {"title": TEXT, "amount": INTEGER, "tags": listing(TEXT), "custom": ANY, "step": record("step")}
KNOWN = Known(
    names={
        "lead": record("lead"),
        "input": members({"days": INTEGER, "tag": TEXT, "step_id": record("step")}),
        "next": record("step"),
        "after": row({"title": TEXT}),
        "today": TEXT,
        "nothing": NONE,
    },
    outlines={"lead": outline("lead", LEAD), "step": outline("step", {"name": TEXT, "position": INTEGER})},
)
CUSTOM = {"size": {"items": 3}, "huge": 1e308, "word": "roof", "words": ["roof"], "number": 3}
STEP = SimpleNamespace(name="Visit", position=2)
NAMES = {
    "lead": SimpleNamespace(title="Roof", amount=12.5, tags=["a", "b"], custom=CUSTOM, step=STEP),
    "input": SimpleNamespace(days=3, tag=None, step_id=None),
    "next": None,
    "after": {"title": "Roof"},
    "today": "2026-02-27",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ lead.step.position }}", 2),
        ("{{ lead.amount }}", 12.5),
        ("{{ '33612345678' }}", "33612345678"),
        (" {{ lead.tags }} ", ["a", "b"]),
        ("{{ lead.title }}: {{ lead.step.name }}", "Roof: Visit"),
        ("{{ lead.amount }} {{ input.tag }}{{ lead.tags }}{{ true }}", "12.5 a, btrue"),
        ("{{ '}}' ~ lead.title }}!", "}}Roof!"),
        ("{{ 'a' ~ input.tag ~ 4.0 }}", "a4"),
        ("{{ input.tag or lead.title }}", "Roof"),
        ("{{ input.step_id.name if input.step_id else none }}", None),
        ("{{ lead.custom.size.items }}", 3),
        ("{{ lead.custom.absent.deeper }}", None),
        ("{{ [lead.custom.word.upper, lead.custom.words.append, lead.custom.number.real] }}", [None, None, None]),
        ("{{ after.title }}", "Roof"),
        ("{{ [1, lead.amount] }}", [1, 12.5]),
        ("{{ -lead.amount + 2 - 1 }}", -11.5),
        ("plain text, 100 % { of } it", "plain text, 100 % { of } it"),
        (None, None),
        (5, 5),
        ({"a": ["{{ lead.title }}", 1], "b": {"c": "{{ today }}"}}, {"a": ["Roof", 1], "b": {"c": "2026-02-27"}}),
    ],
)
def test_a_value_keeps_its_type(source: Any, value: Any) -> None:
    assert compile_value(source, KNOWN).of(NAMES) == value


@pytest.mark.parametrize(
    ("chain", "value"),
    [
        ("today | plus_days(3)", "2026-03-02"),
        ("today | minus_days(input.days)", "2026-02-24"),
        ("'2026-02-27T23:30:00Z' | plus_hours(1)", "2026-02-28T00:30:00.000Z"),
        ("'2026-02-27T23:30:00+02:00' | plus_days(1)", "2026-02-28T21:30:00.000Z"),
        ("'2026-02-27T23:30:00Z' | date", "2026-02-27"),
        ("'2026-02-27T23:30:00Z' | time", "23:30"),
        ("'2026-02-27' | month_start", "2026-02-01"),
        ("'2026-02-27T23:30:00.000Z' | local('Europe/Paris')", "2026-02-28 00:30:00"),
        ("'2026-07-01' | midnight('Europe/Paris')", "2026-06-30T22:00:00.000Z"),
        ("'+33 6 12 34 56 78' | digits", "612345678"),
        ("'  É ' | fold", "e"),
        ("lead.title | lower", "roof"),
        ("lead.title | upper", "ROOF"),
        ("' x ' | trim", "x"),
        ("input.tag | default('none')", "none"),
        ("lead.tags | first", "a"),
        ("lead.tags | last", "b"),
        ("[] | first", None),
        ("lead.tags | length", 2),
        ("nothing | length", 0),
        ("lead.tags | minus(['a'])", ["b"]),
        ("lead.tags | minus(nothing)", ["a", "b"]),
        ("lead.tags | join('/')", "a/b"),
        ("lead.title | replace('o', '0')", "R00f"),
        ("12.345 | round(1)", 12.3),
        ("12.345 | round", 12),
        ("lead.title | truncate_text(3)", "Ro…"),
        ("input.tag | trim", None),
    ],
)
def test_a_filter_computes(chain: str, value: Any) -> None:
    assert compile_value(f"{{{{ {chain} }}}}", KNOWN).of(NAMES) == value


def test_every_filter_and_test_is_tried() -> None:
    text = Path(__file__).read_text("utf-8")
    assert not [name for name in FILTERS if f"| {name}" not in text]
    assert not [name for name in TESTS if f"is {name}" not in text and f"is not {name}" not in text]


HOSTILE = [
    "lead.__class__", "lead.title.__class__.__mro__", "lead.custom.__class__", "_lead",
    "lead._private", "lead['title']", "lead.tags[0]",
    "lead.title.upper()", "lead.title.upper", "range(10)", "cycler", "self", "loop", "7 * 7", "2 ** 9",
    "'a' * 50000000",
    "4 / 2", "4 // 2", "4 % 2", "{'a': 1}", "(1, 2)", "lead.title | attr('x')", "lead.tags | map('upper')",
    "lead.title | format(1)", "lead is callable", "lead.title | truncate_text(size=3)", "lead.tags | join(*[1])",
    "lead.title if lead", "1e999", "99999999999999999999", "lead.titel", "led.title", "lead.title lead", "",
    "lead.title | plus_dys(1)", "lead.title | plus_days", "((" * 900, "not " * 600, "a" * 3000,
    "lead.title ~ " * 200 + "1", "lead.title }} {{ lead",
    "+1", "caller", "lead.step.pipeline", "input.dayz", "after.step", "set x = 1", "lambda: 1",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_on_the_list_is_refused_at_load(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_bare(text, KNOWN)


@pytest.mark.parametrize(
    "source", ["{% if lead %}x{% endif %}", "{# no #}", "{{ lead.title }", "lead }}", "x {{ lead }}"]
)
def test_a_text_with_anything_but_whole_braces_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_value(source, KNOWN)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("lead.titel", "lead has no field 'titel'. Did you mean 'title'?"),
        ("input.dayz", "input has no field 'dayz'. Did you mean 'days'?"),
        ("led.title", "nothing is called 'led'. Did you mean 'lead'?"),
        ("lead.title | plus_dys(1)", "there is no filter 'plus_dys'. Did you mean 'plus_days'?"),
        ("lead.title if lead", "'x if condition' needs an else: write 'x if condition else none'"),
        ("today | plus_days", "the filter 'plus_days' takes 1 argument, not 0"),
        ("lead['title']", "a['b'] and a[0] are not allowed in expressions"),
    ],
)
def test_a_refusal_says_what_is_known(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_bare(text, KNOWN)
    assert str(caught.value) == hint


@pytest.mark.parametrize(
    "text",
    ["next.position", "lead.amount > input.tag", "lead.title + 1", "'x' | plus_days(1)", "today | plus_days(99999999)",
     "today | plus_days('x')", "lead.custom.huge + lead.custom.huge",
     "-lead.title", "lead.tags | round", "lead.title in nothing"],
)  # fmt: skip
def test_what_cannot_be_computed_is_an_error_that_names_the_expression(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_bare(text, KNOWN).of(NAMES)
    assert f"in '{text}'" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["input.tag ~ input.tag", "input.tag | replace('x', input.tag)", "[input.tag, input.tag] | join"]
)
def test_a_text_cannot_grow_without_bound(text: str) -> None:
    names = {**NAMES, "input": SimpleNamespace(days=3, tag="x" * (MAX_TEXT - 1), step_id=None)}
    with pytest.raises(ExpressionError, match="longer than"):
        compile_bare(text, KNOWN).of(names)


@pytest.mark.parametrize(
    "source", ["{{ lead.title }}", "{{ lead.title ~ '' }}", "{{ lead.title | trim }}", "<{{ lead.title }}>"]
)
def test_data_is_never_parsed(source: str) -> None:
    names = {**NAMES, "lead": SimpleNamespace(title="{{ 7*7 }}")}
    assert "{{ 7*7 }}" in compile_value(source, KNOWN).of(names)


@pytest.mark.parametrize(
    ("source", "absent_with"),
    [
        ("{{ input.tag }}", "tag"),
        ("{{ input.step_id.position }}", "step_id"),
        ("{{ input.tag | trim | lower }}", "tag"),
        ("{{ input.tag | default('x') }}", None),
        ("{{ input.tag or 'x' }}", None),
        ("{{ input.tag }}!", None),
        ("{{ today | plus_days(input.days) }}", None),
        ("{{ lead.title }}", None),
        ("tag", None),
    ],
)
def test_a_whole_chain_of_an_input_is_absent_with_it(source: str, absent_with: str | None) -> None:
    assert compile_value(source, KNOWN).absent_with == absent_with


def test_names_are_looked_up_one_by_one_and_only_when_needed() -> None:
    class Lazy(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            assert name == "today"
            return "2026-02-27"

    assert compile_value("{{ today or lead.title }}", KNOWN).of(Lazy()) == "2026-02-27"


@pytest.mark.parametrize(
    "text",
    ["lead.step.position", "next is none", "next is not none", "lead is defined", "lead.title in ['Roof', 'x']",
     "lead.amount > 10 and lead.title == 'Roof'", "'a' not in lead.tags", "1 < input.days <= 3", "not lead.tags",
     "input.tag or lead.title", "lead.title if next else lead.step.name", "lead.amount - 2 + 0.5", "[1, 'a', none]",
     "lead.title ~ '-' ~ lead.step.name", "true is true", "1 is true", "false is false", "lead.title is string",
     "lead.amount is number", "lead.amount != 3"],
)  # fmt: skip
def test_jinja_agrees(text: str) -> None:
    """The grammar is Jinja's: its own sandbox, told to keep undefined apart from none, computes the same."""
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    assert compile_bare(text, KNOWN).of(NAMES) == environment.compile_expression(text, undefined_to_none=False)(NAMES)
