"""The words on the console's pages."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.rows import row

CONSOLE: Mapping[str, Mapping[str, str]] = {
    "settings": row("Settings", "Paramètres", "Настройки"),
    "sign_in": row("Sign in", "Se connecter", "Войти"),
    "sign_out": row("Sign out", "Se déconnecter", "Выйти"),
    "sign_in_with": row(
        "Sign in with one of your tokens. The first one was printed when Leadwire was started on a new database; later ones come from an administrator.",
        "Connectez-vous avec l'un de vos jetons. Le premier s'est affiché au premier démarrage de Leadwire ; les suivants viennent d'un administrateur.",
        "Войдите с одним из своих токенов. Первый был напечатан при первом запуске Leadwire, остальные выдаёт администратор.",
    ),
    "token": row("Token", "Jeton", "Токен"),
    "signed_in_as": row("Signed in as", "Connecté en tant que", "Вы вошли как"),
    "address": row("Address of the API", "Adresse de l'API", "Адрес API"),
    "address_help": row(
        "Programs, Zapier, Make and n8n ask for this address and a token.",
        "Les programmes, Zapier, Make et n8n demandent cette adresse et un jeton.",
        "Программы, Zapier, Make и n8n спрашивают этот адрес и токен.",
    ),
    "try_it": row("Try it in a terminal:", "Pour essayer dans un terminal :", "Проверьте в терминале:"),
    "all_calls": row(
        "Every call, with a button that sends it",
        "Tous les appels, avec un bouton pour les envoyer",
        "Все вызовы и кнопка, чтобы отправить каждый",
    ),
    "tokens": row("Tokens", "Jetons", "Токены"),
    "tokens_all": row(
        "All tokens of the account. One for each system that calls, so that each can be revoked alone.",
        "Tous les jetons du compte. Un par système appelant, pour pouvoir révoquer chacun séparément.",
        "Все токены аккаунта. По одному на каждую систему, чтобы любой можно было отозвать отдельно.",
    ),
    "tokens_own": row(
        "The token that you signed in with. An administrator makes and revokes tokens.",
        "Le jeton avec lequel vous êtes connecté. Un administrateur crée et révoque les jetons.",
        "Токен, с которым вы вошли. Создаёт и отзывает токены администратор.",
    ),
    "name": row("Name", "Nom", "Название"),
    "name_help": row("The system that calls.", "Le système appelant.", "Система, которая будет обращаться."),
    "details": row("Details", "Détails", "Подробности"),
    "begins_with": row("Begins with", "Commence par", "Начинается с"),
    "user": row("User", "Utilisateur", "Пользователь"),
    "user_help": row(
        "The token sees what this user sees: an administrator everything, others their own leads.",
        "Le jeton voit ce que voit cet utilisateur : tout pour un administrateur, ses propres prospects pour les autres.",
        "Токен видит то же, что этот пользователь: администратор — всё, остальные — своих лидов.",
    ),
    "may": row("May", "Droits", "Права"),
    "read": row("read", "lire", "читать"),
    "act": row("act", "agir", "действовать"),
    "administer": row("administer", "administrer", "управлять"),
    "act_as": row("act as others", "agir pour d'autres", "действовать за других"),
    "allowed_ips": row("Allowed addresses", "Adresses autorisées", "Разрешённые адреса"),
    "allowed_ips_help": row(
        "IP addresses or ranges such as 10.0.0.0/8, with commas between them. Empty: any.",
        "Adresses IP ou plages telles que 10.0.0.0/8, séparées par des virgules. Vide : toutes.",
        "IP-адреса или диапазоны вида 10.0.0.0/8 через запятую. Пусто: любые.",
    ),
    "rate_limit": row("Calls per minute", "Appels par minute", "Вызовов в минуту"),
    "rate_limit_help": row(
        "0: any number. Empty: as in the settings.",
        "0 : sans limite. Vide : selon les paramètres.",
        "0: сколько угодно. Пусто: как в настройках.",
    ),
    "expires_at": row("Last day", "Dernier jour", "Последний день"),
    "expires_at_help": row(
        "Ends with that day (UTC). Empty: never.",
        "Expire à la fin de ce jour (UTC). Vide : jamais.",
        "Действует до конца этого дня (UTC). Пусто: всегда.",
    ),
    "last_used_at": row("Last used", "Dernière utilisation", "Последний вызов"),
    "state": row("State", "État", "Состояние"),
    "good": row("good", "valable", "действует"),
    "expired": row("expired", "expiré", "просрочен"),
    "revoked": row("revoked", "révoqué", "отозван"),
    "in_use": row("in use here", "utilisé ici", "вы вошли с ним"),
    "anywhere": row("any", "toutes", "любые"),
    "never": row("never", "jamais", "никогда"),
    "revoke": row("Revoke", "Révoquer", "Отозвать"),
    "new_token": row("New token", "Nouveau jeton", "Новый токен"),
    "make_token": row("Make the token", "Créer le jeton", "Создать токен"),
    "made": row("The token {name} is made", "Le jeton {name} est créé", "Токен {name} создан"),
    "shown_once": row(
        "Copy it now: it is shown this one time and never again.",
        "Copiez-le maintenant : il ne sera plus jamais affiché.",
        "Скопируйте его сейчас: больше он показан не будет.",
    ),
    "not_done": row("This was not done", "Cela n'a pas été fait", "Это не выполнено"),
    "back": row("Back to the settings", "Retour aux paramètres", "Назад к настройкам"),
}
"""By key, in every language; what is wrong with a call is told by the sentences of its error."""
