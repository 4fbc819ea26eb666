"""Leads from a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.cli.options import opened, scope_of
from connector.engine.lists import records
from connector.events import feeds
from connector.settings import Settings, load
from connector.storage.contract import Row
from tests.cli.conftest import Leadwire

SAMPLE = Path(__file__).parents[1] / "data" / "leads.csv"
LEADS = 12


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The sample set in a folder of its own, where an errors file may stand beside it."""
    path = tmp_path / "leads.csv"
    path.write_bytes(SAMPLE.read_bytes())
    return path


def lead(tmp_path: Path, **wanted: str) -> Row:
    """The one imported lead with those fields."""
    with opened(settings(tmp_path)) as house:
        scope = scope_of(house.store, 1, None, "api")
        (found,) = records(house.catalog, house.store, scope, house.catalog.entities["lead"], wanted).data
    return found


def settings(tmp_path: Path) -> Settings:
    """What the command was run with."""
    return load({"LEADWIRE_DATABASE_URL": f"sqlite:///{tmp_path / 'leadwire.db'}", "LEADWIRE_LOG_LEVEL": "ERROR"})


def items(tmp_path: Path) -> Iterator[Row]:
    """Everything in the new_lead feed, through its cursor, five at a time."""
    with opened(settings(tmp_path)) as house:
        scope = scope_of(house.store, 1, None, "api")
        start = house.store.feed(1).feed
        cursor = f"v1.{start}.0"
        more = True
        while more:
            page = feeds.page(house.catalog, house.store, scope, "new_lead", {}, after=cursor, limit=5)
            yield from page.data
            cursor, more = page.cursor or cursor, page.has_more


def test_every_row_becomes_a_lead_and_one_event(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    assert f"created         {LEADS}" in leadwire("import", sample).output
    found = list(items(tmp_path))
    assert len({item["lead_id"] for item in found}) == len(found) == LEADS
    assert {item["origin"] for item in found} == {"import"}


def test_cells_find_their_fields(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    leadwire("import", sample)
    found = lead(tmp_path, email="nathaniel81@tapia.com")
    assert (found["title"], found["company"]) == ("Alicia Jimenez (Wiley-Archer)", "Wiley-Archer")
    assert (found["source"], found["step"]) == ("Trade Show", "Qualified")
    assert found["phone"] == "+1-770-802-0556x63302"


def test_stages_may_be_statuses(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    leadwire("import", sample)
    assert lead(tmp_path, email="caleb68@walsh.info")["status"] == "won"


def test_what_matches_nothing_is_reported_and_kept(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    told = leadwire("import", sample).output
    assert "Lead Owner: 12 names in 12 rows are no user (" in told
    assert " and 7 more)" in told
    kept = lead(tmp_path, email="caleb68@walsh.info")["description"]
    assert kept.startswith("Success action another finally.")
    assert "Lead Owner: Jordan Marsh" in kept
    assert "Email 2: marciahuffman@powell.org" in kept


def test_owners_are_matched_by_name(leadwire: Leadwire, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("Prénom;Courriel;Propriétaire\nZoé;zoe@example.test;ANA LÓPEZ\n", encoding="cp1252")
    leadwire("import", path)
    assert lead(tmp_path, email="zoe@example.test")["user_email"] == "ana@example.test"


@pytest.mark.parametrize("key", ["email", "phone", "external_id"])
def test_a_second_import_with_a_key_changes_nothing(leadwire: Leadwire, sample: Path, tmp_path: Path, key: str) -> None:
    assert f"created         {LEADS}" in leadwire("import", sample, "--key", key).output
    before = len(list(items(tmp_path)))
    again = leadwire("import", sample, "--key", key).output
    assert f"unchanged       {LEADS}" in again
    assert len(list(items(tmp_path))) == before


def test_a_dry_run_changes_nothing(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    told = leadwire("import", sample, "--dry-run").output
    assert f"created         {LEADS}" in told
    assert "nothing was changed" in told
    assert list(items(tmp_path)) == []


def test_new_sources_are_added_on_demand(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    assert "Source:" not in leadwire("import", sample, "--create-sources").output
    assert lead(tmp_path, email="krausebelinda@bradshaw.biz")["source"] == "Direct Traffic"


def test_columns_are_mapped_by_hand(leadwire: Leadwire, sample: Path, tmp_path: Path) -> None:
    leadwire("import", sample, "--map", "Email 2=email", "--map", "Index=-")
    found = lead(tmp_path, email="marciahuffman@powell.org")
    assert "Email 1: caleb68@walsh.info" in found["description"]
    assert "Index" not in found["description"]


def test_failed_rows_are_written_with_line_and_reason(leadwire: Leadwire, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("Name,E-mail\nAna,ana@new.test\nBo,not an address\nCy\nDi,di@new.test\n")
    told = leadwire("import", path, exit_code=1).output
    assert "created          2" in told
    assert "some.errors.csv" in told
    rows = list(csv.DictReader((tmp_path / "some.errors.csv").read_text().splitlines()))
    assert [row["Leadwire line"] for row in rows] == ["3", "4"]
    assert rows[0]["Leadwire problem"].startswith("E-mail: ")


def test_a_mended_errors_file_can_be_imported(leadwire: Leadwire, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("Name,E-mail\nBo,not an address\n")
    leadwire("import", path, exit_code=1)
    mended = tmp_path / "some.errors.csv"
    mended.write_text(mended.read_text().replace("not an address", "bo@new.test", 2))
    leadwire("import", mended)
    assert lead(tmp_path, email="bo@new.test")["description"] is None


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x.test")', "+33 6", "-1+1", "@SUM(A1)", "\t=1", "'=1", "'plain"])
def test_s13_no_cell_of_the_errors_file_is_a_formula(leadwire: Leadwire, tmp_path: Path, name: str) -> None:
    path, mended = tmp_path / "some.csv", tmp_path / "some.errors.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("Name", "E-mail", "=Odd"), (name, "not an address", "@x")])
    leadwire("import", path, exit_code=1)
    with mended.open(newline="") as file:
        rows = list(csv.reader(file))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    mended.write_text(mended.read_text().replace("not an address", "bo@new.test"))
    leadwire("import", mended)
    found = lead(tmp_path, email="bo@new.test")
    assert (found["title"], found["description"]) == (name.strip(), "=Odd: @x")


def test_a_row_without_its_key_fails_alone(leadwire: Leadwire, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("Name,E-mail\nAna,ana@new.test\nBo,\n")
    told = leadwire("import", path, "--key", "email", exit_code=1).output
    assert "created          1" in told
    assert "no email" in (tmp_path / "some.errors.csv").read_text()


def test_cells_are_never_read_as_expressions(leadwire: Leadwire, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('Name,E-mail\n"{{ 7*7 }} ""x""",odd@new.test\n')
    leadwire("import", path)
    assert lead(tmp_path, email="odd@new.test")["title"] == '{{ 7*7 }} "x"'


def test_failed_rows_of_a_read_only_folder_are_written_here(
    leadwire: Leadwire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.csv"
    path.write_text("Name,E-mail\nBo,not an address\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("os.access", lambda _, mode: mode != os.W_OK)
    leadwire("import", path, exit_code=1)
    assert (tmp_path / "here" / "some.errors.csv").exists()


def test_columns_fill_custom_fields(leadwire: Leadwire, tmp_path: Path) -> None:
    for field in (
        ("key=size", "name=Roof Size", "type=choice", "choices=Small|Large"),
        ("key=more", "name=More", "type=multiple_choice", "choices=Blinds|Doors, inside"),
        ("key=urgent", "name=Urgent", "name_fr=Pressé", "type=boolean"),
        ("key=floors", "name=Floors", "type=integer"),
    ):
        leadwire("run", "create_custom_field", *field)
    path = tmp_path / "custom.csv"
    path.write_text("Title|roof size|Stuff|Pressé|floors\nA|large|Blinds; doors, inside|yes|2\nB|Huge|||\nC||||x\n")
    output = leadwire("import", path, "--delimiter", "|", "--map", "Stuff=more", exit_code=1).output
    assert "created          1" in output and "floors: " in Path(f"{path.with_suffix('')}.errors.csv").read_text()
    with opened(settings(tmp_path)) as house:
        scope = scope_of(house.store, 1, None, "api")
        catalog = house.accounts.now(1)
        (found,) = records(catalog, house.store, scope, catalog.entities["lead"], {"size": "Large"}).data
    assert found["custom"] == {"size": "Large", "more": ["Blinds", "Doors, inside"], "urgent": True, "floors": 2}
