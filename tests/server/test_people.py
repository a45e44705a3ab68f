"""Accounts, training and tokens: kept by those who may, effective at once, each change one line in the book."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from monitor.server.gate import API
from monitor.server.rates import PER_SESSION
from monitor.server.rights import Role
from monitor.server.tries import TRIES_IN_ALL
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands
from tests.server.test_access import sign_in

WHY = {"reason": "as the site has decided"}
NEW = {"name": "zhao", "display": "Zhao Min", "role": "operator", **WHY}


async def book(server: Running) -> list[dict[str, Any]]:
    await server.service.ledger.settled()
    connection = await asyncpg.connect(server.service.settings.database_url)
    rows = await connection.fetch("SELECT kind, who, body FROM book ORDER BY at, seq")
    await connection.close()
    return [{"kind": row["kind"], "who": row["who"], **json.loads(row["body"])} for row in rows]


async def cookie_of(server: Running, name: str, password: str) -> str:
    answer = await sign_in(server, name, password)
    assert answer.status_code == 204
    return str(next(iter(answer.cookies.values())))


async def test_a_new_person_chooses_a_password_before_anything_else(keeping: Running) -> None:
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        made = (await admin.post(f"{API}/people", json=NEW)).raise_for_status().json()
    once = made["password"]
    async with keeping.client(await cookie_of(keeping, "zhao", once)) as client:
        assert (await client.get(f"{API}/session")).json()["must_change"] is True
        refused = await client.get(f"{API}/latest")
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "Choose a password of your own first.",
        )
        path = f"{API}/session/password"
        short = await client.post(path, json={"old": once, "new": "too short"})
        same = await client.post(path, json={"old": once, "new": once})
        wrong = await client.post(path, json={"old": "wrong", "new": "a password of my own"})
        assert [answer.status_code for answer in (short, same, wrong)] == [422, 422, 401]
        elsewhere = await cookie_of(keeping, "zhao", once)
        assert (await client.post(path, json={"old": once, "new": "a password of my own"})).status_code == 204
        assert (await client.get(f"{API}/latest")).status_code == 200
    assert keeping.service.sessions.find(elsewhere) is None, "every other session ends"
    assert (await sign_in(keeping, "zhao", once)).status_code == 401
    lines = await book(keeping)
    assert once not in str(lines)
    assert "argon2" not in str(lines)
    (added,) = [line for line in lines if line["kind"] == "account_added"]
    assert (added["who"], added["role"], added["what"], added["reason"]) == (
        "admin",
        "admin",
        "zhao",
        WHY["reason"],
    )
    assert added["new"] == {"role": "operator", "display": "Zhao Min", "language": "zh"}
    assert [line["who"] for line in lines if line["kind"] == "password_changed"] == ["zhao"]


async def test_a_name_is_never_given_again(keeping: Running) -> None:
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        assert (await admin.post(f"{API}/people/cao/disable", json=WHY)).status_code == 204
        for name in ("cao", "CAO"):
            assert (await admin.post(f"{API}/people", json={**NEW, "name": name})).status_code == 409
        (cao,) = [one for one in (await admin.get(f"{API}/people")).json()["people"] if one["name"] == "cao"]
        assert cao["disabled"] is True
    connection = await asyncpg.connect(keeping.service.settings.database_url)
    for statement in ("DELETE FROM person", "UPDATE person SET name = 'x' WHERE name = 'cao'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_what_is_done_to_an_account_ends_its_sessions_and_stands_in_the_book(keeping: Running) -> None:
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        for path, body in (("role", {"role": "viewer", **WHY}), ("reset", WHY), ("disable", WHY)):
            token = keeping.sign_in(Role.OPERATOR)
            assert (await admin.post(f"{API}/people/cao/{path}", json=body)).is_success
            assert keeping.service.sessions.find(token) is None, path
        assert (await admin.post(f"{API}/people/nobody/role", json={"role": "qa", **WHY})).status_code == 404
        assert (await admin.post(f"{API}/people/admin/role", json={"role": "qa", **WHY})).status_code == 409
    lines = [line for line in await book(keeping) if line["what"] == "cao"]
    assert [line["kind"] for line in lines] == ["role_changed", "password_reset", "account_disabled"]
    assert (lines[0]["old"], lines[0]["new"]) == ({"role": "operator"}, {"role": "viewer"})


async def test_many_wrong_passwords_from_many_places_lock_an_account_until_it_is_unlocked(
    keeping: Running, hands: Hands
) -> None:
    tries = keeping.service.tries
    for number in range(TRIES_IN_ALL - 1):
        tries.take("cao", f"10.0.0.{number}")
    assert (await sign_in(keeping, "cao", "wrong")).status_code == 401
    await keeping.service.roll.call()
    hands.pass_s(3600)
    assert (await sign_in(keeping, "cao", PASSWORD)).status_code == 401
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        assert (await admin.get(f"{API}/health")).json()["locked_accounts"] == 1
        assert (await admin.post(f"{API}/people/cao/unlock", json=WHY)).status_code == 204
    hands.pass_s(3600)
    assert (await sign_in(keeping, "cao", PASSWORD)).status_code == 204
    kinds = [line["kind"] for line in await book(keeping)]
    assert {"sign_in_refused", "locked_out", "account_locked", "account_unlocked", "signed_in"} <= set(kinds)


async def test_a_restart_signs_nobody_out_and_the_book_knows_who_was_there(
    keeping: Running, hands: Hands
) -> None:
    token = await cookie_of(keeping, "cao", PASSWORD)
    await keeping.service.roll.call()
    known = keeping.service.sessions
    known._open.clear()  # what a restart leaves of the memory
    known.ready.clear()
    async with keeping.client(token) as client:
        keeping.service.roll.change()
        assert (await client.get(f"{API}/session")).json()["name"] == "cao"
        (own,) = (await client.get(f"{API}/session/own")).json()["sessions"]
        assert own["own"] is True
    hands.pass_s(keeping.service.settings.session_idle_s)
    assert known.find(token) is None
    keeping.service.roll.change()
    await keeping.service.roll.call()
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        assert (await admin.get(f"{API}/sessions")).json()["sessions"][0]["name"] == "admin"


async def test_an_administrator_ends_a_session_and_nobody_ends_anothers(keeping: Running) -> None:
    mine, yours = keeping.sign_in(Role.OPERATOR), keeping.sign_in(Role.ENGINEER)
    (called,) = [key for key, one in keeping.service.sessions.every().items() if one.person.name == "li"]
    async with keeping.client(mine) as client:
        assert (await client.delete(f"{API}/session/own/{called}")).status_code == 404
        assert (await client.post(f"{API}/sessions/{called}/end", json=WHY)).status_code == 403
    assert keeping.service.sessions.find(yours) is not None
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        assert (await admin.post(f"{API}/sessions/{called}/end", json=WHY)).status_code == 204
    assert keeping.service.sessions.find(yours) is None
    (line,) = [line for line in await book(keeping) if line["kind"] == "session_ended"]
    assert (line["who"], line["reason"]) == ("admin", WHY["reason"])


async def test_training_that_is_over_ends_a_right_at_once(keeping: Running, hands: Hands) -> None:
    today = hands.at.date()
    note = {
        "person": "li",
        "what": "protection",
        "valid_from": "2020-01-01",
        "valid_until": str(today),
        **WHY,
    }
    off = {"protection": "ISO-STM-L1/P-01", "until": (hands.at + timedelta(hours=1)).isoformat(), **WHY}
    body = {**off, "second": {"name": "wang", "password": PASSWORD}}
    async with keeping.client(keeping.sign_in(Role.QA)) as qa, keeping.client(keeping.sign_in()) as client:
        assert (await qa.post(f"{API}/training", json=note)).status_code == 201
        assert (await client.post(f"{API}/protections/inhibit", json=body)).status_code == 503, "no collector"
        over = {**note, "valid_until": str(today - timedelta(days=1))}
        assert (await qa.post(f"{API}/training", json=over)).status_code == 201
        refused = await client.post(f"{API}/protections/inhibit", json=body)
        assert (refused.status_code, "no current training" in refused.json()["detail"]) == (403, True)
        assert (await qa.post(f"{API}/training", json={**note, "person": "qian"})).status_code == 409
        assert (await qa.post(f"{API}/training", json={**note, "what": "magic"})).status_code == 422
    lines = await book(keeping)
    assert [line["who"] for line in lines if line["kind"] == "training_noted"] == ["qian", "qian"]
    (line,) = [line for line in lines if line["kind"] == "refused"]
    assert (line["who"], line["what"]) == ("li", "inhibit_protection")


async def test_a_token_reads_what_it_is_for_until_its_end(keeping: Running, hands: Hands) -> None:
    end = (hands.at + timedelta(days=30)).isoformat()
    new = {"name": "mes", "deeds": ["look"], "ends_at": end, **WHY}
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
        every: tuple[dict[str, Any], ...] = (
            {"deeds": ["acknowledge"]},
            {"ends_at": hands.at.isoformat()},
            {"deeds": []},
        )
        for bad in every:
            assert (await admin.post(f"{API}/tokens", json=new | bad)).status_code == 422, bad
        token = (await admin.post(f"{API}/tokens", json=new)).raise_for_status().json()["token"]
        assert (await admin.post(f"{API}/tokens", json=new)).status_code == 409
        assert token not in str((await admin.get(f"{API}/tokens")).json())

        async def tried() -> list[int]:
            async with keeping.client(Authorization=f"Bearer {token}") as machine:
                return [(await machine.get(f"{API}/{path}")).status_code for path in ("latest", "people")]

        assert await tried() == [200, 403]
        hands.pass_s(30 * 86_400)
        assert await tried() == [401, 401]
        hands.pass_s(-86_400)
        admin_again = keeping.sign_in(Role.ADMIN)
        assert await tried() == [200, 403]
    async with keeping.client(admin_again) as admin:
        assert (await admin.post(f"{API}/tokens/mes/revoke", json=WHY)).status_code == 204
        assert (await admin.post(f"{API}/tokens/mes/revoke", json=WHY)).status_code == 404
    assert await tried() == [401, 401]
    assert token not in str(await book(keeping))


async def test_who_is_not_signed_in_is_recorded_once_a_minute(keeping: Running, hands: Hands) -> None:
    async with keeping.client() as stranger:
        # A page that asks who is signed in has not been turned away from anything.
        assert (await stranger.get(f"{API}/session")).status_code == 401
        hands.pass_s(60)
        for _ in range(5):
            assert (await stranger.get(f"{API}/people")).status_code == 401
        hands.pass_s(60)
        await stranger.get(f"{API}/latest")
    lines = [line for line in await book(keeping) if line["kind"] == "turned_away"]
    assert [(line["address"], line["times"]) for line in lines] == [("127.0.0.1", 1), ("127.0.0.1", 5)]


async def test_nobody_changes_things_faster_than_hands_can(server: Running, hands: Hands) -> None:
    async def answer(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(f"{API}/alarms/reset", json={})

    async with server.client(server.sign_in()) as client, server.client(server.sign_in()) as other:
        for _ in range(PER_SESSION):
            assert (await answer(client)).status_code == 422
        late = await answer(client)
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        assert (await answer(other)).status_code == 422
        assert (await client.get(f"{API}/latest")).status_code == 200, "looking is never too much"
        hands.pass_s(60)
        assert (await answer(client)).status_code == 422
