"""From the cells of one CSV line to the input of the lead's action; what finds no field is kept as text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.cli.columns import DROP, LOOKED_UP
from connector.cli.directory import Directory

LISTS = {"tags": ","}
"""Inputs whose cells hold several values, and what separates these."""


def lists(schema: Mapping[str, Any]) -> dict[str, str]:
    """The same for an action's input, custom fields included."""
    return {name: part["x-split"] for name, part in schema["properties"].items() if "x-split" in part}


@dataclass(slots=True)
class Converter:
    """Turns lines into inputs, and remembers which names it could not match."""

    headers: Sequence[str]
    mapping: Mapping[str, str]
    known: Directory
    key: str | None = None
    """The field that says which lead a line is about."""
    lists: Mapping[str, str] = field(default_factory=lambda: LISTS)
    unmatched: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def convert(self, cells: Sequence[str]) -> dict[str, Any]:
        """The input of one lead. Empty cells are left out; no filled cell is lost."""
        raw: dict[str, Any] = {}
        kept: list[str] = []
        for header, cell in zip(self.headers, map(str.strip, cells), strict=True):
            target = self.mapping.get(header)
            if not cell or target == DROP:
                continue
            if not self._place(raw, header, target, cell):
                kept.append(f"{header}: {cell}")
        described = "\n\n".join(filter(None, (raw.get("description"), "\n".join(kept))))
        match = {"match": self.key} if self.key else {}
        return raw | match | {"title": titled(raw)} | ({"description": described} if described else {})

    def fault(self, cells: Sequence[str]) -> str | None:
        """Why this line cannot be matched with a lead: its key is empty."""
        filled = {self.mapping.get(header) for header, cell in zip(self.headers, cells, strict=True) if cell.strip()}
        return f"The row has no {self.key}, which --key asks for." if self.key and self.key not in filled else None

    def _place(self, raw: dict[str, Any], header: str, target: str | None, cell: str) -> bool:
        if target is not None and target in self.lists:
            raw[target] = [item for item in map(str.strip, cell.split(self.lists[target])) if item]
        elif target in LOOKED_UP:
            found = self.known.match(target, cell)
            if found is None:
                self.unmatched[header][cell] += 1
                return False
            raw[found[0]] = found[1]
        elif target is not None:
            raw[target] = cell
        return target is not None


def titled(raw: Mapping[str, Any]) -> str:
    """The lead's title: its own, or who it is: `Ana Diaz (Acme)`."""
    person = raw.get("contact_name") or " ".join(filter(None, (raw.get("first_name"), raw.get("last_name"))))
    company = raw.get("company")
    named = f"{person} ({company})" if person and company else person or company
    return str(raw.get("title") or named or raw.get("email") or raw.get("phone") or "")
