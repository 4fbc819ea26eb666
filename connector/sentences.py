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
    "no_such_address": _row(
        "There is nothing at {path}. GET /api/v1/catalog lists what there is.",
        "Il n'y a rien à l'adresse {path}. GET /api/v1/catalog liste ce qui existe.",
        "По адресу {path} ничего нет. GET /api/v1/catalog перечисляет всё, что есть.",
    ),
    "no_such_entry": _row(
        "The catalog has no {name} among its {kind}. GET /api/v1/catalog lists actions, triggers, searches and entities.",
        "Le catalogue n'a pas d'entrée {name} dans {kind}. GET /api/v1/catalog liste tout.",
        "В каталоге нет записи {name} в разделе {kind}. GET /api/v1/catalog перечисляет всё.",
    ),
    "no_such_choice": _row(
        "{name} is not an input that takes a record of type {entity}. Write it as ACTION.INPUT, for example assign.user_id.",
        "{name} n'est pas un champ qui prend un enregistrement de type {entity}. Écrivez ACTION.CHAMP, p. ex. assign.user_id.",
        "{name} не поле, которое принимает запись типа {entity}. Пишите ДЕЙСТВИЕ.ПОЛЕ, например assign.user_id.",
    ),
    "method_not_allowed": _row(
        "{method} is not taken here; use {allow}.",
        "La méthode {method} n'est pas acceptée ici ; utilisez {allow}.",
        "Метод {method} здесь не принимается; используйте {allow}.",
    ),
    "unsupported_media_type": _row(
        "A body of type {given} is not read here. Send JSON with the header Content-Type: application/json.",
        "Un corps de type {given} n'est pas lu ici. Envoyez du JSON avec l'en-tête Content-Type: application/json.",
        "Тело типа {given} здесь не читается. Пришлите JSON с заголовком Content-Type: application/json.",
    ),
    "too_large": _row(
        "The body is larger than {limit} bytes. Send less at a time.",
        "Le corps dépasse {limit} octets. Envoyez-en moins à la fois.",
        "Тело больше {limit} байт. Присылайте меньше за один раз.",
    ),
    "malformed": _row(
        "The request cannot be read. Check its address, headers and body.",
        "La requête est illisible. Vérifiez son adresse, ses en-têtes et son corps.",
        "Запрос не читается. Проверьте адрес, заголовки и тело.",
    ),
    "nul_character": _row(
        "A NUL character (%00) cannot be part of a text. Remove it.",
        "Un caractère NUL (%00) ne peut pas figurer dans un texte. Retirez-le.",
        "Символ NUL (%00) не может входить в текст. Уберите его.",
    ),
    "not_an_object": _row(
        "The body must be one JSON object, such as {{\"lead_id\": 1}}.",
        "Le corps doit être un objet JSON, par exemple {{\"lead_id\": 1}}.",
        "Тело должно быть одним объектом JSON, например {{\"lead_id\": 1}}.",
    ),
    "rows_expected": _row(
        "rows must be a list of 1 to {most} objects, one per call of the action.",
        "rows doit être une liste de 1 à {most} objets, un par appel de l'action.",
        "rows должно быть списком от 1 до {most} объектов, по одному на вызов действия.",
    ),
    "row_not_an_object": _row(
        "Row {index} is not a JSON object.",
        "La ligne {index} n'est pas un objet JSON.",
        "Строка {index} не является объектом JSON.",
    ),
    "prefetch_refused": _row(
        "This address acts, so it is not fetched ahead of a person's wish.",
        "Cette adresse agit ; elle n'est donc pas préchargée.",
        "Этот адрес выполняет действие, поэтому предзагрузка не выполняется.",
    ),
    "token_not_found": _row(
        "There is no token {value}.",
        "Il n'y a pas de jeton {value}.",
        "Нет токена {value}.",
    ),
    "user_not_found": _row(
        "There is no user {value}.",
        "Il n'y a pas d'utilisateur {value}.",
        "Нет пользователя {value}.",
    ),
    "admins_only": _row(
        "Only an administrator may do this.",
        "Seul un administrateur peut faire cela.",
        "Это может делать только администратор.",
    ),
}
