"""The one table of settings: name, default, help. It feeds the environment, `leadwire --help` and the docs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: read from the environment variable `LEADWIRE_<NAME>`, typed like its default."""

    name: str
    default: str | int | bool
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"LEADWIRE_{self.name.upper()}"


TABLE = (
    Setting("host", "127.0.0.1", "Address to listen on."),
    Setting("port", 8000, "Port to listen on."),
    Setting("workers", 1, "Server processes. SQLite serves well with one to four."),
    Setting("threads", 16, "Threads per server process. Calls that wait together share one commit."),
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
    Setting(
        "mail_url",
        "",
        "Mail server of the house: smtp://USER:PASSWORD@HOST:PORT, smtps:// or smtp+plain://.",
        secret=True,
    ),
    Setting("mail_from", "", "Sender of the house's own notices, such as Leadwire <crm@example.com>."),
    Setting("attachments", "attachments", "Folder of the attachments, or s3://BUCKET/PREFIX?endpoint=URL&region=NAME."),
    Setting("attachment_limit", 20_000_000, "Largest attachment in bytes."),
    Setting("body_limit", 1_000_000, "Largest request body in bytes."),
    Setting("address_limit", 32_768, "Longest request address in bytes; at most 65534."),
    Setting("header_limit", 32_768, "Largest request headers in bytes, together."),
    Setting(
        "error_status",
        "mirror",
        "HTTP status of errors in the SalesMan and Yoolla doors. mirror: as in the body. always_200: 200.",
        choices=("mirror", "always_200"),
    ),
    Setting(
        "rate_limit", 100, "Requests one token may make per minute, where the token says nothing else. 0: no limit."
    ),
    Setting(
        "redis_url", "", "redis://HOST:PORT that counts requests. Empty: they are counted in the database.", secret=True
    ),
    Setting("wrong_tokens", 30, "Wrong tokens per minute after which an address has to wait. 0: any number."),
    Setting(
        "trusted_proxies",
        "",
        "Proxies whose X-Forwarded-For, -Proto and -Host are believed, as CIDRs: 10.0.0.0/8. Empty: none.",
    ),
    Setting(
        "get_acts", True, "Let GET act in the front doors of other systems. Off: they answer 405 and take POST only."
    ),
    Setting(
        "form_limit", 60, "Submissions one web form takes per minute, where the form says nothing else. 0: no limit."
    ),
    Setting("form_address_limit", 10, "Unsigned submissions of one address per minute, over all forms. 0: no limit."),
    Setting("meta_app_secret", "", "App secret of the Meta app whose lead ads come in here.", secret=True),
    Setting("meta_verify_token", "", "Verify token that the Meta app's webhook was given.", secret=True),
    Setting("meta_graph_url", "https://graph.facebook.com/v23.0", "Base address of Meta's Graph API."),
    Setting("audit_days", 365, "Days a line of the audit is kept."),
    Setting(
        "security_contact", "mailto:security@leadwire.test", "Whom security.txt names; a mailto: or https: address."
    ),
    Setting("log_level", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Setting("log_format", "text", "text for people, json for machines: one object per line, with its request_id."),
    Setting(
        "secret_key",
        "",
        "Key that seals stored secrets; old keys may follow after commas. Empty: a file beside the SQLite file.",
        secret=True,
    ),
    Setting("outbound_allow", "", "Private networks that webhooks may reach, as CIDRs: 10.1.0.0/16, 127.0.0.1/32."),
    Setting("worker", True, "Deliver webhooks from each server process. Off where `leadwire worker` does it."),
    Setting(
        "delivery_schedule",
        "5,30,300,1800,7200,18000,36000,50400,72000,86400",
        "Seconds to wait after each failed try of a delivery.",
    ),
    Setting("delivery_timeout", 15, "Seconds a receiver has to answer."),
    Setting("delivery_lease", 60, "Seconds after which a delivery taken by a worker that died is taken by another."),
    Setting("receiver_concurrency", 8, "Deliveries under way to one receiver at a time, per worker."),
    Setting("disable_after", 120, "Hours without one success after which a failing subscription is disabled."),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force: one attribute per row of TABLE."""

    host: str
    port: int
    workers: int
    threads: int
    database_url: str = field(repr=False)
    schemas: str
    admin_token: str = field(repr=False)
    demo: bool
    event_days: int
    mail_url: str = field(repr=False)
    mail_from: str
    attachments: str
    attachment_limit: int
    body_limit: int
    address_limit: int
    header_limit: int
    error_status: str
    rate_limit: int
    redis_url: str = field(repr=False)
    wrong_tokens: int
    trusted_proxies: str
    get_acts: bool
    form_limit: int
    form_address_limit: int
    meta_app_secret: str = field(repr=False)
    meta_verify_token: str = field(repr=False)
    meta_graph_url: str
    audit_days: int
    security_contact: str
    log_level: str
    log_format: str
    secret_key: str = field(repr=False)
    outbound_allow: str
    worker: bool
    delivery_schedule: str
    delivery_timeout: int
    delivery_lease: int
    receiver_concurrency: int
    disable_after: int


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
    if row.choices and text not in row.choices:
        raise ValueError(f"{row.variable}={text!r} is not known; use {' or '.join(row.choices)}.")
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
