"""Bodies of many shapes come to the same answers."""

from __future__ import annotations

from typing import Any

import pytest

from connector.catalog.load import SHIPPED
from connector.engine.answers import Answer, answers, nested
from connector.engine.intake import Rules, inputs
from tests.plugins.server import loaded

KNOWN = loaded((SHIPPED,)).actions["receive_lead"].input

BODIES: dict[str, dict[str, Any]] = {
    "flat": {"email": "a@b.fr", "phone": "0612345678"},
    "nested": {"contact": {"Email": "a@b.fr", "phones": [{"Phone Number": "0612345678"}]}},
    "name and value": {"fields": [{"name": "email", "value": "a@b.fr"}, {"name": "phone", "value": "0612345678"}]},
    "HubSpot's properties": {"vid": 1, "properties": {"email": {"value": "a@b.fr"}, "phone": {"value": "0612345678"}}},
    "Typeform": {
        "event_id": "x",
        "form_response": {
            "form_id": "f",
            "definition": {"title": "My form", "fields": [{"id": "1", "title": "Your mail?", "type": "email"}]},
            "answers": [
                {"type": "email", "email": "a@b.fr", "field": {"id": "1", "type": "email", "ref": "r1"}},
                {"type": "phone_number", "phone_number": "0612345678", "field": {"id": "2", "type": "phone_number"}},
            ],
        },
    },
    "Tally": {
        "eventId": "x",
        "data": {
            "formName": "My form",
            "fields": [
                {"key": "question_1", "label": "E-mail", "type": "INPUT_EMAIL", "value": "a@b.fr"},
                {"key": "question_2", "label": "Téléphone", "type": "INPUT_PHONE", "value": "0612345678"},
            ],
        },
    },
    "Google Ads": {
        "lead_id": "x",
        "user_column_data": [
            {"column_id": "EMAIL", "column_name": "User Email", "string_value": "a@b.fr"},
            {"column_id": "PHONE_NUMBER", "column_name": "User Phone", "string_value": "0612345678"},
        ],
    },
    "Meta": {
        "field_data": [{"name": "email", "values": ["a@b.fr"]}, {"name": "phone_number", "values": ["0612345678"]}]
    },
    "Elementor": nested(
        [
            ("form[id]", "7"),
            ("fields[mail][id]", "mail"),
            ("fields[mail][title]", "E-mail"),
            ("fields[mail][value]", "a@b.fr"),
            ("fields[tel][id]", "tel"),
            ("fields[tel][title]", "Tel"),
            ("fields[tel][value]", "0612345678"),
        ]
    ),
    "Contact Form 7": {"_wpcf7": "12", "your-email": "a@b.fr", "tel-681": "0612345678", "_wpnonce": "1"},
    "Oplead": {"ctc_email": "a@b.fr", "ctc_phone": "0612345678"},
}  # fmt: skip


@pytest.mark.parametrize("shape", BODIES)
def test_every_shape_comes_to_the_same_lead(shape: str) -> None:
    found = inputs(KNOWN, answers(BODIES[shape]), Rules())
    assert {name: found[name] for name in ("email", "phone")} == {"email": "a@b.fr", "phone": "0612345678"}
    assert not {"title", "source", "external_id"} & set(found)


@pytest.mark.parametrize(
    "name, field",
    [
        ("E-mail *", "email"),
        ("Adresse e-mail", "email"),
        ("courriel", "email"),
        ("Почта", "email"),
        ("Электронная почта", "email"),
        ("_replyto", "email"),
        ("Téléphone", "phone"),
        ("phoneNumber", "phone"),
        ("contact[mobile]", "phone"),
        ("Номер телефона", "phone"),
        ("Prénom", "first_name"),
        ("имя", "first_name"),
        ("Nom", "last_name"),
        ("Фамилия", "last_name"),
        ("your-name", "contact_name"),
        ("ФИО", "contact_name"),
        ("Société", "company"),
        ("компания", "company"),
        ("Code postal", "postcode"),
        ("Ville", "city"),
        ("Votre message", "description"),
        ("Сообщение", "description"),
        ("subject", "title"),
        ("utm_campaign", "utm_campaign"),
    ],
)
def test_usual_names_need_no_mapping(name: str, field: str) -> None:
    text = "a@b.fr" if field == "email" else "42"
    found = inputs(KNOWN, answers(nested([(name, text), ("email address", "x@y.fr")])), Rules())
    assert found[field] == text


def lead(given: dict[str, Any], **mapping: str) -> dict[str, Any]:
    return inputs(KNOWN, answers(given), Rules(mapping=mapping))


def test_what_has_no_field_is_kept_in_the_description() -> None:
    found = lead({"email": "a@b.fr", "message": "Hello", "Budget": 1200, "Colours": ["red", "blue"], "Call me": True})
    assert found["description"] == "Hello\n\nBudget: 1200\nColours: red, blue\nCall me: yes"


def test_a_mapping_goes_before_all_names() -> None:
    found = lead(
        {"q1": "0612", "phone": "office", "budget": "9", "junk": "x", "deep": {"er": "Lyon"}},
        **{"q1": "phone", "budget": "custom.budget", "junk": "-", "deep.er": "city"},
    )
    assert found == {"phone": "0612", "custom": {"budget": "9"}, "city": "Lyon", "description": "phone: office"}


def test_what_does_not_fit_its_field_is_kept_all_the_same() -> None:
    found = lead({"email": "not an address", "phone": "06 12", "city": "x" * 101})
    assert found == {"phone": "06 12", "description": f"Email: not an address\nCity: {'x' * 101}"}


def test_a_value_that_is_an_address_is_the_address() -> None:
    assert lead({"text-1": "a@b.fr"}) == {"email": "a@b.fr"}


def test_a_message_alone_names_the_lead() -> None:
    assert lead({"message": "Six windows\nplease"}) == {"title": "Six windows", "description": "Six windows\nplease"}


@pytest.mark.parametrize("given", [{}, {"_next": "https://x.test"}, {"g-recaptcha-response": "x", "submit": "Send"}])
def test_what_forms_send_for_themselves_is_no_answer(given: dict[str, Any]) -> None:
    assert lead(given) == {}


def test_a_second_answer_for_a_field_is_not_lost() -> None:
    found = lead({"email": "a@b.fr", "E-mail": "c@d.fr"})
    assert found == {"email": "a@b.fr", "description": "E-mail: c@d.fr"}


def test_names_in_brackets_nest_and_repeat() -> None:
    assert nested([("a[b][]", "1"), ("a[b][]", "2"), ("c", "3"), ("c[d]", "4"), ("[", "5")]) == {
        "a": {"b": ["1", "2"]}, "c": "3", "c[d]": "4", "[": "5",
    }  # fmt: skip


def test_a_list_without_names_is_one_answer() -> None:
    assert answers({"q": ["a", {"label": "b"}, None]})[0].text == "a"
    assert answers({"q": ["a", "b"]}) == [Answer(("q", "q"), "q", "a, b")]
