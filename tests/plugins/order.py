"""Long tests are spread over the run: pytest-xdist deals out neighbours together, and one worker would get them all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import pytest

REACH = 0.7
"""The part of the run that they are spread over, so that none is left for the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests marked `long` between the modules of the others, where no module's fixtures are torn down for them."""
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if not item.get_closest_marker("long")]
    if long and rest:
        items[:] = woven(rest, long)


def woven(rest: Sequence[pytest.Item], long: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The long ones at even distances, each before the next module that begins."""
    begins = [place for place, item in enumerate(rest) if not place or item.path != rest[place - 1].path]
    found: list[pytest.Item] = []
    done = 0
    for number, item in enumerate(long):
        wanted = bisect_left(begins, int(number * len(rest) * REACH / len(long)))
        place = begins[wanted] if wanted < len(begins) else len(rest)
        found += [*rest[done:place], item]
        done = max(done, place)
    return [*found, *rest[done:]]
