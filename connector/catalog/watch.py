"""The catalog kept in step with its files while the server runs; a broken file leaves the last good one in place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connector.catalog.files import contents, marks, version
from connector.catalog.load import compile_contents
from connector.catalog.model import Catalog, Entity
from connector.errors import CatalogError, Problem

log = logging.getLogger(__name__)

SECONDS = 1.0
"""Between two looks."""

WAITS = "it needs a change of the database"
WAITS_HINT = "It takes effect at the next start, or after `leadwire upgrade`."


class Watch:
    """Looks at the files once a second and swaps in a new catalog after two equal looks.

    `adopt` is called with every new catalog, on the watching thread; when it raises CatalogError the last good catalog
    stays. An entity whose columns change keeps its last good form until the next start. `problems` says what is wrong
    with the files as they are now.
    """

    def __init__(self, folders: Sequence[Path], current: Catalog, adopt: Callable[[Catalog], None]) -> None:
        self.folders = tuple(folders)
        self.current = current
        self.problems: tuple[Problem, ...] = ()
        self._adopt = adopt
        self._good = contents(self.folders) if current.version else {}
        self._settled = current.version
        self._candidate = ""
        self._marks: Any = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-watch", daemon=True)

    def start(self) -> None:
        """Begin to look, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; returns when the thread has ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS):
            try:
                self.look()
            except Exception:
                log.exception("the files under schemas/ could not be looked at")

    def look(self) -> bool:
        """Look once; returns whether a new catalog was taken over."""
        try:
            seen = marks(self.folders)
            if seen == self._marks and not self._candidate:
                return False
            found = contents(self.folders)
        except OSError:
            return False  # a file vanished between listing and reading; the next look sees more
        self._marks = seen
        latest = version(found)
        if latest == self._settled:
            self._candidate = ""
        elif latest != self._candidate:
            self._candidate = latest
        else:
            self._settled, self._candidate = latest, ""
            return self._take(found)
        return False

    def _take(self, found: Mapping[str, bytes]) -> bool:
        catalog, problems = compile_contents(found)
        waiting: list[Problem] = []
        if not problems:
            held, waiting = self._held(found, catalog)
            if waiting:
                catalog, problems = compile_contents(held)
            found = held
        if not problems:
            try:
                self._adopt(catalog)
            except CatalogError as error:
                problems = list(error.problems)
        self.problems = (*problems, *waiting)
        for problem in self.problems:
            log.warning("%s", problem)
        if problems:
            return False
        self.current, self._good = catalog, dict(found)
        log.info("catalog %s is live", catalog.version[:12])
        return True

    def _held(self, found: Mapping[str, bytes], catalog: Catalog) -> tuple[dict[str, bytes], list[Problem]]:
        """The files with those entities put back whose columns would change, and a word about each of them."""
        held, waiting = dict(found), []
        for key in catalog.entities.keys() | self.current.entities.keys():
            old, new = self.current.entities.get(key), catalog.entities.get(key)
            if _columns(old) == _columns(new):
                continue
            name = f"entities/{key}.json"
            held.pop(name, None)
            if name in self._good:
                held[name] = self._good[name]
            waiting.append(Problem(file=name, pointer="", reason=WAITS, hint=WAITS_HINT))
        return held, sorted(waiting, key=lambda problem: problem.file)


def _columns(entity: Entity | None) -> Any:
    """What of an entity the database has to know."""
    if entity is None:
        return None
    stored = {name: (field.kind, field.fold, field.ref and field.ref.to) for name, field in entity.fields.items()}
    return stored, entity.index, entity.unique
