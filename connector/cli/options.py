"""What commands share: options made from the table of settings, and on whose behalf they act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from connector.errors import NotFound
from connector.service import House, open_house
from connector.settings import TABLE, Setting, Settings, load
from connector.storage.contract import Clause, Order, Origin, Query, Row, Scope, Store

DATABASE = ("database_url", "schemas")
"""The settings of a command that opens the database."""


def settings_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Options for those settings, or for all; the command gets them, over the environment, as `settings`."""
    rows = [row for row in TABLE if not names or row.name in names]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def wrapped(**options: Any) -> None:
            given = {row.name: options.pop(row.name) for row in rows}
            with readable():
                settings = load(**given)
            command(settings=settings, **options)

        call: Callable[..., None] = wrapped
        for row in reversed(rows):
            call = _option(row)(call)
        return call

    return decorate


def _option(row: Setting) -> Callable[[Callable[..., None]], Callable[..., None]]:
    shown = f"{row.help}  [{row.variable}; default: {row.default if row.default != '' else 'empty'}]"
    return click.option(f"--{row.name.replace('_', '-')}", row.name, metavar="TEXT", help=shown)


def acting_options(command: Callable[..., None]) -> Callable[..., None]:
    """`--account` and `--as`: on whose behalf the command acts."""
    account = click.option("--account", default=1, show_default=True, help="Account to work in.")
    user = click.option("--as", "email", metavar="EMAIL", help="User to act as; the first administrator if not given.")
    return account(user(command))


@contextmanager
def readable() -> Iterator[None]:
    """A setting that cannot be used ends the command with the sentence that says why."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """The house of those settings, closed at the end."""
    with readable():
        house = open_house(settings)
    try:
        yield house
    finally:
        house.close()


def user_named(store: Store, account: int, email: str | None) -> Row:
    """The user with that e-mail address, or the account's first administrator; NotFound if there is none."""
    wanted = Clause(path="email", op="eq", value=email) if email else Clause(path="is_admin", op="eq", value=True)
    active = Clause(path="is_active", op="eq", value=True)
    query = Query(entity="user", where=(wanted, active), order=(Order(path="id"),), limit=1)
    found = store.read(Scope(account_id=account), lambda tx: tx.find(query))
    if not found:
        raise NotFound("user_not_found", value=email or "administrator")
    return found[0]


def scope_of(store: Store, account: int, email: str | None, origin: Origin) -> Scope:
    """That user's scope: an administrator sees the whole account, others what is theirs."""
    user = user_named(store, account, email)
    owner = None if user["is_admin"] else user["id"]
    return Scope(account_id=account, actor_id=user["id"], owner=owner, origin=origin)
