"""Logs: text for people or one JSON object per line, each with its request id, none with a secret."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Flask, Response, g, has_request_context, request

from connector.settings import Settings

log = logging.getLogger(__name__)
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
SECRETS = re.compile(
    r"(?i)(\blw_|\bwhsec_)[A-Za-z0-9+/=_-]{8,}|"
    r"((?:api[_-]?key|authorization|token|login|password|secret|proof)[\"']?\s*[=:]\s*[\"']?(?:(?:bearer|basic|token)\s+)?)"
    r"[^\s&\"',}]+"
)
"""Tokens and signing secrets by their prefix; anything else by the name it is given under."""
LEVELS = {"alembic": "WARNING", "urllib3": "WARNING", "psycopg": "ERROR", "psycopg.pool": "WARNING"}
"""Libraries that say more than anybody needs. psycopg warns of errors that it raises as well."""
EXTRAS = ("delivery", "status", "method", "route", "milliseconds")


def redacted(text: str) -> str:
    """The text without secrets."""
    return SECRETS.sub(lambda found: f"{found.group(1) or found.group(2) or ''}[redacted]", text)


def request_id(record: logging.LogRecord) -> str | None:
    """The request that a line belongs to: its own, or the one being served."""
    own: str | None = getattr(record, "request_id", None)
    return own or (g.get("request_id") if has_request_context() else None)


class People(logging.Formatter):
    """One line of text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the request id at its end where there is one."""
        named = request_id(record)
        return redacted(super().format(record) + (f" [{named}]" if named else ""))


class Machines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object: time, level, logger, message, request_id, and what the line tells beyond."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname, "logger": record.name, "message": redacted(record.getMessage()),
            "request_id": request_id(record),
        }  # fmt: skip
        line |= {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


def configure(settings: Settings) -> None:
    """Log this way, once per process."""
    handler = logging.StreamHandler()
    handler.setFormatter(Machines() if settings.log_format == "json" else People(TEXT))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger("_granian").addFilter(_meant)


def _meant(record: logging.LogRecord) -> bool:
    """The HTTP server warns of more threads than cores. Ours wait for each other by design."""
    return "Python threads" not in record.getMessage()


def served(method: str, route: str, status: int, request_id: str | None) -> None:
    """One line per request. The route stands for the path, which may carry what nobody should read."""
    told = {"method": method, "route": route, "status": status, "request_id": request_id}
    log.info("%s %s %s", method, route, status, extra=told)


def tell(response: Response) -> Response:
    """The line of the request that is answered now."""
    route = request.url_rule.rule if request.url_rule else "-"
    served(request.method, route, response.status_code, g.request_id)
    return response


def install(app: Flask, settings: Settings) -> None:
    """Tell of every request, where machines read."""
    if settings.log_format == "json":
        app.after_request(tell)
