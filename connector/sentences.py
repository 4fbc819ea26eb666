"""Every built-in sentence for people, in English, French and Russian, with named blanks."""

from __future__ import annotations

from collections.abc import Mapping

LOCALES = ("en", "fr", "ru")


def say(texts: Mapping[str, str], locale: str = "en") -> str:
    """The text in that language, English where it is missing."""
    return texts.get(locale) or texts["en"]


def _row(en: str, fr: str, ru: str) -> Mapping[str, str]:
    return {"en": en, "fr": fr, "ru": ru}


SENTENCES: Mapping[str, Mapping[str, str]] = {
    "internal": _row(
        "Something went wrong on the server. The error was logged under this request id.",
        "Une erreur est survenue sur le serveur. Elle est journalisée sous cet identifiant de requête.",
        "На сервере произошла ошибка. Она записана в журнал под этим идентификатором запроса.",
    ),
    "unauthorized_missing_token": _row(
        "No token was given. Send it as the header Authorization: Bearer TOKEN, or X-API-KEY: TOKEN.",
        "Aucun jeton fourni. Envoyez-le dans l'en-tête Authorization: Bearer JETON, ou X-API-KEY: JETON.",
        "Токен не указан. Передайте его в заголовке Authorization: Bearer ТОКЕН или X-API-KEY: ТОКЕН.",
    ),
    "unauthorized_invalid_token": _row(
        "This token is not valid: it is unknown, expired or revoked. Ask an administrator for a new one.",
        "Ce jeton n'est pas valide : inconnu, expiré ou révoqué. Demandez-en un nouveau à un administrateur.",
        "Этот токен недействителен: неизвестен, просрочен или отозван. Запросите новый у администратора.",
    ),
}
