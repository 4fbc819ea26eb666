"""Fills the placeholders of an e-mail template: names only, no logic, and data is never read as a template again."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from connector.engine.records import Record
from connector.errors import Refused

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*){1,3}")

# Which names can be reached is for the mail server to say: houses use `.local`, trials use `.test`.
SPECIAL_USE_DOMAIN_NAMES.clear()


def one_address(text: str) -> str:
    """The one e-mail address that this text is, in its ASCII form where it has one; Refused("bad_address") otherwise.

    `ana@x.test, eve@y.test`, `Ana <ana@x.test>` and anything with a line break are not one address.
    """
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise Refused("bad_address", value=repr(text[:100]), reason=str(error)) from None
    return found.ascii_email or found.normalized


def fill(template: str, names: Mapping[str, Any], escape: Callable[[str], str] = str) -> tuple[str, tuple[str, ...]]:
    """The filled text and the placeholders that could not be filled (unknown, empty or not a plain name).

    Values are put in once: a lead titled `{{ lead.email }}` stays that text. In HTML pass `html.escape`.
    """
    missing: list[str] = []

    def one(match: re.Match[str]) -> str:
        value = _look_up(match.group(1), names)
        if value is None or value == "":
            missing.append(match.group(1))
            return match.group(0)
        return escape(str(value))

    return PLACEHOLDER.sub(one, template), tuple(missing)


def fill_html(template: str, names: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """As `fill`, with values escaped for HTML."""
    return fill(template, names, html.escape)


def _look_up(path: str, names: Mapping[str, Any]) -> Any:
    if not NAME.fullmatch(path):
        return None
    root, *steps = path.split(".")
    value = names.get(root)
    for step in steps:
        value = getattr(value, step, None) if isinstance(value, Record) else None
    return ", ".join(map(str, value)) if isinstance(value, list) else value
