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
        'The body must be one JSON object, such as {{"lead_id": 1}}.',
        'Le corps doit être un objet JSON, par exemple {{"lead_id": 1}}.',
        'Тело должно быть одним объектом JSON, например {{"lead_id": 1}}.',
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
    "action_not_found": _row(
        "There is no action {name}. GET /api/v1/catalog lists all actions.",
        "L'action {name} n'existe pas. GET /api/v1/catalog les énumère toutes.",
        "Действия {name} нет. Полный список: GET /api/v1/catalog.",
    ),
    "trigger_not_found": _row(
        "There is no trigger {name}. GET /api/v1/catalog lists all triggers.",
        "Le déclencheur {name} n'existe pas. GET /api/v1/catalog les énumère tous.",
        "Триггера {name} нет. Полный список: GET /api/v1/catalog.",
    ),
    "search_not_found": _row(
        "There is no search {name}. GET /api/v1/catalog lists all searches.",
        "La recherche {name} n'existe pas. GET /api/v1/catalog les énumère toutes.",
        "Поиска {name} нет. Полный список: GET /api/v1/catalog.",
    ),
    "bad_cursor": _row(
        "The cursor cannot be read. Send back a cursor exactly as it was answered, or leave it out to start anew.",
        "Le curseur est illisible. Renvoyez-le tel que reçu, ou omettez-le pour recommencer.",
        "Курсор не читается. Передайте его в точности таким, каким получили, или начните без него.",
    ),
    "cursor_reset": _row(
        "This cursor belongs to another or restored database. Leave it out once and go on from the cursor you get.",
        "Ce curseur vient d'une autre base ou d'une base restaurée. Omettez-le une fois et reprenez avec le curseur reçu.",
        "Этот курсор относится к другой или восстановленной базе. Сделайте один запрос без него и продолжайте с полученным.",
    ),
    "cursor_expired": _row(
        "This cursor is older than the events that are kept. The oldest one that works is {oldest}.",
        "Ce curseur est plus ancien que les événements conservés. Le plus ancien valable est {oldest}.",
        "Этот курсор старше хранимых событий. Самый старый действующий: {oldest}.",
    ),
    "limit_out_of_range": _row(
        "{name} is {got}; it must be between {lowest} and {highest}.",
        "{name} vaut {got} ; il doit être compris entre {lowest} et {highest}.",
        "{name} = {got}; допустимо от {lowest} до {highest}.",
    ),
    "not_searchable": _row(
        "{name} cannot be searched with q. Filter by a field instead.",
        "{name} ne se cherche pas avec q. Filtrez plutôt par champ.",
        "{name} нельзя искать через q. Используйте фильтр по полю.",
    ),
    "ambiguous": _row(
        "More than one {entity} fits; nothing was changed. Be more precise.",
        "Plusieurs {entity} conviennent ; rien n'a été modifié. Soyez plus précis.",
        "Подходит несколько записей {entity}; ничего не изменено. Уточните запрос.",
    ),
    "in_use": _row(
        "{entity} is still in use by {by} {id}; nothing was deleted. Remove that first.",
        "{entity} est encore utilisé par {by} {id} ; rien n'a été supprimé. Retirez-le d'abord.",
        "{entity} ещё используется в {by} {id}; ничего не удалено. Сначала уберите эту запись.",
    ),
    "rule_loop": _row(
        "The rules of this record type set each other off without end; nothing was changed. Ask the person who edits schemas/entities.",
        "Les règles de ce type se déclenchent sans fin ; rien n'a été modifié. Prévenez la personne qui édite schemas/entities.",
        "Правила этого типа записей бесконечно вызывают друг друга; ничего не изменено. Сообщите тому, кто правит schemas/entities.",
    ),
    "variables_in_subject": _row(
        "The e-mail was not sent: its subject has fields that cannot be filled: {missing}. Fill them on the lead, or change the template.",
        "L'e-mail n'a pas été envoyé : champs non remplis dans l'objet : {missing}. Complétez le prospect ou modifiez le modèle.",
        "Письмо не отправлено: в теме остались незаполненные поля: {missing}. Заполните их у лида или измените шаблон.",
    ),
    "variables_in_body": _row(
        "The e-mail was not sent: its body has fields that cannot be filled: {missing}. Fill them on the lead, or change the template.",
        "L'e-mail n'a pas été envoyé : champs non remplis dans le corps : {missing}. Complétez le prospect ou modifiez le modèle.",
        "Письмо не отправлено: в тексте остались незаполненные поля: {missing}. Заполните их у лида или измените шаблон.",
    ),
    "already_exists": _row(
        "There is already a {entity} with the same {fields}. Change it, or use the one that exists.",
        "Un enregistrement {entity} avec les mêmes {fields} existe déjà. Modifiez la valeur ou utilisez l'existant.",
        "Запись {entity} с такими же {fields} уже есть. Измените значение или используйте существующую.",
    ),
    "not_computable": _row(
        "A value of this action could not be computed for this record: {reason} Nothing was changed.",
        "Une valeur de cette action n'a pas pu être calculée pour cet enregistrement : {reason} Rien n'a été modifié.",
        "Значение этого действия нельзя вычислить для этой записи: {reason} Ничего не изменено.",
    ),
}
