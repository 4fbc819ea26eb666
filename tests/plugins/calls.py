"""The calls that the OpenAPI document itself tells of: every operation, with every example of its input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from werkzeug.test import TestResponse

from connector.exporters.texts import drawn
from tests.plugins.server import Client

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
READING = {"preview_template", "simple_post_ids"}
"""Operations that read, though they are sent as POST."""
METHODS = {"stat", "info", "list", "tips", "fields"}
"""Methods that read, of doors whose other methods act."""
UPLOADED = b"A quote."


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that the document describes."""

    operation: str
    """The operation's id."""
    method: str
    path: str
    example: str = ""
    """The name of the example that it sends, if it has one."""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    media: str = ""
    demands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The first set of security schemes that lets it in; empty: it is open to all."""
    refuses: str = ""
    """The name of the schema that it tells errors in."""
    keyed: bool = False
    """Whether it takes an idempotency key: it acts, by whatever method."""

    @property
    def label(self) -> str:
        """How a failing test names it."""
        return f"{self.operation} [{self.media or self.method}] {self.example}".strip()

    @property
    def acts(self) -> bool:
        """Whether it changes something."""
        reads = self.operation in READING or self.example in METHODS
        return (self.keyed or self.method != "GET") and not reads

    def send(self, client: Client, secret: str = "", login: str = "", **options: Any) -> TestResponse:
        """The answer to it, with that token in the places that it demands one."""
        query, headers = dict(self.query), {}
        for scheme in self.demands.values() if secret else ():
            value = login if scheme.get("name") == "login" else secret
            if scheme["type"] == "http":
                headers["Authorization"] = f"Bearer {value}"
            else:
                (query if scheme["in"] == "query" else headers)[scheme["name"]] = value
        if self.media in FORMS:
            options |= {"data": {name: part() if callable(part) else part for name, part in self.body.items()}}
        elif self.body is not None:
            options |= {"json": self.body}
        answer: TestResponse = client.open(
            self.path, method=self.method, query_string=query, headers=headers,
            content_type=self.media or None, **options,
        )  # fmt: skip
        return answer


def calls(document: Mapping[str, Any], aims: Mapping[str, Any]) -> Iterator[Call]:
    """Every call of the document. `aims`: what to put for a parameter or an input of that name, wherever it stands.

    A record's id in the path is called by the plural of its kind: `leads`; what only one operation takes by both
    names: `submit_form.key`.
    """
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            fixed = common(document, operation) | {"method": method.upper()}
            for example, query, media, body in inputs(operation):
                filled = {name: aims.get(name, value) for name, value in query.items()}
                yield Call(
                    **fixed, path=address(path, operation, aims), example=example, query=filled, media=media,
                    body=aimed(body, aims),
                )  # fmt: skip


def common(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """What all calls of an operation share."""
    demanded = operation.get("security", document["security"])
    schemes = document["components"]["securitySchemes"]
    names = [each["name"] for each in operation["parameters"]]
    refusal = document["components"]["responses"][operation["responses"]["405"]["$ref"].rpartition("/")[2]]
    shape = next(iter(refusal["content"].values()))["schema"]["$ref"].rpartition("/")[2]
    return {
        "operation": operation["operationId"], "refuses": shape, "keyed": "Idempotency-Key" in names,
        "demands": {name: schemes[name] for name in demanded[0]} if demanded else {},
    }  # fmt: skip


def inputs(operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str, Any]]:
    """Every example's name, query, content type and body; once without a name where there are no examples."""
    asked = [each for each in operation["parameters"] if each["in"] == "query"]
    query = {each["name"]: value(each) for each in asked if each["required"]}
    named = dict.fromkeys(name for each in asked for name in each.get("examples", {}))
    for name in named:
        shown = {each["name"]: each["examples"][name]["value"] for each in asked if name in each.get("examples", {})}
        yield name, query | shown, "", None
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        if media == FORMS[0]:
            yield "", query, media, parts(content["schema"])
        elif not content.get("examples"):
            yield "", query, media, drawn(content["schema"])
        for name, example in content.get("examples", {}).items():
            yield name, query, media, example["value"]
    if not named and "requestBody" not in operation:
        yield "", query, "", None


def parts(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A multipart body: a small file for each part that is one."""
    files = [name for name, part in schema["properties"].items() if part.get("format") == "binary"]
    return {name: lambda: (BytesIO(UPLOADED), "quote.txt") for name in files}


def address(path: str, operation: Mapping[str, Any], aims: Mapping[str, Any]) -> str:
    """The path with its blanks filled: as aimed, else by the example, else by what the schema allows."""
    noun = path.split("/")[3] if path.startswith("/api/v1/") else ""
    for each in operation["parameters"]:
        if each["in"] == "path":
            name = noun if each["name"] == "record_id" else each["name"]
            aim = aims.get(f"{operation['operationId']}.{name}", aims.get(name, value(each)))
            path = path.replace(f"{{{each['name']}}}", str(aim))
    return path


def value(parameter: Mapping[str, Any]) -> Any:
    """A good value of a parameter."""
    return parameter["example"] if "example" in parameter else drawn(parameter["schema"])


def aimed(body: Any, aims: Mapping[str, Any]) -> Any:
    """The body with what is aimed at, however deep."""
    if isinstance(body, Mapping):
        return {name: aims[name] if name in aims else aimed(each, aims) for name, each in body.items()}
    return [aimed(each, aims) for each in body] if isinstance(body, list) else body
