"""Rate limits: exact in a minute, on every storage that counts, and open when the counting itself fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from limits.storage import MovingWindowSupport, Storage

from connector.access.rates import Rates
from connector.access.windows import choice
from connector.access.windows.parts import SqlWindows
from connector.errors import RateLimited
from connector.settings import Settings
from tests.plugins.ports import free_port
from tests.plugins.server import until


@pytest.fixture(autouse=True)
def closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test opens is closed after it: a pool of connections does not wait for the garbage collector."""
    opened: list[Storage] = []

    def keep(settings: Settings) -> Storage:
        opened.append(open_windows(settings))
        return opened[-1]

    open_windows = choice.open_windows
    monkeypatch.setattr(choice, "open_windows", keep)
    yield
    for windows in opened:
        if isinstance(windows, SqlWindows):
            windows.close()


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis"])
def counted(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    """Settings under which calls are counted there."""
    if request.param == "redis":
        return replace(settings, redis_url=request.getfixturevalue("redis_url"))
    if request.param == "postgres":
        return replace(settings, database_url=request.getfixturevalue("postgres_database"))
    return settings if request.param == "memory" else replace(settings, database_url=f"sqlite:///{tmp_path / 'x.db'}")


def passed(rates: Rates, whom: str, limit: int, cost: int = 1) -> bool:
    try:
        rates.spend("rate_limited", "token", whom, limit, cost)
    except RateLimited:
        return False
    return True


def test_exactly_the_limit_passes_however_many_ask_at_once(counted: Settings) -> None:
    alone = counted.database_url == "memory:" and not counted.redis_url
    several = [Rates(counted) for _ in range(1 if alone else 4)]
    assert all(passed(rates, "opened", 100) for rates in several)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: passed(several[n % len(several)], "one", 100), range(130)))
    assert sum(found) == 100


def test_refusals_beside_calls_that_pass_are_exact_too(counted: Settings) -> None:
    alone = counted.database_url == "memory:" and not counted.redis_url
    several = [Rates(counted) for _ in range(1 if alone else 4)]
    assert all(passed(rates, "opened", 100) for rates in several)
    with ThreadPoolExecutor(16) as pool:
        asked = [(several[n % len(several)], str(n % 40), 3) for n in range(1600)]
        found = list(pool.map(lambda given: passed(*given), asked))
    assert sum(found) == 40 * 3


def test_a_batch_counts_its_rows_and_is_counted_whole_or_not_at_all(counted: Settings) -> None:
    rates = Rates(counted)
    assert [passed(rates, "two", 100, cost) for cost in (60, 60, 40, 1)] == [True, False, True, False]


def test_keys_do_not_share_and_the_refusal_says_when_to_come_again(counted: Settings) -> None:
    rates = Rates(counted)
    assert passed(rates, "three", 1)
    assert passed(rates, "four", 1)
    with pytest.raises(RateLimited) as refused:
        rates.spend("rate_limited", "token", "three", 1)
    assert 58 <= (refused.value.retry_after or 0) <= 60
    assert (refused.value.params["limit"], refused.value.params["remaining"]) == (1, 0)


def test_a_window_moves_on(counted: Settings) -> None:
    windows = choice.open_windows(counted)
    assert isinstance(windows, MovingWindowSupport)
    begun = time.monotonic()
    assert [windows.acquire_entry("five", 2, 1) for _ in range(3)] == [True, True, False]
    assert until(lambda: windows.acquire_entry("five", 2, 1))
    assert time.monotonic() - begun >= 0.99


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_is_over_is_swept(kind: str, request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    windows = choice.open_windows(replace(settings, database_url=url))
    assert isinstance(windows, SqlWindows)
    windows.acquire_entry("six", 2, 1)
    assert windows.check()
    assert until(lambda: windows.get_moving_window("six", 2, 1)[1] == 0)
    windows._swept = -1e9
    assert windows.acquire_entry("seven", 2, 1)


def test_calls_pass_when_they_cannot_be_counted(settings: Settings) -> None:
    rates = Rates(replace(settings, redis_url=f"redis://127.0.0.1:{free_port()}"))
    assert [passed(rates, "eight", 1) for _ in range(3)] == [True, True, True]


def test_a_spoilt_file_of_counts_is_begun_anew(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.db-limits").write_bytes(b"not a database at all" * 100)
    rates = Rates(replace(settings, database_url=f"sqlite:///{tmp_path / 'x.db'}"))
    assert [passed(rates, "nine", 1) for _ in range(2)] == [True, False]
