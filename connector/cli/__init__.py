"""The `leadwire` command: serves, checks files, runs actions, keeps tokens, brings leads in."""

from __future__ import annotations

from typing import Any

import click

from connector.cli.check import check
from connector.cli.config import config
from connector.cli.database import demo, upgrade
from connector.cli.leads import import_
from connector.cli.new import new
from connector.cli.run import run
from connector.cli.serve import serve, worker
from connector.cli.tokens import token
from connector.errors import LeadwireError


class Commands(click.Group):
    """A group whose refusals are sentences, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what Leadwire refuses ends it with the sentence and exit code 1."""
        try:
            return super().invoke(ctx)
        except LeadwireError as error:
            raise click.ClickException(error.message()) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="leadwire", prog_name="leadwire")
def main() -> None:
    """Leadwire keeps leads and lets any no-code platform act on them."""


for command in (serve, worker, check, new, run, token, import_, demo, upgrade, config):
    main.add_command(command)
