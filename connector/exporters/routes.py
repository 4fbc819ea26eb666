"""What an address of the API is, as the exporters know it, and the pieces that descriptions of addresses share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from connector.catalog.model import NOTHING
from connector.catalog.outputs import MOMENT, closed, nullable
from connector.exporters.texts import line, or_empty

API = "/api/v1"
JSON = "application/json"
Schema = Mapping[str, Any]
Door = Literal["native", "simple", "salesman"]

LIST = or_empty({"type": "integer", "minimum": 1, "maximum": 200}, "string")
FEED = or_empty({"type": "integer", "minimum": 1, "maximum": 1000}, "string")
RECORD_ID = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
CURSOR = line()
ANY_OBJECT: Schema = {"type": "object"}
MOMENT_OR_NULL = nullable(MOMENT)
NULL_TEXT: Schema = {"type": ["string", "null"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of the query string or of the path."""

    name: str
    schema: Schema
    does: str = ""
    place: Literal["query", "path", "header"] = "query"
    required: bool = False
    example: Any = None
    examples: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Values by name; those of one name belong together."""
    as_json: bool = False
    """Whether its value is a JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What one answer leads to: an operation, and which of its parameters the answer's values fill."""

    operation: str
    does: str
    parameters: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: a method of an address, what it takes, what it answers."""

    key: str
    """The operation's id."""
    method: Literal["get", "post", "put", "patch", "delete"]
    path: str
    """As in OpenAPI: `/api/v1/tokens/{token_id}`."""
    tag: str
    title: str
    does: str
    takes: Sequence[Parameter] = ()
    body: Schema | None = None
    body_required: bool = False
    takes_media: str = JSON
    """The content type of the body."""
    form: Schema | None = None
    """The body as a form, where it may be one too."""
    examples: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Request bodies by name."""
    answers: Schema = field(default_factory=lambda: ANY_OBJECT)
    media: str = JSON
    example: Any = None
    """An answer."""
    shown: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Answers by the name of the example that they answer."""
    statuses: Sequence[int] = (200,)
    """The good ones."""
    refuses: Sequence[int] = ()
    """Of the bad ones, those that not every address has."""
    refusals: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Codes of 409, and the sentence of each."""
    tagged: bool = False
    """Whether answers carry an ETag, and an unchanged one is 304."""
    open: bool = False
    """Whether it needs no token."""
    door: Door = "native"
    """Whose errors it speaks."""
    links: Mapping[str, Link] = field(default_factory=lambda: NOTHING)


LONGEST_KEY = 255
KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    schema={"type": "string", "maxLength": LONGEST_KEY},
    does="Names this wish: sent again with the same key, it is not done again but answered again, for 24 hours.",
)
"""What every operation that acts takes."""
KEY_IN_QUERY = Parameter(
    name="idempotency_key",
    schema={**line(), "maxLength": LONGEST_KEY},
    does="The same as the header `Idempotency-Key`, for programs that cannot set headers.",
)
KEY_IN_BODY: Schema = {
    "type": ["string", "integer", "null"],
    "maxLength": LONGEST_KEY,
    "minimum": -(2**53),
    "maximum": 2**53,
    "pattern": line()["pattern"],
    "description": "The same as the header `Idempotency-Key`.",
}


def page(item: Schema) -> dict[str, Any]:
    """A page of such items."""
    return closed({"data": {"type": "array", "items": item}, "cursor": NULL_TEXT, "has_more": {"type": "boolean"}})


def segment(name: str, schema: Schema, does: str = "", example: Any = None) -> Parameter:
    """A part of the path."""
    return Parameter(name=name, schema=schema, does=does, place="path", required=True, example=example)


def paging(schema: Schema, cursor: Schema = CURSOR, name: str = "cursor") -> tuple[Parameter, ...]:
    """The page size and where to go on."""
    return (
        Parameter(name="limit", schema=schema, does="How many at most."),
        Parameter(name=name, schema=cursor, does="The `cursor` of the page before: go on from there."),
    )
