"""Takes a lead in from what somebody else's form asked: answers become the input of the action `receive_lead`.

Nothing that was said is lost: what is no field of a lead, or does not fit its field, goes into the description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.catalog.inputs import parse
from connector.catalog.model import Catalog, Input
from connector.catalog.words import field_called, plain, squeezed
from connector.engine.answers import Answer
from connector.engine.run import Result, action, run
from connector.errors import Invalid
from connector.storage.contract import Scope, Store

ACTION = "receive_lead"
DROP = "-"
"""The target of an answer that is left out."""
CUSTOM = "custom."
"""Before the key of a custom field."""
TARGETS = (
    "title", "contact_name", "first_name", "last_name", "email", "phone", "company", "site", "address", "postcode",
    "city", "country", "description", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    "utm_referrer",
)  # fmt: skip
"""Fields that an answer finds by its name alone."""
CHOSEN = (*TARGETS, "source", "partner", "tags", "external_id")
"""Fields that a mapping may name besides."""
SILENT = frozenset(map(squeezed, (
    "g-recaptcha-response", "h-captcha-response", "cf-turnstile-response", "csrfmiddlewaretoken", "csrf_token",
    "authenticity_token", "utf8", "submit", "form-name", "form_id", "formid", "nonce",
)))  # fmt: skip
"""Fields that forms send for their own purposes."""
BEFORE = frozenset((
    "your", "my", "form", "field", "fields", "contact", "lead", "user", "customer", "client", "billing", "input",
    "work", "business", "data", "ctc", "votre", "mon", "ваш", "ваша", "ваше",
))  # fmt: skip
"""Words before a name that say nothing: `your-email`, `form_email`, `ctc_email`."""
EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
TITLE_LENGTH = 100
LONGEST = 50_000
"""Characters that a description holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the answers of one source are taken: its mapping (name of an answer -> field), and what never changes."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that no answer changes, such as the source or who is in charge."""
    usual: Mapping[str, Any] = field(default_factory=dict)
    """Inputs where no answer has one."""


def receive(
    catalog: Catalog, store: Store, scope: Scope, given: Sequence[Answer], rules: Rules, *, same: Any = None
) -> Result:  # fmt: skip
    """Create the lead. `same`: what makes two calls equal, where the scope says that equal calls are one."""
    raw = inputs(action(catalog, ACTION).input, given, rules)
    return run(catalog, store, scope, ACTION, raw, text=True, same=same)


def inputs(known: Input, given: Sequence[Answer], rules: Rules) -> dict[str, Any]:
    """The input of the action: each answer in its field, the rest as lines of the description."""
    chosen = {squeezed(name): target for name, target in rules.mapping.items()}
    found: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    rest: list[Answer] = []
    for answer in given:
        target = _target(answer, chosen, found)
        if target == DROP:
            continue
        if target == "description" and target in found:
            found[target] += f"\n{answer.text}"
        elif target.startswith(CUSTOM):
            custom.setdefault(target.removeprefix(CUSTOM), answer.text)
        elif not target or target in found:
            rest.append(answer)
        else:
            found[target] = answer.text
    found = {**rules.usual, **found, **{name: value for name, value in rules.fixed.items() if value}}
    if custom:
        found["custom"] = custom
    return _fitting(known, _titled(found, rest), rest)


def _target(answer: Answer, chosen: Mapping[str, str], taken: Mapping[str, Any]) -> str:
    """The field an answer goes to: as the mapping says, else by its names, else because it looks like one."""
    for name in answer.names:
        if target := chosen.get(squeezed(name)):
            return target
    if all(name.startswith("_") and name not in MEANT for name in answer.names) or squeezed(answer.names[-1]) in SILENT:
        return DROP
    for name in (*answer.names, answer.label):
        if (target := _recognised(name)) in TARGETS and target not in taken:
            return target
    return "email" if "email" not in taken and EMAIL.fullmatch(answer.text) else ""


MEANT = {"_replyto": "email", "_subject": "title"}
"""Names with an underscore in front that are answers all the same; all others speak to the door."""


def _recognised(name: str) -> str:
    """The field that a name means: `Your e-mail *`, `contact.phone`, `tel-681`; empty when it means none."""
    if name in MEANT:
        return MEANT[name]
    words = plain(name.rpartition(".")[2]).split()
    while words:
        if found := field_called(" ".join(words)):
            return found
        if words[-1].isdecimal():
            words.pop()
        elif words[0] in BEFORE:
            words.pop(0)
        else:
            break
    return ""


def _titled(found: dict[str, Any], rest: Sequence[Answer]) -> dict[str, Any]:
    """With nobody's name, company or address at all: what the message begins with is the title."""
    if not any(
        found.get(name) for name in ("title", "contact_name", "first_name", "last_name", "company", "email", "phone")
    ):
        said = found.get("description") or next((answer.text for answer in rest), "")
        if said:
            return {"title": said.splitlines()[0][:TITLE_LENGTH], **found}
    return found


def _fitting(known: Input, found: dict[str, Any], rest: Sequence[Answer]) -> dict[str, Any]:
    """What does not fit its field joins the rest, and the rest joins the description."""
    unfit = [name for name in _unfit(known, found) if name in found]
    lines = [f"{name.replace('_', ' ').capitalize()}: {found[name]}" for name in unfit if name != "custom"]
    lines += [f"{key}: {value}" for key, value in found.get("custom", {}).items() if "custom" in unfit]
    lines += [f"{answer.label or answer.names[0]}: {answer.text}" for answer in rest]
    kept = {name: value for name, value in found.items() if name not in unfit}
    parts = [str(kept.get("description", "")), "\n".join(lines)]
    if whole := "\n\n".join(filter(None, parts)):
        kept["description"] = whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"
    return _titled(kept, rest) if unfit else kept


def _unfit(known: Input, found: Mapping[str, Any]) -> list[str]:
    """The inputs that the action would refuse. A title that is too long is cut where the rest of it is kept."""
    try:
        parse(known, found, text=True)
    except Invalid as error:
        return list(dict.fromkeys(fault.pointer.split("/")[1] for fault in error.faults))
    return []
