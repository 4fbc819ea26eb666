"""Files on leads: what goes in comes out unchanged, is seen by whom the lead is seen by, and runs in no browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from urllib3 import encode_multipart_formdata

from connector.access.upkeep import clear
from connector.storage.blobs import open_blobs, shelf
from connector.storage.contract import EventQuery, Scope
from connector.web.attachments import file_name
from connector.web.house import House
from tests.plugins.server import ADMIN

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8000
HTML = b"<html><script>alert(1)</script></html>"
LIMIT = 3_000_000
Token = Callable[[str], Mapping[str, str]]


@pytest.fixture
def settings(settings: Any, tmp_path: Path) -> Any:
    """Files go into a folder of the test."""
    return replace(settings, attachments=str(tmp_path / "files"), attachment_limit=LIMIT)


def attach(client: FlaskClient, content: bytes = PDF, name: str = "offer.pdf", lead: int = 1, **parts: Any) -> Any:
    """Send a file to a lead."""
    return post(client, {"file": (name, content), **parts}, lead=lead)


def post(client: FlaskClient, parts: Mapping[str, Any], *, lead: int = 1, headers: Mapping[str, str] = ADMIN) -> Any:
    """Send those parts to a lead."""
    body, kind = encode_multipart_formdata(parts)
    return client.post(f"/api/v1/leads/{lead}/attachments", data=body, content_type=kind, headers=headers)


def kept(tmp_path: Path) -> list[Path]:
    """The files in the folder."""
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_O4_a_file_is_kept_listed_and_given_back(client: FlaskClient) -> None:
    made = attach(client, kind="quote")
    assert made.status_code == 201, made.text
    told = {name: made.get_json()[name] for name in ("filename", "content_type", "size", "sha256", "kind", "lead_id")}
    assert told == {
        "filename": "offer.pdf", "content_type": "application/pdf", "size": len(PDF), "sha256": sha256(PDF).hexdigest(),
        "kind": "quote", "lead_id": 1,
    }  # fmt: skip
    assert "storage_key" not in made.json
    listed = client.get("/api/v1/leads/1/attachments", headers=ADMIN).get_json()["data"]
    assert made.get_json()["id"] in [row["id"] for row in listed]
    answer = client.get(made.headers["Location"], headers=ADMIN)
    assert answer.data == PDF


@pytest.mark.parametrize("name", ["offer.pdf", "Angebot für „Ä“.pdf", 'a"b;c.pdf', "offer\u202efdp.exe"])
def test_a_download_is_saved_and_never_run(client: FlaskClient, name: str) -> None:
    answer = client.get(attach(client, HTML, name).headers["Location"], headers=ADMIN)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert len(answer.headers.getlist("X-Content-Type-Options")) == 1
    assert (answer.data, answer.content_length) == (HTML, len(HTML))


@pytest.mark.parametrize(
    ("sent", "told"),
    [("../../etc/passwd", "passwd"), ("C:\\temp\\offer.pdf", "offer.pdf"), ("a\r\nX: y.pdf", "a X: y.pdf"),
     ("..", "file"), ("x" * 400 + ".pdf", "x" * 251 + ".pdf")],
)  # fmt: skip
def test_a_name_keeps_neither_its_path_nor_its_tricks(sent: str, told: str) -> None:
    assert file_name(sent) == told


def test_the_type_is_the_one_of_the_content(client: FlaskClient) -> None:
    assert attach(client, PDF, "page.html").get_json()["content_type"] == "application/pdf"


def test_a_file_over_the_limit_is_refused_and_not_kept(client: FlaskClient, tmp_path: Path) -> None:
    for size in (LIMIT + 1, LIMIT + 200_000):
        answer = attach(client, b"x" * size)
        assert (answer.status_code, answer.get_json()["code"]) == (413, "attachment_too_large")
        assert str(LIMIT) in answer.get_json()["message"]
    assert kept(tmp_path) == []


def test_a_file_larger_than_other_bodies_may_be_is_taken(client: FlaskClient) -> None:
    assert attach(client, b"x" * LIMIT, "big.txt").status_code == 201


@pytest.mark.parametrize(
    ("data", "pointer"),
    [({}, "/file"), ({"file": "text"}, "/file"), ({"kind": "photo"}, "/kind"), ({"colour": "red"}, "/colour")],
    ids=str,
)
def test_a_wrong_body_is_refused_by_field(
    client: FlaskClient, tmp_path: Path, data: dict[str, Any], pointer: str
) -> None:
    answer = post(client, data if pointer == "/file" else {"file": ("a.pdf", PDF), **data})
    assert (answer.status_code, [error["pointer"] for error in answer.get_json()["errors"]]) == (422, [pointer])
    assert kept(tmp_path) == []


def test_who_cannot_see_the_lead_sees_nothing_of_its_files(client: FlaskClient, token: Token, tmp_path: Path) -> None:
    ana = token("ana@example.test")
    mine = {row["id"] for row in client.get("/api/v1/leads", headers=ana).get_json()["data"]}
    lead = next(
        row["id"] for row in client.get("/api/v1/leads", headers=ADMIN).get_json()["data"] if row["id"] not in mine
    )
    location = attach(client, lead=lead).headers["Location"]
    assert post(client, {"file": ("a.pdf", PDF)}, lead=lead, headers=ana).status_code == 404
    assert client.get(f"/api/v1/leads/{lead}/attachments", headers=ana).status_code == 404
    assert client.get(location, headers=ana).status_code == 404
    assert client.get(location).status_code == 401
    assert len(kept(tmp_path)) == 1


def test_a_new_file_is_an_event(client: FlaskClient, house: Any) -> None:
    made = attach(client).get_json()["id"]
    (event,) = house.store.events(Scope(account_id=1), EventQuery(topics=("attachment.created",)))
    assert event.record_id == made
    assert "storage_key" not in (event.after or "")


def test_contents_that_no_record_is_about_are_dropped_after_a_day(
    client: FlaskClient, house: House, tmp_path: Path
) -> None:
    stays, goes = (attach(client, name=name).get_json()["id"] for name in ("a.pdf", "b.pdf"))
    place = open_blobs(house.settings.attachments)
    mine = place.put(shelf(1, house.store.feed(1).feed), BytesIO(b"never recorded"), "c.txt", limit=99)
    others = place.put(shelf(1, "another database"), BytesIO(b"not ours"), "d.txt", limit=99)
    house.store.transact(Scope(account_id=1), lambda tx: tx.delete("attachment", goes))
    now = datetime.now(UTC)
    assert (clear(house.store, place, now), len(kept(tmp_path))) == (0, 4)
    assert clear(house.store, place, now + timedelta(days=1, minutes=1)) == 2
    assert {path.name for path in kept(tmp_path)} >= {others.key.rpartition("/")[2]}
    assert mine.key.rpartition("/")[2] not in {path.name for path in kept(tmp_path)}
    assert client.get(f"/api/v1/attachments/{stays}/download", headers=ADMIN).data == PDF
    assert clear(house.store, place, now + timedelta(days=2)) == 0
