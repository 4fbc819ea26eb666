"""Record types as storage sees them: what every backend needs to know of an entity, worked out once per catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.catalog.model import Action, Catalog, Entity, Field, Rule, Show, Test
from connector.storage.contract import Row
from connector.storage.system import SYSTEM
from connector.storage.values import CANONICAL, Convert

STAMPS = ("created_at", "updated_at")
ACCOUNT = "account"
"""The record type of accounts themselves."""
Guard = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A resolved path: the reference fields to go through, then the stored field."""

    refs: tuple[str, ...]
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record type."""

    key: str
    entity: Entity
    blank: Row
    """A row with every key and no value."""
    canonical: Mapping[str, Convert]
    shows: Mapping[str, tuple[Show, ...]]
    """The shows that must be read again when a reference changes, by that reference."""
    shown: tuple[str, ...]
    """The names of all shows."""
    body: tuple[str, ...]
    """The keys of an event's body: all but the secrets."""
    tracked: tuple[str, ...]
    """The fields whose change makes an event, in entity order."""
    guards: tuple[Guard, ...]
    """The fields by whose values, taken together, somebody may lock against new matches."""
    objects: frozenset[str]
    """The fields that hold objects, whose changes are told by key, too."""
    shown_in: frozenset[str] = frozenset()
    """The record types that show something of this one."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """The stored fields by name."""
        return self.entity.fields

    @property
    def folded(self) -> tuple[Field, ...]:
        """The fields that keep a folded column."""
        return tuple(field for field in self.entity.fields.values() if field.fold)

    def row(self, values: Mapping[str, Any], now: str) -> Row:
        """A whole row from some of its values, times filled in, shows still empty."""
        row = {**self.blank, **self.checked(values)}
        row["created_at"] = row["created_at"] or now
        row["updated_at"] = row["updated_at"] or now
        return row

    def checked(self, values: Mapping[str, Any]) -> Row:
        """Values in their one form; a name that is not a stored field is a mistake of the caller."""
        unknown = values.keys() - self.fields.keys()
        if unknown:
            raise LookupError(f"{self.key} has no field {', '.join(sorted(unknown))}")
        row = dict(values)
        for name, convert in self.canonical.items():
            if row.get(name) is not None:
                row[name] = convert(row[name])
        return row


@dataclass(slots=True)
class Records:
    """All record types of a catalog, those of the code included."""

    by_key: Mapping[str, Record]
    _paths: dict[tuple[str, str], Path] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Record:
        return self.by_key[key]

    def path(self, entity: str, dotted: str) -> Path:
        """Resolve `user.is_active`, `status` (a show) or `lead.user_id`; LookupError when there is no such thing."""
        key = (entity, dotted)
        if key not in self._paths:
            self._paths[key] = _resolve(self.by_key, entity, dotted.split("."))
        return self._paths[key]

    def target(self, entity: str, refs: Iterable[str]) -> str:
        """The record type that a chain of reference fields leads to."""
        for name in refs:
            entity = _target(self.by_key[entity].entity, name)
        return entity


def records(catalog: Catalog) -> Records:
    """The record types of a catalog."""
    entities = dict(catalog.entities) | _fitting(catalog.entities)
    guards = _guards(catalog)
    made = {key: _record(entity, guards.get(key, set())) for key, entity in entities.items()}
    shown = _shown_in(entities)
    return Records({key: replace(record, shown_in=shown.get(key, frozenset())) for key, record in made.items()})


def fingerprint(catalog: Catalog) -> Any:
    """What statements depend on: two catalogs with equal fingerprints share them."""
    return {
        key: (
            [(f.name, f.kind, f.fold, f.ref.to if f.ref else None, f.secret) for f in entity.fields.values()],
            entity.shows,
            entity.owner,
            entity.index,
            entity.unique,
            sorted(_guards(catalog).get(key, ())),
        )
        for key, entity in catalog.entities.items()
    }


def _record(entity: Entity, guards: set[Guard]) -> Record:
    shows: dict[str, tuple[Show, ...]] = {}
    for show in entity.shows:
        shows[show.path[0]] = (*shows.get(show.path[0], ()), show)
    public = [field.name for field in entity.fields.values() if not field.secret]
    shown = tuple(show.name for show in entity.shows)
    return Record(
        key=entity.key,
        entity=entity,
        blank=dict.fromkeys([*entity.fields, *shown]),
        canonical={f.name: CANONICAL[f.kind] for f in entity.fields.values() if f.kind in CANONICAL},
        shows=shows,
        shown=shown,
        body=(*public, *shown),
        tracked=tuple(name for name in public if name not in ("id", *STAMPS)),
        objects=frozenset(field.name for field in entity.fields.values() if field.kind == "object"),
        guards=tuple(sorted(guard for guard in guards if entity.fields.keys() >= set(guard))),
    )


def _target(entity: Entity, name: str) -> str:
    """Where a reference leads. The account of a row of the code is one, too, though no foreign key."""
    return ACCOUNT if name == "account_id" and entity.system else _reference(entity.fields[name])


def _reference(field: Field) -> str:
    if field.ref is None:
        raise LookupError(f"{field.name} is not a reference")
    return field.ref.to


def _resolve(by_key: Mapping[str, Record], entity: str, parts: list[str]) -> Path:
    record = by_key[entity]
    name, rest = parts[0], parts[1:]
    through = next((n for n in (f"{name}_id", name) if n in record.fields and record.fields[n].ref), None)
    if not rest:
        if name in record.fields:
            return Path(refs=(), field=record.fields[name])
        show = next((show for show in record.entity.shows if show.name == name), None)
        if show is not None:
            return _resolve(by_key, entity, list(show.path))
        if through is not None:
            return Path(refs=(), field=record.fields[through])
    elif through is not None:
        beyond = _resolve(by_key, _reference(record.fields[through]), rest)
        return Path(refs=(through, *beyond.refs), field=beyond.field)
    raise LookupError(f"{entity} has no {'.'.join(parts)}")


def _fitting(entities: Mapping[str, Entity]) -> dict[str, Entity]:
    """The tables of the code, without references and shows that this catalog has no record type for."""
    known = {**entities, **SYSTEM}
    return {key: _fit(entity, known) for key, entity in SYSTEM.items()}


def _fit(entity: Entity, entities: Mapping[str, Entity]) -> Entity:
    def kept(show: Show) -> bool:
        ref = entity.fields[show.path[0]].ref
        to = ACCOUNT if show.path[0] == "account_id" else ref.to if ref is not None else ""
        return to in entities and show.path[1] in entities[to].fields

    fields = {
        name: field if field.ref is None or field.ref.to in entities else replace(field, ref=None)
        for name, field in entity.fields.items()
    }
    return replace(entity, fields=fields, shows=tuple(filter(kept, entity.shows)))


def guards_of(where: Sequence[Any], is_clause: Callable[[Any], bool]) -> Iterator[tuple[Any, ...]]:
    """The equalities that every match of a `where` must meet: those of its own, or else those of each group.

    Works on the `where` of files and of queries alike: `is_clause` tells a comparison from an `any`.
    """
    own = tuple(sorted((part for part in where if is_clause(part) and _plain_equality(part)), key=_path))
    if own:
        yield own
        return
    for group in [group for part in where if not is_clause(part) for group in part.groups]:
        equal = tuple(sorted(filter(_plain_equality, group), key=_path))
        if equal:
            yield equal


def _plain_equality(part: Any) -> bool:
    return part.op == "eq" and "." not in part.path


def _path(part: Any) -> str:
    return str(part.path)


def _guards(catalog: Catalog) -> dict[str, set[Guard]]:
    """By entity: what locking binds and `ensure` compare for equality."""
    found: dict[str, set[Guard]] = {}
    rules = [rule for entity in catalog.entities.values() for rule in entity.rules]
    owners: list[Action | Rule] = [*catalog.actions.values(), *rules]
    for bind in [bind for owner in owners for bind in owner.bind if bind.lock and bind.find]:
        for tests in guards_of(bind.where, lambda part: isinstance(part, Test)):
            found.setdefault(str(bind.find), set()).add(tuple(test.path for test in tests))
    for effect in [effect for owner in owners for effect in owner.do if effect.verb == "ensure" and effect.values]:
        found.setdefault(str(effect.entity), set()).add(tuple(sorted(effect.values)))
    return found


def _shown_in(entities: Mapping[str, Entity]) -> dict[str, frozenset[str]]:
    """By entity: whose shows go through it."""
    found: dict[str, frozenset[str]] = {}
    for entity in entities.values():
        for show in entity.shows:
            here = entity
            for name in show.path[:-1]:
                here = entities[_target(here, name)]
                found[here.key] = found.get(here.key, frozenset()) | {entity.key}
    return found
