"""Every error class of Leadwire. The class says what the caller should do; the docstring is the default message.

LeadwireError
├── Malformed            400  the request cannot be read
├── Unauthorized         401  no token, or not a valid one
├── Forbidden            403  the token may not do this
├── NotFound             404  no such thing, or not visible to this token
├── WrongMethod          405  this address does not take that method
├── Conflict             409  clashes with what is stored
│   ├── Refused          409  an action's own condition is not met (halt)
│   │   └── ExpressionError   a value of a file cannot be computed from this record
│   └── CursorReset      409  a cursor of another database or from the future
├── ExpressionError      409  a value of an action cannot be computed from these records
├── CursorExpired        410  a cursor older than the kept events
├── TooLarge             413  the body is over the limit
├── AddressTooLong       414  the address is over the limit
├── HeadersTooLarge      431  the headers are over the limit
├── WrongType            415  the body is of a kind that is not read here
├── Invalid              422  the input breaks its schema; carries one Fault per mistake
├── RateLimited          429  too many requests
├── Unavailable          503  storage is busy or down; try again
│   └── Locked           503  another call holds what this one needs, for too long
├── StorageFull          507  storage has no room
└── CatalogError              a file under schemas/ is broken (at load, never per request)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from connector.sentences import SENTENCES, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake in an input: where (JSON pointer), which sentence (a key of SENTENCES), and its blanks."""

    pointer: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] | None = None

    def message(self, locale: str = "en") -> str:
        """The sentence in that language, English where a translation is missing."""
        return say(self.texts or SENTENCES[self.key], locale).format_map(_Blanks(self.params))

    def renamed(self, name: str) -> Fault:
        """The same mistake in an input that the caller knows by another name."""
        texts = self.texts and _renamed(self.texts, self.pointer[1:], name)
        return replace(self, pointer=f"/{name}", params={**self.params, "name": name}, texts=texts)


def _renamed(texts: Mapping[str, str], ours: str, theirs: str) -> Mapping[str, str]:
    """Sentences that begin with the name of an input, beginning with another name of it."""
    return {locale: theirs + text[len(ours) :] if text.startswith(ours) else text for locale, text in texts.items()}


class _Blanks(dict[str, Any]):
    """Leaves an unknown blank readable instead of raising while an error is being reported."""

    def __missing__(self, key: str) -> str:
        return f"({key})"


class LeadwireError(Exception):
    """Something went wrong inside Leadwire."""

    status: ClassVar[int] = 500
    default: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    halt: ClassVar[bool] = False

    def __init__(
        self,
        code: str | None = None,
        *,
        texts: Mapping[str, str] | None = None,
        faults: Sequence[Fault] = (),
        retry_after: int | None = None,
        **params: Any,
    ) -> None:
        self.code = code or self.default
        self.texts = texts
        self.params = params
        self.faults = tuple(faults)
        self.retry_after = retry_after
        super().__init__(self.message())

    def message(self, locale: str = "en") -> str:
        """The sentence a person reads, in that language."""
        if self.texts is not None:
            return say(self.texts, locale)
        if self.code in SENTENCES:
            return say(SENTENCES[self.code], locale).format_map(_Blanks(self.params))
        if self.faults:
            return " ".join(fault.message(locale) for fault in self.faults)
        return (type(self).__doc__ or self.code).strip()

    def rename(self, names: Mapping[str, str]) -> None:
        """Have the mistakes named as the caller named the inputs: `names` has the caller's names by ours."""
        if self.texts is not None and len(self.faults) == 1 and self.faults[0].pointer[1:] in names:
            self.texts = _renamed(self.texts, self.faults[0].pointer[1:], names[self.faults[0].pointer[1:]])
        self.faults = tuple(
            fault.renamed(names[fault.pointer[1:]]) if fault.pointer[1:] in names else fault for fault in self.faults
        )


class Malformed(LeadwireError):
    """The request cannot be read."""

    status, default = 400, "malformed"


class Unauthorized(LeadwireError):
    """No valid token was given."""

    status, default = 401, "unauthorized_missing_token"


class Forbidden(LeadwireError):
    """This token may not do that."""

    status, default = 403, "forbidden"


class NotFound(LeadwireError):
    """There is no such thing, or this token may not see it."""

    status, default = 404, "not_found"


class WrongMethod(LeadwireError):
    """This address does not take that method; `allow` names those it takes."""

    status, default = 405, "method_not_allowed"


class Conflict(LeadwireError):
    """The request clashes with what is already stored."""

    status, default = 409, "conflict"


class Refused(Conflict):
    """A condition of the action is not met; nothing was changed."""

    default, halt = "refused", True


class ExpressionError(Refused):
    """A value could not be computed from this record."""

    default = "not_computable"


class CursorReset(Conflict):
    """The cursor belongs to another database or lies beyond its end; start again without it."""

    default = "cursor_reset"


class CursorExpired(LeadwireError):
    """The cursor is older than the events that are kept."""

    status, default = 410, "cursor_expired"


class TooLarge(LeadwireError):
    """The body is larger than the limit."""

    status, default = 413, "too_large"


class AddressTooLong(LeadwireError):
    """The address is longer than the limit."""

    status, default = 414, "address_too_long"


class HeadersTooLarge(LeadwireError):
    """The headers are larger than the limit."""

    status, default = 431, "headers_too_large"


class WrongType(LeadwireError):
    """The body is of a kind that is not read here."""

    status, default = 415, "unsupported_media_type"


class Invalid(LeadwireError):
    """The input breaks its schema."""

    status, default = 422, "invalid_input"

    def __init__(self, code: str | None = None, *, faults: Sequence[Fault] = (), **params: Any) -> None:
        # Clients of several systems tell "something is missing" from all other mistakes.
        missing = bool(faults) and all(fault.key == "missing_parameter" for fault in faults)
        super().__init__(code or ("missing_parameter" if missing else None), faults=faults, **params)

    def message(self, locale: str = "en") -> str:
        """The sentences of all faults, in order."""
        return " ".join(fault.message(locale) for fault in self.faults) or super().message(locale)


class RateLimited(LeadwireError):
    """Too many requests."""

    status, default, retryable = 429, "rate_limited", True


class Unavailable(LeadwireError):
    """The storage is busy or cannot be reached; try again."""

    status, default, retryable = 503, "unavailable", True


class Locked(Unavailable):
    """Another call held what this one needs for longer than it could wait; try again."""


class StorageFull(LeadwireError):
    """The storage has no room left."""

    status, default, retryable = 507, "storage_full", True


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one file under schemas/: file, JSON pointer, reason, and how to mend it."""

    file: str
    pointer: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}{'#' + self.pointer if self.pointer else ''}"
        return f"{place}: {self.reason}" + (f" Hint: {self.hint}" if self.hint else "")


class CatalogError(LeadwireError):
    """A file under schemas/ is broken."""

    default = "broken_catalog"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(texts={"en": "\n".join(map(str, problems))})
