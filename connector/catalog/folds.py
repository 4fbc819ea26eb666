"""Folded forms: texts that people hold for equal become equal. Stores keep and compare these."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

_EXTENSION = re.compile(r"(?<=\d)([^xX#\d]*)[xX#].*", re.DOTALL)
"""`x`, `ext` or `#` after a digit and all that follows; not the x of `Fax 01 ...`."""
_NATIONAL = 9
"""Digits that tell phones apart whichever prefix (0, 0033, +33) was written before them."""


def text(value: str) -> str:
    """Without case, accents and extra blanks: `  DEVIS à  relancer` gives `devis a relancer`."""
    if value.isascii():
        return " ".join(value.casefold().split())
    plain = unicodedata.normalize("NFKD", value.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def email(value: str) -> str:
    """Without surrounding blanks and case."""
    return value.strip().casefold()


def digits(value: str) -> str:
    """The last nine digits of a phone number: `+33 6 12 34 56 78` and `06.12.34.56.78 ext 5` give `612345678`."""
    number = "".join(str(int(sign)) for sign in _EXTENSION.sub("", value) if sign.isdecimal())
    return number[-_NATIONAL:]


FOLDS: Mapping[str, Callable[[str], str]] = {"text": text, "email": email, "digits": digits}
