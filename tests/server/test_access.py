"""Signing in against the real database; the first administrator; a database that is not there."""

from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher

from monitor.server import database
from monitor.server.access import PASSWORD_VARIABLE, Passwords
from monitor.server.gate import API, COOKIE
from monitor.server.settings import Settings
from monitor.server.tries import TRIES_AT_ONE_PLACE
from tests.database import Server
from tests.server.conftest import PASSWORD, Running, running
from tests.server.hands import Hands


async def sign_in(server: Running, name: str, password: str) -> httpx.Response:
    async with server.client() as client:
        return await client.post(f"{API}/session", json={"name": name, "password": password})


async def people(url: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch("SELECT * FROM person")]
    finally:
        await connection.close()


async def test_the_right_password_gives_a_session(keeping: Running) -> None:
    answer = await sign_in(keeping, "admin", PASSWORD)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=")
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
    assert "secure" not in cookie, "over plain HTTP the browser would not keep it"
    async with keeping.client(answer.cookies[COOKIE]) as client:
        told = (await client.get(f"{API}/session")).json()
        assert (told["name"], told["role"]) == ("admin", "admin")
        assert told["deeds"] == ["keep_people", "keep_tokens", "look", "read_book"]
        assert (await client.delete(f"{API}/session")).status_code == 204
        assert (await client.get(f"{API}/session")).status_code == 401


async def test_a_wrong_password_and_a_wrong_name_read_the_same(keeping: Running) -> None:
    wrong_password = await sign_in(keeping, "admin", PASSWORD + "!")
    wrong_name = await sign_in(keeping, "nobody", PASSWORD)
    for answer in (wrong_password, wrong_name):
        assert answer.status_code == 401
        assert answer.json() == {"detail": "The name or the password is wrong."}
        assert "set-cookie" not in answer.headers


async def test_a_hash_costs_whoever_guesses_what_rfc_9106_advises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.server.access.PasswordHasher", PasswordHasher)
    assert (await Passwords().hash(PASSWORD)).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_an_unknown_name_costs_as_much_work_as_a_known_one(
    keeping: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify, verified = PasswordHasher.verify, []

    def counted(hasher: PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept.rpartition("$")[0].rpartition("$")[0])
        return verify(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    await sign_in(keeping, "admin", "wrong")
    await sign_in(keeping, "nobody", "wrong")
    kept = await keeping.service.passwords.hash("as every account's password is kept")
    assert len(verified) == 2
    assert verified[1] == kept.rpartition("$")[0].rpartition("$")[0], "the same algorithm with the same costs"


async def test_too_many_wrong_passwords_lock_for_a_minute(keeping: Running, hands: Hands) -> None:
    for _ in range(TRIES_AT_ONE_PLACE):
        assert (await sign_in(keeping, "admin", "wrong")).status_code == 401
    locked = await sign_in(keeping, "admin", PASSWORD)
    assert locked.status_code == 429
    assert locked.headers["retry-after"] == "60"
    hands.pass_s(60)
    assert (await sign_in(keeping, "admin", PASSWORD)).status_code == 204


async def test_a_disabled_person_stays_known_but_cannot_sign_in(keeping: Running) -> None:
    connection = await asyncpg.connect(keeping.service.settings.database_url)
    await connection.execute("UPDATE person SET disabled_at = now()")
    await connection.close()
    await keeping.service.roll.call()
    assert (await sign_in(keeping, "admin", PASSWORD)).status_code == 401


async def test_signing_in_again_ends_the_session_before(keeping: Running) -> None:
    before = keeping.sign_in()
    async with keeping.client(before) as client:
        answer = await client.post(f"{API}/session", json={"name": "admin", "password": PASSWORD})
    assert answer.status_code == 204
    assert keeping.service.sessions.find(before) is None


async def test_what_is_no_name_and_password_is_told_without_repeating_it(server: Running) -> None:
    bodies: list[dict[str, object]] = [
        {"name": "", "password": "secret 1"},
        {"name": "a\x00b", "password": "secret 1"},
        {"name": "a" * 101, "password": "secret 1"},
        {"name": "admin", "password": ["secret 1"]},
        {"name": "admin"},
    ]
    async with server.client() as client:
        for body in bodies:
            answer = await client.post(f"{API}/session", json=body)
            assert answer.status_code == 422, body
            assert isinstance(answer.json()["detail"], str)
            assert "secret 1" not in answer.text


async def test_the_first_password_is_told_once_and_only_its_hash_kept(
    settings: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    with_database = replace(settings, database_url=database_url)
    async with running(with_database) as server:
        await server.service.people.known.wait()
        told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("first sign-in: ")]
        assert len(told) == 1
        name, _, password = told[0].removeprefix("first sign-in: ").partition(" / ")
        assert (await sign_in(server, name, password)).status_code == 204
    (person,) = await people(database_url)
    assert person["role"] == "admin"
    assert person["password_hash"].startswith("$argon2id$")
    assert password not in person["password_hash"]
    assert password not in capsys.readouterr().out, "nor in any log after it"
    async with running(with_database) as server:
        await server.service.database.up.wait()
    assert "first sign-in" not in capsys.readouterr().out
    assert await people(database_url) == [person]


async def test_a_given_password_is_never_told(capsys: pytest.CaptureFixture[str], keeping: Running) -> None:
    assert (await sign_in(keeping, "admin", PASSWORD)).status_code == 204
    captured = capsys.readouterr()
    assert PASSWORD not in captured.out + captured.err
    assert "first sign-in" not in captured.out


async def test_while_nobody_is_known_nobody_signs_in(settings: Settings) -> None:
    async with running(settings) as server:
        answer = await sign_in(server, "li", PASSWORD)
        assert answer.status_code == 503
        assert "database" in answer.json()["detail"]


async def test_without_a_database_people_sign_in_and_see(server: Running) -> None:
    answer = await sign_in(server, "li", PASSWORD)
    assert answer.status_code == 204
    async with server.client(answer.cookies[COOKIE]) as client:
        assert (await client.get(f"{API}/latest")).status_code == 200
        period = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-02T01:00:00Z"}
        assert (await client.get(f"{API}/readings", params={"channel": "a/b", **period})).status_code == 503
        assert (await client.get(f"{API}/alarms/history", params=period)).status_code == 503


async def test_a_database_that_comes_later_and_goes_and_comes_back(
    timescale: Server, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.setattr(database, "CHECK_S", 0.02)
    timescale.stop()
    try:
        async with running(replace(settings, database_url=database_url)) as server:
            assert (await sign_in(server, "admin", PASSWORD)).status_code == 503
            timescale.start()
            await server.service.people.known.wait()
            assert (await sign_in(server, "admin", PASSWORD)).status_code == 204
            timescale.stop()
            assert (await sign_in(server, "admin", PASSWORD)).status_code == 204
            timescale.start()
            await server.service.ledger.settled()
    finally:
        if not timescale_runs(timescale):
            timescale.start()
    connection = await asyncpg.connect(database_url)
    lines = await connection.fetch("SELECT chain, who FROM book WHERE kind = 'signed_in'")
    await connection.close()
    assert [row["who"] for row in lines] == ["admin", "admin"]
    assert {row["chain"] for row in lines} == {server.service.ledger.chain}


def timescale_runs(server: Server) -> bool:
    return (server._home / "cluster" / "postmaster.pid").exists()
