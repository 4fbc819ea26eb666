"""`leadwire new action`: a skeleton that passes `leadwire check`, each part explained by a `$comment`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from connector import service
from connector.catalog.load import load
from connector.catalog.model import Catalog, Entity, Field
from connector.catalog.place import suggest
from connector.cli.options import settings_options
from connector.settings import Settings

VERB = r"[a-z][a-z0-9_]*"


@click.group()
def new() -> None:
    """Start a new file under schemas/."""


@new.command("action")
@click.option("--noun", prompt="Which record does it act on", help="An entity, such as lead.")
@click.option("--verb", prompt="What does it do, in one word", help="A verb, such as archive.")
@settings_options("schemas")
def action(settings: Settings, noun: str, verb: str) -> None:
    """Write a commented skeleton that passes `leadwire check`, and works as it is."""
    if not re.fullmatch(VERB, verb):
        raise click.UsageError(f"{verb!r} is no verb: use small letters, digits and _, such as archive.")
    catalog = load(service.folders(settings))
    entity = catalog.entities.get(noun)
    if entity is None:
        raise click.UsageError(f"There is no entity {noun!r}. {suggest(noun, catalog.entities)}")
    key = verb if noun == "lead" else f"{verb}_{noun}"
    if key in catalog.actions:
        raise click.UsageError(f"There is an action {key!r} already. Choose another verb.")
    path = Path(settings.schemas or "schemas") / "actions" / noun / f"{verb}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(json.dumps(skeleton(catalog, entity, key, verb), indent=2, ensure_ascii=False) + "\n")
    click.echo(f"{path}\nIt is live already: POST /api/v1/actions/{key}. Make it yours, then run: leadwire check")


def skeleton(catalog: Catalog, entity: Entity, key: str, verb: str) -> dict[str, Any]:
    """An action that writes one text field of the entity, to be made into another."""
    noun, field = entity.key, text_field(entity)
    name, title = field.name, entity.title["en"]
    example = catalog.world[noun][0]["id"]
    return {
        "$comment": "A $comment is for you: leave it or delete it. All the words are in connector/docs/actions.md.",
        "$schema": "../../meta/action.schema.json",
        "key": key,
        "on": noun,
        "path": verb,
        "title": f"{verb.replace('_', ' ').title()} {title}",
        "description": f"Changes the {field.title['en'].lower()} of a {title.lower()}.",
        "input": {
            "$comment": "What the caller gives, as JSON Schema. Every text has a maxLength, every number a maximum.",
            "type": "object",
            "required": [name],
            "properties": {name: {"type": "string", "minLength": 1, "maxLength": 255, "title": field.title["en"]}},
        },
        "bind": [
            {
                "$comment": "A name for something found or computed.",
                "name": "wanted",
                "value": f"{{{{ input.{name} | trim }}}}",
            }
        ],
        "require": [
            {
                "$comment": "What must hold; otherwise nothing happens and the caller reads the message.",
                "that": "wanted",
                "code": "blank",
                "message": f"The {field.title['en'].lower()} is blank.",
            }
        ],
        "do": [
            {"$comment": "What changes: set, add, remove, create, update, delete, ...", "set": {name: "{{ wanted }}"}}
        ],
        "returns": noun,
        "examples": [
            {
                "$comment": "Examples are the tests of this file: they run in schemas/world.json.",
                "name": "changes the field",
                "on": example,
                "input": {name: " As asked "},
                "expect": {name: "As asked"},
                "events": [f"{noun}.{name}"],
            },
            {"name": "refuses blanks", "on": example, "input": {name: " "}, "error": "blank"},
        ],
    }


def text_field(entity: Entity) -> Field:
    """The first field that holds any short text."""
    plain = (f for f in entity.fields.values() if f.kind == "text" and not (f.choices or f.secret or f.ref))
    free = [field for field in plain if not {"format", "pattern"} & set(field.schema)]
    if not free:
        raise click.UsageError(f"{entity.key} has no free text field; write its file by hand.")
    return free[0]
