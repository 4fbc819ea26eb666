"""`leadwire token`: make, list and revoke API tokens."""

from __future__ import annotations

from typing import Any

import click

from connector.access import tokens
from connector.access.addresses import network
from connector.cli.options import DATABASE, acting_options, opened, settings_options, user_named
from connector.settings import Settings


@click.group()
def token() -> None:
    """API tokens: each acts as one user, and is shown once."""


@token.command("create")
@click.argument("name")
@click.option("--expires", metavar="TIME", help="When it ends, as 2027-01-31T00:00:00.000Z; never if not given.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(tokens.SCOPES),
    help="What it is for; all but act_as if not given.",
)
@click.option("--action", "actions", multiple=True, metavar="KEY", help="An action it may run; all if not given.")
@click.option(
    "--ip",
    "allowed_ips",
    multiple=True,
    metavar="RANGE",
    help="Where it may call from: 203.0.113.7 or 10.0.0.0/8; anywhere if not given.",
)
@click.option("--rate", "rate_limit", type=click.IntRange(0), help="Its calls per minute; 0: any number.")
@click.option(
    "--replay",
    "replay_window",
    type=click.IntRange(0, 3600),
    help="Seconds in which an equal call is answered again instead of done again.",
)
@click.option(
    "--in-query", is_flag=True, default=None, help="Let it stand in an address, for the front doors that take it there."
)
@click.option("--console", "kind", flag_value="console", help="For a person: what is done with it counts as by hand.")
@acting_options
@settings_options(*DATABASE)
def create(settings: Settings, name: str, expires: str | None, account: int, email: str | None, **rights: Any) -> None:
    """Make a token called NAME for the user given with --as, and print it. It is never shown again."""
    named: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in rights.items() if value != ()
    }
    named["allowed_ips"] = ranges(named.get("allowed_ips", []))
    with opened(settings) as house:
        user = user_named(house.store, account, email)
        secret, row = tokens.issue(house.store, account, user["id"], name, expires_at=expires, **named)
    click.echo(f"Token {row['id']} for {user['email']}. Keep it now: it is not shown again.", err=True)
    click.echo(secret)


def ranges(given: list[str]) -> list[str] | None:
    """The ranges as they are kept; a usage error for what is none."""
    try:
        return [str(network(text)) for text in given] or None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--ip") from None


@token.command("list")
@acting_options
@settings_options(*DATABASE)
def list_(settings: Settings, account: int, email: str | None) -> None:
    """List the account's tokens, or those of the user given with --as."""
    with opened(settings) as house:
        only = user_named(house.store, account, email)["id"] if email else None
        rows = tokens.listing(house.store, account)
    for row in rows:
        if only in (None, row["user_id"]):
            state = f"revoked {row['revoked_at']}" if row["revoked_at"] else f"until {row['expires_at'] or 'revoked'}"
            click.echo(f"{row['id']:>4}  {row['prefix']}...  user {row['user_id']}  {row['name']}  ({state})")


@token.command("revoke")
@click.argument("token_id", type=int)
@acting_options
@settings_options(*DATABASE)
def revoke(settings: Settings, token_id: int, account: int, email: str | None) -> None:
    """End a token at once."""
    with opened(settings) as house:
        row = tokens.revoke(house.store, account, token_id)
    click.echo(f"Token {row['id']} ({row['name']}) is revoked.")
