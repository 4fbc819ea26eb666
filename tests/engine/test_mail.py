"""Filling e-mail templates: names only, once, and honest about what stays empty."""

import pytest

from connector.catalog.load import SHIPPED, load
from connector.engine.mail import fill, fill_html
from connector.engine.records import Record

CATALOG = load([SHIPPED])


def lead(**fields: object) -> Record:
    row = dict.fromkeys(CATALOG.entities["lead"].fields) | {"id": 1} | fields
    return Record(CATALOG, CATALOG.entities["lead"], 1, row, lambda entity, record_id: None)


def test_every_known_field_is_replaced() -> None:
    text, missing = fill(
        "Hello {{ lead.first_name }} of {{lead.company}}", {"lead": lead(first_name="Zoé", company="Acme")}
    )
    assert (text, missing) == ("Hello Zoé of Acme", ())


@pytest.mark.parametrize(
    "placeholder",
    [
        "lead.nickname",
        "lead.company",
        "nobody.name",
        "lead",
        "7*7",
        "lead.__class__",
        "lead.title.upper()",
        "lead.title.upper",
        "lead.tags.append",
        "",
        "lead._row",
        "lead['title']",
    ],
)
def test_an_unknown_or_empty_placeholder_is_reported_and_left(placeholder: str) -> None:
    template = f"Hi {{{{ {placeholder} }}}}"
    assert fill(template, {"lead": lead(title="T", tags=["a"])}) == (template, (placeholder,))


def test_a_value_is_never_read_as_a_template_again() -> None:
    text, missing = fill("{{ lead.title }}", {"lead": lead(title="{{ lead.email }}", email="a@x.test")})
    assert (text, missing) == ("{{ lead.email }}", ())


def test_values_are_escaped_in_html_and_only_there() -> None:
    names = {"lead": lead(title="<b>&")}
    assert fill_html("<p>{{ lead.title }}</p>", names)[0] == "<p>&lt;b&gt;&amp;</p>"
    assert fill("{{ lead.title }}", names)[0] == "<b>&"


def test_a_list_is_shown_with_commas() -> None:
    assert fill("{{ lead.tags }}", {"lead": lead(tags=["a", "b"])})[0] == "a, b"
