"""Commands that open the database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector.catalog.load import SHIPPED
from tests.cli.conftest import Leadwire


def test_run_acts_and_tells_the_events(leadwire: Leadwire) -> None:
    done = leadwire("run", "add_tag", "lead_id=1", "tag=hot")
    assert "hot" in json.loads(done.stdout)["tags"]
    assert "lead.updated 1 (tags)" in done.stderr


def test_a_dry_run_changes_nothing(leadwire: Leadwire) -> None:
    assert "Dry run" in leadwire("run", "add_tag", "lead_id=1", "tag=hot", "--dry-run").stderr
    again = leadwire("run", "add_tag", "lead_id=1", "tag=hot")
    assert "lead.updated" in again.stderr


def test_run_takes_json(leadwire: Leadwire) -> None:
    done = leadwire("run", "add_tag", "--json", "-", stdin='{"lead_id": 1, "tag": ["a", "b"]}')
    assert {"a", "b"} <= set(json.loads(done.stdout)["tags"])


def test_refusals_are_sentences(leadwire: Leadwire) -> None:
    assert "Traceback" not in leadwire("run", "add_tag", "lead_id=999999", "tag=x", exit_code=1).output
    assert "KEY=VALUE" in leadwire("run", "add_tag", "lead_id", exit_code=2).output


def test_run_acts_as_the_user_asked_for(leadwire: Leadwire) -> None:
    done = leadwire("run", "add_activity", "lead_id=1", "activity_id=Call", "--as", "ada@example.test")
    assert json.loads(done.stdout)["user_id"] == 1
    assert "nobody@example.test" in leadwire("run", "won", "--as", "nobody@example.test", exit_code=1).output


def test_a_token_is_made_listed_without_its_secret_and_revoked(leadwire: Leadwire) -> None:
    secret = leadwire("token", "create", "Zapier", "--as", "ana@example.test").stdout.strip()
    assert secret.startswith("lw_")
    listed = leadwire("token", "list").output
    assert "Zapier" in listed
    assert secret not in listed
    number = next(line.split()[0] for line in listed.splitlines() if "Zapier" in line)
    leadwire("token", "revoke", number)
    assert f"{number}" in listed
    assert "revoked 2" in next(line for line in leadwire("token", "list").output.splitlines() if "Zapier" in line)


def test_demo_goes_only_into_a_new_database(leadwire: Leadwire) -> None:
    assert leadwire("demo").stdout.strip().startswith("lw_")
    assert "not new" in leadwire("demo", exit_code=1).output


def test_upgrade_shows_what_is_missing_and_adds_it(leadwire: Leadwire) -> None:
    assert "to do" in leadwire("upgrade", "--dry-run").output
    assert "done" in leadwire("upgrade").output
    assert "Nothing is missing" in leadwire("upgrade").output


def test_shipped_files_pass_the_check(leadwire: Leadwire) -> None:
    assert ": 0 errors" in leadwire("check").output


def test_a_new_action_passes_the_check_and_runs(leadwire: Leadwire, tmp_path: Path) -> None:
    made = leadwire("new", "action", "--noun", "lead", "--verb", "archive")
    path = tmp_path / "schemas" / "actions" / "lead" / "archive.json"
    assert str(path) in made.output
    assert ": 0 errors" in leadwire("check").output
    field = json.loads(path.read_text())["input"]["required"][0]
    assert json.loads(leadwire("run", "archive", "lead_id=1", f"{field}= kept ").stdout)[field] == "kept"


def test_a_new_action_is_asked_for(leadwire: Leadwire, tmp_path: Path) -> None:
    leadwire("new", "action", stdin="task\npostpone\n")
    assert (tmp_path / "schemas" / "actions" / "task" / "postpone.json").exists()


def test_a_broken_file_is_reported_with_place_reason_and_hint(leadwire: Leadwire, tmp_path: Path) -> None:
    leadwire("new", "action", "--noun", "lead", "--verb", "archive")
    path = tmp_path / "schemas" / "actions" / "lead" / "archive.json"
    path.write_text(path.read_text().replace("input.title | trim", "input.titel | trim"))
    told = leadwire("check", exit_code=1).output
    assert "archive.json#/bind/0/value" in told
    assert "Did you mean 'title'" in told


@pytest.mark.parametrize(
    "path, right, wrong",
    [
        ("actions/lead/won.json", '"status": "won"', '"status": "lost"'),
        ("triggers/lead_deleted.json", '"lead_id": ', '"lead_id": 9'),
        ("searches/find_user.json", '"find": [2]', '"find": [99]'),
    ],
)
def test_an_example_that_does_not_hold_is_reported(
    leadwire: Leadwire, tmp_path: Path, path: str, right: str, wrong: str
) -> None:
    own = tmp_path / "schemas" / path
    own.parent.mkdir(parents=True)
    text = (SHIPPED / path).read_text()
    assert right in text
    own.write_text(text.replace(right, wrong))
    told = leadwire("check", exit_code=1).output
    assert f"error {path}#/examples/" in told
