"""Settings, tab API: people sign in with a token, see the tokens that they may, and make and revoke them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.access import tokens
from connector.access.vault import Vault
from connector.console import session
from connector.service import create_app
from connector.web.house import House
from tests.plugins.browser import Browser
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client, Live

SERVED_WITH = {"secret_key": "only for these pages, and for no secret of anybody"}
TAB, IN, OUT = "/settings/api", "/settings/sign-in", "/settings/sign-out"
NEW = {"name": "Zapier", "user_id": "2", "scopes": ["read", "act"]}
SHOWN = re.compile(r'class="secret"[^>]*value="([^"]+)"')
Token = Callable[[str], Mapping[str, str]]


def entered(client: Client, secret: str = ADMIN_TOKEN) -> Client:
    """The client, signed in with that token."""
    answer = client.post(IN, data={"token": f" {secret} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, TAB), answer.text
    return client


def bare(headers: Mapping[str, str]) -> str:
    """The token that these headers hold."""
    return headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("path", ["/settings", TAB])
def test_a_stranger_is_asked_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    assert 'action="/settings/sign-in"' in answer.text and "alert" not in answer.text


def test_the_tab_shows_where_the_api_is_and_the_tokens_but_never_whole(client: Client) -> None:
    page = entered(client).get("/settings").text
    assert "<code>lw_the_…</code>" in page and "http://localhost/api/v1" in page
    assert ADMIN_TOKEN not in page and tokens.fingerprint(ADMIN_TOKEN) not in page


def test_the_cookie_is_for_these_pages_alone_and_tells_nothing(client: Client) -> None:
    cookie = client.post(IN, data={"token": ADMIN_TOKEN}).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/settings", "Max-Age=43200"} <= set(cookie.split("; "))
    assert ADMIN_TOKEN not in cookie and "Secure" not in cookie
    safe = client.post(IN, data={"token": ADMIN_TOKEN}, base_url="https://localhost").headers["Set-Cookie"]
    assert "Secure" in safe.split("; ")


def test_a_token_made_here_works_and_is_shown_once(client: Client) -> None:
    answer = entered(client).post(TAB, data={**NEW, "allowed_ips": "127.0.0.1, 10.0.0.0/8", "expires_at": "2099-01-31"})
    secret = SHOWN.findall(answer.text)[0]
    assert answer.status_code == 201
    assert client.get("/api/v1/me", headers={"X-API-KEY": secret}).json["id"] == 2
    assert secret not in client.get(TAB).text
    made = client.get("/api/v1/tokens", headers=ADMIN).json["data"][-1]
    kept = {name: made[name] for name in ("name", "scopes", "allowed_ips", "rate_limit", "expires_at")}
    assert kept == {"name": "Zapier", "scopes": ["read", "act"], "allowed_ips": ["127.0.0.1/32", "10.0.0.0/8"],
                    "rate_limit": None, "expires_at": "2099-01-31T23:59:59.000Z"}  # fmt: skip


def test_a_token_revoked_here_is_dead_at_once(client: Client, token: Token) -> None:
    other = token("ana@example.test")
    page = entered(client).get(TAB).text
    answer = client.post(re.findall(r'action="(/settings/api/\d+/revoke)"', page)[0])
    assert (answer.status_code, answer.headers["Location"]) == (303, TAB)
    assert client.get("/api/v1/me", headers=other).status_code == 401
    assert '<tr class="revoked">' in client.get(TAB).text


def test_what_is_done_here_is_noted_as_done_by_hand(client: Client) -> None:
    entered(client).post(TAB, data=NEW)
    line = client.get("/api/v1/audit?what=token.created", headers=ADMIN).json["data"][0]
    assert (line["name"], line["origin"], line["actor_id"]) == ("Zapier", "manual", 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes has 0 items"),
        ({"allowed_ips": "nowhere"}, "&#34;nowhere&#34; is neither an IP address nor a range"),
        ({"rate_limit": "many"}, "rate_limit must be a whole number"),
        ({"expires_at": "soon"}, "expires_at must be a date and time"),
    ],
)
def test_a_fault_is_told_and_what_was_typed_stays(client: Client, given: dict[str, Any], said: str) -> None:
    answer = entered(client).post(TAB, data={**NEW, "details": "Of <marketing>", **given})
    assert answer.status_code == 422
    assert said in answer.text.partition('role="alert"')[2].partition("</ul>")[0]
    assert 'value="Of &lt;marketing&gt;"' in answer.text
    assert len(client.get("/api/v1/tokens", headers=ADMIN).json["data"]) == 1


@pytest.mark.parametrize(("path", "status"), [("/settings/api/1/revoke", 409), ("/settings/api/99/revoke", 404)])
def test_what_cannot_be_revoked_is_told_on_a_page(client: Client, path: str, status: int) -> None:
    answer = entered(client).post(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert 'role="alert"' in answer.text


def test_members_see_their_own_token_and_make_none(client: Client, token: Token) -> None:
    token("bruno@example.test")
    page = entered(client, bare(token("ana@example.test"))).get(TAB).text
    assert (page.count("<tr class="), "<select" in page, "/revoke" in page) == (1, False, False)
    assert {client.post(path, data=NEW).status_code for path in (TAB, "/settings/api/1/revoke")} == {403}
    assert len(client.get("/api/v1/tokens", headers=ADMIN).json["data"]) == 3


@pytest.mark.parametrize("rights", [{"scopes": ["act"]}, {"allowed_ips": ["10.9.9.9"]}])
def test_a_token_opens_the_pages_only_where_it_may(client: Client, house: House, rights: dict[str, Any]) -> None:
    secret, _ = tokens.issue(house.store, 1, 1, "Narrow", **rights)
    answer = client.post(IN, data={"token": secret})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


def test_a_session_ends_with_its_token(client: Client, house: House) -> None:
    secret, row = tokens.issue(house.store, 1, 2, "Mine")
    assert entered(client, secret).get(TAB).status_code == 200
    tokens.revoke(house.store, 1, row["id"])
    answer = client.get(TAB)
    assert (answer.status_code, "revoked" in answer.text) == (401, True)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


def test_a_session_ends_by_signing_out(client: Client) -> None:
    assert entered(client).post(OUT).status_code == 303
    assert client.get(TAB).status_code == 401


def test_a_session_ends_after_hours(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    entered(client)
    monkeypatch.setattr(session, "SECONDS", -1)
    assert client.get(TAB).status_code == 401


@pytest.mark.parametrize("value", ["", "x", ADMIN_TOKEN, "gAAAAABh" + "A" * 80, "é"])
def test_a_cookie_that_is_not_ours_is_none(client: Client, value: str) -> None:
    assert client.get(TAB, headers={"Cookie": f"{session.COOKIE}={value}"}).status_code == 401


@pytest.mark.parametrize("secret", ["", "lw_wrong", "é", "x" * 10_000])
def test_a_wrong_token_signs_nobody_in(client: Client, secret: str) -> None:
    answer = client.post(IN, data={"token": secret})
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    assert 'role="alert"' in answer.text
    assert client.get(TAB).status_code == 401


def test_guessing_is_slowed_here_too(house: House) -> None:
    settings = replace(house.settings, wrong_tokens=3)
    guarded = replace(house, settings=settings, keeper=type(house.keeper)(settings, house.store))
    client = create_app(house=guarded).test_client()
    answers = [client.post(IN, data={"token": f"lw_{number}"}) for number in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_every_page_counts_as_a_call_of_the_token(house: House) -> None:
    settings = replace(house.settings, rate_limit=3)
    counted = replace(house, settings=settings, keeper=type(house.keeper)(settings, house.store))
    client = entered(create_app(house=counted).test_client())
    answers = [client.get(TAB) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[-1].mimetype, 'role="alert"' in answers[-1].text) == ("text/html", True)


@pytest.mark.parametrize("path", [TAB, "/settings/api/2/revoke", IN, OUT])
@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
     {"Origin": "http://elsewhere.example"}, {"Origin": "null"}],
)  # fmt: skip
def test_other_sites_send_nothing(client: Client, token: Token, path: str, headers: dict[str, str]) -> None:
    other = token("ana@example.test")
    answer = entered(client).post(path, data={**NEW, "token": ADMIN_TOKEN}, headers=headers)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)
    assert client.get("/api/v1/me", headers=other).status_code == 200
    assert len(client.get("/api/v1/tokens", headers=ADMIN).json["data"]) == 2


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_the_page_itself_sends(client: Client, headers: dict[str, str]) -> None:
    assert entered(client).post(TAB, data=NEW, headers=headers).status_code == 201


def test_without_a_key_to_seal_with_nobody_is_let_in(house: House) -> None:
    client = create_app(house=replace(house, vault=Vault([]))).test_client()
    answer = client.post(IN, data={"token": ADMIN_TOKEN})
    assert (answer.status_code, "LEADWIRE_SECRET_KEY" in answer.text) == (503, True)
    assert client.get(TAB).status_code == 401


@pytest.mark.parametrize(
    ("language", "said"), [("fr-CA", "Créer le jeton"), ("ru", "Создать токен"), ("de", "Make the token")]
)
def test_the_pages_speak_the_readers_language(client: Client, language: str, said: str) -> None:
    answer = entered(client).get(TAB, headers={"Accept-Language": language})
    assert said in answer.text
    assert answer.text.count(f'lang="{answer.headers["Content-Language"]}"') == 1


def test_no_page_runs_a_script_or_is_kept(client: Client) -> None:
    for answer in (client.get(TAB), entered(client).get(TAB), client.post("/settings/api/99/revoke")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src" not in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.findall(r"<script|style=|\son\w+=", answer.text)


def test_a_person_makes_and_revokes_a_token_in_a_browser(live: Live, browser: Browser) -> None:
    browser.open(f"{live.base}/settings")
    browser.type("input[name=token]", ADMIN_TOKEN)
    browser.click("main button")
    browser.type("input[name=name]", "<img src=x onerror=document.title='broken'>")
    browser.click("#new button")
    secret = str(browser.wait("document.querySelector('.secret')?.value"))
    assert secret.startswith("lw_")
    assert "<img src=x onerror" in str(browser.value("document.querySelector('.done h2').textContent"))
    browser.click("form[action$=revoke] button")
    browser.wait("document.querySelector('tr.revoked') && !document.querySelector('.secret')")
    assert browser.value("document.title") != "broken" and browser.value("!document.querySelector('main img')")
    assert {url.startswith((live.base, "data:", "about:")) for url in browser.requests} == {True}
    assert [text for text in browser.complaints if "401" not in text] == []
