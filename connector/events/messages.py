"""From a stored delivery to the request that carries it. Deliveries, tests and provider feedback all leave this way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from connector.access.vault import Vault
from connector.events import signing
from connector.events.addresses import parsed
from connector.events.calls import Call
from connector.storage.contract import Row

SHORTEST_SECRET = 4
"""Shorter parameter values are not blotted out of answers: they would take half the text with them."""
REMEMBERED = 10_000
"""Subscriptions that are kept ready."""
EXCERPT = 4000
"""Characters of an answer that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An extra parameter: a fixed value, or a field of the item, sent in the header, the query or the body."""

    name: str
    place: str
    value: str | None = None
    field: str | None = None
    id: int = 0
    """Its number within its subscription; 0 until it is kept."""

    def of(self, item: Mapping[str, Any]) -> Any:
        """What to send for this item."""
        return item.get(self.field) if self.field is not None else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A subscription ready to send to: its secrets opened."""

    subscription_id: int
    url: str
    style: str
    secrets: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    keys: tuple[bytes, ...] = field(init=False, repr=False)
    """The secrets as they sign."""

    def __post_init__(self) -> None:
        """Decode the secrets once."""
        object.__setattr__(self, "keys", tuple(map(signing.key, self.secrets)))


def target(vault: Vault, row: Row, now: str) -> Target:
    """Open a subscription's sealed parts. The old secret counts until its time is over."""
    sealed = [row["secret"]]
    if row["old_secret"] is not None and (row["old_secret_until"] or "") > now:
        sealed.append(row["old_secret"])
    return Target(
        subscription_id=row["id"], url=row["target_url"], style=row["style"],
        secrets=tuple(vault.open(each) for each in sealed), parameters=parameters(vault, row),
    )  # fmt: skip


class Places:
    """Subscriptions made ready to send to; one that has not changed is not opened again."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[int, tuple[tuple[Any, ...], Target]] = {}

    def of(self, row: Row, now: str) -> Target:
        """The target of a subscription."""
        old = row["old_secret"] if (row["old_secret_until"] or "") > now else None
        key = (row["secret"], old, row["parameters"], row["target_url"], row["style"])
        known = self._known.get(row["id"])
        if known is None or known[0] != key:
            if len(self._known) > REMEMBERED:
                self._known.clear()
            known = self._known[row["id"]] = (key, target(self._vault, row, now))
        return known[1]


def parameters(vault: Vault, row: Row) -> tuple[Parameter, ...]:
    """The extra parameters of a subscription."""
    if row["parameters"] is None:
        return ()
    return numbered(Parameter(**each) for each in orjson.loads(vault.open(row["parameters"])))


def numbered(found: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """The same, those without a number behind all others."""
    given = tuple(found)
    top = max((it.id for it in given), default=0)
    return tuple(it if it.id else replace(it, id=(top := top + 1)) for it in given)


def sealed(vault: Vault, found: Sequence[Parameter]) -> str | None:
    """Extra parameters as a subscription keeps them: they carry other systems' keys."""
    if not found:
        return None
    rows = [
        {"id": it.id, "name": it.name, "place": it.place, "value": it.value, "field": it.field}
        for it in numbered(found)
    ]
    return vault.seal(orjson.dumps(rows).decode())


def body(style: str, extra: Sequence[Parameter], message: str, trigger: str, item: Mapping[str, Any]) -> str:
    """The body of an item with its extra parameters: made once, then stored and signed as it is."""
    added = {it.name: it.of(item) for it in extra if it.place == "body"}
    return signing.body(style, message, trigger, item, added)


def call(place: Target, delivery: Row, timestamp: int, timeout: float) -> Call:
    """The request of one attempt, signed now."""
    body = delivery["body"] or ""
    raw = body.encode()
    headers = {"Content-Type": signing.STYLES[delivery["style"]][1]} if raw else {}
    headers |= signing.headers(place.keys, delivery["message_id"], timestamp, raw)
    url = place.url
    own = [it for it in place.parameters if it.place != "body"]
    if own:
        item = signing.item_in(delivery["style"], body) if body else {}
        query = {it.name: text(it.of(item)) for it in own if it.place == "query"}
        headers |= {it.name: text(it.of(item)) for it in own if it.place == "header"}
        url = str(parsed(url).extend_query(query)) if query else url
    return Call(method=delivery["method"], url=url, headers=headers, body=raw, timeout=timeout)


def text(value: Any) -> str:
    """A value as one line of text."""
    if value is None:
        return ""
    whole = value if isinstance(value, str) else orjson.dumps(value).decode()
    return " ".join(whole.split())


def excerpt(place: Target, raw: bytes, more: Sequence[str] = ()) -> str:
    """The first part of an answer, readable and without our own secrets, should the receiver echo them."""
    if not raw:
        return ""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    for secret in (*place.secrets, *(it.value for it in place.parameters), *more):
        if secret and len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "[redacted]")
    return text[:EXCERPT]
