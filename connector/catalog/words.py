"""The words by which people and programs call the fields of a lead: headers of columns, labels of form fields."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector.catalog import folds

WORDS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "lead", "lead title", "lead name", "deal name", "opportunity", "subject", "topic", "titre",
              "prospect", "sujet", "objet", "тема", "заголовок"),
    "first_name": ("first name", "firstname", "given name", "fname", "forename", "prenom", "имя"),
    "last_name": ("last name", "lastname", "surname", "family name", "lname", "nom", "nom de famille", "фамилия"),
    "contact_name": ("name", "full name", "contact", "contact name", "nom complet", "nom du contact", "nom et prenom",
                     "nom prenom", "фио", "полное имя", "ваше имя", "контактное лицо"),
    "email": ("email", "e mail", "email 1", "email address", "mail", "work email", "replyto", "courriel", "mel",
              "adresse email", "adresse e mail", "adresse mail", "почта", "эл почта", "электронная почта",
              "адрес электронной почты", "емейл", "имейл"),
    "phone": ("phone", "phone 1", "phone number", "telephone", "telephone number", "tel", "mobile", "mobile phone",
              "mobile number", "cell", "cell phone", "whatsapp", "portable", "gsm", "numero de telephone",
              "telephone portable", "телефон", "тел", "номер телефона", "контактный телефон", "мобильный",
              "мобильный телефон"),
    "company": ("company", "company name", "account name", "organization", "organisation", "business name", "societe",
                "entreprise", "nom de l entreprise", "raison sociale", "компания", "название компании", "организация",
                "фирма"),
    "site": ("website", "web site", "site", "site web", "url", "сайт", "веб сайт"),
    "address": ("address", "street", "street address", "adresse", "rue", "адрес", "улица"),
    "postcode": ("postcode", "post code", "postal code", "zip", "zip code", "code postal", "cp", "индекс",
                 "почтовый индекс"),
    "city": ("city", "town", "ville", "город"),
    "country": ("country", "pays", "страна"),
    "description": ("description", "notes", "note", "comments", "comment", "message", "enquiry", "inquiry", "question",
                    "commentaires", "commentaire", "votre message", "demande", "remarque", "сообщение", "комментарий",
                    "вопрос", "примечание"),
    "amount": ("amount", "value", "deal value", "montant", "valeur", "сумма"),
    "currency": ("currency", "devise", "валюта"),
    "probability": ("probability", "probabilite"),
    "tags": ("tags", "tag", "labels", "etiquettes", "теги", "метки"),
    "external_id": ("external id", "account id", "record id", "lead id", "id", "identifiant", "reference"),
    "utm_source": ("utm source",),
    "utm_medium": ("utm medium",),
    "utm_campaign": ("utm campaign",),
    "utm_term": ("utm term",),
    "utm_content": ("utm content",),
    "utm_referrer": ("utm referrer", "referrer", "referer"),
}  # fmt: skip
"""Field of a lead -> what it is called in English, French and Russian; case, accents and punctuation do not count."""


def plain(text: str) -> str:
    """A name without case, accents and punctuation."""
    return re.sub(r"[\W_]+", " ", folds.text(text)).strip()


def squeezed(text: str) -> str:
    """A name without blanks too: `firstName`, `First name` and `first_name` are one."""
    return plain(text).replace(" ", "")


_FIELDS = {squeezed(word): field for field, words in WORDS.items() for word in words}


def field_called(name: str) -> str | None:
    """The field of a lead that is called so; None for a name that means nothing here."""
    return _FIELDS.get(squeezed(name))
