"""The reference: the document, and the page that shows it and sends real calls."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from connector.web.house import House
from connector.web.reference import ASSETS
from tests.plugins.browser import Browser
from tests.plugins.server import ADMIN_TOKEN, Client, Live, until

STATUS = ".live-responses-table tbody .response-col_status"
PAGES = ("/docs/api", "/docs/api/", "/documentation", "/documentation/", "/documentation/index.html")


def test_the_document_needs_no_token_and_is_tagged_by_the_catalog(client: Client, house: House) -> None:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{house.catalog.version}"')
    again = client.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_new_action_file_is_in_the_document_without_a_restart(live: Live) -> None:
    path = "/api/v1/actions/file_away"
    assert path not in live.document()["paths"]
    live.declare("file_away", {"set": {"starred": True}})
    try:
        assert until(lambda: path in live.document()["paths"])
    finally:
        live.withdraw("file_away")


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_served_without_a_token(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


def test_the_page_has_no_script_of_its_own_and_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    text = client.get("/docs/api").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert not re.findall(r"<script>|style=|onload=|https?:", text)
    assert {client.get(path).status_code for path in loaded} == {200}


@pytest.mark.parametrize("name", ASSETS)
def test_what_the_page_loads_is_tagged(client: Client, name: str) -> None:
    answer = client.get(f"/docs/api/{name}")
    again = client.get(f"/docs/api/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (answer.status_code, answer.content_type, again.status_code) == (200, ASSETS[name][1], 304)


@pytest.mark.parametrize("name", ["reference.html", "..%2Freference.py", "index.css"])
def test_nothing_else_is_served_from_those_folders(client: Client, name: str) -> None:
    assert client.get(f"/docs/api/{name}").status_code == 404


def test_the_page_sends_a_real_call(live: Live, browser: Browser) -> None:
    before = live.get("tasks", order="-id", limit=1)["data"][0]["id"]
    browser.open(f"{live.base}/documentation/#/Actions/create_task")
    browser.click(".auth-wrapper .authorize")
    browser.wait("document.activeElement === document.querySelector('.auth-container input')")
    browser.type("#auth-bearer-value", ADMIN_TOKEN)
    browser.click(".auth-btn-wrapper .authorize")
    browser.click(".auth-btn-wrapper .btn-done")
    browser.click("#operations-Actions-create_task .execute")
    assert str(browser.wait(f"document.querySelector('{STATUS}')?.textContent")).startswith("201")
    assert live.get("tasks", order="-id", limit=1)["data"][0]["id"] > before
    assert {url.startswith((live.base, "data:", "about:")) for url in browser.requests} == {True}
    assert browser.complaints == []


@pytest.mark.parametrize(
    ("operation", "key", "said"),
    [("SalesMan%20leads", "salesman_get", "Success"), ("Yoolla%20reminders", "yoolla_post", "#1f77b4")],
)
def test_the_page_sends_calls_that_name_a_method(
    live: Live, browser: Browser, operation: str, key: str, said: str
) -> None:
    browser.open(f"{live.base}/documentation/#/{operation}/{key}")
    browser.click(".auth-wrapper .authorize")
    for place, value in ((3, ADMIN_TOKEN), (4, "ada")):
        browser.type(f".auth-container:nth-child({place}) input", value)
        browser.click(f".auth-container:nth-child({place}) .authorize")
    browser.click(".auth-btn-wrapper .btn-done")
    browser.click(f"[id$=-{key}] .execute")
    assert str(browser.wait(f"document.querySelector('{STATUS}')?.textContent")).startswith("200")
    assert said in str(browser.value("document.querySelector('.live-responses-table').textContent"))
    assert browser.complaints == []
