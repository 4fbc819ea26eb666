"""The Flask app of the native API, ready for more doors."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.datastructures import HeaderSet

from connector.pace import Line
from connector.web import answers, incoming, logs, metrics, problems
from connector.web.about import about, health
from connector.web.actions import actions
from connector.web.attachments import attachments
from connector.web.audit import audit
from connector.web.express import express
from connector.web.feeds import feeds
from connector.web.house import EXTENSION, House
from connector.web.intakes import intakes
from connector.web.leadads import leadads
from connector.web.mail import mail
from connector.web.parameters import extras
from connector.web.paths import ROOT, outward, seatwise, tidy
from connector.web.records import deletable, records
from connector.web.reference import reference
from connector.web.subscriptions import webhooks
from connector.web.tokens import tokens


class App(Flask):
    """A Flask whose OPTIONS names the methods that an address takes, and no other."""

    def make_default_options_response(self) -> Response:
        """An empty answer with `Allow`."""
        response: Response = super().make_default_options_response()
        response.allow = HeaderSet(problems.taken(response.allow))
        return response


def build(house: House) -> Flask:
    """An app that serves this house."""
    app = App("leadwire", static_folder=None)
    app.extensions[EXTENSION] = house
    app.request_class = incoming.Named
    app.config["MAX_CONTENT_LENGTH"] = house.settings.body_limit
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["deletable"] = deletable(house)
    answers.install(app)
    app.before_request(incoming.name_request)
    metrics.install(app)
    logs.install(app, house.settings)
    app.before_request(incoming.measure)
    problems.catch(app)
    for part in (actions, feeds, about, tokens, audit, webhooks, extras, intakes, leadads, mail, attachments, records):
        app.register_blueprint(part, url_prefix=ROOT)
    app.register_blueprint(health)
    app.register_blueprint(reference)
    app.register_blueprint(metrics.metrics)
    line = Line(house.store.seats)
    long = seatwise(answers.hardened(tidy(outward(app.wsgi_app, house.keeper.proxies))), line)
    app.wsgi_app = express(long, house, app.extensions[metrics.METERS], line)  # type: ignore[method-assign, assignment]
    return app
