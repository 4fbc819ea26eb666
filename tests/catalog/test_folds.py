"""Folded forms: equal for people means equal for the store."""

from __future__ import annotations

import pytest

from connector.catalog import folds


@pytest.mark.parametrize(
    "value", ["Devis à relancer", "  DEVIS  A   RELANCER ", "devis a\trelancer", "Devis a\u0300 relancer"]
)
def test_texts_match_whatever_their_case_accents_and_blanks(value: str) -> None:
    assert folds.text(value) == "devis a relancer"


def test_letters_that_look_alike_in_other_scripts_stay_apart() -> None:
    assert folds.text("Ёлка") == "елка"
    assert folds.text("Straße") == "strasse"


@pytest.mark.parametrize(
    "value",
    ["+33 1 23 45 67 89", "0033 1 23 45 67 89", "01.23.45.67.89", "01 23 45 67 89 ext 12", "01 23 45 67 89 x12",
     "0123456789#4", "Fax: 01 23 45 67 89", "٠١٢٣٤٥٦٧٨٩"],
)  # fmt: skip
def test_phones_match_whatever_their_notation(value: str) -> None:
    assert folds.digits(value) == "123456789"


def test_a_short_number_is_kept_whole() -> None:
    assert folds.digits("17") == "17"


def test_an_address_matches_in_any_case() -> None:
    assert folds.email(" Ana@X.Test ") == "ana@x.test"
