"""An account's own catalog, made of the shared one and the definitions of its custom fields."""

from __future__ import annotations

from typing import Any

import pytest

from connector.catalog.custom import FITS, TYPES, for_account, holds, whole
from connector.catalog.inputs import parse
from connector.catalog.model import Catalog
from connector.errors import Invalid
from tests.plugins.desk import shipped


def definition(key: str, type: str = "text", **more: Any) -> dict[str, Any]:
    blank = {"parent": "lead", "name": key.title(), "name_fr": None, "name_ru": None, "required": False}
    choices = ["Small", "Large"] if "choice" in type else []
    return {**blank, "id": 1, "key": key, "type": type, "choices": choices, "is_active": True, "position": 1, **more}


def catalog(*rows: dict[str, Any]) -> Catalog:
    return for_account(shipped(), rows, "1.1")


@pytest.mark.parametrize(
    "row", [definition("size", is_active=False), definition("title"), definition("size", parent="user")]
)
def test_a_definition_that_is_retired_or_does_not_fit_leaves_the_shared_catalog(row: dict[str, Any]) -> None:
    assert catalog(row) is shipped()


@pytest.mark.parametrize("type", TYPES)
def test_a_sample_value_of_each_type_is_valid_and_shown_as_it_is(type: str) -> None:
    known = catalog(definition("own", type))
    field = known.entities["lead"].own["own"]
    (sample,) = field.schema["examples"]
    values = parse(known.actions["create_lead"].input, {"title": "x", "own": sample}, text=False)
    assert values["custom"] == whole({"own": field}, values["custom"]) == {"own": sample}
    assert field.kind in FITS


def test_what_has_nothing_to_do_with_the_record_type_is_shared() -> None:
    known = catalog(definition("size"))
    assert known.version != shipped().version
    for kind, changed in (
        ("entities", {"lead"}),
        ("searches", {"find_lead"}),
        ("triggers", {key for key, trigger in shipped().triggers.items() if trigger.on == "lead"}),
    ):
        mine, shared = getattr(known, kind), getattr(shipped(), kind)
        assert {key for key in mine if mine[key] is not shared[key]} == changed


def test_actions_that_copy_their_input_to_the_record_take_its_fields() -> None:
    known = catalog(definition("size"))
    taking = {key for key, action in known.actions.items() if "size" in action.input.names}
    assert taking == {"create_lead", "update_lead", "find_or_create_lead", "import_lead", "receive_lead"}
    assert "custom" not in known.actions["create_lead"].input.names
    assert "size" in known.actions["update_lead"].input.clearable


def test_every_answer_that_holds_the_record_tells_its_fields() -> None:
    known = catalog(definition("size"))
    lead = known.entities["lead"].output
    assert list(lead["properties"]["custom"]["properties"]) == ["size"]
    assert known.actions["assign"].output == known.searches["find_lead"].output == lead
    inside = known.actions["find_or_create_lead"].output["properties"]["lead"]
    assert inside["properties"]["custom"] == lead["properties"]["custom"]
    assert known.triggers["new_lead"].output["properties"]["custom"] == lead["properties"]["custom"]


def test_required_fields_are_asked_for_where_records_are_made_unless_leniently() -> None:
    known = catalog(definition("size", required=True))
    create, update = (known.actions[key].input for key in ("create_lead", "update_lead"))
    with pytest.raises(Invalid) as found:
        parse(create, {"title": "x", "custom": {"size": ""}}, text=False)
    assert [fault.pointer for fault in found.value.faults] == ["/size"]
    assert parse(create, {"title": "x"}, text=False, lenient=True) == {"title": "x"}
    assert parse(update, {"lead_id": 1}, text=False) == {"lead_id": 1}
    assert "size" in create.schema["required"] and "size" not in update.schema["required"]


@pytest.mark.parametrize(
    ("raw", "custom"),
    [
        ({"size": "a"}, {"size": "a"}), ({"custom": {"size": "a"}}, {"size": "a"}), ({"custom": None}, None),
        ({"custom": {"size": "a"}, "size": "b"}, {"size": "b"}), ({"custom": {"size": None}}, None),
        ({"clear": ["size"]}, {"size": None}), ({"clear": ["size"], "size": "a"}, {"size": None}),
        ({"custom": {"old": None}}, {"old": None}), ({"custom": {}}, None),
        ({"custom": {"other": [1], "size": "a"}}, {"other": [1], "size": "a"}),
    ],
)  # fmt: skip
def test_values_may_stand_alone_or_together(raw: dict[str, Any], custom: Any) -> None:
    update = catalog(definition("size")).actions["update_lead"].input
    values = parse(update, {"lead_id": 1, **raw}, text=False)
    assert values.get("custom") == custom
    assert "size" not in values.get("clear", ())


@pytest.mark.parametrize(
    ("custom", "pointer"),
    [
        ("{", "/custom"),
        ([1], "/custom"),
        ("[]", "/custom"),
        ({"size": 1}, "/custom/size"),
    ],
)  # fmt: skip
def test_mistakes_inside_the_object_are_told_by_their_place(custom: Any, pointer: str) -> None:
    update = catalog(definition("size")).actions["update_lead"].input
    with pytest.raises(Invalid) as found:
        parse(update, {"lead_id": 1, "custom": custom}, text=False)
    assert [fault.pointer for fault in found.value.faults] == [pointer]


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("integer", 2.5), ("integer", True), ("number", "3"), ("boolean", 1), ("date", "soon"), ("text", 3),
        ("datetime", "2026-03-01"), ("choice", ["Small"]), ("multiple_choice", "Small"), ("multiple_choice", [1]),
    ],
)  # fmt: skip
def test_a_value_that_is_older_than_its_field_is_shown_as_none(type: str, value: Any) -> None:
    field = catalog(definition("own", type)).entities["lead"].own["own"]
    empty: Any = [] if type == "multiple_choice" else None
    assert whole({"own": field}, {"own": value, "old": 1}) == {"own": empty, "old": 1}


@pytest.mark.parametrize(
    ("held", "wanted", "same"),
    [
        ("Éclair", "ECLAIR", True), ("a", "b", False), (1, 1.0, True), (1, True, False), (None, "a", False),
        (["a", "b"], ["b"], True), (["a"], ["a", "b"], False), (None, ["a"], False), ("a", ["a"], False),
    ],
)  # fmt: skip
def test_a_filter_wants_the_same_value(held: Any, wanted: Any, same: bool) -> None:
    field = catalog(definition("own")).entities["lead"].own["own"]
    assert holds(field, held, wanted) is same


def test_a_chosen_field_is_the_change_inside_the_object() -> None:
    (fires,) = catalog(definition("size")).triggers["lead_updated"].fires
    names = [fires.of({"input": Chosen(field)}) for field in ("size", "amount", None)]
    assert names == ["custom.size", "amount", "updated"]


class Chosen:
    """An input with a chosen field."""

    def __init__(self, field: str | None) -> None:
        self.field = field


def test_choices_with_commas_are_separated_otherwise() -> None:
    for choices, separator in ((["A", "B"], ","), (["A, B", "C"], ";"), (["A, B", "C; D"], "|")):
        own = catalog(definition("own", "multiple_choice", choices=choices)).actions["create_lead"].input
        assert own.schema["properties"]["own"]["x-split"] == separator
        values = parse(own, {"title": "x", "own": separator.join(choices).lower()}, text=True)
        assert values["custom"] == {"own": choices}
