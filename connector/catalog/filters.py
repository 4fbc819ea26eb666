"""The functions of expressions: filters and tests. Pure, total on none, bounded in cost and size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.catalog import folds
from connector.catalog.shapes import ANY, INTEGER, TEXT, Shape

MAX_TEXT = 100_000
"""Longest text an expression may make."""
DIGITS = 2**53
"""Up to here a float is one whole number and no other, so that all its digits are true."""
LONGEST_NUMBER = len("-2.2250738585072014e-308")
"""Most characters of a number as `shown` writes it."""


def shown(value: Any) -> str:
    """A value as people read it in a text: none is empty, a list is joined by commas, `4.0` is `4`, `1e+300` stays."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= DIGITS:
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return bounded(", ".join(map(shown, value)))
    raise ValueError("a record cannot stand in a text; name one of its fields")


def bounded(text: str) -> str:
    """The text itself; ValueError when it is too long to be kept."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text would be longer than {MAX_TEXT} characters")
    return text


def stamp(moment: datetime) -> str:
    """A moment as it is kept: UTC with milliseconds, `2026-03-01T09:00:00.000Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def plus_days(value: str, days: Any) -> str:
    """That many days later; a date stays a date, a moment a moment."""
    return _later(value, timedelta(days=days))


def minus_days(value: str, days: Any) -> str:
    """That many days earlier."""
    return _later(value, -timedelta(days=days))


def plus_hours(value: str, hours: Any) -> str:
    """That many hours later; a date stands for its midnight in UTC."""
    moment = value if "T" in value else f"{value}T00:00:00Z"
    return _later(moment, timedelta(hours=hours))


def _later(value: str, span: timedelta) -> str:
    if "T" not in value:
        return (date.fromisoformat(value) + span).isoformat()
    moment = datetime.fromisoformat(value)
    return stamp((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) + span)


def month_start(value: str) -> str:
    """The first day of that date's month."""
    return f"{value[:7]}-01"


def midnight(value: str, zone: str) -> str:
    """The moment at which a date begins in that time zone."""
    return stamp(datetime.combine(date.fromisoformat(value), time(), _zone(zone)))


def local(value: str, zone: str) -> str:
    """A moment as clocks of that time zone show it: `2026-03-01 10:00:00`."""
    return datetime.fromisoformat(value).astimezone(_zone(zone)).strftime("%Y-%m-%d %H:%M:%S")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error


def default(value: Any, other: Any) -> Any:
    """The other value where the first is none or empty text."""
    return other if value is None or value == "" else value


def join(value: Any, separator: str = ", ") -> str:
    """The items as one text."""
    return bounded(separator.join(map(shown, value)))


def substitute(value: str, old: str, new: str) -> str:
    """Every `old` replaced by `new`."""
    if len(value) + value.count(old) * len(new) > MAX_TEXT:
        raise ValueError(f"the text would be longer than {MAX_TEXT} characters")
    return value.replace(old, new)


def rounded(value: Any, places: int = 0) -> Any:
    """Rounded to that many places after the point."""
    result = round(value, places)
    return int(result) if places == 0 else result


def minus(value: Any, others: Any) -> Any:
    """The items that the other list does not hold."""
    return [item for item in value if item not in (others or ())]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: its function, how many arguments it takes, what it gives, and whether it handles none itself."""

    function: Callable[..., Any]
    least: int = 0
    most: int = 0
    gives: Shape = TEXT
    total: bool = False

    @property
    def takes(self) -> str:
        """How many arguments it takes, in words."""
        number = str(self.most) if self.least == self.most else f"{self.least} to {self.most}"
        return f"{number} argument" + ("" if self.most == 1 else "s")


FILTERS: Mapping[str, Filter] = {
    "plus_days": Filter(plus_days, 1, 1),
    "minus_days": Filter(minus_days, 1, 1),
    "plus_hours": Filter(plus_hours, 1, 1),
    "date": Filter(lambda value: value[:10]),
    "month_start": Filter(month_start),
    "midnight": Filter(midnight, 1, 1),
    "local": Filter(local, 1, 1),
    "time": Filter(lambda value: value[11:16]),
    "digits": Filter(folds.digits),
    "fold": Filter(folds.text),
    "lower": Filter(lambda value: value.lower()),
    "upper": Filter(lambda value: bounded(value.upper())),
    "trim": Filter(lambda value: value.strip()),
    "default": Filter(default, 1, 1, ANY, total=True),
    "first": Filter(lambda value: value[0] if value else None, gives=ANY),
    "last": Filter(lambda value: value[-1] if value else None, gives=ANY),
    "length": Filter(lambda value: len(value or ()), gives=INTEGER, total=True),
    "minus": Filter(minus, 1, 1, ANY),
    "join": Filter(join, 0, 1),
    "replace": Filter(substitute, 2, 2),
    "round": Filter(rounded, 0, 1, Shape("scalar", schema={"type": "number"})),
    "truncate_text": Filter(lambda value, size: value if len(value) <= size else value[: max(size - 1, 0)] + "…", 1, 1),
}

TESTS: Mapping[str, Callable[[Any], bool]] = {
    "none": lambda value: value is None,
    "defined": lambda value: value is not None,
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}
