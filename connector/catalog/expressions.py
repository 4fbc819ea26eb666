"""Expressions: the texts between `{{ }}`, and the bare ones of `when` and `that`.

The grammar is Jinja's own parser; `grammar.NODES` turns every node of its tree into a closure, or refuses it. So an
expression is read once, at load, runs no generated code, and costs a fraction of a microsecond. Every path is
resolved at load. Data is never parsed: a lead titled `{{ 7*7 }}` keeps that title, it never becomes `49`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from connector.catalog.filters import bounded, shown
from connector.catalog.grammar import Of, fail, read
from connector.catalog.model import Names, Value
from connector.catalog.shapes import ANY, NONE, SCALAR, TEXT, Known, Shape, listing
from connector.errors import ExpressionError

MAX_SOURCE = 2_000
"""Longest expression, in characters."""

__all__ = ["ExpressionError", "compile_bare", "compile_value", "typed_value"]

_ENVIRONMENT = Environment(autoescape=False)
_PIECE = re.compile(r"""\{\{((?:[^'"}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\}(?!\}))*)\}\}""", re.DOTALL)
_STRAY = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_FAILURES = (TypeError, ValueError, AttributeError, LookupError, OverflowError)


def compile_value(source: Any, known: Known) -> Value:
    """A value of a file: a constant, one whole `{{ }}` (keeps its type), or a mixed text. Raises ExpressionError."""
    return typed_value(source, known)[0]


def compile_bare(text: str, known: Known) -> Value:
    """A bare expression, as in `when` and `that`. Raises ExpressionError."""
    if not isinstance(text, str) or _STRAY.search(text):
        fail(f"'{text}' must be a bare expression, without braces around it")
    return _single(text, text, known)[0]


def typed_value(source: Any, known: Known) -> tuple[Value, Shape]:
    """Like compile_value, with the shape of what it gives."""
    if isinstance(source, str):
        return _text(source, known)
    if isinstance(source, Mapping):
        return _nested(source, {key: compile_value(inner, known) for key, inner in source.items()})
    if isinstance(source, list):
        return _nested(source, [compile_value(inner, known) for inner in source])
    return _constant(source)


def _constant(source: Any) -> tuple[Value, Shape]:
    shape = NONE if source is None else listing(ANY) if isinstance(source, list) else SCALAR
    return Value(source=source, of=lambda names: source, constant=True), shape


def _nested(source: Any, inner: dict[str, Value] | list[Value]) -> tuple[Value, Shape]:
    if isinstance(inner, dict):
        if all(value.constant for value in inner.values()):
            return _constant(source)
        pairs = tuple((key, value.of) for key, value in inner.items())
        return Value(source=source, of=lambda names: {key: of(names) for key, of in pairs}), ANY
    if all(value.constant for value in inner):
        return _constant(source)
    items = tuple(value.of for value in inner)
    return Value(source=source, of=lambda names: [of(names) for of in items]), listing(ANY)


def _text(source: str, known: Known) -> tuple[Value, Shape]:
    pieces = list(_PIECE.finditer(source))
    stray = _STRAY.search(_PIECE.sub("", source))
    if stray:
        fail(f"'{source}' has a stray '{stray.group()}'; only whole {{{{ }}}} pairs are expressions")
    if not pieces:
        return Value(source=source, of=lambda names: source, constant=True), TEXT
    if len(pieces) == 1 and pieces[0].group() == source.strip():
        return _single(source, pieces[0].group(1), known)
    parts: list[Of] = []
    end = 0
    for piece in pieces:
        parts += [_literal(source[end : piece.start()]), _spoken(source, piece.group(1), known)]
        end = piece.end()
    parts.append(_literal(source[end:]))

    def of(names: Names) -> str:
        return bounded("".join([shown(part(names)) for part in parts]))

    return Value(source=source, of=_guarded(source, of)), TEXT


def _literal(text: str) -> Of:
    return lambda names: text


def _spoken(source: str, text: str, known: Known) -> Of:
    shape, of = read(_parsed(text), known)
    if shape.kind in ("record", "members", "row"):
        fail(f"'{text.strip()}' is a whole record in the text '{source}'; name one of its fields")
    return of


def _single(source: str, text: str, known: Known) -> tuple[Value, Shape]:
    node = _parsed(text)
    shape, of = read(node, known)
    return Value(source=source, of=_guarded(text.strip(), of), absent_with=_absent_with(node)), shape


def _parsed(text: str) -> nodes.Expr:
    if len(text) > MAX_SOURCE:
        fail(f"an expression of {len(text)} characters is too long; at most {MAX_SOURCE}")
    try:
        parser = Parser(_ENVIRONMENT, text, state="variable")
        node = parser.parse_expression()
    except TemplateSyntaxError as error:
        fail(f"'{text.strip()}' cannot be read: {error.message}")
    except RecursionError:
        fail(f"'{text.strip()[:60]}…' is nested too deep")
    if not parser.stream.eos:
        fail(f"'{text.strip()}' goes on after its end, at '{parser.stream.current.value}'")
    return node


def _absent_with(node: nodes.Node) -> str | None:
    """The input that a chain of attributes and filters starts from; a `default` gives the chain a value of its own."""
    while isinstance(node, (nodes.Getattr, nodes.Filter)):
        inner = node.node
        if isinstance(node, nodes.Filter) and node.name == "default":
            return None
        if isinstance(node, nodes.Getattr) and isinstance(inner, nodes.Name) and inner.name == "input":
            return node.attr
        if inner is None:
            return None
        node = inner
    return None


def _guarded(source: str, of: Of) -> Of:
    """Raises ExpressionError, naming the expression, for whatever cannot be computed or kept."""

    def guarded(names: Names) -> Any:
        try:
            value = of(names)
            if type(value) is str:
                bounded(value)
        except _FAILURES as error:
            raise ExpressionError(expression=source, reason=f"{_reason(error)} in '{source}'.") from None
        if type(value) is float and not math.isfinite(value):
            raise ExpressionError(expression=source, reason=f"the number is too large in '{source}'.")
        return value

    return guarded


def _reason(error: Exception) -> str:
    if isinstance(error, AttributeError):
        return f"'{error.name}' is read of something that is none or has no such field"
    if isinstance(error, LookupError):
        return f"{error} is not there"
    return str(error)
