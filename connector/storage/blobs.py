"""Contents of attachments: bytes under a key, on disk, in memory or in any S3-compatible store."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import PurePath
from secrets import token_hex
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import puremagic
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from connector.errors import NotFound, StorageFull, TooLarge, Unavailable

if TYPE_CHECKING:
    from obstore.store import S3Config

HEAD = 4096
"""Bytes looked at to tell what kind of content it is."""
CHUNK = 65536
CHUNK_OF_KEYS = 200
TEXT, UNKNOWN = "text/plain", "application/octet-stream"
NO_SPACE = "os error 28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What is known of a content after it was taken in."""

    key: str
    size: int
    sha256: str
    content_type: str


class Blobs:
    """Where contents are kept. Safe to share between threads and processes."""

    def __init__(self, place: ObjectStore) -> None:
        self._place = place

    def put(self, shelf: str, content: IO[bytes], filename: str, *, limit: int) -> Blob:
        """Take in a content from where it stands; TooLarge, and nothing kept, when it has more than `limit` bytes."""
        start = content.tell()
        size, digest, head = _measured(content, limit)
        content.seek(start)
        # The key tells nothing and is never used twice: a name from outside cannot lead anywhere.
        key = f"{shelf}/{token_hex(16)}"
        with _reachable(key):
            self._place.put(key, content)
        return Blob(key=key, size=size, sha256=digest, content_type=sniff(head, filename))

    def stream(self, key: str) -> Iterator[bytes]:
        """The content in pieces; NotFound, at once, when there is none under this key."""
        with _reachable(key):
            found = self._place.get(key).stream(min_chunk_size=CHUNK)
        return (bytes(piece) for piece in found)

    def delete(self, key: str) -> None:
        """Forget a content; one that is not there is forgotten already."""
        try:
            with _reachable(key):
                self._place.delete(key)
        except NotFound:
            return

    def older(self, shelf: str, than: datetime) -> Iterator[list[str]]:
        """The keys on a shelf that were put there before that time, many at a time."""
        with _reachable(shelf):
            for found in self._place.list(f"{shelf}/", chunk_size=CHUNK_OF_KEYS):
                yield [str(each["path"]) for each in found if each["last_modified"] < than]


def shelf(account_id: int, feed: str) -> str:
    """Where the contents of an account of one database stand: other databases may keep theirs in the same place."""
    return f"{account_id}/{feed}"


@cache
def open_blobs(place: str) -> Blobs:
    """The blob store of a setting: a folder, `memory:`, or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`.

    The keys of an S3 store come from where its own tools look for them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
    or the machine's role. Raises ValueError for an address that cannot be read.
    """
    if place == "memory:":
        return Blobs(MemoryStore())
    if place.startswith("s3://"):
        return Blobs(_s3(place))
    if "://" in place:
        raise ValueError(f"{place!r} is no place for attachments; use a folder, or s3://BUCKET/PREFIX.")
    return Blobs(LocalStore(place, mkdir=True))


def _s3(place: str) -> S3Store:
    url = urlsplit(place)
    asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
    if not url.netloc or set(asked) - {"endpoint", "region"}:
        raise ValueError(f"{place!r} cannot be read; write s3://BUCKET/PREFIX?endpoint=URL&region=NAME.")
    endpoint = asked.get("endpoint", "")
    config: S3Config = {"region": asked.get("region", "us-east-1")}
    if endpoint:
        config["endpoint"] = endpoint
    return S3Store(
        url.netloc,
        prefix=url.path.strip("/") or None,
        config=config,
        client_options={"allow_http": endpoint.startswith("http://"), "connect_timeout": "5s", "timeout": "60s"},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )


def sniff(head: bytes, filename: str) -> str:
    """The content type that the first bytes show; the file name only decides between types that begin alike."""
    try:
        found = [match for match in puremagic.magic_string(head) if match.mime_type]
    except (puremagic.PureError, ValueError):
        return TEXT if _is_text(head) else UNKNOWN
    suffix = PurePath(filename).suffix.lower()
    alike = [match.mime_type for match in found if match.extension == suffix]
    return next(iter([*alike, *(match.mime_type for match in found)]), UNKNOWN)


def _is_text(head: bytes) -> bool:
    try:
        # A letter of several bytes may be cut at the end of what was looked at.
        text = getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)


def _measured(content: IO[bytes], limit: int) -> tuple[int, str, bytes]:
    """Size, SHA-256 and the first bytes of a content."""
    size, digest, head = 0, sha256(), b""
    while piece := content.read(CHUNK):
        head = head or piece[:HEAD]
        size += len(piece)
        if size > limit:
            raise TooLarge("attachment_too_large", limit=limit)
        digest.update(piece)
    return size, digest.hexdigest(), head


@contextmanager
def _reachable(key: str) -> Iterator[None]:
    """The library's errors as ours."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound("content_not_found", value=key) from None
    except (BaseError, OSError) as error:
        raise (StorageFull if NO_SPACE in str(error) else Unavailable)() from error
