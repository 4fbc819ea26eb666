"""Who is let in: the one place that turns a secret and an address into a caller, for every door."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connector.access import tokens
from connector.access.addresses import inside, networks
from connector.access.rates import Rates
from connector.access.tokens import Caller
from connector.errors import Forbidden, LeadwireError, RateLimited, TooLarge, Unauthorized
from connector.settings import Settings
from connector.storage.contract import Scope, Store

log = logging.getLogger(__name__)
USED = timedelta(minutes=10)
"""How old the note of a token's last use may grow: a busy token is written once in that time, not at every call."""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call that asks to be let in: its token, where it comes from, its idempotency key, what the log calls it."""

    secret: str
    address: str
    key: str | None = None
    request_id: str | None = None


class Keeper:
    """Admits callers by token, address and rate."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store, self._settings = store, settings
        self._rates = Rates(settings)
        self.proxies = networks(settings.trusted_proxies)
        self._shut: dict[str, float] = {}
        """Addresses that sent too many wrong tokens, and until when they wait."""
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Addresses with tokens that were good from there: they go on while a neighbour behind the same proxy waits."""

    def close(self) -> None:
        """Release where calls are counted."""
        self._rates.close()

    def admit(self, call: Call) -> Caller:
        """The caller behind the call's token.

        Unauthorized, Forbidden from an address that is not the token's, RateLimited.
        """
        found = self._admitted(call.secret, call.address, 1)
        return _named(found, call)

    def admit_each(self, calls: Sequence[Call]) -> list[Caller | LeadwireError]:
        """The same for calls that came together: a token is read once for all of its calls."""
        answers: dict[int, Caller | LeadwireError] = {}
        for secret, address in dict.fromkeys((call.secret, call.address) for call in calls):
            places = [place for place, call in enumerate(calls) if (call.secret, call.address) == (secret, address)]
            try:
                found = self._admitted(secret, address, len(places))
                answers |= {place: _named(found, calls[place]) for place in places}
            except LeadwireError as error:
                each = isinstance(error, RateLimited | Unauthorized) and len(places) > 1
                answers |= {place: self._attempted(calls[place]) if each else error for place in places}
        return [answers[place] for place in range(len(calls))]

    def _attempted(self, call: Call) -> Caller | LeadwireError:
        try:
            return self.admit(call)
        except LeadwireError as error:
            return error

    def _admitted(self, secret: str, address: str, calls: int) -> Caller:
        """Who sends these calls, all of them counted or none; a wrong token is counted where it comes alone."""
        mark = tokens.fingerprint(secret)
        self._refuse_guessing(address, mark)
        try:
            caller = tokens.authenticate(self._store, secret)
        except Unauthorized:
            if calls == 1:
                self._count_wrong(address)
            raise
        if caller.allowed_ips and not inside(address, caller.allowed_ips):
            raise Forbidden("address_not_allowed", address=address)
        self._remember(address, mark)
        self._charge(caller, calls)
        self._note_use(caller)
        return caller

    def charge_rows(self, caller: Caller, rows: int) -> None:
        """Count the rows of a batch, of which the call was one; TooLarge when they are more than ever pass at once."""
        limit = self._limit(caller)
        if 0 < limit < rows:
            raise TooLarge("batch_over_limit", rows=rows, limit=limit)
        self._charge(caller, rows - 1)

    def slow(self, code: str, kind: str, whom: str, limit: int) -> None:
        """Count a call that needs no token; RateLimited with that code beyond `limit` a minute. 0: no limit."""
        if limit > 0:
            self._rates.spend(code, kind, whom, limit, address=whom)

    def _charge(self, caller: Caller, calls: int) -> None:
        limit = self._limit(caller)
        if limit > 0 and calls > 0:
            self._rates.spend("rate_limited", "token", str(caller.token_id), limit, calls)

    def _limit(self, caller: Caller) -> int:
        return self._settings.rate_limit if caller.rate_limit is None else caller.rate_limit

    def _refuse_guessing(self, address: str, mark: str) -> None:
        until = self._shut.get(address)
        if until is None or (address, mark) in self._known:
            return
        left = until - time.monotonic()
        if left > 0:
            raise RateLimited("too_many_wrong_tokens", retry_after=int(left) + 1, address=address)
        self._shut.pop(address, None)

    def _count_wrong(self, address: str) -> None:
        if self._settings.wrong_tokens <= 0:
            return
        try:
            most = self._settings.wrong_tokens
            self._rates.spend("too_many_wrong_tokens", "address", address, most, address=address)
        except RateLimited as error:
            self._shut[address] = time.monotonic() + (error.retry_after or 1)
            raise

    def _remember(self, address: str, mark: str) -> None:
        if (address, mark) not in self._known:
            self._known[address, mark] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def _note_use(self, caller: Caller) -> None:
        """Write the time of use, seldom; failing to is no reason to refuse the call."""
        now = datetime.now(UTC)
        if caller.last_used_at is not None and caller.last_used_at > tokens.stamp(now - USED):
            return
        scope = Scope(account_id=caller.scope.account_id)
        try:
            self._store.transact(scope, lambda tx: tx.update(tokens.ENTITY, caller.token_id, {"last_used_at": tx.now}))
        except LeadwireError as error:
            log.warning("the use of token %s was not noted: %s", caller.token_id, error)


def _named(caller: Caller, call: Call) -> Caller:
    scope = replace(caller.scope, address=call.address, key=call.key, request_id=call.request_id)
    return replace(caller, scope=scope)
