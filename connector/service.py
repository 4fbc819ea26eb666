"""Assembles everything: opens the house, fills a new database, builds the app, serves it."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.util import Finalize
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from flask import Blueprint, Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from connector.access import tokens
from connector.access.keeper import Keeper
from connector.access.upkeep import Upkeep
from connector.access.vault import open_vault
from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog
from connector.catalog.watch import Watch
from connector.console.settings import console
from connector.dialects import forms, meta, oplead, salesman, simple, yoolla
from connector.engine.custom import Accounts
from connector.engine.world import load_account, load_world
from connector.errors import CatalogError, Conflict, Problem
from connector.settings import Settings, publish
from connector.settings import load as load_settings
from connector.storage import open as open_store
from connector.storage.contract import Scope, Store
from connector.web import logs
from connector.web.api import build
from connector.web.house import House

if TYPE_CHECKING:
    from connector.events.leadgen import Fetcher
    from connector.events.post import Postroom
    from connector.events.worker import Worker

__all__ = ["DIALECTS", "House", "create_app", "open_house", "serve"]

log = logging.getLogger(__name__)

DIALECTS: Sequence[tuple[Blueprint, Sequence[str]]] = (
    (simple.simple, simple.ROOTS),
    (salesman.salesman, salesman.ROOTS),
    (yoolla.yoolla, yoolla.ROOTS),
    (oplead.oplead, oplead.ROOTS),
    (forms.forms, forms.ROOTS),
    (meta.meta, meta.ROOTS),
)
"""The front doors of other systems, and where each of them is; a new door is one more line."""

ACCOUNT, ADMIN = 1, 1
"""The account of a new database, and its first admin where the demo world does not name one."""


def folders(settings: Settings) -> list[Path]:
    """Where the declarations are: the shipped ones, and over them the deployment's own, which may be yet to come."""
    own = Path(settings.schemas or "schemas").resolve()
    return [SHIPPED] if own == SHIPPED.resolve() else [SHIPPED, own]


def open_house(settings: Settings) -> House:
    """Load the catalog, open the storage, bring it up to the catalog; a new database gets its first records and token.

    A broken action, trigger or search is left out, and reported; a broken entity raises CatalogError. Nothing is
    watched until `house.watch.start()`.
    """
    logs.configure(settings)
    places = folders(settings)
    catalog, problems = _sound(places)
    store = open_store(settings.database_url)
    store.upgrade(catalog)
    store.adopt(catalog)
    secret = _settled(settings, catalog, store)
    watch = Watch(places, catalog, store.adopt)
    watch.problems = problems
    return House(
        settings=settings, store=store, watch=watch, vault=open_vault(settings), keeper=Keeper(settings, store),
        accounts=Accounts(store, lambda: watch.current), upkeep=Upkeep(store, settings), first_token=secret,
    )  # fmt: skip


def _sound(places: Sequence[Path]) -> tuple[Catalog, tuple[Problem, ...]]:
    """The catalog without its broken files, and what is wrong with them: a restart serves what ran before it."""
    try:
        return load(places), ()
    except CatalogError as error:
        if any(problem.file.startswith("entities/") for problem in error.problems):
            raise
        for problem in error.problems:
            log.error("%s", problem)
        return load(places, strict=False), error.problems


def _settled(settings: Settings, catalog: Catalog, store: Store) -> str | None:
    """Fill a new database and make the first admin's token: its secret, or None where the database was not new."""
    if store.read(Scope(account_id=ACCOUNT), lambda tx: tx.get("account", ACCOUNT)) is not None:
        return None
    try:
        if settings.demo:
            load_world(catalog, store)
        else:
            load_account(catalog, store, name="Leadwire", email="admin@leadwire.test")
    except Conflict:
        return None  # another process was faster
    people = catalog.world.get("user", ()) if settings.demo else ()
    admin = next((user["id"] for user in people if user.get("is_admin")), ADMIN)
    secret, _ = tokens.issue(store, ACCOUNT, admin, "First token", secret=settings.admin_token)
    return secret


def create_app(settings: Settings | None = None, house: House | None = None) -> Flask:
    """The WSGI app of an opened house; without one, of the house that the settings or the environment describe.

    An app that opens its own house also delivers its webhooks, unless the settings leave that to `leadwire worker`.
    """
    opened = house or open_house(settings or load_settings())
    if house is None and opened.settings.worker:
        deliver(opened)
    app = build(opened)
    for door, roots in DIALECTS:
        for root in roots:
            app.register_blueprint(door, url_prefix=root, name=f"{door.name}{root.rstrip('/').replace('/', '_')}")
    app.register_blueprint(console)
    opened.watch.start()
    opened.upkeep.start()
    if house is None:
        # What is loaded now stays: walking through it again and again cost a tenth of a second at a time.
        gc.collect()
        gc.freeze()
    return app


def workers(house: House) -> tuple[Worker, Sequence[Postroom | Fetcher]]:
    """What carries this house's webhooks; and its mail, and what fetches lead ads where they are set up.

    ValueError names a mail setting that cannot be read.
    """
    # Loaded when first needed: what only starts servers or runs commands does without.
    from connector.events.addresses import vetting
    from connector.events.leadgen import Fetcher
    from connector.events.mailboxes import ways
    from connector.events.post import Postroom
    from connector.events.worker import Worker

    out = ways(house.settings, house.vault, vetting(house.settings))
    worker = Worker(house.settings, house.store, house.accounts.catalog, house.vault)
    postroom = Postroom(house.settings, house.store, lambda: house.catalog, out)
    if not house.settings.meta_app_secret:
        return worker, [postroom]
    return worker, [postroom, Fetcher(house.settings, house.store, house.accounts.now, house.vault)]


def deliver(house: House) -> None:
    """Deliver from threads of this process until it ends; what is under way then is finished first."""
    first, others = workers(house)
    begun = [(worker, worker.start()) for worker in (first, *others)]

    def end() -> None:
        latest = monotonic() + house.settings.delivery_timeout + 5
        for worker, _ in begun:
            worker.stop()
        for _, thread in begun:
            thread.join(max(0.0, latest - monotonic()))

    # The processes of a server are forked ones, which end without the functions of `atexit`.
    Finalize(None, end, exitpriority=1)


def served() -> Flask:
    """The app of one process of `serve`. Told to end while it loads, it ends at once, for nothing is under way yet."""
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_DFL)
    return create_app()


def work(settings: Settings) -> None:
    """Deliver webhooks in this process until SIGINT or SIGTERM; what is under way then is finished first."""
    house = open_house(settings)
    house.watch.start()
    worker, others = workers(house)

    def end(*_: object) -> None:
        for each in (*others, worker):
            each.stop()

    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, end)
    # Threads that compute hand over to the one that sends ten times as often as Python has them do.
    sys.setswitchinterval(0.0005)
    threads = [each.start() for each in others]
    worker.run()
    for thread in threads:
        thread.join(house.settings.delivery_timeout + 5)
    house.close()


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished. Says once where, and a new database's token.

    The database is made ready before the workers start, so that only one process does it.
    """
    logs.configure(settings)
    chosen = settings.admin_token
    secret: str | None = None
    if settings.database_url.startswith("memory:"):
        secret = chosen or tokens.mint()
        settings = replace(settings, admin_token=secret, workers=1)
    else:
        house = open_house(settings)
        secret = house.first_token
        house.close()
    announce(settings, None if chosen else secret)
    publish(settings)
    server = Granian(
        "connector.service:served",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        runtime_threads=1,
        blocking_threads=settings.threads,
        backlog=2048,
        websockets=False,
        workers_kill_timeout=30,
        log_access=False,
        log_level=LogLevels(settings.log_level.lower()),
    )
    server.serve()


def announce(settings: Settings, secret: str | None) -> None:
    """Print where Leadwire answers and, this one time, a token that was made up for a new database."""
    lines = [f"Leadwire: http://{settings.host}:{settings.port}"]
    if secret is not None:
        lines += [
            f"Token:    {secret}",
            "          (shown once; make more at /settings, or with: leadwire token create)",
        ]
    print("\n".join(lines), flush=True)  # noqa: T201
