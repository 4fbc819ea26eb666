"""The grammar of expressions: Jinja's parse tree, node by node, turned into closures. Not here, not in a file."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import nodes

from connector.catalog.filters import FILTERS, TESTS, bounded, shown
from connector.catalog.model import Names
from connector.catalog.place import suggest
from connector.catalog.shapes import ANY, BOOLEAN, NONE, SCALAR, TEXT, Known, Shape, either, listing
from connector.errors import ExpressionError

Of = Callable[[Names], Any]
Read = tuple[Shape, Of]


def fail(message: str, hint: str = "") -> NoReturn:
    """Refuse an expression, at load or when it is computed."""
    raise ExpressionError(texts={"en": f"{message}. {hint}" if hint else message}, reason=message, hint=hint)


def read(node: nodes.Node, known: Known) -> Read:
    """The shape and the closure of one node; ExpressionError for what is not on the list."""
    reader = NODES.get(type(node))
    if reader is None:
        fail(f"{_REFUSED.get(type(node), type(node).__name__)} not allowed in expressions")
    return reader(node, known)


def _name(node: Any, known: Known) -> Read:
    shape = known.names.get(node.name)
    if shape is None or node.name.startswith("_"):
        fail(f"nothing is called '{node.name}'", suggest(node.name, known.names))
    return shape, operator.itemgetter(node.name)


def _attribute(node: Any, known: Known) -> Read:
    shape, of = read(node.node, known)
    attr = node.attr
    inside = known.inside(shape)
    if attr.startswith("_"):
        fail(f"'{attr}': names with a leading underscore are not allowed")
    if inside is not None and attr not in inside:
        fail(f"{_spelt(node.node)} has no field '{attr}'", suggest(attr, inside))
    if inside is None or shape.kind == "row":
        return (inside or {}).get(attr, ANY), lambda names: _member(of(names), attr)
    path = _path(node)
    if path and shape.kind in ("record", "members"):
        return inside[attr], _walk(path)
    return inside[attr], lambda names: getattr(of(names), attr)


def _path(node: Any) -> list[str]:
    """`["lead", "step", "position"]` for a plain dotted path, nothing for any other tree."""
    parts: list[str] = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    return [node.name, *reversed(parts)] if isinstance(node, nodes.Name) else []


def _walk(path: Sequence[str]) -> Of:
    root, get = path[0], operator.attrgetter(".".join(path[1:]))
    return lambda names: get(names[root])


def _member(value: Any, name: str) -> Any:
    """A member of a value that nobody declared: never a method of a list or a text."""
    if isinstance(value, dict):
        return value.get(name)
    return None if value is None or isinstance(value, (str, int, float, list, tuple)) else getattr(value, name)


def _spelt(node: Any) -> str:
    return ".".join(_path(node)) or "the value"


def _const(node: Any, known: Known) -> Read:
    value = node.value
    if isinstance(value, (int, float)) and abs(value) > 2**53:
        fail(f"the number {str(value)[:20]} is too large")
    if value is None:
        return NONE, lambda names: value
    return {bool: BOOLEAN, str: TEXT}.get(type(value), SCALAR), lambda names: value


def _list(node: Any, known: Known) -> Read:
    inner = [read(item, known) for item in node.items]
    items = tuple(of for _, of in inner)
    item = inner[0][0] if inner else ANY
    return listing(item), lambda names: [of(names) for of in items]


def _either(node: Any, known: Known) -> Read:
    left, first = read(node.left, known)
    right, second = read(node.right, known)
    if isinstance(node, nodes.Or):
        return either(left, right), lambda names: first(names) or second(names)
    return either(left, right), lambda names: first(names) and second(names)


def _not(node: Any, known: Known) -> Read:
    _, of = read(node.node, known)
    return BOOLEAN, lambda names: not of(names)


def _choice(node: Any, known: Known) -> Read:
    if node.expr2 is None:
        fail("'x if condition' needs an else: write 'x if condition else none'")
    _, test = read(node.test, known)
    yes, then = read(node.expr1, known)
    no, other = read(node.expr2, known)
    return either(yes, no), lambda names: then(names) if test(names) else other(names)


def _compare(node: Any, known: Known) -> Read:
    _, left = read(node.expr, known)
    steps = tuple((_OPERATORS[operand.op], read(operand.expr, known)[1]) for operand in node.ops)
    if len(steps) == 1:
        test, right = steps[0]
        return BOOLEAN, lambda names: test(left(names), right(names))

    def chained(names: Names) -> bool:
        value = left(names)
        return all(test(value, value := of(names)) for test, of in steps)

    return BOOLEAN, chained


def _arithmetic(node: Any, known: Known) -> Read:
    _, left = read(node.left, known)
    _, right = read(node.right, known)
    apply = operator.add if isinstance(node, nodes.Add) else operator.sub
    return SCALAR, lambda names: apply(left(names), right(names))


def _negative(node: Any, known: Known) -> Read:
    _, of = read(node.node, known)
    return SCALAR, lambda names: -of(names)


def _concat(node: Any, known: Known) -> Read:
    parts = tuple(read(part, known)[1] for part in node.nodes)
    return TEXT, lambda names: bounded("".join([shown(part(names)) for part in parts]))


def _filter(node: Any, known: Known) -> Read:
    known_filter = FILTERS.get(node.name)
    if known_filter is None:
        fail(f"there is no filter '{node.name}'", suggest(node.name, FILTERS))
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        fail(f"the filter '{node.name}' takes its arguments by position only")
    if not known_filter.least <= len(node.args) <= known_filter.most:
        fail(f"the filter '{node.name}' takes {known_filter.takes}, not {len(node.args)}")
    shape, of = read(node.node, known)
    inner = [read(argument, known) for argument in node.args]
    arguments, function = tuple(argument for _, argument in inner), known_filter.function
    gives = _given(node.name, known_filter.gives, shape, [given for given, _ in inner])
    if known_filter.total:
        return gives, lambda names: function(of(names), *[argument(names) for argument in arguments])

    def apply(names: Names) -> Any:
        value = of(names)
        return None if value is None else function(value, *[argument(names) for argument in arguments])

    return gives, apply


def _given(name: str, gives: Shape, shape: Shape, arguments: Sequence[Shape]) -> Shape:
    if name in ("first", "last"):
        return shape.item or ANY
    if name == "minus":
        return shape
    return either(shape, arguments[0]) if name == "default" else gives


def _test(node: Any, known: Known) -> Read:
    test = TESTS.get(node.name)
    if test is None or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        fail(f"there is no test 'is {node.name}'", suggest(node.name, TESTS))
    _, of = read(node.node, known)
    return BOOLEAN, lambda names: test(of(names))


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "gteq": operator.ge, "lt": operator.lt,
    "lteq": operator.le, "in": lambda one, many: one in many, "notin": lambda one, many: one not in many,
}  # fmt: skip

NODES: Mapping[type[nodes.Node], Callable[[Any, Known], Read]] = {
    nodes.Name: _name, nodes.Getattr: _attribute, nodes.Const: _const, nodes.List: _list, nodes.Or: _either,
    nodes.And: _either, nodes.Not: _not, nodes.CondExpr: _choice, nodes.Compare: _compare, nodes.Add: _arithmetic,
    nodes.Sub: _arithmetic, nodes.Neg: _negative, nodes.Concat: _concat, nodes.Filter: _filter, nodes.Test: _test,
}  # fmt: skip
"""The whole language: what is not here cannot be written in a file."""

_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Call: "a call such as f(x) is", nodes.Getitem: "a['b'] and a[0] are", nodes.Mul: "'*' is",
    nodes.Pow: "'**' is", nodes.Div: "'/' is", nodes.FloorDiv: "'//' is", nodes.Mod: "'%' is",
    nodes.Dict: "a {'key': value} object is", nodes.Tuple: "a tuple is", nodes.Pos: "a leading '+' is",
}  # fmt: skip
