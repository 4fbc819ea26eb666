"""The one table of settings: name, default, help. It feeds the environment, `leadwire --help` and the docs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: read from the environment variable `LEADWIRE_<NAME>`, typed like its default."""

    name: str
    default: str | int | bool
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"LEADWIRE_{self.name.upper()}"


TABLE = (
    Setting("host", "127.0.0.1", "Address to listen on."),
    Setting("port", 8000, "Port to listen on."),
    Setting("workers", 1, "Server processes. SQLite serves well with one to four."),
    Setting("threads", 8, "Threads per server process. Writers that wait together share one commit."),
    Setting(
        "database_url",
        "sqlite:///leadwire.db",
        "sqlite:///PATH, postgresql://USER:PASSWORD@HOST/NAME, or memory:.",
        secret=True,
    ),
    Setting(
        "schemas", "", "Folder laid over the shipped schemas/: your own actions, triggers, fields. Empty: ./schemas."
    ),
    Setting(
        "admin_token",
        "",
        "Token given to the first admin of a new database. Empty: one is made and printed once.",
        secret=True,
    ),
    Setting("demo", True, "Load the demo world into a new database."),
    Setting("event_days", 90, "Days an event is kept in the log."),
    Setting("body_limit", 1_000_000, "Largest request body in bytes."),
    Setting("log_level", "INFO", "DEBUG, INFO, WARNING or ERROR."),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force: one attribute per row of TABLE."""

    host: str
    port: int
    workers: int
    threads: int
    database_url: str
    schemas: str
    admin_token: str
    demo: bool
    event_days: int
    body_limit: int
    log_level: str


def load(environ: Mapping[str, str] | None = None, **given: str | None) -> Settings:
    """Settings from the environment; `given` ones (by name, as text) win.

    A value that cannot be read raises ValueError naming its variable.
    """
    source = os.environ if environ is None else environ
    return Settings(**{row.name: _typed(row, given.get(row.name) or source.get(row.variable)) for row in TABLE})


def publish(settings: Settings) -> None:
    """Put the settings into this process's environment, for the server processes that it starts."""
    os.environ.update({row.variable: str(getattr(settings, row.name)) for row in TABLE})


def _typed(row: Setting, text: str | None) -> Any:
    if text is None or text == "":
        return row.default
    if isinstance(row.default, bool):
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise ValueError(f"{row.variable}={text!r} is not a yes or no; use true or false.")
    if isinstance(row.default, int):
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{row.variable}={text!r} is not a whole number.") from None
    return text
