"""/metrics for Prometheus: requests of this process, and the state of the queue that all processes share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from time import perf_counter

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from connector.errors import Forbidden
from connector.storage.contract import Clause, Order, Query, Scope, Transaction
from connector.web import incoming
from connector.web.house import house

metrics = Blueprint("metrics", __name__)
METERS = "leadwire.meters"
EVERYWHERE = Scope(account_id=0)


class Meters:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "leadwire_requests_total", "Requests answered.", ("endpoint", "action", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "leadwire_request_seconds", "Time to answer.", ("endpoint",), registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )  # fmt: skip
        # Finding a series costs more than counting in it; there are few.
        self._counter = cache(self.requests.labels)
        self._timer = cache(self.seconds.labels)

    def note(self, response: Response) -> Response:
        """Count an answer; of unknown actions only that they were asked for."""
        endpoint = request.endpoint or "none"
        key = (request.view_args or {}).get("key", "") if endpoint.startswith("actions.") else ""
        action = key if key in house().catalog.actions else ""
        self.count(endpoint, action, response.status_code, perf_counter() - g.begun)
        return response

    def count(self, endpoint: str, action: str, status: int, seconds: float) -> None:
        """Count an answer of that endpoint; `action` is empty where none was run."""
        self._counter(endpoint, action, str(status)).inc()
        self._timer(endpoint).observe(seconds)


def install(app: Flask) -> None:
    """Count what this app answers."""
    meters = app.extensions[METERS] = Meters()
    app.before_request(begin)
    app.after_request(meters.note)


def begin() -> None:
    """Look at the clock."""
    g.begun = perf_counter()


@metrics.get("/metrics")
def scrape() -> Response:
    """All figures, for an administrator's token."""
    if not incoming.caller().is_admin:
        raise Forbidden("admins_only")
    meters: Meters = current_app.extensions[METERS]
    text = generate_latest(meters.registry) + generate_latest(queue())
    return Response(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def queue() -> CollectorRegistry:
    """How deep the queue is and how long the oldest delivery has waited, as the storage knows it now."""
    registry = CollectorRegistry()
    figures = house().store.read(EVERYWHERE, measured)
    behind = sum(backlog.newest - backlog.dispatched for backlog in house().store.backlogs())
    for name, text, value in (*figures, ("leadwire_events_undispatched", "Events not yet matched.", float(behind))):
        Gauge(name, text, registry=registry).set(value)
    return registry


def measured(tx: Transaction) -> Iterable[tuple[str, str, float]]:
    """The figures that are read from the tables, over all accounts."""
    pending = (Clause(path="state", op="eq", value="pending"),)
    disabled = (Clause(path="state", op="eq", value="disabled"),)
    failed = (Clause(path="state", op="eq", value="failed"),)
    oldest = tx.find(
        Query(entity="delivery", where=pending, order=(Order(path="created_at"),), limit=1, everywhere=True)
    )
    age = (datetime.now(UTC) - datetime.fromisoformat(oldest[0]["created_at"])).total_seconds() if oldest else 0.0

    def many(entity: str, where: tuple[Clause, ...]) -> float:
        return float(tx.count(Query(entity=entity, where=where, everywhere=True)))

    return [
        ("leadwire_deliveries_pending", "Deliveries waiting.", many("delivery", pending)),
        ("leadwire_deliveries_failed", "Deliveries given up, kept for replay.", many("delivery", failed)),
        ("leadwire_oldest_pending_seconds", "Age of the oldest delivery that waits.", age),
        ("leadwire_subscriptions_disabled", "Subscriptions disabled.", many("subscription", disabled)),
    ]
