"""schemathesis against a document made from the app itself: whatever is sent to a native route, no 5xx comes back."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from tests.fuzz.conftest import HEADERS, Served
from tests.fuzz.document import SHAPES, document, native

EXAMPLES = 10
"""Requests per operation, the same ones in every run."""
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def send_many(operation: Any) -> Counter[int]:
    """What hypothesis thinks up for an operation, valid and not; the answers by status."""
    seen: Counter[int] = Counter()

    @BOUNDED
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(headers=HEADERS)
        seen[answer.status_code] += 1
        assert answer.status_code < 500, f"{case.as_curl_command()} answered {answer.text}"

    send()
    return seen


@pytest.mark.parametrize("rule", SHAPES)
def test_no_request_makes_a_server_error(on_sqlite: Served, rule: str) -> None:
    schema = schemathesis.openapi.from_dict(document(on_sqlite.house.catalog, [rule]))
    schema.app = on_sqlite.app
    seen = Counter[int]()
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok)
        seen += send_many(operation.ok())
    assert seen[401] == 0


def test_every_native_route_is_fuzzed(on_sqlite: Served) -> None:
    assert set(native(on_sqlite.app)) == set(SHAPES)
