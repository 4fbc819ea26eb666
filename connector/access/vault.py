"""Secrets at rest: sealed with a key that is not in the database, so that a stolen copy of it opens nothing."""

from __future__ import annotations

import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.errors import Unavailable
from connector.settings import Settings

SQLITE = "sqlite:///"


class Vault:
    """Seals and opens texts. The first key seals; older keys still open, so a key can be changed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [sha256(b"leadwire seal " + key.encode()).digest() for key in keys]
        self._boxes = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in self._keys]) if keys else None

    @property
    def boxes(self) -> MultiFernet:
        """The sealing boxes; Unavailable where no key was given and none could be kept."""
        if self._boxes is None:
            raise Unavailable("no_secret_key")
        return self._boxes

    def seal(self, text: str) -> str:
        """The text, unreadable without the key."""
        return self.boxes.encrypt(text.encode()).decode()

    def open(self, sealed: str, seconds: int | None = None) -> str:
        """The text that was sealed; Unavailable when it was sealed with another key, or longer ago than that."""
        try:
            return self.boxes.decrypt(sealed.encode(), seconds).decode()
        except InvalidToken:
            raise Unavailable("wrong_secret_key") from None

    def stamps(self, text: str) -> list[str]:
        """What only a holder of the key can derive from that text: 43 characters each, the newest key's first."""
        assert self.boxes
        digests = (hmac.digest(key, b"stamp " + text.encode(), "sha256") for key in self._keys)
        return [urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests]


def open_vault(settings: Settings) -> Vault:
    """The vault of these settings: LEADWIRE_SECRET_KEY; else a key file beside the SQLite file, made on first use.

    The memory store gets a key that dies with it. PostgreSQL without a key gets a vault that refuses to seal.
    """
    if settings.secret_key:
        return Vault([key.strip() for key in settings.secret_key.split(",") if key.strip()])
    if settings.database_url.startswith(SQLITE):
        return Vault([_kept(Path(settings.database_url.removeprefix(SQLITE)))])
    return Vault([secrets.token_urlsafe(32)] if settings.database_url.startswith("memory:") else [])


def _kept(database: Path) -> str:
    """The key in the file beside the database; of several processes that start at once, one makes it."""
    path = database.with_name(database.name + ".key")
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
