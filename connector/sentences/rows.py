"""How a sentence is written down."""

from __future__ import annotations

from collections.abc import Mapping


def row(en: str, fr: str, ru: str) -> Mapping[str, str]:
    """One sentence in its three languages."""
    return {"en": en, "fr": fr, "ru": ru}
