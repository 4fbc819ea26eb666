"""The Store contract: what every storage promises. `connector.storage.suite` is the proof a third party runs.

Rows are plain dicts of JSON-native values: every stored field of the entity, `id`, `created_at`, `updated_at`,
and every `Show` of the entity. Absent means null; keys are always there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from connector.catalog.model import Catalog

T = TypeVar("T")
Row = dict[str, Any]
Origin = Literal["manual", "api", "import", "form", "automation"]
OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "contains")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """On whose behalf a call reads and writes."""

    account_id: int
    actor_id: int | None = None
    owner: int | None = None
    """The user whose records alone are visible; None: the whole account (admins, the system)."""
    origin: Origin = "api"
    token_id: int | None = None
    actions: tuple[str, ...] | None = None
    """The only actions that this call may run; None: any, (): none, it only reads."""
    address: str | None = None
    """Where the call came from."""
    key: str | None = None
    """The call's own idempotency key: what it does under this key is done once, and answered again."""
    window: int = 0
    """Seconds in which an equal call without a key is answered again instead of done again."""
    request_id: str | None = None
    """The call that this is done for; its events and their deliveries carry it on."""


@dataclass(frozen=True, slots=True)
class Member:
    """One value inside an object field, by its key (without quotes); a value of another kind counts as none."""

    key: str
    kind: Literal["text", "number", "boolean", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """`path op value`. Paths go through references (`user.is_active`, `lead.step.pipeline_id`).

    `eq`/`ne`/`in`/`contains` on a folded field compare folded forms. `eq` None = is null, `ne` None = is not null;
    other comparisons with null are false. `ne` holds for null fields too. `contains`: a list field holds the
    item; a text field holds the (folded) text.
    """

    path: str
    op: str
    value: Any
    member: Member | None = None
    """Compares what the object field at the path holds under a key; folded where that field is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True when one group holds; each group is an AND. No group at all: false (finds nothing)."""

    groups: tuple[tuple[Clause, ...], ...]


@dataclass(frozen=True, slots=True)
class Outer:
    """Inside the `where` of a count order: the id of the record being sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One sort key: a path, or the number of `count` records meeting `where`. Nulls sort first, ascending."""

    path: str = ""
    descending: bool = False
    count: str | None = None
    where: tuple[Clause, ...] = ()
    member: Member | None = None
    """Sorts by what the object field at the path holds under a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to find. Ties are always broken by id (ascending, or descending when the first key is)."""

    entity: str
    where: tuple[Clause | AnyOf, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    after: tuple[Any, ...] | None = None
    """Keyset: (value of each order path ..., id) of the last row of the page before."""
    lock: bool = False
    """Nobody else creates or changes a match of the equality clauses before COMMIT."""
    scoped: bool = True
    """False: sees beyond `scope.owner` (rules, cascades); never beyond the account."""
    everywhere: bool = False
    """True: over all accounts. Only for system entities (looking a token up by its hash)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One committed change. `before` and `after` are JSON texts, stored ready to send."""

    seq: int
    at: str
    account_id: int
    actor_id: int | None
    origin: str
    entity: str
    record_id: int | None
    """None only in a dry run, for a record that was never given an id."""
    verb: Literal["created", "updated", "deleted"]
    changed: tuple[str, ...]
    before: str | None
    after: str | None
    request_id: str | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """`lead.created`; or `lead.updated` and one `lead.<field>` per changed field (`lead.custom.size` inside)."""
        fields = tuple(f"{self.entity}.{name}" for name in self.changed) if self.verb == "updated" else ()
        return (f"{self.entity}.{self.verb}", *fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """A page of the log. `topics` are OR-ed. Ascending after `after`; without it newest first.

    `value` keeps only events whose index row of a `lead.<field>` topic has that new value (as text); only fields
    that are `Field.valued` have one.
    `scope.owner` keeps only events owned by that user at their time.
    """

    topics: tuple[str, ...]
    after: int | None = None
    before: int | None = None
    """Newest-first only: events below this seq (to read further back)."""
    value: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """Where an account's log stands: `feed` names this database's log (a hex id), seqs are inclusive, 0 = empty."""

    feed: str
    newest: int
    oldest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one committed (or rolled-back) unit of work came to: its result, and the events it made."""

    result: Any
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One unit of work for `transact_many`, and on whose behalf."""

    scope: Scope
    work: Callable[[Transaction], Any]
    about: tuple[tuple[str, int], ...] = ()
    """Records that are locked before it."""
    first: tuple[str, Row] | None = None
    """A record of the code that is written before anything else, as by `note`: its entity and values.

    It is taken back when the job fails.
    """


@dataclass(slots=True)
class Change:
    """A record as first seen and as last written in one transaction; it becomes at most one event."""

    entity: str
    record_id: int | None
    before: Row | None
    after: Row | None
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """An account whose log is ahead of what was dispatched: events above `dispatched`, up to `newest`."""

    account_id: int
    dispatched: int
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A subscription that has deliveries due, and how many of them to take at most."""

    account_id: int
    subscription_id: int
    most: int = 0


class Transaction(Protocol):
    """What `work` may do. Valid only inside it. Reads see the transaction's own writes."""

    scope: Scope
    now: str
    """RFC 3339 UTC with milliseconds; the same for the whole transaction."""
    seed: int

    def get(self, entity: str, record_id: int, *, scoped: bool = True) -> Row | None:
        """The record, or None when there is none or the scope may not see it. Memoized."""

    def find(self, query: Query) -> list[Row]:
        """The matching records, in order."""

    def count(self, query: Query) -> int:
        """How many match."""

    def insert(self, entity: str, values: Mapping[str, Any]) -> Row:
        """Create a record (all missing fields null) and return it with id, times and shows.

        A broken unique rule raises Conflict("already_exists", entity=, fields=).
        """

    def update(self, entity: str, record_id: int, changes: Mapping[str, Any]) -> Row:
        """Change fields; the row is locked first. Writes nothing when nothing differs. Returns it as it stands."""

    def note(self, entity: str, values: Mapping[str, Any], *, at_once: bool = False) -> None:
        """Create a record of the code that this transaction does not read back, at its end or at once."""

    def amend(self, entity: str, by: str, value: Any, changes: Mapping[str, Any]) -> None:
        """Change fields of a record of the code that is there, found by a unique field; nobody reads it back here.

        What goes wrong with a `note` or an `amend` may show only when the transaction next waits for an answer.
        """

    def hold(self, about: Iterable[tuple[str, int]]) -> None:
        """Lock records now, in order; missing and invisible ones are skipped."""

    def touch(self, entity: str, record_id: int) -> None:
        """Reserve the place of this record's event before those of records first written later."""

    def delete(self, entity: str, record_id: int) -> None:
        """Remove a record. Something still pointing at it raises Conflict("in_use")."""


class Store(Protocol):
    """Pluggable storage. Safe to share between threads."""

    seats: int
    """How many threads of a process it serves best at a time."""

    def adopt(self, catalog: Catalog) -> None:
        """Compile statements for this catalog; called at start and at every reload. Changes no table."""

    def upgrade(self, catalog: Catalog) -> list[str]:
        """Create what is missing (tables, columns, indexes; additive only, under a lock); says what it did.

        Anything that is not additive raises CatalogError with the way out.
        """

    def pending(self, catalog: Catalog) -> list[str]:
        """What `upgrade` would do, without doing it."""

    def transact(
        self,
        scope: Scope,
        work: Callable[[Transaction], T],
        *,
        about: Sequence[tuple[str, int]] = (),
        commit: bool = True,
        now: str | None = None,
        seed: int | None = None,
    ) -> tuple[T, tuple[Event, ...]]:
        """Run `work` in one transaction: its records, their events, all or nothing.

        `about` is locked first, in order (missing ones are skipped; `get` then gives None). `work` may be run
        again after a deadlock or a lost connection, so it must do nothing outside the transaction. With `commit=False`
        everything is rolled back, events have seq 0. An exception from `work` rolls back and passes through.
        """

    def transact_many(self, jobs: Sequence[Job], *, hurried: bool = False) -> list[Outcome | Exception]:
        """Run jobs in one COMMIT per account: each job whole or not at all, an answer per job in order.

        Jobs that fail cost the others a second run, for which there are savepoints; a shared COMMIT that finds no
        room is run again one job at a time. `hurried`: others wait for these, so nobody's lock is waited for; what
        would have to wait, or be run alone, is answered with the error instead.
        """

    def read(self, scope: Scope, work: Callable[[Transaction], T]) -> T:
        """Run read-only `work` without a write lock."""

    def events(self, scope: Scope, query: EventQuery) -> list[Event]:
        """A page of the account's log."""

    def feed(self, account_id: int) -> FeedState:
        """Where the account's log stands."""

    def load(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], account_id: int) -> None:
        """Insert rows with the ids they carry, without events. For a new database only (demo world, tests)."""

    def forget(self, before: str) -> int:
        """Drop events older than that time; returns how many. Ids and seqs are never reused."""

    def backlogs(self) -> list[Backlog]:
        """The accounts whose log is ahead of their dispatched position."""

    def mentions(self, backlog: Backlog, text: str) -> bool:
        """Whether the `after` of an event of this backlog has that text in it."""

    def dispatch(self, backlog: Backlog, upto: int, deliveries: Sequence[Row]) -> dict[str, int] | None:
        """Insert deliveries and move the account's position from `backlog.dispatched` to `upto`, in one transaction.

        Every delivery has all fields but `id`; one whose message is there already is left out. Those with a
        `lease_token` are taken from birth: answers their ids by message. None, and nothing done, when somebody else has
        moved the position.
        """

    def due(self, now: str) -> list[Lane]:
        """The active subscriptions that have a pending delivery whose `due_at` is not after `now`."""

    def claim(self, lanes: Sequence[Lane], now: str, until: str, token: str) -> list[Row]:
        """Take due deliveries of these lanes, oldest due first, for one holder until then; nobody else gets them.

        Each gets `lease_token`, `due_at` = until and one attempt more. Unsettled, it falls due again at that time.
        """

    def settle(self, results: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Write how deliveries went and log the attempts, in one transaction.

        A result has account_id, id, lease_token, state, attempts, due_at, last_status, last_error and settled_at. It
        counts only while the lease token is still its own. A delivery to be sent `again` stays pending.
        """

    def sweep(self, before: str) -> int:
        """Drop deliveries made before that time, and their attempts; how many deliveries."""

    def close(self) -> None:
        """Release connections."""
