"""The sentences about who is let in: tokens, limits, keys."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.rows import row

ACCESS: Mapping[str, Mapping[str, str]] = {
    "signed_out": row(
        "You are not signed in, or have been for too long. Sign in with a token.",
        "Vous n'êtes pas connecté, ou depuis trop longtemps. Connectez-vous avec un jeton.",
        "Вы не вошли или вошли слишком давно. Войдите с токеном.",
    ),
    "foreign_form": row(
        "This form was sent from another site, so nothing was done. Open the page here and send it again.",
        "Ce formulaire vient d'un autre site ; rien n'a été fait. Ouvrez la page ici et renvoyez-le.",
        "Эта форма отправлена с другого сайта, поэтому ничего не сделано. Откройте страницу здесь и отправьте снова.",
    ),
    "idempotency_in_progress": row(
        "Another call with this idempotency key is still under way. Send the same call again after Retry-After seconds.",
        "Un autre appel avec cette clé d'idempotence est en cours. Renvoyez le même appel après Retry-After secondes.",
        "Другой вызов с этим ключом идемпотентности ещё выполняется. Повторите его через Retry-After секунд.",
    ),
    "idempotency_mismatch": row(
        "This idempotency key was used with other input. Send the same input again, or a new key.",
        "Cette clé d'idempotence a servi avec d'autres données. Renvoyez les mêmes données, ou une nouvelle clé.",
        "Этот ключ идемпотентности уже использован с другими данными. Передайте те же данные или новый ключ.",
    ),
    "bad_idempotency_key": row(
        "The idempotency key must be one text of at most {most} characters, such as a UUID.",
        "La clé d'idempotence doit être un texte de {most} caractères au plus, par exemple un UUID.",
        "Ключ идемпотентности должен быть текстом не длиннее {most} символов, например UUID.",
    ),
    "action_not_allowed": row(
        "This token may not run {name}. Ask an administrator for a token with the scope act that allows it.",
        "Ce jeton ne peut pas exécuter {name}. Demandez à un administrateur un jeton de portée act qui l'autorise.",
        "Этому токену нельзя выполнять {name}. Запросите у администратора токен с областью act, где это разрешено.",
    ),
    "scope_missing": row(
        "This token lacks the scope {name}. Ask an administrator for a token that has it.",
        "Ce jeton n'a pas la portée {name}. Demandez à un administrateur un jeton qui l'a.",
        "У этого токена нет области {name}. Запросите у администратора токен с ней.",
    ),
    "packed_body": row(
        "A body packed with {given} is not read here. Send it plain, without Content-Encoding.",
        "Un corps compressé en {given} n'est pas lu ici. Envoyez-le tel quel, sans Content-Encoding.",
        "Тело, сжатое как {given}, здесь не читается. Пришлите его как есть, без Content-Encoding.",
    ),
    "no_such_id": row(
        "There is nothing with the id {value} here that you may see. Ids are whole numbers from 1.",
        "Il n'y a rien ici avec l'identifiant {value}, ou c'est hors de votre portée. Les identifiants sont des entiers à partir de 1.",
        "Здесь нет ничего с номером {value}, что вам доступно. Номера — целые числа от 1.",
    ),
    "address_not_allowed": row(
        "This token may not be used from {address}. Ask an administrator to allow that address.",
        "Ce jeton ne peut pas être utilisé depuis {address}. Demandez à un administrateur d'autoriser cette adresse.",
        "Этот токен нельзя использовать с адреса {address}. Попросите администратора разрешить этот адрес.",
    ),
    "rate_limited": row(
        "This token has used up its {limit} requests per minute. Go on after Retry-After seconds.",
        "Ce jeton a épuisé ses {limit} requêtes par minute. Continuez après Retry-After secondes.",
        "Этот токен исчерпал свои {limit} запросов в минуту. Продолжайте через Retry-After секунд.",
    ),
    "too_many_wrong_tokens": row(
        "Too many wrong tokens came from {address}. Go on after Retry-After seconds, with a valid one.",
        "Trop de jetons erronés viennent de {address}. Continuez après Retry-After secondes, avec un jeton valide.",
        "С адреса {address} пришло слишком много неверных токенов. Продолжайте через Retry-After секунд с верным.",
    ),
    "batch_over_limit": row(
        "A batch counts its rows: {rows} are more than the {limit} calls per minute of this token. Split it.",
        "Un lot compte ses lignes : {rows} dépassent les {limit} appels par minute de ce jeton. Divisez-le.",
        "Пакет считается по строкам: {rows} больше, чем {limit} вызовов в минуту для этого токена. Разделите его.",
    ),
    "get_switched_off": row(
        "GET does not act here: it was switched off. Send the same as POST.",
        "GET n'agit pas ici : il a été désactivé. Envoyez la même requête en POST.",
        "GET здесь отключён и ничего не выполняет. Отправьте то же самое через POST.",
    ),
    "address_too_long": row(
        "The address is longer than {limit} bytes. Send the parameters in the body of a POST.",
        "L'adresse dépasse {limit} octets. Envoyez les paramètres dans le corps d'un POST.",
        "Адрес длиннее {limit} байт. Передайте параметры в теле POST.",
    ),
    "headers_too_large": row(
        "The headers are larger than {limit} bytes together. Send fewer or shorter ones.",
        "Les en-têtes dépassent {limit} octets au total. Envoyez-en moins, ou de plus courts.",
        "Заголовки вместе больше {limit} байт. Пришлите меньше или короче.",
    ),
    "wrong_form": row(
        "{name} is {got}, which does not have the form that is asked for here. See /docs/api.",
        "{name} vaut {got}, ce qui n'a pas la forme demandée ici. Voir /docs/api.",
        "{name} равно {got}; здесь требуется другой вид. См. /docs/api.",
    ),
    "not_a_network": row(
        "{got} is neither an IP address nor a range. Write 203.0.113.7 or 10.0.0.0/8.",
        "{got} n'est ni une adresse IP ni une plage. Écrivez 203.0.113.7 ou 10.0.0.0/8.",
        "{got} не IP-адрес и не диапазон. Запишите так: 203.0.113.7 или 10.0.0.0/8.",
    ),
}
