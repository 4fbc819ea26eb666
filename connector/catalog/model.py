"""The frozen catalog: what the files under schemas/ say, compiled. Pure data; no Flask, no storage, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Texts = Mapping[str, str]
"""A text for people by language: always `en`, and `fr` and `ru` where translated."""

Names = Mapping[str, Any]
"""What an expression may see: input, the noun, bound names, actor, now, today ..."""

Kind = Literal["text", "integer", "number", "money", "boolean", "date", "datetime", "list", "object"]
"""How a field is kept. Values in rows and events are JSON-native: date `2026-03-01`, datetime
`2026-03-01T09:00:00.000Z` (always UTC, always milliseconds), money a number (1/10,000 integers in SQL)."""

NOTHING: Mapping[str, Any] = MappingProxyType({})

CUSTOM = "custom"
"""The field that keeps a record's custom values, as an object; an entity with such a field takes custom fields."""
CHANGED = "changed"
"""What a trigger's item calls the list of the fields that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A compiled value of a file: a constant, a whole `{{ }}` (keeps its type), or a mixed text.

    `of(names)` computes it; an undefined result raises `ExpressionError`. `absent_with` is the input name
    when the value is one whole `{{ input.x ... }}` chain: without that input the clause is left out.
    """

    source: Any
    of: Callable[[Names], Any]
    constant: bool = False
    absent_with: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One clause of a `where`: a dotted path from the entity (`user.is_active`), an operator, a value.

    `op` is one of the store's, or `exists`: true stands for `ne null`, false for `eq null`.
    """

    path: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyTest:
    """`any`: true when one of the groups holds; each group is an AND of its tests."""

    groups: tuple[tuple[Test, ...], ...]


Where = tuple[Test | AnyTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One key of an `order`: a field path, or the count of `count` records that meet `where`.

    Inside `where` of a count the value `{{ it.id }}` stands for the sorted record's id.
    """

    path: str = ""
    descending: bool = False
    count: str | None = None
    where: Where = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A machine code and the sentence (a compiled template per language) that goes with it."""

    code: str
    message: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """`x-ref`: what a field or input points at, and how people may name it."""

    to: str
    by: tuple[str, ...] = ("id",)
    several: frozenset[str] = frozenset()
    """Those of `by` that are lists: one item of them names the record."""
    where: Where = ()
    label: Value | None = None
    refuse: Refusal | None = None
    on_delete: Literal["cascade", "clear", "refuse"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A read-only output taken through references: name `pipeline`, path `("step_id", "pipeline_id", "name")`.

    All steps but the last are reference fields, each of the entity reached so far; the last is a stored field.
    """

    name: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One stored field of an entity (id, created_at and updated_at included, as the first three)."""

    name: str
    kind: Kind
    schema: Mapping[str, Any]
    title: Texts
    required: bool = False
    default: Any = None
    ref: Ref | None = None
    fold: Literal["text", "digits", "email"] | None = None
    choices: tuple[Any, ...] = ()
    secret: bool = False

    @property
    def valued(self) -> bool:
        """Whether events are found by its new value at once: references, choices, yes or no."""
        return self.ref is not None or bool(self.choices) or self.kind == "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The compiled input of an action, trigger or search. See `connector.catalog.inputs` for `parse_*`."""

    schema: Mapping[str, Any]
    """The expanded public JSON Schema: x-ref typed, titles filled in, `additionalProperties: false`."""
    refs: Mapping[str, Ref] = field(default_factory=lambda: NOTHING)
    defaults: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    clearable: tuple[str, ...] = ()
    validate: Callable[[Any], Sequence[Any]] = lambda value: ()
    """Every error of a typed value, as jsonschema-rs reports them."""
    check: Callable[[Any], bool] = lambda value: True
    """Whether a typed value is valid; cheaper than `validate`."""
    required: frozenset[str] = frozenset()
    from_text: Mapping[str, Callable[[Any], Any] | None] = field(default_factory=lambda: NOTHING)
    """What reads each input from text of a query string or form; None: nothing to do."""
    from_json: Mapping[str, Callable[[Any], Any] | None] = field(default_factory=lambda: NOTHING)
    """What reads each input from a JSON value."""
    own: Mapping[str, Field] = field(default_factory=lambda: NOTHING)
    """The account's custom fields among the inputs: read one by one, handed on together as `custom`."""
    demanded: frozenset[str] = frozenset()
    """Those of them that are required; doors of other systems, whose clients know of none, may do without."""

    @property
    def names(self) -> tuple[str, ...]:
        """The input names, in form order."""
        return tuple(self.schema["properties"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One `bind`: finds records or names a value. `pick`: first, random, only, all or count."""

    name: str
    find: str | None = None
    where: Where = ()
    order: tuple[Sort, ...] = ()
    pick: Literal["first", "random", "only", "all", "count"] = "first"
    lock: bool = False
    beyond: bool = False
    """`"sight": "account"`: finds what the caller may not see, too."""
    value: Value | None = None
    refuse: bool = False
    """`"else": "refuse"`: nothing found refuses the action with code `no_<entity>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One `require`: refuses with its code and sentence unless `that` is true."""

    that: Value
    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect of a `do`. `verb` names the row of the engine's table; the rest is what that verb reads.

    set/add/remove: `values`. create: `entity`, `values`, `copy`, `source` (from), `leave_out` (except), `name` (as).
    ensure: as create, unless a record with the same values exists. Any of them once per item of `each`, named `it`.
    update/delete: `target` (a bound name) or `entity` with `where`; update also `values`, `copy`.
    send_email/notify/call: `values` and, for send_email, `fill`. resend: `target`.
    """

    verb: Literal[
        "set", "add", "remove", "create", "ensure", "update", "delete", "send_email", "resend", "notify", "call"
    ]  # fmt: skip
    when: Value | None = None
    each: Value | None = None
    name: str | None = None
    entity: str | None = None
    target: str | None = None
    where: Where = ()
    values: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    fill: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    copy: tuple[str, ...] | Literal["input"] | None = None
    source: str | None = None
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds for every written record of an entity, whichever door wrote it. Runs once, before the event."""

    when: Value | None
    bind: tuple[Binding, ...]
    do: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A record type: tables, REST resource, output schema, choices and labels derive from it."""

    key: str
    plural: str
    title: Texts
    fields: Mapping[str, Field]
    shows: tuple[Show, ...]
    owner: tuple[str, ...] | None
    """Path to the owning user's id (`("lead_id", "user_id")`), or None: the whole account sees it."""
    label: Value
    public: bool = True
    search: tuple[str, ...] = ()
    """Fields that `q=` and drop-down search look into."""
    index: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    system: bool = False
    """A table of the code (tokens, outbox ...): emits no events, has no resource."""
    output: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """JSON Schema of a record on the wire: every key required, null where it may be empty."""
    own: Mapping[str, Field] = field(default_factory=lambda: NOTHING)
    """The account's custom fields by key; their values are in the field `custom`."""

    @property
    def customizable(self) -> bool:
        """Whether it takes custom fields."""
        return CUSTOM in self.fields and self.fields[CUSTOM].kind == "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One worked example of a file, run as its test in the demo world."""

    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action file, compiled."""

    key: str
    on: str | None
    path: str
    title: Texts
    description: Texts
    input: Input
    bind: tuple[Binding, ...]
    require: tuple[Requirement, ...]
    do: tuple[Effect, ...]
    returns: str | tuple[str, ...] | Mapping[str, Value]
    """A bound name (its record), fields of the `on` record, or named values."""
    output: Mapping[str, Any]
    examples: tuple[Example, ...]
    file: str = ""

    @property
    def destructive(self) -> bool:
        """Whether it deletes."""
        return any(effect.verb == "delete" for effect in self.do)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One trigger file: a filter and a projection over the event log."""

    key: str
    on: str
    fires: tuple[Value, ...]
    """`created`, `updated`, `deleted` or field names; each may be an expression over `input`."""
    title: Texts
    description: Texts
    input: Input
    match: Mapping[str, Value]
    """Equality on `after` by field; absent inputs leave a clause out."""
    when: Value | None
    """Sees input, before, after, changed."""
    returns: tuple[str, ...]
    """Keys of `after`; `<key>_before` reads `before`; CHANGED names the fields that changed."""
    own: Mapping[str, Field] = field(default_factory=lambda: NOTHING)
    """The custom fields that the account has given the entity."""
    output: Mapping[str, Any]
    examples: tuple[Example, ...]
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search file."""

    key: str
    find: str
    title: Texts
    description: Texts
    input: Input
    bind: tuple[Binding, ...] = ()
    where: Where
    order: tuple[Sort, ...]
    counts: Mapping[str, Sort] = field(default_factory=lambda: NOTHING)
    """Numbers beside each record found, by name; `it` is that record."""
    output: Mapping[str, Any]
    examples: tuple[Example, ...]
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything the files say, immutable. `version` is the hash of their content: the ETag, and shown by /readyz."""

    version: str
    entities: Mapping[str, Entity]
    actions: Mapping[str, Action]
    triggers: Mapping[str, Trigger]
    searches: Mapping[str, Search]
    world: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """`world.json` as written: the demo records by entity."""

    def plural(self, name: str) -> Entity | None:
        """The public entity with that plural name, as in `/api/v1/leads`."""
        return next((e for e in self.entities.values() if e.public and e.plural == name), None)

    def deletion(self, entity: Entity) -> Action | None:
        """The action that deletes a record of that type, if there is one: `delete_lead` for a lead."""
        action = self.actions.get(f"delete_{entity.key}")
        return action if action and action.on == entity.key and action.destructive else None

    def shown(self, entity: Entity, name: str) -> Field | None:
        """The field of another record that this one shows under that name."""
        path = next((show.path for show in entity.shows if show.name == name), None)
        if path is None:
            return None
        for step in path[:-1]:
            ref = entity.fields[step].ref
            assert ref is not None
            entity = self.entities[ref.to]
        return entity.fields[path[-1]]
