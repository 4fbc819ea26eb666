"""Looking is not acting: where a plain GET acts, HEAD, other methods and prefetching browsers are turned away."""

from __future__ import annotations

from flask import request

from connector.errors import WrongMethod
from connector.web import incoming

METHODS = ("GET", "POST")
EVERY_METHOD = (*METHODS, "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


def refuse_looking() -> None:
    """Only GET and POST act, and only when a person or program means it."""
    if request.method not in METHODS:
        raise WrongMethod(method=request.method, allow=", ".join(METHODS))
    incoming.meant()
