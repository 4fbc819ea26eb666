"""schemathesis against a document made from the app itself: whatever is sent to a native route, no 5xx comes back."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error

from tests.fuzz.conftest import HEADERS, Served
from tests.fuzz.document import SHAPES, document, native


@pytest.fixture(scope="module")
def described(on_sqlite: Served) -> Any:
    schema = schemathesis.openapi.from_dict(document(on_sqlite.app, on_sqlite.house.catalog))
    schema.app = on_sqlite.app
    return schema


lazy = schemathesis.pytest.from_fixture("described")


@lazy.parametrize()
@settings(
    max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_request_makes_a_server_error(case: Any) -> None:
    case.call_and_validate(headers=HEADERS, checks=[not_a_server_error])


def test_every_native_route_is_fuzzed(on_sqlite: Served) -> None:
    assert set(native(on_sqlite.app)) == set(SHAPES)
