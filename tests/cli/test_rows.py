"""From cells to a lead's input."""

from __future__ import annotations

from typing import Any

import pytest

from connector.cli.directory import Directory
from connector.cli.rows import Converter, titled

KNOWN = Directory(
    names={
        "owner": {"ana lopez": ("user_id", 2)},
        "source": {"other": ("source_id", 8)},
        "stage": {"closed won": ("status_id", 3), "qualified": ("step_id", 23)},
    }
)


def converted(cells: dict[str, str], mapping: dict[str, str], key: str | None = None) -> dict[str, Any]:
    converter = Converter(headers=tuple(cells), mapping=mapping, known=KNOWN, key=key)
    return converter.convert(tuple(cells.values()))


def test_names_become_ids() -> None:
    mapping = {"Owner": "owner", "Source": "source", "Stage": "stage"}
    raw = converted({"Owner": "ANA LOPEZ", "Source": "Other", "Stage": "Qualified"}, mapping)
    assert raw == {"user_id": 2, "source_id": 8, "step_id": 23, "title": ""}


def test_what_matches_nothing_is_kept_in_the_description() -> None:
    raw = converted({"Notes": "Call back", "Owner": "Bo Li", "Shoe": "42"}, {"Notes": "description", "Owner": "owner"})
    assert raw["description"] == "Call back\n\nOwner: Bo Li\nShoe: 42"


def test_what_matches_nothing_is_counted() -> None:
    converter = Converter(headers=("Owner",), mapping={"Owner": "owner"}, known=KNOWN)
    for name in ("Bo Li", "Bo Li", "Cy"):
        converter.convert((name,))
    assert converter.unmatched == {"Owner": {"Bo Li": 2, "Cy": 1}}


def test_empty_and_dropped_cells_are_left_out() -> None:
    assert converted({"City": " ", "Index": "7"}, {"City": "city", "Index": "-"}) == {"title": ""}


def test_tags_are_a_list() -> None:
    assert converted({"Tags": "a, b,"}, {"Tags": "tags"})["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    "raw, title",
    [
        ({"title": "Deal"}, "Deal"),
        ({"first_name": "Ana", "last_name": "Diaz", "company": "Acme"}, "Ana Diaz (Acme)"),
        ({"contact_name": "Ana"}, "Ana"),
        ({"company": "Acme"}, "Acme"),
        ({"email": "a@b.test"}, "a@b.test"),
    ],
)
def test_a_lead_is_titled_by_what_is_known_of_it(raw: dict[str, str], title: str) -> None:
    assert titled(raw) == title


def test_a_row_without_its_key_is_a_fault() -> None:
    converter = Converter(headers=("Email",), mapping={"Email": "email"}, known=KNOWN, key="email")
    assert converter.fault(("a@b.test",)) is None
    assert "no email" in str(converter.fault((" ",)))
