"""What is said about mail and attachments."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.rows import row

MAIL: Mapping[str, Mapping[str, str]] = {
    "bad_address": row(
        "{value} is not one e-mail address: {reason} Write one address, without a name, such as ana@example.com.",
        "{value} n'est pas une adresse e-mail : {reason} Écrivez une seule adresse, sans nom, par exemple ana@example.com.",
        "{value} не является одним адресом эл. почты: {reason} Укажите один адрес без имени, например ana@example.com.",
    ),
    "mail_route": row(
        "Not sent: the mailbox has no mail server. Give it a host, or set LEADWIRE_MAIL_URL for all.",
        "Non envoyé : la boîte n'a pas de serveur de messagerie. Donnez-lui un hôte ou définissez LEADWIRE_MAIL_URL pour toutes.",
        "Не отправлено: у ящика нет почтового сервера. Укажите его host или задайте LEADWIRE_MAIL_URL для всех.",
    ),
    "mail_address": row(
        "Not sent: {said}",
        "Non envoyé : {said}",
        "Не отправлено: {said}",
    ),
    "mail_connect": row(
        "The mail server {host} cannot be reached: {said}. Check its name and port.",
        "Le serveur de messagerie {host} est injoignable : {said}. Vérifiez son nom et son port.",
        "Почтовый сервер {host} недоступен: {said}. Проверьте имя и порт.",
    ),
    "mail_tls": row(
        "The mail server {host} cannot be spoken to safely: {said}. Check the port and the security (starttls, tls).",
        "Pas de liaison sûre avec le serveur {host} : {said}. Vérifiez le port et la sécurité (starttls, tls).",
        "Не удалось установить защищённое соединение с {host}: {said}. Проверьте порт и security (starttls, tls).",
    ),
    "mail_login": row(
        "The mail server {host} refused the user name or the password: {said}. Correct them and test the mailbox.",
        "Le serveur {host} a refusé le nom d'utilisateur ou le mot de passe : {said}. Corrigez-les et testez la boîte.",
        "Сервер {host} не принял имя пользователя или пароль: {said}. Исправьте их и проверьте ящик.",
    ),
    "mail_sender": row(
        "The mail server {host} does not take mail from this sender: {said}. Check the mailbox's address.",
        "Le serveur {host} n'accepte pas cet expéditeur : {said}. Vérifiez l'adresse de la boîte.",
        "Сервер {host} не принимает почту от этого отправителя: {said}. Проверьте адрес ящика.",
    ),
    "mail_recipient": row(
        "The mail server {host} does not take mail for this recipient: {said}. Check the address.",
        "Le serveur {host} n'accepte pas ce destinataire : {said}. Vérifiez l'adresse.",
        "Сервер {host} не принимает почту для этого получателя: {said}. Проверьте адрес.",
    ),
    "mail_data": row(
        "The mail server {host} would not take the text: {said}.",
        "Le serveur {host} n'a pas voulu du texte : {said}.",
        "Сервер {host} не стал принимать текст: {said}.",
    ),
    "mail_text": row(
        "The line to the mail server {host} broke before the text was whole: {said}. Nothing was sent.",
        "La liaison avec le serveur {host} s'est rompue avant la fin du texte : {said}. Rien n'a été envoyé.",
        "Связь с сервером {host} прервалась до конца текста: {said}. Ничего не отправлено.",
    ),
    "mail_reply": row(
        "The mail server {host} refused the mail: {said}.",
        "Le serveur {host} a refusé l'e-mail : {said}.",
        "Сервер {host} отклонил письмо: {said}.",
    ),
    "mail_reply_unknown": row(
        "The mail server {host} took the whole text but its answer was lost: {said}. It may have been sent. Ask the recipient, then send it again if need be.",
        "Le serveur {host} a reçu tout le texte mais sa réponse s'est perdue : {said}. L'e-mail est peut-être parti. Demandez au destinataire, puis renvoyez-le au besoin.",
        "Сервер {host} получил весь текст, но его ответ потерян: {said}. Письмо могло уйти. Спросите получателя и при необходимости отправьте снова.",
    ),
    "mail_text_unknown": row(
        "The worker stopped while the mail server was taking the text. It may have been sent. Ask the recipient, then send it again if need be.",
        "Le service s'est arrêté pendant l'envoi du texte. L'e-mail est peut-être parti. Demandez au destinataire, puis renvoyez-le au besoin.",
        "Служба остановилась во время передачи текста. Письмо могло уйти. Спросите получателя и при необходимости отправьте снова.",
    ),
    "mail_works": row(
        "The mailbox works: {host} accepted the login and the sender.",
        "La boîte fonctionne : {host} a accepté la connexion et l'expéditeur.",
        "Ящик работает: {host} принял вход и отправителя.",
    ),
    "mail_test_sent": row(
        "A test mail was sent to {to}.",
        "Un e-mail de test a été envoyé à {to}.",
        "Пробное письмо отправлено на {to}.",
    ),
    "mail_test_subject": row(
        "Leadwire: test of the mailbox {address}",
        "Leadwire : test de la boîte {address}",
        "Leadwire: проверка ящика {address}",
    ),
    "mail_test_text": row(
        "This mailbox can send mail from Leadwire.",
        "Cette boîte peut envoyer des e-mails depuis Leadwire.",
        "Этот ящик может отправлять письма из Leadwire.",
    ),
    "mailbox_not_found": row(
        "There is no mailbox {value}.",
        "Il n'y a pas de boîte aux lettres {value}.",
        "Почтового ящика {value} нет.",
    ),
    "multipart_expected": row(
        "Files are read from a multipart/form-data body only. Send the file as a part of one, with a file name.",
        "Les fichiers ne sont lus que dans un corps multipart/form-data. Envoyez-y le fichier, avec un nom de fichier.",
        "Файлы читаются только из тела multipart/form-data. Пришлите файл его частью, с именем файла.",
    ),
    "file_expected": row(
        "Send the file as a part named file of a multipart/form-data body, with a file name.",
        "Envoyez le fichier dans une partie nommée file d'un corps multipart/form-data, avec un nom de fichier.",
        "Пришлите файл частью file тела multipart/form-data, с именем файла.",
    ),
    "attachment_too_large": row(
        "The file is larger than {limit} bytes. Send a smaller one.",
        "Le fichier dépasse {limit} octets. Envoyez-en un plus petit.",
        "Файл больше {limit} байт. Пришлите файл поменьше.",
    ),
    "content_not_found": row(
        "The content of this attachment is gone.",
        "Le contenu de cette pièce jointe n'existe plus.",
        "Содержимое этого вложения утрачено.",
    ),
}
