"""The sentences about what goes out: addresses, receivers, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.rows import row

WEBHOOKS: Mapping[str, Mapping[str, str]] = {
    "value_or_field": row(
        "{name}: give either a value or the name of a field of the item.",
        "{name} : donnez soit une valeur, soit le nom d'un champ de l'élément.",
        "{name}: укажите либо значение, либо название поля элемента.",
    ),
    "header_taken": row(
        "{name}: the header {got} is set by Leadwire itself. Choose another name.",
        "{name} : l'en-tête {got} est défini par Leadwire. Choisissez un autre nom.",
        "{name}: заголовок {got} задаёт сам Leadwire. Выберите другое имя.",
    ),
    "field_taken": row(
        "{name}: the body has a field {got} already. Choose another name.",
        "{name} : le corps a déjà un champ {got}. Choisissez un autre nom.",
        "{name}: в теле уже есть поле {got}. Выберите другое имя.",
    ),
    "not_one_line": row(
        "{name} must be one line of text.",
        "{name} doit être une seule ligne de texte.",
        "{name} должно быть одной строкой текста.",
    ),
    "no_secret_key": row(
        "This server has no key to keep secrets with. Set LEADWIRE_SECRET_KEY to a long random text and restart it.",
        "Ce serveur n'a pas de clé pour garder des secrets. Réglez LEADWIRE_SECRET_KEY sur un long texte aléatoire et redémarrez.",
        "У сервера нет ключа для хранения секретов. Задайте LEADWIRE_SECRET_KEY (длинный случайный текст) и перезапустите его.",
    ),
    "wrong_secret_key": row(
        "A stored secret was sealed with another key. Give the old key after the new one in LEADWIRE_SECRET_KEY.",
        "Un secret enregistré a été scellé avec une autre clé. Ajoutez l'ancienne clé après la nouvelle dans LEADWIRE_SECRET_KEY.",
        "Сохранённый секрет зашифрован другим ключом. Укажите старый ключ после нового в LEADWIRE_SECRET_KEY.",
    ),
    "url_not_plain": row(
        "{value} is not an address that can be called. Give a full one such as https://example.com/hook.",
        "{value} n'est pas une adresse appelable. Donnez une adresse complète comme https://example.com/hook.",
        "{value} не годится как адрес для вызова. Укажите полный адрес, например https://example.com/hook.",
    ),
    "url_not_http": row(
        "{value} is not a web address. It must begin with https:// or http:// and name a host.",
        "{value} n'est pas une adresse web. Elle doit commencer par https:// ou http:// et nommer un hôte.",
        "{value} не веб-адрес. Он должен начинаться с https:// или http:// и называть хост.",
    ),
    "url_with_password": row(
        "The address carries a user name or password. Send them as an extra parameter (a header) instead.",
        "L'adresse contient un nom d'utilisateur ou un mot de passe. Envoyez-les comme paramètre supplémentaire (un en-tête).",
        "В адресе указаны имя или пароль. Передайте их дополнительным параметром (заголовком).",
    ),
    "network_not_allowed": row(
        "This address leads into a network that is not called from here. The operator can open one with LEADWIRE_OUTBOUND_ALLOW.",
        "Cette adresse mène à un réseau qui n'est pas appelé d'ici. L'exploitant peut l'ouvrir avec LEADWIRE_OUTBOUND_ALLOW.",
        "Этот адрес ведёт в сеть, которую отсюда не вызывают. Оператор может открыть её через LEADWIRE_OUTBOUND_ALLOW.",
    ),
    "name_not_found": row(
        "The host name of the address is unknown. Check its spelling and its DNS entry.",
        "Le nom d'hôte de l'adresse est inconnu. Vérifiez son orthographe et son entrée DNS.",
        "Имя хоста в адресе неизвестно. Проверьте написание и запись DNS.",
    ),
    "cannot_connect": row(
        "No connection to the receiver came about. It may be down, or refuse connections on that port.",
        "Aucune connexion avec le destinataire. Il est peut-être arrêté ou refuse les connexions sur ce port.",
        "Соединиться с получателем не удалось. Возможно, он не работает или не принимает соединения на этом порту.",
    ),
    "tls_failed": row(
        "The receiver's certificate is not valid, or no secure connection could be agreed on.",
        "Le certificat du destinataire n'est pas valide, ou aucune connexion sécurisée n'a pu être établie.",
        "Сертификат получателя недействителен, или защищённое соединение не установлено.",
    ),
    "no_answer_in_time": row(
        "The receiver did not finish its answer in time. It should answer at once and do its work afterwards.",
        "Le destinataire n'a pas terminé sa réponse à temps. Il devrait répondre aussitôt et travailler ensuite.",
        "Получатель не закончил ответ вовремя. Ему следует отвечать сразу, а работать потом.",
    ),
    "answer_cut_short": row(
        "The connection ended before the receiver's answer was complete, so it does not count.",
        "La connexion s'est terminée avant la fin de la réponse ; elle ne compte donc pas.",
        "Соединение прервалось до конца ответа, поэтому он не засчитан.",
    ),
    "answer_not_http": row(
        "What the receiver answered is not HTTP.",
        "La réponse du destinataire n'est pas du HTTP.",
        "Ответ получателя не является HTTP.",
    ),
    "redirected": row(
        "The receiver sent us on to another address, which is not followed. Give the final address.",
        "Le destinataire renvoie vers une autre adresse, ce qui n'est pas suivi. Donnez l'adresse finale.",
        "Получатель перенаправляет на другой адрес; переход не выполняется. Укажите конечный адрес.",
    ),
    "receiver_refused": row(
        "The receiver answered with an error.",
        "Le destinataire a répondu par une erreur.",
        "Получатель ответил ошибкой.",
    ),
    "receiver_gone": row(
        "The receiver answered 410: it does not want this any more, so the subscription was ended.",
        "Le destinataire a répondu 410 : il n'en veut plus, l'abonnement a donc pris fin.",
        "Получатель ответил 410: ему это больше не нужно, поэтому подписка завершена.",
    ),
    "failed_too_long": row(
        "Every delivery failed for too long, so the subscription was disabled. Its deliveries are kept: enable it and replay them.",
        "Toutes les livraisons ont échoué trop longtemps ; l'abonnement est désactivé. Ses livraisons sont gardées : réactivez et rejouez.",
        "Доставки слишком долго не удавались, подписка отключена. Доставки сохранены: включите её и повторите их.",
    ),
    "delivered_well": row(
        "The receiver accepted the notification.",
        "Le destinataire a accepté la notification.",
        "Получатель принял уведомление.",
    ),
    "subscription_not_found": row(
        "There is no subscription {value}. GET /api/v1/subscriptions lists yours.",
        "Il n'y a pas d'abonnement {value}. GET /api/v1/subscriptions liste les vôtres.",
        "Подписки {value} нет. GET /api/v1/subscriptions перечисляет ваши.",
    ),
    "parameter_not_found": row(
        "The subscription has no parameter {value}. GET its /parameters to list them.",
        "L'abonnement n'a pas de paramètre {value}. GET /parameters les liste.",
        "У подписки нет параметра {value}. GET /parameters перечисляет их.",
    ),
    "delivery_not_found": row(
        "There is no delivery {value}. GET /api/v1/deliveries lists those of your subscriptions.",
        "Il n'y a pas de livraison {value}. GET /api/v1/deliveries liste celles de vos abonnements.",
        "Доставки {value} нет. GET /api/v1/deliveries перечисляет доставки ваших подписок.",
    ),
    "subscription_not_active": row(
        'The subscription is {state}. Enable it first: PATCH it with {{"state": "active"}}.',
        'L\'abonnement est dans l\'état {state}. Réactivez-le d\'abord : PATCH avec {{"state": "active"}}.',
        'Состояние подписки: {state}. Сначала включите её: PATCH с {{"state": "active"}}.',
    ),
    "provider_subscription": row(
        "This subscription stands for the address that leads name as their provider's; only its state can be changed.",
        "Cet abonnement correspond à l'adresse que des prospects donnent comme celle de leur fournisseur ; seul son état se change.",
        "Эта подписка соответствует адресу поставщика, указанному в лидах; изменить можно только её состояние.",
    ),
    "token_not_valid": row(
        "The token or the user that made this subscription is no longer active, so nothing more is sent to it.",
        "Le jeton ou l'utilisateur à l'origine de cet abonnement n'est plus actif ; plus rien ne lui est envoyé.",
        "Токен или пользователь, создавший подписку, больше не активен, поэтому ей ничего не отправляется.",
    ),
    "subscription_removed": row(
        "The subscription was removed before this could be sent.",
        "L'abonnement a été supprimé avant l'envoi.",
        "Подписка была удалена до отправки.",
    ),
}
