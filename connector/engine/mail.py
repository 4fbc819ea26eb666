"""Fills the placeholders of an e-mail template: names only, no logic, and data is never read as a template again."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from connector.engine.records import Record

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*){1,3}")


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
