"""The catalog over HTTP, and files that come and go while it serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector.service import create_app, open_house
from connector.settings import Settings
from tests.plugins.server import ADMIN, Client, declaration, until

FIELDS = {"actions": "input", "triggers": "output", "searches": "input", "entities": "output"}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_entry_can_be_read_alone(client: Client, kind: str) -> None:
    for entry in client.get("/api/v1/catalog", headers=ADMIN).json[kind]:
        assert client.get(f"/api/v1/catalog/{kind}/{entry['key']}", headers=ADMIN).json == entry
        assert entry[FIELDS[kind]]["type"] == "object"


@pytest.mark.parametrize("path", ["actions/fly", "plans/won", "entities/api_token", "entities/account"])
def test_what_is_not_in_the_catalog_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/api/v1/catalog/{path}", headers=ADMIN).status_code == 404


def test_an_unchanged_catalog_is_not_sent_again(client: Client) -> None:
    tag = client.get("/api/v1/catalog", headers=ADMIN).headers["ETag"]
    again = client.get("/api/v1/catalog", headers={**ADMIN, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    french = client.get("/api/v1/catalog", headers={**ADMIN, "If-None-Match": tag, "Accept-Language": "fr"})
    assert french.status_code == 200


@pytest.mark.parametrize("language", ["fr", "ru"])
def test_the_catalog_is_translated_whole(client: Client, language: str) -> None:
    english, other = (
        client.get("/api/v1/catalog/actions/assign", headers={**ADMIN, "Accept-Language": said}).json
        for said in ("en", language)
    )
    assert english["title"] != other["title"]
    assert english["input"]["properties"]["user_id"]["title"] != other["input"]["properties"]["user_id"]["title"]
    assert "x-title" not in json.dumps(other)


@pytest.fixture
def folder(settings: Settings) -> Path:
    place = Path(settings.schemas) / "actions" / "lead"
    place.mkdir(parents=True)
    return place


def archive(client: Client) -> Any:
    return client.post("/api/v1/actions/archive", json={"lead_id": 1}, headers=ADMIN)


def problems(client: Client) -> list[dict[str, str]]:
    return list(client.get("/readyz").json["problems"])


def test_a_new_file_is_an_action_without_a_restart(client: Client, folder: Path) -> None:
    assert archive(client).status_code == 404
    (folder / "archive.json").write_text(json.dumps(declaration("archive", {"set": {"title": "Archived"}})))
    assert until(lambda: archive(client).status_code == 200)
    assert client.get("/api/v1/leads/1", headers=ADMIN).json["title"] == "Archived"
    assert client.get("/api/simple/leads/2/archive", headers=ADMIN).json["title"] == "Archived"


def test_a_server_starts_without_its_broken_files(settings: Settings, folder: Path) -> None:
    (folder / "archive.json").write_text(json.dumps(declaration("archive", {"set": {"titel": "Archived"}})))
    house = open_house(settings)
    client = create_app(house=house).test_client()
    assert problems(client)[0]["file"].endswith("archive.json")
    assert client.get("/api/v1/leads/1", headers=ADMIN).status_code == 200
    house.close()


def test_a_broken_file_changes_nothing_and_is_reported(client: Client, folder: Path) -> None:
    version = client.get("/readyz").json["catalog"]
    (folder / "archive.json").write_text(json.dumps(declaration("archive", {"set": {"titel": "Archived"}})))
    (found, *_) = until(lambda: problems(client))
    assert found["file"].endswith("archive.json")
    assert found["pointer"]
    assert found["reason"]
    assert client.get("/readyz").json["catalog"] == version
    assert archive(client).status_code == 404
