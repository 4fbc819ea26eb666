"""Every built-in sentence for people, in English, French and Russian, with named blanks."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.access import ACCESS
from connector.sentences.doors import DOORS
from connector.sentences.inbound import INBOUND
from connector.sentences.mail import MAIL
from connector.sentences.rows import row
from connector.sentences.webhooks import WEBHOOKS

LOCALES = ("en", "fr", "ru")


def say(texts: Mapping[str, str], locale: str = "en") -> str:
    """The text in that language, English where it is missing."""
    return texts.get(locale) or texts["en"]


SENTENCES: Mapping[str, Mapping[str, str]] = {
    "internal": row(
        "Something went wrong on the server. The error was logged under this request id.",
        "Une erreur est survenue sur le serveur. Elle est journalisée sous cet identifiant de requête.",
        "На сервере произошла ошибка. Она записана в журнал под этим идентификатором запроса.",
    ),
    "unauthorized_missing_token": row(
        "No token was given. Send it as the header Authorization: Bearer TOKEN, or X-API-KEY: TOKEN.",
        "Aucun jeton fourni. Envoyez-le dans l'en-tête Authorization: Bearer JETON, ou X-API-KEY: JETON.",
        "Токен не указан. Передайте его в заголовке Authorization: Bearer ТОКЕН или X-API-KEY: ТОКЕН.",
    ),
    "unauthorized_invalid_token": row(
        "This token is not valid: it is unknown, expired or revoked. Ask an administrator for a new one.",
        "Ce jeton n'est pas valide : inconnu, expiré ou révoqué. Demandez-en un nouveau à un administrateur.",
        "Этот токен недействителен: неизвестен, просрочен или отозван. Запросите новый у администратора.",
    ),
    "no_such_address": row(
        "There is nothing at {path}. GET /api/v1/catalog lists what there is.",
        "Il n'y a rien à l'adresse {path}. GET /api/v1/catalog liste ce qui existe.",
        "По адресу {path} ничего нет. GET /api/v1/catalog перечисляет всё, что есть.",
    ),
    "no_such_entry": row(
        "The catalog has no {name} among its {kind}. GET /api/v1/catalog lists actions, triggers, searches and entities.",
        "Le catalogue n'a pas d'entrée {name} dans {kind}. GET /api/v1/catalog liste tout.",
        "В каталоге нет записи {name} в разделе {kind}. GET /api/v1/catalog перечисляет всё.",
    ),
    "no_such_choice": row(
        "{name} is not an input that takes a record of type {entity}. Write it as ACTION.INPUT, for example assign.user_id.",
        "{name} n'est pas un champ qui prend un enregistrement de type {entity}. Écrivez ACTION.CHAMP, p. ex. assign.user_id.",
        "{name} не поле, которое принимает запись типа {entity}. Пишите ДЕЙСТВИЕ.ПОЛЕ, например assign.user_id.",
    ),
    "method_not_allowed": row(
        "{method} is not taken here; use {allow}.",
        "La méthode {method} n'est pas acceptée ici ; utilisez {allow}.",
        "Метод {method} здесь не принимается; используйте {allow}.",
    ),
    "unsupported_media_type": row(
        "A body of type {given} is not read here. Send JSON with the header Content-Type: application/json.",
        "Un corps de type {given} n'est pas lu ici. Envoyez du JSON avec l'en-tête Content-Type: application/json.",
        "Тело типа {given} здесь не читается. Пришлите JSON с заголовком Content-Type: application/json.",
    ),
    "too_large": row(
        "The body is larger than {limit} bytes. Send less at a time.",
        "Le corps dépasse {limit} octets. Envoyez-en moins à la fois.",
        "Тело больше {limit} байт. Присылайте меньше за один раз.",
    ),
    "malformed": row(
        "The request cannot be read. Check its address, headers and body.",
        "La requête est illisible. Vérifiez son adresse, ses en-têtes et son corps.",
        "Запрос не читается. Проверьте адрес, заголовки и тело.",
    ),
    "nul_character": row(
        "A NUL character (%00) cannot be part of a text. Remove it.",
        "Un caractère NUL (%00) ne peut pas figurer dans un texte. Retirez-le.",
        "Символ NUL (%00) не может входить в текст. Уберите его.",
    ),
    "not_an_object": row(
        'The body must be one JSON object, such as {{"lead_id": 1}}.',
        'Le corps doit être un objet JSON, par exemple {{"lead_id": 1}}.',
        'Тело должно быть одним объектом JSON, например {{"lead_id": 1}}.',
    ),
    "rows_expected": row(
        "rows must be a list of 1 to {most} objects, one per call of the action.",
        "rows doit être une liste de 1 à {most} objets, un par appel de l'action.",
        "rows должно быть списком от 1 до {most} объектов, по одному на вызов действия.",
    ),
    "row_not_an_object": row(
        "Row {index} is not a JSON object.",
        "La ligne {index} n'est pas un objet JSON.",
        "Строка {index} не является объектом JSON.",
    ),
    "prefetch_refused": row(
        "This address acts, so it is not fetched ahead of a person's wish.",
        "Cette adresse agit ; elle n'est donc pas préchargée.",
        "Этот адрес выполняет действие, поэтому предзагрузка не выполняется.",
    ),
    "token_not_found": row(
        "There is no token {value}.",
        "Il n'y a pas de jeton {value}.",
        "Нет токена {value}.",
    ),
    "own_token": row(
        "A token cannot revoke itself. Use another administrator's token.",
        "Un jeton ne peut pas se révoquer lui-même. Utilisez celui d'un autre administrateur.",
        "Токен не может отозвать сам себя. Возьмите токен другого администратора.",
    ),
    "user_not_found": row(
        "There is no user {value}.",
        "Il n'y a pas d'utilisateur {value}.",
        "Нет пользователя {value}.",
    ),
    "admins_only": row(
        "Only an administrator may do this.",
        "Seul un administrateur peut faire cela.",
        "Это может делать только администратор.",
    ),
    "action_not_found": row(
        "There is no action {name}. GET /api/v1/catalog lists all actions.",
        "L'action {name} n'existe pas. GET /api/v1/catalog les énumère toutes.",
        "Действия {name} нет. Полный список: GET /api/v1/catalog.",
    ),
    "trigger_not_found": row(
        "There is no trigger {name}. GET /api/v1/catalog lists all triggers.",
        "Le déclencheur {name} n'existe pas. GET /api/v1/catalog les énumère tous.",
        "Триггера {name} нет. Полный список: GET /api/v1/catalog.",
    ),
    "search_not_found": row(
        "There is no search {name}. GET /api/v1/catalog lists all searches.",
        "La recherche {name} n'existe pas. GET /api/v1/catalog les énumère toutes.",
        "Поиска {name} нет. Полный список: GET /api/v1/catalog.",
    ),
    "bad_cursor": row(
        "The cursor cannot be read. Send back a cursor exactly as it was answered, or leave it out to start anew.",
        "Le curseur est illisible. Renvoyez-le tel que reçu, ou omettez-le pour recommencer.",
        "Курсор не читается. Передайте его в точности таким, каким получили, или начните без него.",
    ),
    "cursor_reset": row(
        "This cursor belongs to another or restored database. Leave it out once and go on from the cursor you get.",
        "Ce curseur vient d'une autre base ou d'une base restaurée. Omettez-le une fois et reprenez avec le curseur reçu.",
        "Этот курсор относится к другой или восстановленной базе. Сделайте один запрос без него и продолжайте с полученным.",
    ),
    "cursor_expired": row(
        "This cursor is older than the events that are kept. The oldest one that works is {oldest}.",
        "Ce curseur est plus ancien que les événements conservés. Le plus ancien valable est {oldest}.",
        "Этот курсор старше хранимых событий. Самый старый действующий: {oldest}.",
    ),
    "limit_out_of_range": row(
        "{name} is {got}; it must be between {lowest} and {highest}.",
        "{name} vaut {got} ; il doit être compris entre {lowest} et {highest}.",
        "{name} = {got}; допустимо от {lowest} до {highest}.",
    ),
    "not_searchable": row(
        "{name} cannot be searched with q. Filter by a field instead.",
        "{name} ne se cherche pas avec q. Filtrez plutôt par champ.",
        "{name} нельзя искать через q. Используйте фильтр по полю.",
    ),
    "ambiguous": row(
        "More than one {entity} fits; nothing was changed. Be more precise.",
        "Plusieurs {entity} conviennent ; rien n'a été modifié. Soyez plus précis.",
        "Подходит несколько записей {entity}; ничего не изменено. Уточните запрос.",
    ),
    "in_use": row(
        "{entity} is still in use by {by} {id}; nothing was deleted. Remove that first.",
        "{entity} est encore utilisé par {by} {id} ; rien n'a été supprimé. Retirez-le d'abord.",
        "{entity} ещё используется в {by} {id}; ничего не удалено. Сначала уберите эту запись.",
    ),
    "rule_loop": row(
        "The rules of this record type set each other off without end; nothing was changed. Ask the person who edits schemas/entities.",
        "Les règles de ce type se déclenchent sans fin ; rien n'a été modifié. Prévenez la personne qui édite schemas/entities.",
        "Правила этого типа записей бесконечно вызывают друг друга; ничего не изменено. Сообщите тому, кто правит schemas/entities.",
    ),
    "variables_in_subject": row(
        "The e-mail was not sent: its subject has fields that cannot be filled: {missing}. Fill them on the lead, or change the template.",
        "L'e-mail n'a pas été envoyé : champs non remplis dans l'objet : {missing}. Complétez le prospect ou modifiez le modèle.",
        "Письмо не отправлено: в теме остались незаполненные поля: {missing}. Заполните их у лида или измените шаблон.",
    ),
    "variables_in_body": row(
        "The e-mail was not sent: its body has fields that cannot be filled: {missing}. Fill them on the lead, or change the template.",
        "L'e-mail n'a pas été envoyé : champs non remplis dans le corps : {missing}. Complétez le prospect ou modifiez le modèle.",
        "Письмо не отправлено: в тексте остались незаполненные поля: {missing}. Заполните их у лида или измените шаблон.",
    ),
    "already_exists": row(
        "There is already a {entity} with the same {fields}. Change it, or use the one that exists.",
        "Un enregistrement {entity} avec les mêmes {fields} existe déjà. Modifiez la valeur ou utilisez l'existant.",
        "Запись {entity} с такими же {fields} уже есть. Измените значение или используйте существующую.",
    ),
    "not_computable": row(
        "A value of this action could not be computed for this record: {reason} Nothing was changed.",
        "Une valeur de cette action n'a pas pu être calculée pour cet enregistrement : {reason} Rien n'a été modifié.",
        "Значение этого действия нельзя вычислить для этой записи: {reason} Ничего не изменено.",
    ),
    "malformed_json": row(
        "The JSON breaks off or is misspelt at line {line}, column {column}. Check quotes, commas and brackets there.",
        "Le JSON est mal écrit ligne {line}, colonne {column}. Vérifiez guillemets, virgules et crochets.",
        "Ошибка в JSON: строка {line}, столбец {column}. Проверьте кавычки, запятые и скобки.",
    ),
    "json_too_deep": row(
        "The JSON is nested deeper than {limit} levels. Send it flatter.",
        "Le JSON dépasse {limit} niveaux d'imbrication. Envoyez-le plus plat.",
        "Вложенность JSON больше {limit} уровней. Сделайте его проще.",
    ),
    "json_duplicate_key": row(
        "The JSON names {name} twice in one object. Keep one of them.",
        "Le JSON contient deux fois {name} dans un même objet. N'en gardez qu'un.",
        "В одном объекте JSON ключ {name} указан дважды. Оставьте один.",
    ),
    "json_number": row(
        "The number {got} cannot be kept. Use numbers between -2^53 and 2^53, no NaN or Infinity.",
        "Le nombre {got} ne peut être conservé. Utilisez des nombres entre -2^53 et 2^53, sans NaN ni Infinity.",
        "Число {got} нельзя сохранить. Используйте числа от -2^53 до 2^53, без NaN и Infinity.",
    ),
    "json_character": row(
        "The text has a character that cannot be kept (NUL, a lone surrogate, bytes that are not UTF-8).",
        "Le texte a un caractère impossible à conserver (NUL, demi-codet isolé, octets hors UTF-8).",
        "В тексте есть недопустимый символ (NUL, одиночный суррогат, байты не в UTF-8).",
    ),
    "invalid_input": row(
        "The input is not valid.",
        "Les données ne sont pas valides.",
        "Данные заполнены неверно.",
    ),
    "name_taken": row(
        "{name} is already the name of a field, an input or a parameter. Choose another key.",
        "{name} est déjà le nom d'un champ, d'une entrée ou d'un paramètre. Choisissez une autre clé.",
        "{name} — уже имя поля или параметра. Выберите другой ключ.",
    ),
    "choices_needed": row(
        "A field of type {type} needs choices. Give at least one.",
        "Un champ de type {type} a besoin de choix. Donnez-en au moins un.",
        "Полю типа {type} нужны варианты. Укажите хотя бы один.",
    ),
    "choices_unused": row(
        "A field of type {type} has no choices. Leave them out, or take the type choice or multiple_choice.",
        "Un champ de type {type} n'a pas de choix. Omettez-les, ou prenez le type choice ou multiple_choice.",
        "У поля типа {type} нет вариантов. Уберите их или выберите тип choice или multiple_choice.",
    ),
    "missing_parameter": row(
        "{name} is missing. Give a value for it.",
        "{name} manque. Indiquez une valeur.",
        "Не указано поле {name}. Задайте значение.",
    ),
    "unknown_parameter": row(
        "{name} is not known here. Try: {hint}.",
        "{name} est inconnu ici. Essayez : {hint}.",
        "Поле {name} здесь неизвестно. Попробуйте: {hint}.",
    ),
    "nothing_known": row(
        "{name} is not known here: no parameter is. Leave it out.",
        "{name} est inconnu ici : aucun paramètre n'est accepté. Retirez-le.",
        "Поле {name} здесь неизвестно: параметров здесь нет. Уберите его.",
    ),
    "wrong_type": row(
        "{name} is {got}, which is not of type {allowed}. Send that type.",
        "{name} vaut {got}, qui n'est pas de type {allowed}. Envoyez ce type.",
        "{name} = {got}: это не тип {allowed}. Передайте значение этого типа.",
    ),
    "not_a_text": row(
        "{name} must be one text; it is {got}. Send a text in quotes.",
        "{name} doit être un texte ; reçu {got}. Envoyez un texte entre guillemets.",
        "{name} должно быть одним текстом, получено {got}. Передайте текст в кавычках.",
    ),
    "not_a_list": row(
        '{name} must be a list; it is {got}. Send a list, such as ["one", "two"].',
        '{name} doit être une liste ; reçu {got}. Envoyez une liste, par exemple ["un", "deux"].',
        '{name} должно быть списком, получено {got}. Передайте список, например ["один", "два"].',
    ),
    "not_a_mapping": row(
        '{name} must be an object; it is {got}. Send names with values, such as {{"key": "value"}}.',
        '{name} doit être un objet ; reçu {got}. Envoyez des noms et valeurs, par exemple {{"cle": "valeur"}}.',
        '{name} должно быть объектом, получено {got}. Передайте имена и значения, например {{"key": "value"}}.',
    ),
    "not_an_id": row(
        "{name} must name one record by {allowed}; it is {got}. Send one of these.",
        "{name} doit désigner un enregistrement par {allowed} ; reçu {got}. Envoyez l'un d'eux.",
        "{name} должно указывать одну запись через {allowed}, получено {got}. Передайте одно из этого.",
    ),
    "too_short": row(
        "{name} is {got}, which is too short: at least {limit} characters are needed.",
        "{name} vaut {got} : trop court, au moins {limit} caractères sont nécessaires.",
        "{name} = {got}: слишком коротко, нужно не меньше {limit} символов.",
    ),
    "too_long": row(
        "{name} is {got}, which is too long: at most {limit} characters fit. Shorten it.",
        "{name} vaut {got} : trop long, {limit} caractères au plus. Raccourcissez-le.",
        "{name} = {got}: слишком длинно, не больше {limit} символов. Сократите текст.",
    ),
    "too_small": row(
        "{name} is {got}; it must be at least {limit}.",
        "{name} vaut {got} ; il doit valoir au moins {limit}.",
        "{name} = {got}; значение должно быть не меньше {limit}.",
    ),
    "too_large_number": row(
        "{name} is {got}; it must be at most {limit}.",
        "{name} vaut {got} ; il doit valoir au plus {limit}.",
        "{name} = {got}; значение должно быть не больше {limit}.",
    ),
    "not_allowed": row(
        "{name} is {got}; choose one of: {allowed}.",
        "{name} vaut {got} ; choisissez parmi : {allowed}.",
        "{name} = {got}; выберите одно из: {allowed}.",
    ),
    "wrong_format": row(
        "{name} is {got}, which is not a valid {format}. Send one, such as {example}.",
        "{name} vaut {got}, qui n'est pas un format {format} valide. Exemple : {example}.",
        "{name} = {got}: это не соответствует формату {format}. Пример: {example}.",
    ),
    "wrong_pattern": row(
        "{name} is {got}, which does not fit the form {pattern}.",
        "{name} vaut {got}, qui ne respecte pas la forme {pattern}.",
        "{name} = {got}: не подходит под вид {pattern}.",
    ),
    "not_a_number": row(
        "{name} must be a number; it is {got}. Use digits and a point, such as 155.34.",
        "{name} doit être un nombre ; reçu {got}. Utilisez des chiffres et un point, par exemple 155.34.",
        "{name} должно быть числом, получено {got}. Используйте цифры и точку, например 155.34.",
    ),
    "decimal_comma": row(
        "{name} is {got}, with a decimal comma; use a point: {example}.",
        "{name} vaut {got}, avec une virgule décimale ; utilisez un point : {example}.",
        "{name} = {got}, с десятичной запятой; используйте точку: {example}.",
    ),
    "not_an_integer": row(
        "{name} must be a whole number; it is {got}. Use digits only, such as 15.",
        "{name} doit être un nombre entier ; reçu {got}. Utilisez seulement des chiffres, par exemple 15.",
        "{name} должно быть целым числом, получено {got}. Используйте только цифры, например 15.",
    ),
    "not_a_boolean": row(
        "{name} must be yes or no; it is {got}. Send true or false.",
        "{name} doit être oui ou non ; reçu {got}. Envoyez true ou false.",
        "{name} должно быть «да» или «нет», получено {got}. Передайте true или false.",
    ),
    "not_a_date": row(
        "{name} must be a date; it is {got}. Write it as YYYY-MM-DD, such as 2026-03-01.",
        "{name} doit être une date ; reçu {got}. Écrivez AAAA-MM-JJ, par exemple 2026-03-01.",
        "{name} должно быть датой, получено {got}. Запишите её как ГГГГ-ММ-ДД, например 2026-03-01.",
    ),
    "not_a_datetime": row(
        "{name} must be a date and time; it is {got}. Write 2026-03-01T09:00:00Z, or with an offset: +02:00.",
        "{name} doit être une date et heure ; reçu {got}. Écrivez 2026-03-01T09:00:00Z, ou un décalage tel que +02:00.",
        "{name} должно быть датой и временем, получено {got}. Пример: 2026-03-01T09:00:00Z или +02:00 в конце.",
    ),
    "too_many_items": row(
        "{name} has {got} items; at most {limit} fit.",
        "{name} a {got} éléments ; {limit} au plus.",
        "В {name} элементов: {got}; не больше {limit}.",
    ),
    "too_few_items": row(
        "{name} has {got} items; at least {limit} are needed.",
        "{name} a {got} éléments ; au moins {limit} sont nécessaires.",
        "В {name} элементов: {got}; нужно не меньше {limit}.",
    ),
    "not_unique": row(
        "{name} holds the same item twice. Send each item once.",
        "{name} contient deux fois le même élément. Envoyez chaque élément une fois.",
        "В {name} есть повторы. Передайте каждый элемент один раз.",
    ),
    "too_many_decimals": row(
        "{name} is {got}; money has at most {limit} places after the point. Round it.",
        "{name} vaut {got} ; un montant a au plus {limit} décimales. Arrondissez-le.",
        "{name} = {got}; у суммы не больше {limit} знаков после точки. Округлите её.",
    ),
    "given_twice": row(
        "{name} is given {got} times; give it once.",
        "{name} est indiqué {got} fois ; indiquez-le une fois.",
        "{name} указано {got} раз; укажите один раз.",
    ),
    "not_valid": row(
        "{name} is {got}, which its schema does not allow ({keyword}).",
        "{name} vaut {got}, ce que son schéma n'autorise pas ({keyword}).",
        "{name} = {got}: схема этого не допускает ({keyword}).",
    ),
    "not_found": row(
        "There is no such record, or this token may not see it.",
        "Cet enregistrement n'existe pas, ou ce jeton ne peut pas le voir.",
        "Такой записи нет, или этому токену она не видна.",
    ),
    "missing_reference": row(
        "A record that this one refers to is no longer there; nothing was changed. Look it up again and retry.",
        "Un enregistrement auquel celui-ci se réfère n'existe plus ; rien n'a été modifié. Recherchez-le et réessayez.",
        "Записи, на которую эта ссылается, больше нет; ничего не изменено. Найдите её снова и повторите запрос.",
    ),
    "unavailable": row(
        "The storage is busy or cannot be reached. Try again in a moment.",
        "Le stockage est occupé ou injoignable. Réessayez dans un instant.",
        "Хранилище занято или недоступно. Повторите запрос чуть позже.",
    ),
    "storage_full": row(
        "The storage has no room left; nothing was changed. Make room on its disk, then try again.",
        "Le stockage est plein ; rien n'a été modifié. Libérez de l'espace disque, puis réessayez.",
        "В хранилище закончилось место; ничего не изменено. Освободите место на диске и повторите запрос.",
    ),
    **ACCESS,
    **WEBHOOKS,
    **DOORS,
    **MAIL,
    **INBOUND,
}
