"""Signing in by the site's own provider: a stand-in on loopback, and all by which it may deceive or be deceived."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from fastapi import Response

from monitor.server import provider as wire
from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.gate import API, COOKIE
from monitor.server.id_token import AGE_MAX, DRIFT, Expected, subject_of
from monitor.server.jws import TokenError
from monitor.server.oidc import (
    ADDRESS,
    CLIENT_ID,
    ISSUER,
    NAME,
    SECRET_FILE,
    OidcError,
    OidcSettings,
    is_safe,
    oidc_in,
)
from monitor.server.rights import Role
from monitor.server.routes.oidc import BEGUN_PER_ADDRESS, PER_ADDRESS
from monitor.server.settings import Settings
from monitor.store.book import BookEntry
from tests.people import TRAINING, accounts
from tests.server import provider as stand_in
from tests.server.conftest import PASSWORD, Running, meet, running
from tests.server.hands import Hands
from tests.server.provider import STRANGER, SUBJECT, Provider, by_rsa, rsa_jwk

DOOR = f"{API}/session/oidc"
CALLBACK = f"{DOOR}/callback"
CALLED = "Plant <sign-in>"
LINKED = "cao"


@pytest.fixture
async def provider(hands: Hands) -> AsyncIterator[Provider]:
    made = Provider(hands)
    async with made.serving():
        yield made


def with_provider(settings: Settings, provider: Provider) -> Settings:
    oidc = OidcSettings(
        provider.issuer, stand_in.CLIENT_ID, stand_in.CLIENT_SECRET, "https://ems.example", CALLED
    )
    return replace(settings, oidc=oidc)


@pytest.fixture
async def server(settings: Settings, provider: Provider) -> AsyncIterator[Running]:
    """A server whose database is away; one person is linked."""
    async with running(with_provider(settings, provider)) as made:
        know(made)
        yield made


def know(server: Running, **changes: Any) -> None:
    """Let a server know everybody; `changes` are of who is linked."""
    oidc = server.service.settings.oidc
    assert oidc is not None
    linked = {"oidc_issuer": oidc.issuer, "oidc_subject": SUBJECT} | changes
    every = [replace(one, **linked) if one.name == LINKED else one for one in accounts(PASSWORD)]
    server.service.people.take(every, TRAINING)


def told(server: Running) -> list[BookEntry]:
    """What the server has to tell the book."""
    return [entry for _, entry in server.service.ledger._open_spool().after(0, 500)]


@asynccontextmanager
async def at_provider(
    server: Running, provider: Provider, **headers: str
) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, str]]]:
    """A browser that has signed in at the provider, and what it brings back."""
    async with server.client(**headers) as browser:
        begun = await browser.post(DOOR)
        assert begun.status_code == 200, begun.text
        address = begun.json()["address"]
        (state,) = parse_qs(address.partition("?")[2])["state"]
        yield browser, {"state": state, "code": provider.sign_in(address)}


async def refused(server: Running, provider: Provider, status: int, words: str, reason: str) -> None:
    """Sign in at the provider, and see that Gradewatch says no, in both languages, and records it."""
    async with at_provider(server, provider) as (browser, brought):
        answer = await browser.get(CALLBACK, params=brought)
        assert answer.status_code == status, answer.text
        assert words in answer.text
        assert 'lang="zh"' in answer.text
        assert not answer.headers.get("set-cookie", "").startswith(f"{COOKIE}=")
        assert (await browser.get(f"{API}/session")).status_code == 401
    entry = [one for one in told(server) if one.kind == "sign_in_refused"][-1]
    assert reason in entry.body["reason"]
    assert entry.body["via"] == "oidc"


async def test_who_signs_in_there_is_signed_in_here(server: Running, provider: Provider) -> None:
    async with at_provider(server, provider) as (browser, brought):
        answer = await browser.get(CALLBACK, params=brought)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        session, over = answer.headers.get_list("set-cookie")
        assert session.startswith(f"{COOKIE}=")
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(session.split("; "))
        assert "Max-Age=0" in over
        who = (await browser.get(f"{API}/session")).json()
        assert (who["name"], who["role"]) == (LINKED, Role.OPERATOR)
    assert provider.asked == ["discovery", "token", "keys"]
    (entry,) = told(server)
    assert (entry.kind, entry.who, entry.body["via"]) == ("signed_in", LINKED, "oidc")


async def test_the_door_says_where_to_go_and_keeps_its_secrets(server: Running, provider: Provider) -> None:
    async with server.client() as browser:
        assert (await browser.get(DOOR)).json() == {"name": CALLED}
        begun = await browser.post(DOOR)
    asked = {key: one for key, (one,) in parse_qs(begun.json()["address"].partition("?")[2]).items()}
    assert asked["redirect_uri"] == f"https://ems.example{CALLBACK}"
    question = server.service.provider.questions._waiting[asked["state"]]  # type: ignore[union-attr]  # it is set up
    assert asked["nonce"] == question.nonce
    assert question.verifier not in begun.text
    assert stand_in.CLIENT_SECRET not in begun.text + repr(server.service.settings)
    cookie = begun.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=300"} <= set(cookie.split("; "))


async def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(
    server: Running, provider: Provider
) -> None:
    provider.discovered = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.header, provider.sign = {"alg": "ES256", "kid": "e1"}, stand_in.by_ec
    async with at_provider(server, provider) as (browser, brought):
        assert (await browser.get(CALLBACK, params=brought)).status_code == 303


def hour(offset_s: float) -> Callable[[Hands], int]:
    return lambda hands: int(hands.at.timestamp() + offset_s)


@pytest.mark.parametrize(
    ("claim", "value", "reason"),
    [
        ("nonce", "another", "answers another question"),
        ("nonce", None, "answers another question"),
        ("iss", "https://id.example", "of another provider"),
        ("aud", "another", "for somebody else"),
        ("aud", ["another", stand_in.CLIENT_ID], "for somebody else"),
        ("aud", None, "for somebody else"),
        ("azp", "another", "given to somebody else"),
        ("exp", hour(-60), "is over"),
        ("exp", None, "does not say its exp"),
        ("exp", "2099", "does not say its exp"),
        ("exp", True, "does not say its exp"),
        ("exp", 1e300, "is no time"),
        ("iat", hour(-601), "not of now"),
        ("iat", hour(61), "not of now"),
        ("nbf", hour(61), "not good yet"),
        ("auth_time", hour(-61), "did not ask who it is"),
        ("auth_time", None, "does not say its auth_time"),
        ("sub", "", "names nobody"),
        ("sub", "a\ud800", "names nobody"),
        ("sub", 8, "names nobody"),
    ],
)
async def test_a_claim_that_is_not_as_it_must_be_signs_nobody_in(claim: str, value: Any, reason: str) -> None:
    hands = Hands()
    expected = Expected("https://own.example", stand_in.CLIENT_ID, "n", hands.at)
    at = int(hands.at.timestamp())
    good = {"iss": expected.issuer, "aud": expected.client_id, "nonce": "n", "sub": SUBJECT}
    good |= {"exp": at + 300, "iat": at, "auth_time": at}  # type: ignore[dict-item]  # claims are of any kind
    assert subject_of(good, expected, hands.at) == SUBJECT
    changed = good | {claim: value(hands) if callable(value) else value}
    with pytest.raises(TokenError, match=reason):
        subject_of({key: one for key, one in changed.items() if one is not None}, expected, hands.at)


def test_the_bounds_of_time_are_the_bounds() -> None:
    now = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    expected = Expected("i", "c", "n", now)

    def claims(**moved: timedelta) -> dict[str, Any]:
        times = {"exp": now, "iat": now, "auth_time": now}
        return {"iss": "i", "aud": ["c"], "azp": "c", "nonce": "n", "sub": "s"} | {
            key: int((one + moved.get(key, timedelta())).timestamp()) for key, one in times.items()
        }

    second = timedelta(seconds=1)
    for moved in ({"exp": second - DRIFT}, {"iat": -AGE_MAX}, {"iat": DRIFT}, {"auth_time": -DRIFT}):
        assert subject_of(claims(**moved), expected, now) == "s"
    for moved in ({"exp": -DRIFT}, {"iat": -AGE_MAX - second}, {"iat": DRIFT + second}):
        with pytest.raises(TokenError):
            subject_of(claims(**moved), expected, now)


async def test_a_token_with_a_wrong_claim_opens_no_session(server: Running, provider: Provider) -> None:
    changes: list[dict[str, Any]] = [{"nonce": "another"}, {"aud": "another"}, {"exp": 1_000_000_000}]
    for change in changes:
        provider.claims = change
        await refused(server, provider, 401, "cannot be relied on", "the token")


async def test_a_token_that_the_provider_has_not_signed_opens_no_session(
    server: Running, provider: Provider
) -> None:
    forged: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("none", lambda _: b""),
        ("HS256", lambda signed: hmac.digest(stand_in.KEYS[0]["n"].encode(), signed, hashlib.sha256)),
        ("RS256", lambda signed: by_rsa(signed, STRANGER)),
    ]
    for algorithm, sign in forged:
        provider.header, provider.sign = {"alg": algorithm, "kid": "r1"}, sign
        await refused(server, provider, 401, "cannot be relied on", "the token")


async def test_a_new_key_is_asked_for_once_in_a_while(
    server: Running, provider: Provider, hands: Hands
) -> None:
    async with at_provider(server, provider) as (browser, brought):
        assert (await browser.get(CALLBACK, params=brought)).status_code == 303
    provider.header, provider.sign = {"alg": "RS256", "kid": "r2"}, lambda signed: by_rsa(signed, STRANGER)
    await refused(server, provider, 401, "cannot be relied on", "does not tell of")
    assert provider.asked.count("keys") == 1, "asked a moment ago"
    hands.pass_s(30)
    await refused(server, provider, 401, "cannot be relied on", "does not tell of")
    provider.keys = [rsa_jwk(STRANGER, kid="r2")]
    hands.pass_s(30)
    async with at_provider(server, provider) as (browser, brought):
        assert (await browser.get(CALLBACK, params=brought)).status_code == 303
    assert provider.asked.count("keys") == 3
    assert provider.asked.count("discovery") == 1


async def test_an_answer_is_good_once_for_a_while_and_in_its_own_browser(
    server: Running, provider: Provider, hands: Hands
) -> None:
    async with at_provider(server, provider) as (browser, brought):
        async with server.client() as other:
            assert (await other.get(CALLBACK, params=brought)).status_code == 401, "it was begun elsewhere"
        cookie = {"Cookie": f"{COOKIE}_oidc={brought['state']}"}
        assert (await browser.get(CALLBACK, params=brought)).status_code == 303
        replayed = await browser.get(CALLBACK, params=brought, headers=cookie)
        assert (replayed.status_code, "used already" in replayed.text) == (401, True)
    async with at_provider(server, provider) as (browser, brought):
        hands.pass_s(300)
        assert (await browser.get(CALLBACK, params=brought)).status_code == 401
    async with server.client() as stranger:
        assert (await stranger.get(CALLBACK)).status_code == 401
    assert [entry.kind for entry in told(server)].count("sign_in_refused") == 4
    assert provider.asked.count("token") == 1, "the provider is not even asked"


async def test_who_breaks_off_at_the_provider_is_told_so(server: Running, provider: Provider) -> None:
    async with at_provider(server, provider) as (browser, brought):
        answer = await browser.get(CALLBACK, params={"state": brought["state"], "error": "access_denied"})
    assert answer.status_code == 401
    assert "Plant &lt;sign-in&gt; has not signed you in." in answer.text


async def test_who_has_no_account_in_use_does_not_come_in(server: Running, provider: Provider) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"oidc_subject": "another"}, f"link this subject: {SUBJECT}"),
        ({"oidc_issuer": "https://former.example"}, f"请管理员关联此标识：{SUBJECT}"),
        ({"disabled_at": long_ago}, "Your account here is disabled."),
        ({"locked_at": long_ago}, "Your account here is locked"),
    ]
    for change, words in changes:
        know(server, **change)
        await refused(server, provider, 401, words, "")
    assert server.service.people.account(SUBJECT) is None, "no account is ever made by itself"


async def test_a_subject_is_shown_as_text(server: Running, provider: Provider) -> None:
    provider.claims = {"sub": "<script>"}
    await refused(server, provider, 401, "&lt;script&gt;", "nobody is linked to the subject <script>")


async def test_a_provider_that_tells_nonsense_of_itself_is_not_gone_to(
    server: Running, provider: Provider
) -> None:
    changes: list[dict[str, Any]] = [
        {"issuer": "https://id.example"},
        {"authorization_endpoint": "http://id.example/authorize"},
        {"token_endpoint": "http://10.0.0.9/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ]
    async with server.client(**{"Accept-Language": "zh"}) as browser:
        for change in changes:
            provider.discovered = change
            begun = await browser.post(DOOR)
            assert begun.status_code == 503
            assert begun.json()["detail"] == f"{CALLED} 无法正常响应，请使用密码登录。"


async def test_a_provider_that_answers_nonsense_signs_nobody_in(server: Running, provider: Provider) -> None:
    elsewhere = {"Location": "https://elsewhere.example/"}
    answers = [
        (Response("no", 500), "answers 500 at /token"),
        (Response(status_code=302, headers=elsewhere), "answers 302 at /token"),
        (Response("no"), "not what it should be"),
        (Response(json.dumps({"id_token": 5})), "not what it should be: id_token"),
        (Response(b" " * 300_000), "too long"),
    ]
    for answer, reason in answers:
        provider.answer = answer
        await refused(server, provider, 503, "does not answer as it should", reason)
    provider.answer = Response(json.dumps({"id_token": "a.b.c"}))
    await refused(server, provider, 401, "cannot be relied on", "no base64url")


async def test_while_the_provider_is_away_people_sign_in_by_password(
    settings: Settings, hands: Hands
) -> None:
    provider = Provider(hands)
    async with provider.serving():
        set_up = with_provider(settings, provider)
    async with running(set_up) as server, server.client() as browser:
        know(server)
        assert (await browser.post(DOOR)).status_code == 503
        signed_in = await browser.post(f"{API}/session", json={"name": LINKED, "password": PASSWORD})
        assert signed_in.status_code == 204


async def test_a_provider_that_never_answers_is_not_waited_for(
    server: Running, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PATIENCE_S", 0.05)
    known = server.service.provider
    assert known is not None
    for _ in range(wire.AT_ONCE):
        await known._turn.acquire()
    async with server.client() as browser:
        assert (await browser.post(DOOR)).status_code == 503


async def test_nobody_fills_the_book_with_answers_of_the_provider(server: Running) -> None:
    async with server.client() as stranger:
        statuses = [(await stranger.get(CALLBACK)).status_code for _ in range(PER_ADDRESS + 1)]
    assert statuses == [401] * PER_ADDRESS + [429]
    assert len(told(server)) == PER_ADDRESS


async def test_nobody_makes_the_sign_ins_of_others_be_forgotten(server: Running) -> None:
    async with server.client() as stranger:
        statuses = [(await stranger.post(DOOR)).status_code for _ in range(BEGUN_PER_ADDRESS + 1)]
    assert statuses == [200] * BEGUN_PER_ADDRESS + [429]


async def test_another_site_cannot_begin_it(server: Running) -> None:
    async with server.client(Origin="https://elsewhere.example") as client:
        assert (await client.post(DOOR)).status_code == 403


async def test_an_administrator_says_who_is_whom_and_each_is_one_person(
    settings: Settings, database_url: str, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    async with running(replace(with_provider(settings, provider), database_url=database_url)) as server:
        await meet(server)
        await refused_at_first(server, provider)
        asked = {"subject": SUBJECT, "reason": "as IT has confirmed"}
        async with server.client(server.sign_in(Role.ADMIN)) as admin:

            async def link(name: str, **changes: str) -> int:
                return (
                    await admin.post(f"{API}/people/{name}/subject", json={**asked, **changes})
                ).status_code

            assert await link("nobody") == 404
            assert await link("admin") == 409, "never the own account"
            assert await link(LINKED, subject=" a") == 422
            assert await link(LINKED) == 204
            assert await link("li") == 409, "a subject is one person"
            listed = (await admin.get(f"{API}/people")).json()["people"]
            assert {one["name"]: one["oidc_subject"] for one in listed}[LINKED] == SUBJECT
            async with at_provider(server, provider) as (browser, brought):
                assert (await browser.get(CALLBACK, params=brought)).status_code == 303
                assert await link(LINKED, subject="") == 204
                assert (await browser.get(f"{API}/session")).status_code == 401, "its sessions end"
            assert await link("li") == 204
        await server.service.ledger.settled()
        async with server.service.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT kind, body FROM book WHERE kind LIKE 'subject%' ORDER BY seq"
            )
    assert [row["kind"] for row in rows] == ["subject_linked", "subject_unlinked", "subject_linked"]
    first = json.loads(rows[0]["body"]) if isinstance(rows[0]["body"], str) else rows[0]["body"]
    assert first["new"] == {"oidc_issuer": provider.issuer, "oidc_subject": SUBJECT}
    assert first["what"] == LINKED


async def refused_at_first(server: Running, provider: Provider) -> None:
    async with at_provider(server, provider) as (browser, brought):
        answer = await browser.get(CALLBACK, params=brought)
        assert (answer.status_code, SUBJECT in answer.text) == (401, True)


async def test_where_nothing_is_set_up_there_is_nothing(settings: Settings) -> None:
    async with running(settings) as server:
        server.service.people.take(accounts(PASSWORD), TRAINING)
        async with server.client() as client:
            assert (await client.get(DOOR)).json() == {"name": None}
            assert (await client.post(DOOR)).status_code == 404
            assert (await client.get(CALLBACK)).status_code == 404


def test_what_is_set_up_is_whole_and_encrypted(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" of the client\n")
    whole = {
        ISSUER: "https://id.example/realm",
        CLIENT_ID: "gradewatch",
        SECRET_FILE: str(secret),
        ADDRESS: "https://ems.example/",
    }
    made = oidc_in(whole)
    assert made is not None
    assert (made.client_secret, made.name) == ("of the client", "id.example")
    assert made.redirect == f"https://ems.example{CALLBACK}"
    assert "of the client" not in repr(made)
    assert oidc_in({}) is None
    assert oidc_in({NAME: "Plant sign-in"}) is None
    (tmp_path / "empty").touch()
    for wrong in (
        *({**whole, key: ""} for key in whole),
        {**whole, ISSUER: "http://id.example"},
        {**whole, ADDRESS: "http://ems.example"},
        {**whole, SECRET_FILE: str(tmp_path / "none")},
        {**whole, SECRET_FILE: str(tmp_path / "empty")},
    ):
        with pytest.raises(OidcError, match="GRADEWATCH_OIDC_"):
            oidc_in(wrong)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://id.example", True),
        ("http://127.0.0.1:80/x", True),
        ("http://[::1]/x", True),
        ("http://localhost/x", True),
        ("http://127.0.0.1.example/x", False),
        ("http://id.example", False),
        ("https://", False),
        ("https://id.example:99999/", False),
        ("https://[id", False),
        ("ftp://127.0.0.1/", False),
        ("", False),
    ],
)
def test_an_address_is_encrypted_or_stays_on_this_machine(address: str, safe: bool) -> None:
    assert is_safe(address) is safe
