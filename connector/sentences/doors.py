"""What the doors of other systems say; their own clients know the Russian words."""

from __future__ import annotations

from collections.abc import Mapping

from connector.sentences.rows import row

DOORS: Mapping[str, Mapping[str, str]] = {
    "wrong_api_key": row("The API key is not valid.", "La clé d'API n'est pas valide.", "Не верный API key"),
    "unknown_login": row("This user is not known.", "Cet utilisateur est inconnu.", "Неизвестный пользователь"),
    "unknown_method": row("This method is not known.", "Cette méthode est inconnue.", "Неизвестный метод"),
    "parameter_absent": row(
        "Parameters are missing - {name}", "Paramètres manquants - {name}", "Отсутствуют параметры - {name}"
    ),
    "reminder_not_found": row(
        "The reminder was not found within the account of this user.",
        "Le rappel n'a pas été trouvé dans le compte de cet utilisateur.",
        "Напоминание не найдено в пределах аккаунта указанного пользователя.",
    ),
    "incoming_lead_not_found": row(
        "The lead was not found within the account of this user.",
        "Le prospect n'a pas été trouvé dans le compte de cet utilisateur.",
        "Заявка не найдена в пределах аккаунта указанного пользователя.",
    ),
    "nothing_found": row("Nothing was found.", "Rien n'a été trouvé.", "Не найдено"),
}
