"""`python -m benchmarks`: start both sides, load them in turn, print ratios and goals."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from benchmarks import actions, databases, fanout, feeds
from benchmarks.report import Goal, Table

PARTS = ("actions", "cores", "fairness", "feeds", "fanout")


def main() -> None:
    """Run the chosen parts and print one table each, then every goal with its verdict."""
    options = _options()
    goals: list[Goal] = []
    for table, found in _tables(options):
        print(table, flush=True)
        goals += found
    print("\ngoals", *goals, sep="\n")


def _tables(options: argparse.Namespace) -> Iterator[tuple[Table, list[Goal]]]:
    parts, stores = options.parts or PARTS, options.store or databases.STORES
    for store in stores:
        if "actions" in parts:
            yield actions.compare(store, 1, options.rounds, options.seconds)
        if "cores" in parts:
            yield actions.compare(store, 4, options.rounds, options.seconds)
        if "feeds" in parts:
            yield feeds.compare(store, options.events)
        if "fanout" in parts:
            yield fanout.compare(store, options.rounds)
    if "fairness" in parts and "sqlite" in stores:
        yield actions.fairness(options.rounds, options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", default=[], help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--store", choices=databases.STORES, action="append", help="sqlite, postgres; both by default")
    parser.add_argument("--rounds", type=int, default=3, help="rounds per figure, of which the median counts")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one load")
    parser.add_argument("--events", type=int, default=1_000_000, help="length of the long event log")
    return parser.parse_args()


if __name__ == "__main__":
    main()
