"""schemathesis against a live server, with its own document: all its checks, all its phases, every operation reached.

`LEADWIRE_TEST_EXAMPLES=100` is the long form: so many requests per operation, on every storage alike.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from connector.access import intakes
from connector.access.tokens import authenticate, issue
from connector.catalog.load import SHIPPED
from connector.catalog.model import Catalog, Entity
from connector.events import subscriptions
from connector.events.leadgen import Notice, record
from connector.events.messages import Parameter
from connector.events.subscriptions import Wish
from connector.exporters import doors
from connector.exporters.openapi import TAGS, routes
from connector.exporters.texts import drawn
from connector.service import open_house
from connector.settings import load
from connector.storage.blobs import open_blobs
from connector.storage.contract import Scope, Store, Transaction
from connector.web.house import House
from tests.fuzz import loopback
from tests.plugins.server import ADMIN_TOKEN, ROOT, Live, loaded, running
from tests.plugins.stores import fresh_database

LONG = os.environ.get("LEADWIRE_TEST_EXAMPLES")
PHASES = {"sqlite": "examples,coverage,fuzzing", "postgresql": "examples,fuzzing"}
"""The coverage phase is about what is read, which is the same on every storage: the short form has it once."""
SLOW = "10" if LONG is None else "2"
"""Seconds an answer may take; the short form shares its processors with all other tests."""


@pytest.fixture(params=list(PHASES))
def stocked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Live, str]]:
    """A server process whose demo world has a record of every type, and which phases to run there."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'leadwire.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        given = {"admin_token": ADMIN_TOKEN, "database_url": url, "secret_key": SEALED_WITH,
                 "attachments": str(tmp_path / "attachments"), "outbound_allow": loopback.NETWORK, "worker": "false",
                 "rate_limit": "0"}  # fmt: skip
        house = open_house(load({f"LEADWIRE_{name.upper()}": value for name, value in given.items()}))
        stock(house.catalog, house.store)
        stock_the_rest(house)
        house.close()
        (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
        live = stack.enter_context(running(tmp_path, **given))
        yield live, PHASES["sqlite" if LONG else request.param]


def stock(catalog: Catalog, store: Store) -> None:
    """Add a record of each public type that the demo world has none of."""
    for entity in catalog.entities.values():
        if entity.public and not catalog.world.get(entity.key):
            store.transact(Scope(account_id=1), lambda tx, it=entity: tx.insert(it.key, least(catalog, it)))  # type: ignore[misc]


def stock_the_rest(house: House) -> None:
    """Add a subscription with a delivery and an attempt, and a content to the first attachment."""
    caller = authenticate(house.store, ADMIN_TOKEN)
    extra = Parameter(name="X-Key", place="header", value="known to the receiver")
    wishes = [Wish(trigger=key, target_url=loopback.URL, parameters=(extra,)) for key in ("new_lead", "lead_tagged")]
    row, _ = [subscriptions.create(house.catalog, house.store, house.vault, caller, wish)[0] for wish in wishes]
    issue(house.store, 1, caller.user_id, "To be changed")
    intakes.make(house.store, caller.scope, intakes.FORM, FORM)
    intakes.make(house.store, caller.scope, intakes.PAGE, PAGE)
    record(house.store, [Notice(leadgen_id="1", page_id=PAGE["page_id"])], row["created_at"], None)
    blobs = open_blobs(house.settings.attachments)
    blob = blobs.put("1", BytesIO(b"A quote."), "quote.txt", limit=100)
    now = row["created_at"]

    def work(tx: Transaction) -> None:
        sent = tx.insert("delivery", subscriptions.delivery_of(row, 1, "{}", now))
        tx.insert("attempt", {"account_id": 1, "delivery_id": sent["id"], "subscription_id": row["id"], "number": 1,
                              "at": now, "milliseconds": 5, "status": 200, "answer": "ok"})  # fmt: skip
        kept = {"storage_key": blob.key, "content_type": blob.content_type, "size": blob.size, "sha256": blob.sha256}
        tx.update("attachment", 1, kept)
        tx.update("email", 1, {"state": "failed"})

    house.store.transact(caller.scope, work)


def least(catalog: Catalog, entity: Entity) -> dict[str, Any]:
    """The required fields of a record, and what is never null."""
    fields = [field for field in entity.fields.values() if field.name not in SET_BY_STORES]
    empty = {field.name: EMPTY[field.kind]() for field in fields if field.kind in EMPTY}
    needed = [field for field in fields if field.required and field.kind not in EMPTY]
    return empty | {
        field.name: catalog.world[field.ref.to][0]["id"] if field.ref else drawn(field.schema) for field in needed
    }


SHARED: dict[str, Any] = {"name": "To be changed", "state": "active", "mapping": {}, "tags": []}
FORM = {**SHARED, "key": "k", "signed": True, "secret": "x", "origins": [], "redirect_hosts": [], "merge_minutes": 10}
PAGE = {**SHARED, "page_id": "100", "access_token": "x", "forms": {}}
SEALED_WITH = "only for this fuzz, and for no secret of anybody"
METHODS = [f'"{key}_{method}"' for desk in doors.DESKS for key in desk.paths.values() for method in ("get", "post")]
CONFIGURATION = f"""
[auth.openapi]
apikey.api_key = "{ADMIN_TOKEN}"
login.api_key = "ada"

# A limit on whole addresses is nothing that the schema of one parameter can say.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "414", "5xx"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "414", "415", "422", "428", "429", "5xx"]

# Which names a filter has depends on the trigger, and what is one e-mail address or a public URL no schema can say:
# there, and nowhere else, an input that fits its schema may still be refused with 422.
[[operations]]
include-operation-id = [
    "create_subscription", "change_subscription", "create_mailbox", "change_mailbox", "test_mailbox",
    "oplead_subscribe",
    "create_parameter", "change_parameter",
]
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "414", "422", "5xx"]

# A query string cannot say what one method needs of it, nor a schema what a date or a login is: these doors refuse that
# with numbers of their own, 402 and 405 among them, and a wrong key with 400.
[[operations]]
include-operation-id = [{", ".join(METHODS)}]
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "405", "409", "414", "5xx"]
checks.negative_data_rejection.expected-statuses = ["400", "401", "402", "403", "404", "405", "413", "414", "5xx"]

# The links of the document, not the sixteen thousand more that could be guessed.
[phases.stateful.inference]
algorithms = []
"""
BY_HANDLE = {"DELETE /api/v1/hooks/{handle}", "POST /in/forms/{key}", "GET /in/meta", "POST /in/meta"}
"""Reached with what the server has made or somebody has signed, so never by what is made up; tests/web has them."""
EMPTY = {"list": list, "object": dict}
SET_BY_STORES = ("id", "created_at", "updated_at")


def fuzz(live: Live, *choice: str) -> tuple[dict[str, Any], str]:
    """schemathesis's report on the operations and phases of that choice, and what it printed."""
    report = live.folder / "report.json"
    environ = {**os.environ, "SCHEMATHESIS_HOOKS": loopback.__name__, "PYTHONPATH": str(ROOT)}
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{live.base}/openapi.json", *choice),
        *("--header", f"Authorization: Bearer {ADMIN_TOKEN}", "--checks", "all", "--mode", "all"),
        *("--max-examples", LONG or "2", "--generation-deterministic", "--continue-on-failure"),
        *("--max-response-time", SLOW, "--workers", "1", "--no-color"),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    done = subprocess.run(command, cwd=live.folder, env=environ, capture_output=True, text=True, check=False)
    return dict(json.loads(report.read_text())), done.stdout[-20_000:]


DELETING = "^(simple_(get|post)_)?delete_"
"""schemathesis tries a deletion on all that it has seen. Apart from the rest it leaves the rest something to find."""
BY_ADDRESS = "_by_id$"
"""The same deletions by the address of the record: apart from those too, for there is but one record of some types."""
DEFINING = "^(create|update)_custom_field$"
"""A new custom field changes the document: one that is required is missing in what was read of inputs before."""
PARTS: dict[str, tuple[str, ...]] = {
    **{tag: ("--include-tag", tag, "--exclude-operation-id-regex", f"{DELETING}|{DEFINING}")
       for tag in TAGS if tag != doors.TAG},
    **{f"{doors.TAG} by {method}": ("--include-operation-id-regex", f"^simple_{method}_(?!delete_)")
       for method in ("get", "post")},
    "deletions": ("--include-operation-id-regex", DELETING, "--exclude-operation-id-regex", BY_ADDRESS),
    "deletions by address": ("--include-operation-id-regex", f"{DELETING}.*{BY_ADDRESS}"),
    "definitions": ("--include-operation-id-regex", DEFINING),
}  # fmt: skip
"""What is fuzzed at a time, on a server of its own."""


def test_the_parts_have_every_operation_once() -> None:
    every = {route.key: route.tag for route in routes(loaded((SHIPPED,)))}
    times = {key: [name for name, part in PARTS.items() if chosen(part, key, tag)] for key, tag in every.items()}
    assert {key: names for key, names in times.items() if len(names) != 1} == {}


def chosen(part: tuple[str, ...], key: str, tag: str) -> bool:
    """Whether a part has that operation."""
    option = dict(zip(part[::2], part[1::2], strict=True))
    wanted = option.get("--include-tag", tag) == tag and re.search(option.get("--include-operation-id-regex", ""), key)
    left = option.get("--exclude-operation-id-regex")
    return bool(wanted) and not (left and re.search(left, key))


@pytest.mark.long
@pytest.mark.parametrize("part", PARTS)
def test_the_server_does_what_its_document_says(stocked: tuple[Live, str], part: str) -> None:
    live, phases = stocked
    report, printed = fuzz(live, *PARTS[part], "--phases", phases)
    assert report["exit_code"] == 0, printed
    rates = report["valid_rates"]
    unreached = {name: seen for name, seen in rates.items() if not any(rate["accepted"] for rate in seen.values())}
    assert set(unreached) <= BY_HANDLE
    assert report["operations"]["tested"] == report["operations"]["selected"] > 0


@pytest.mark.long
def test_links_lead_where_they_say(stocked: tuple[Live, str]) -> None:
    report, printed = fuzz(stocked[0], "--phases", "stateful")
    assert report["exit_code"] == 0, printed
    assert report["phases"]["stateful"]["status"] == "success"
