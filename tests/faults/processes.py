"""Writer processes for the tests that kill them. Run as `python -m tests.faults.processes ROLE NAME`."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from connector.engine.run import run
from connector.errors import LeadwireError
from connector.storage.contract import Scope
from tests.faults.writers import ADMIN, open_store

LASTING = 60.0
"""Seconds after which a process that nobody stopped ends by itself."""


def write(url: str, name: str) -> None:
    """Create leads one after the other; print each that was committed."""
    catalog, store = open_store(url)
    end, number = time.monotonic() + LASTING, 0
    while time.monotonic() < end:
        number += 1
        try:
            made = run(catalog, store, ADMIN, "create_lead", {"title": f"{name} {number}"})
        except LeadwireError:
            continue
        print(made.data["id"], flush=True)  # noqa: T201


def pause(url: str, moment: str) -> None:
    """Create one lead and wait for the end between its write and COMMIT, or between COMMIT and the answer."""
    catalog, store = open_store(url)

    class Waiting:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def transact(self, scope: Scope, work: Any, **options: Any) -> Any:
            def slow(tx: Any) -> Any:
                result = work(tx)
                if moment == "before":
                    here()
                return result

            found = store.transact(scope, slow, **options)
            here()
            return found

    waiting: Any = Waiting()
    run(catalog, waiting, ADMIN, "create_lead", {"title": "In the middle"})


def here() -> None:
    """Say that the place is reached, and stay."""
    print("here", flush=True)  # noqa: T201
    time.sleep(LASTING)


if __name__ == "__main__":
    {"write": write, "pause": pause}[sys.argv[1]](os.environ["LEADWIRE_DATABASE_URL"], sys.argv[2])
