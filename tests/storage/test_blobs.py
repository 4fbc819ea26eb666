"""Contents are kept whole, on disk, in memory and in an S3-compatible store."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from connector.errors import NotFound, TooLarge, Unavailable
from connector.storage.blobs import HEAD, Blobs, open_blobs, sniff

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
OFFICE = "application/vnd.openxmlformats-officedocument"
BIG = b"x" * 12_000_000


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server on loopback, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="files")
    yield f"s3://files/leadwire?endpoint={endpoint}"
    server.stop()


@pytest.fixture(params=["folder", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    if request.param == "s3":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        return open_blobs(request.getfixturevalue("s3"))
    return open_blobs({"folder": str(tmp_path / "new" / "folder"), "memory": "memory:"}[request.param])


@pytest.mark.parametrize("content", [PDF, b"", BIG], ids=["pdf", "empty", "big"])
def test_what_was_put_comes_back_as_it_was(blobs: Blobs, content: bytes) -> None:
    blob = blobs.put("1", BytesIO(content), "offer.pdf", limit=len(content))
    assert b"".join(blobs.stream(blob.key)) == content
    assert (blob.size, blob.sha256) == (len(content), sha256(content).hexdigest())


def test_a_deleted_content_is_gone_and_may_be_deleted_again(blobs: Blobs) -> None:
    key = blobs.put("1", BytesIO(PDF), "offer.pdf", limit=len(PDF)).key
    blobs.delete(key)
    blobs.delete(key)
    with pytest.raises(NotFound):
        blobs.stream(key)


def test_one_byte_too_many_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        open_blobs(str(tmp_path)).put("1", BytesIO(PDF), "offer.pdf", limit=len(PDF) - 1)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_name_from_outside_leads_nowhere(tmp_path: Path) -> None:
    blobs = open_blobs(str(tmp_path / "in"))
    blob = blobs.put("1", BytesIO(PDF), "../../../out.pdf", limit=len(PDF))
    assert [path.parent for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "in" / "1"]
    assert "out" not in blob.key


def test_a_store_that_cannot_be_reached_says_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    blobs = open_blobs("s3://files?endpoint=http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        blobs.put("1", BytesIO(PDF), "offer.pdf", limit=len(PDF))


@pytest.mark.parametrize("place", ["ftp://host/x", "s3://", "s3://bucket?endpint=http://x"])
def test_a_place_that_cannot_be_read_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match="s3://BUCKET"):
        open_blobs(place)


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (PDF, "offer.pdf", "application/pdf"),
        (PDF, "offer.html", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 30, "a.jpg", "image/png"),
        (b"name;amount\nAda;2", "a.csv", "text/plain"),
        (("x" + "é" * HEAD).encode()[:HEAD], "a.txt", "text/plain"),
        (b"", "a.txt", "text/plain"),
        (b"PK\x03\x04\x14\x00\x06\x00" + b"\0" * 40, "a.xlsx", f"{OFFICE}.spreadsheetml.sheet"),
        (b"\x00\x01\x02", "a.txt", "application/octet-stream"),
    ],
)
def test_the_type_is_read_from_the_content(content: bytes, name: str, expected: str) -> None:
    assert sniff(content, name) == expected
