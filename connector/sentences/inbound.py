"""The sentences about what comes in from outside: web forms and lead ads."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.rows import row

INBOUND: Mapping[str, Mapping[str, str]] = {
    "form_thanks_title": row("Thank you", "Merci", "Спасибо"),
    "form_thanks": row(
        "We have received what you sent and will be in touch.",
        "Nous avons bien reçu votre envoi et reviendrons vers vous.",
        "Мы получили ваше сообщение и свяжемся с вами.",
    ),
    "form_error_title": row("That did not work", "L'envoi a échoué", "Не получилось отправить"),
    "web_form_not_found": row(
        "There is no form {value}. GET /api/v1/forms lists those of the account, with their addresses.",
        "Il n'y a pas de formulaire {value}. GET /api/v1/forms liste ceux du compte, avec leurs adresses.",
        "Формы {value} нет. GET /api/v1/forms перечисляет формы аккаунта и их адреса.",
    ),
    "form_paused": row(
        "This form takes nothing in at present.",
        "Ce formulaire ne prend rien pour le moment.",
        "Эта форма сейчас ничего не принимает.",
    ),
    "origin_not_allowed": row(
        "Pages of {origin} may not send to this form. An administrator can add it to the form's origins.",
        "Les pages de {origin} ne peuvent pas envoyer à ce formulaire. Un administrateur peut l'ajouter aux origines.",
        "Страницам {origin} нельзя отправлять в эту форму. Администратор может добавить адрес в origins формы.",
    ),
    "wrong_signature": row(
        "The signature is missing or does not fit the body. Sign the raw body with HMAC-SHA256 and the current secret.",
        "La signature manque ou ne correspond pas au corps. Signez le corps brut en HMAC-SHA256 avec le secret actuel.",
        "Подписи нет, или она не подходит к телу. Подпишите исходное тело HMAC-SHA256 действующим секретом.",
    ),
    "form_rate_limited": row(
        "This form has taken its {limit} submissions of this minute. Go on after Retry-After seconds.",
        "Ce formulaire a pris ses {limit} envois de cette minute. Continuez après Retry-After secondes.",
        "Форма приняла свои {limit} отправок за эту минуту. Продолжайте через Retry-After секунд.",
    ),
    "form_address_limited": row(
        "More than {limit} submissions of this minute came from {address}. Go on after Retry-After seconds.",
        "Plus de {limit} envois de cette minute viennent de {address}. Continuez après Retry-After secondes.",
        "С адреса {address} за эту минуту пришло больше {limit} отправок. Продолжайте через Retry-After секунд.",
    ),
    "form_not_signed": row(
        'This form takes unsigned submissions, so it has no secret. PATCH it with {{"signed": true}}.',
        'Ce formulaire accepte des envois non signés, il n\'a donc pas de secret. PATCH avec {{"signed": true}}.',
        'Форма принимает отправки без подписи, секрета у неё нет. Отправьте PATCH с {{"signed": true}}.',
    ),
    "meta_page_not_found": row(
        "There is no page {value}. GET /api/v1/meta/pages lists those of the account.",
        "Il n'y a pas de page {value}. GET /api/v1/meta/pages liste celles du compte.",
        "Страницы {value} нет. GET /api/v1/meta/pages перечисляет страницы аккаунта.",
    ),
    "meta_lead_not_found": row(
        "There is no lead of Meta {value}. GET /api/v1/meta/leads lists those of the account.",
        "Il n'y a pas de prospect Meta {value}. GET /api/v1/meta/leads liste ceux du compte.",
        "Лида Meta {value} нет. GET /api/v1/meta/leads перечисляет лиды аккаунта.",
    ),
    "meta_lead_done": row(
        "This lead was fetched already: it is lead {lead_id} here.",
        "Ce prospect a déjà été récupéré : c'est ici le prospect {lead_id}.",
        "Этот лид уже получен: здесь это лид {lead_id}.",
    ),
    "meta_switched_off": row(
        "Lead ads are not set up on this server. Set LEADWIRE_META_APP_SECRET and LEADWIRE_META_VERIFY_TOKEN.",
        "Les publicités à formulaire ne sont pas configurées ici. Réglez LEADWIRE_META_APP_SECRET et LEADWIRE_META_VERIFY_TOKEN.",
        "Лид-формы на этом сервере не настроены. Задайте LEADWIRE_META_APP_SECRET и LEADWIRE_META_VERIFY_TOKEN.",
    ),
    "wrong_verify_token": row(
        "The verify token is not the one of LEADWIRE_META_VERIFY_TOKEN.",
        "Le jeton de vérification n'est pas celui de LEADWIRE_META_VERIFY_TOKEN.",
        "Проверочный токен не совпадает с LEADWIRE_META_VERIFY_TOKEN.",
    ),
    "graph_refused": row(
        "Meta's Graph API refused to give the lead; `said` has its words. Mend the cause, then replay.",
        "L'API Graph de Meta a refusé de donner le prospect ; voir `said`. Corrigez la cause, puis rejouez.",
        "Graph API Meta отказался отдать лид; его ответ в `said`. Устраните причину и повторите.",
    ),
    "graph_unreadable": row(
        "What Meta's Graph API answered is no lead.",
        "La réponse de l'API Graph de Meta n'est pas un prospect.",
        "Ответ Graph API Meta не является лидом.",
    ),
    "page_gone": row(
        "The page of this lead is not registered here any more. Register it again, then replay.",
        "La page de ce prospect n'est plus enregistrée ici. Enregistrez-la de nouveau, puis rejouez.",
        "Страница этого лида здесь больше не зарегистрирована. Зарегистрируйте её снова и повторите.",
    ),
    "lead_refused": row(
        "The lead was fetched, but could not be created; `said` has the reason.",
        "Le prospect a été récupéré mais n'a pas pu être créé ; la raison est dans `said`.",
        "Лид получен, но не создан; причина в `said`.",
    ),
}
