"""The watch takes over what is sound and keeps the last good catalog otherwise."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.catalog import watch as module
from connector.catalog.load import load
from connector.catalog.model import Catalog
from connector.catalog.watch import Watch
from connector.errors import CatalogError, Problem

Files = dict[str, Any]
Write = Callable[[Path, Files], Path]
RENAME, LEAD = "actions/lead/rename.json", "entities/lead.json"


class Adopted(list[Catalog]):
    """Catalogs that were handed over."""

    def take(self, catalog: Catalog) -> None:
        self.append(catalog)


@pytest.fixture
def adopted() -> Adopted:
    return Adopted()


@pytest.fixture
def watch(folder: Path, adopted: Adopted) -> Watch:
    return Watch([folder], load([folder]), adopted.take)


def titled(small: Files, title: str) -> Files:
    return {RENAME: {**small[RENAME], "title": title}}


def test_nothing_happens_while_nothing_changes(watch: Watch, adopted: Adopted) -> None:
    assert [watch.look() for _ in range(3)] == [False, False, False]
    assert adopted == []


def test_a_change_is_taken_over_after_two_equal_looks(
    watch: Watch, adopted: Adopted, folder: Path, small: Files, write_files: Write
) -> None:
    write_files(folder, titled(small, "Second"))
    assert [watch.look(), watch.look(), watch.look()] == [False, True, False]
    assert watch.current is adopted[-1]
    assert watch.current.actions["rename"].title["en"] == "Second"


def test_a_file_still_being_written_waits(watch: Watch, folder: Path, small: Files, write_files: Write) -> None:
    looks = []
    for title in ("One", "Other", "Third"):
        write_files(folder, titled(small, title))
        looks.append(watch.look())
    assert [*looks, watch.look()] == [False, False, False, True]


def test_a_new_file_is_live_and_a_deleted_one_gone(
    watch: Watch, folder: Path, small: Files, write_files: Write
) -> None:
    write_files(folder, {"actions/lead/archive.json": {**small[RENAME], "key": "archive"}})
    (folder / "triggers/renamed.json").unlink()
    watch.look()
    assert watch.look()
    assert (set(watch.current.actions), set(watch.current.triggers)) == ({"rename", "archive"}, set())


def test_a_broken_file_changes_nothing_and_is_reported(
    watch: Watch, adopted: Adopted, folder: Path, write_files: Write, caplog: pytest.LogCaptureFixture
) -> None:
    before = watch.current
    write_files(folder, {RENAME: "{"})
    with caplog.at_level(logging.WARNING):
        assert [watch.look(), watch.look()] == [False, False]
    assert watch.current is before
    assert adopted == []
    assert [problem.file for problem in watch.problems] == [RENAME]
    assert RENAME in caplog.text


def test_a_mended_file_clears_the_report(watch: Watch, folder: Path, small: Files, write_files: Write) -> None:
    for files in ({RENAME: "{"}, titled(small, "Mended")):
        write_files(folder, files)
        watch.look()
        watch.look()
    assert watch.problems == ()
    assert watch.current.actions["rename"].title["en"] == "Mended"


def test_the_old_files_put_back_clear_the_report(watch: Watch, folder: Path, small: Files, write_files: Write) -> None:
    for files in ({RENAME: "{"}, {RENAME: small[RENAME]}):
        write_files(folder, files)
        watch.look()
        watch.look()
    assert watch.problems == ()


def test_a_refusal_by_the_store_keeps_the_last_good_catalog(folder: Path, small: Files, write_files: Write) -> None:
    def refuse(catalog: Catalog) -> None:
        raise CatalogError([Problem(file=RENAME, pointer="", reason="not now")])

    current = load([folder])
    watch = Watch([folder], current, refuse)
    write_files(folder, titled(small, "Second"))
    watch.look()
    assert watch.look() is False
    assert watch.current is current
    assert [problem.reason for problem in watch.problems] == ["not now"]


def test_an_entity_that_needs_a_column_waits_while_the_rest_goes_on(
    watch: Watch, folder: Path, small: Files, write_files: Write
) -> None:
    small[LEAD]["fields"]["properties"]["colour"] = {"type": "string", "maxLength": 9}
    write_files(folder, {LEAD: small[LEAD], **titled(small, "Second")})
    watch.look()
    assert watch.look()
    assert "colour" not in watch.current.entities["lead"].fields
    assert watch.current.actions["rename"].title["en"] == "Second"
    assert [(problem.file, problem.reason) for problem in watch.problems] == [(LEAD, module.WAITS)]


def test_a_new_entity_waits_for_the_next_start(watch: Watch, folder: Path, small: Files, write_files: Write) -> None:
    write_files(folder, {"entities/car.json": {**small["entities/user.json"], "key": "car", "plural": "cars"}})
    watch.look()
    assert watch.look()
    assert "car" not in watch.current.entities
    assert [problem.file for problem in watch.problems] == ["entities/car.json"]


def test_texts_of_an_entity_need_no_column(watch: Watch, folder: Path, small: Files, write_files: Write) -> None:
    write_files(folder, {LEAD: {**small[LEAD], "title": "Prospect"}})
    watch.look()
    assert watch.look()
    assert watch.current.entities["lead"].title["en"] == "Prospect"


def test_a_touched_file_with_the_same_content_is_no_change(watch: Watch, adopted: Adopted, folder: Path) -> None:
    os.utime(folder / RENAME, (1, 1))
    assert [watch.look() for _ in range(3)] == [False, False, False]
    assert adopted == []


def test_the_thread_looks_by_itself(
    folder: Path, small: Files, write_files: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.01)
    taken = threading.Event()
    watch = Watch([folder], load([folder]), lambda catalog: taken.set())
    watch.start()
    write_files(folder, titled(small, "Second"))
    assert taken.wait(20)
    watch.stop()
    assert not any(thread.name == "catalog-watch" for thread in threading.enumerate())
