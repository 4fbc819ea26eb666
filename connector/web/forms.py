"""Bodies of what is no action, read by marshmallow, with every fault named by its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from connector.errors import Fault, Invalid


def checked(schema: Schema, body: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """The body as the schema types it; Invalid with every fault it has. `partial`: what is missing stays missing."""
    try:
        # By name, for `True` would let parts of nested schemas be missing too.
        typed: dict[str, Any] = schema.load(body, partial=tuple(schema.fields) if partial else False)
    except ValidationError as error:
        raise Invalid(faults=list(faults(error.messages_dict))) from None
    return typed


def faults(messages: Mapping[Any, Any], place: str = "") -> Iterator[Fault]:
    """Marshmallow's complaints, one by one."""
    for name, said in messages.items():
        pointer = place if name == "_schema" else f"{place}/{name}"
        if isinstance(said, Mapping):
            yield from faults(said, pointer)
        else:
            text = f"{pointer[1:].replace('/', '.')}: {' '.join(said)}".replace("{", "{{").replace("}", "}}")
            yield Fault(pointer=pointer, key="not_valid", texts={"en": text})
