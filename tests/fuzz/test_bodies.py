"""Bodies that no reader should swallow: refused with 4xx at every address that takes one, and never stored."""

from __future__ import annotations

import pytest

from tests.fuzz.conftest import TOKEN, Served

BODIES = {
    "20 MB": b'{"title": "' + b"a" * 20_000_000 + b'"}',
    "depth 100,000": b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects 100,000 deep": b'{"title":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"title": "x", "amount": NaN}',
    "Infinity": b'{"title": "x", "amount": -Infinity}',
    "duplicate keys": b'{"title": "x", "title": "y"}',
    "duplicate keys inside": b'{"title": "x", "custom": {"a": 1, "a": 2}}',
    "lone surrogate": b'{"title": "\\ud800"}',
    "lone surrogate in a key": b'{"title": "x", "\\udfff": 1}',
    "10**30": b'{"title": "x", "lead_id": 1' + b"0" * 30 + b"}",
    "1e400": b'{"title": "x", "amount": 1e400}',
    "10**5000": b'{"title": "x", "lead_id": 1' + b"0" * 5000 + b"}",
    "NUL": b'{"title": "a\\u0000b"}',
    "raw NUL": b'{"title": "a\x00b"}',
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "cut short": b'{"title": "x"',
    "a list": b'[{"title": "x"}]',
    "a number": b"1",
    "null": b"null",
    "two documents": b'{"title": "x"} {"title": "y"}',
}
FORMS = {
    "NUL": b"title=a%00b",
    "10**30": b"title=x&lead_id=1" + b"0" * 30,
    "20 MB": b"title=" + b"a" * 20_000_000,
    "many parameters": b"&".join(b"x%d=1" % n for n in range(5000)),
}
REFUSED = {400, 413, 415, 422}
NOWHERE = {404, 405}
"""At the address of no record, such as `/api/v1/mailboxes/<mailbox_id>/test` itself."""


def addresses(served: Served) -> list[str]:
    rules = [rule.rule for rule in served.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    native = {rule for rule in rules if rule.startswith("/api/v1/")}
    return sorted({rule.replace("<key>", key) for rule in native for key in served.house.catalog.actions})


def allowed(path: str) -> set[int]:
    return REFUSED | NOWHERE if "<" in path else REFUSED


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_json_body_is_refused_everywhere(served: Served, body: bytes) -> None:
    before = served.newest
    statuses = {
        path: served.client.post(path, data=body, content_type="application/json").status_code
        for path in addresses(served)
    }
    assert {path: status for path, status in statuses.items() if status not in allowed(path)} == {}
    assert served.newest == before


DOORS = (
    "/leads", "/addlead", "/leads/1/status", "/leads/1/attachments", "/subscriptions", "/api/simple/leads/1/won",
    f"/developer/v1/leads?login=ada&apikey={TOKEN}&action=add",
    f"/developer/v1/task?login=ada&apikey={TOKEN}&action=add",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_body_is_refused_at_every_door(served: Served, body: bytes, kind: str) -> None:
    before = served.newest
    statuses = {path: served.client.post(path, data=body, content_type=kind).status_code for path in DOORS}
    assert {path: status for path, status in statuses.items() if not 400 <= status < 500} == {}
    assert served.newest == before


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_a_hostile_form_is_refused_everywhere(served: Served, body: bytes) -> None:
    before, kind = served.newest, "application/x-www-form-urlencoded"
    statuses = {path: served.client.post(path, data=body, content_type=kind).status_code for path in addresses(served)}
    assert {path: status for path, status in statuses.items() if status not in {*allowed(path), 404}} == {}
    assert served.newest == before


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_value_in_a_row_of_a_batch_is_refused(served: Served, body: bytes) -> None:
    before = served.newest
    answer = served.client.post(
        "/api/v1/actions/create_lead/batch", data=b'{"rows": [' + body + b"]}", content_type="application/json"
    )
    assert answer.status_code in REFUSED or (answer.status_code == 200 and answer.get_json()["succeeded"] == 0)
    assert served.newest == before


PARTS = {
    "without a name": b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n",
    "with a name that never ends": b'--B\r\nContent-Disposition: form-data; name="a\\"\r\n\r\nx\r\n--B--\r\n',
    "a file without a name": b'--B\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n--B--\r\n',
}


@pytest.mark.parametrize("body", PARTS.values(), ids=PARTS)
def test_a_part_that_has_no_name_is_no_server_error_at_any_door(served: Served, body: bytes) -> None:
    statuses = {
        path: served.client.post(path, data=body, content_type="multipart/form-data; boundary=B").status_code
        for path in [*addresses(served), *DOORS]
    }
    assert {path: status for path, status in statuses.items() if status >= 500} == {}
