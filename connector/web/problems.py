"""Refusals, caught once: every exception becomes one LeadwireError, and that one answer in the door's own shape."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoRoute

from connector.errors import LeadwireError, Malformed, NotFound, TooLarge, WrongMethod
from connector.web.answers import answer
from connector.web.house import house
from connector.web.incoming import locale

log = logging.getLogger(__name__)
PROBLEM_TYPE = "application/problem+json"
Shape = Callable[[LeadwireError, str], dict[str, Any]]


def problem(error: LeadwireError, language: str) -> dict[str, Any]:
    """The problem document (RFC 9457) of an error."""
    message = error.message(language)
    return {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": message,
        "message": message,
        "errors": [
            {"pointer": fault.pointer, "code": fault.key, "message": fault.message(language)} for fault in error.faults
        ],
        "request_id": g.request_id,
        "retryable": error.retryable,
        "halt": error.halt,
    }


def known(error: Exception) -> LeadwireError:
    """Any exception as one of ours. One that nobody foresaw is logged whole and told to nobody."""
    if isinstance(error, LeadwireError):
        return error
    if isinstance(error, NoRoute):
        return NotFound("no_such_address", path=request.path)
    if isinstance(error, MethodNotAllowed):
        return WrongMethod(method=request.method, allow=", ".join(sorted(taken(error.valid_methods or ()))))
    if isinstance(error, RequestEntityTooLarge):
        return TooLarge(limit=house().settings.body_limit)
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        return Malformed()
    log.error("request %s failed", g.request_id, exc_info=error)
    return LeadwireError()


def taken(methods: Iterable[str]) -> list[str]:
    """Those of the methods that this address takes: rules that would take others may turn down a part of it."""
    address = current_app.create_url_adapter(request)
    return [method for method in methods if address is not None and address.test(method=method)]


def headers(error: LeadwireError) -> dict[str, str]:
    """What an error says in its headers, whatever the shape of its body."""
    said = {}
    if error.retry_after is not None:
        said["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
        said["Allow"] = str(error.params["allow"])
    if error.status == HTTPStatus.UNAUTHORIZED:
        said["WWW-Authenticate"] = 'Bearer realm="leadwire"'
    if error.status == HTTPStatus.TOO_MANY_REQUESTS and "limit" in error.params:
        said.update(quota(error))
    return said


def quota(error: LeadwireError) -> dict[str, str]:
    """How many calls there were to be had and when there are more: in the words to come, and in those of today."""
    limit, left, wait = error.params["limit"], error.params["remaining"], error.retry_after
    return {
        "RateLimit-Policy": f'"minute";q={limit};w=60',
        "RateLimit": f'"minute";r={left};t={wait}',
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(wait),
    }


def refuse(error: Exception, shape: Shape = problem, content_type: str = PROBLEM_TYPE) -> Response:
    """The answer to an error, in the caller's language."""
    ours = known(error)
    language = locale()
    response = answer(shape(ours, language), ours.status)
    response.content_type = content_type
    response.headers.extend(headers(ours))
    response.headers["Content-Language"] = language
    return response


def catch(door: Flask | Blueprint, handler: Callable[[Exception], Response] = refuse) -> None:
    """Have every error behind this door answered by that handler."""
    door.register_error_handler(Exception, handler)
