"""Columns find their fields."""

from __future__ import annotations

import click
import pytest

from connector.catalog.words import plain
from connector.cli.columns import HEADERS, mapped

INPUTS = ("title", "first_name", "email", "phone", "company", "user_id", "source_id", "status_id")


@pytest.mark.parametrize(
    "header, target",
    [
        ("First Name", "first_name"),
        ("PRÉNOM", "first_name"),
        ("E-mail", "email"),
        ("Email 1", "email"),
        ("Société", "company"),
        ("Lead Owner", "owner"),
        ("Deal Stage", "stage"),
        ("Étape", "stage"),
        ("Leadwire line", "-"),
    ],
)
def test_usual_names_are_known(header: str, target: str) -> None:
    assert mapped([header], {}, INPUTS) == {header: target}


def test_unknown_columns_have_no_field() -> None:
    assert mapped(["Shoe Size"], {}, INPUTS) == {}


def test_columns_of_fields_that_the_action_does_not_take_have_none() -> None:
    assert mapped(["City"], {}, INPUTS) == {}


def test_the_first_of_two_columns_for_one_field_wins() -> None:
    assert mapped(["Email", "Email 1"], {}, INPUTS) == {"Email": "email"}


def test_what_is_mapped_by_hand_comes_first() -> None:
    assert mapped(["Email 1", "Email 2"], {"Email 2": "email"}, INPUTS) == {"Email 2": "email"}


@pytest.mark.parametrize(
    "given, said",
    [({"Emial": "email"}, "no column 'Emial'. Did you mean 'Email'"), ({"Email": "emial"}, "no field 'emial'")],
)
def test_mistakes_in_a_map_are_refused_with_the_nearest(given: dict[str, str], said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        mapped(["Email"], given, INPUTS)


def test_no_header_stands_for_two_fields() -> None:
    headers = [plain(header) for names in HEADERS.values() for header in names]
    assert len(headers) == len(set(headers))
