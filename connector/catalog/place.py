"""Where in the files the loader stands, and the problems it found there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from connector.errors import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in one file: `place / "do" / 0` goes deeper, `place.add(...)` reports a problem there."""

    file: str
    pointer: str = ""
    problems: list[Problem] = field(default_factory=list)

    def __truediv__(self, key: str | int) -> Place:
        token = str(key).replace("~", "~0").replace("/", "~1")
        return Place(self.file, f"{self.pointer}/{token}", self.problems)

    def add(self, reason: str, hint: str = "") -> None:
        """Report a problem here; loading goes on, so that all problems are seen at once."""
        self.problems.append(Problem(file=self.file, pointer=self.pointer, reason=reason, hint=hint))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, or None when none comes close."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def candidates(name: str, known: Iterable[str]) -> str:
    """The known name nearest to `name`, else the known ones, for a sentence that says what to try."""
    names = list(known)
    return nearest(name, names) or ", ".join(names[:30]) or "-"


def suggest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the nearest one, else all that are."""
    names = list(known)
    close = nearest(name, names)
    if close:
        return f"Did you mean '{close}'?"
    return f"Known: {', '.join(names[:30])}." if names else "Nothing is known here."
