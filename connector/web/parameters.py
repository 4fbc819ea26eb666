"""The extra parameters of a subscription over HTTP, each with an address of its own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, url_for

from connector.events import messages, parameters, shapes
from connector.events.messages import Parameter
from connector.web import incoming
from connector.web.answers import answer
from connector.web.forms import checked
from connector.web.house import house
from connector.web.subscriptions import mine

extras = Blueprint("extras", __name__)
NEW = shapes.ParameterShape()
ALL, ONE = "/subscriptions/<subscription_id>/parameters", "/subscriptions/<subscription_id>/parameters/<parameter_id>"


@extras.get(ALL)
def several(subscription_id: str) -> Response:
    """All of them; values are never shown again."""
    _, row = mine(subscription_id)
    data = [shapes.parameter(it) for it in messages.parameters(house().vault, row)]
    return answer({"data": data, "cursor": None, "has_more": False})


@extras.post(ALL)
def make(subscription_id: str) -> Response:
    """One more parameter, sent along from the next delivery on."""
    caller, row = mine(subscription_id)
    made = parameters.add(house().store, house().vault, row, wished(incoming.body()[0]), by=caller.scope)
    response = answer(shapes.parameter(made), 201)
    response.headers["Location"] = url_for(".one", subscription_id=row["id"], parameter_id=made.id)
    return response


@extras.get(ONE)
def one(subscription_id: str, parameter_id: str) -> Response:
    """One of them."""
    _, row = mine(subscription_id)
    wanted = incoming.path_id(parameter_id, "parameter")
    return answer(shapes.parameter(parameters.one(messages.parameters(house().vault, row), wanted)))


@extras.patch(ONE)
def change(subscription_id: str, parameter_id: str) -> Response:
    """Change what is given; a value takes the place of a field, and a field that of a value."""
    caller, row = mine(subscription_id)
    wanted, asked = incoming.path_id(parameter_id, "parameter"), incoming.body()[0]
    edit = lambda now: changed(now, asked)  # noqa: E731
    done = parameters.revise(house().store, house().vault, row, wanted, edit, by=caller.scope)
    return answer(shapes.parameter(done))


@extras.delete(ONE)
def end(subscription_id: str, parameter_id: str) -> Response:
    """Send it along no more."""
    caller, row = mine(subscription_id)
    wanted = incoming.path_id(parameter_id, "parameter")
    gone = parameters.one(messages.parameters(house().vault, row), wanted)
    parameters.remove(house().store, house().vault, row, wanted, by=caller.scope)
    return answer(shapes.parameter(gone))


def wished(body: dict[str, Any]) -> Parameter:
    """The parameter that a body describes; Invalid with every fault of it."""
    typed: Any = checked(NEW, body)
    assert isinstance(typed, Parameter)
    return typed


def changed(now: Parameter, asked: dict[str, Any]) -> Parameter:
    """The parameter as it stands, with what is asked laid over it."""
    stands: dict[str, Any] = {"name": now.name, "in": now.place, "value": now.value, "field": now.field}
    for given, other in (("value", "field"), ("field", "value")):
        if asked.get(given) is not None and other not in asked:
            stands[other] = None
    return wished(stands | asked)
