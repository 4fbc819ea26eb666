"""Several server processes count one token's calls together."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.plugins.server import ADMIN_TOKEN, running

SERVERS, CALLS, LIMIT = 4, 130, 100


@pytest.mark.parametrize("counted", ["sqlite", "postgresql", "redis"])
def test_of_130_calls_to_four_processes_exactly_100_pass(
    counted: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    given = {"admin_token": ADMIN_TOKEN, "workers": str(SERVERS), "rate_limit": str(LIMIT)}
    if counted == "redis":
        given["redis_url"] = request.getfixturevalue("redis_url")
    if counted == "postgresql":
        given["database_url"] = request.getfixturevalue("postgres_database")
    with running(tmp_path, **given) as live, ThreadPoolExecutor(16) as pool:
        ask = lambda _: requests.get(f"{live.base}/api/v1/me", headers=live.headers, timeout=30).status_code  # noqa: E731
        found = Counter(pool.map(ask, range(CALLS)))
    assert found == {200: LIMIT, 429: CALLS - LIMIT}
