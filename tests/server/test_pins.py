"""PINs: chosen with the password, good for acknowledging within a session, shut after five wrong ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from monitor.server.gate import API
from monitor.server.pins import FILE, WRONG_MAX, Pins, is_trivial
from monitor.server.rights import Role
from tests.people import TRAINING, accounts
from tests.server.collector import ALARM, Collector
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands
from tests.server.test_signatures import book, occurrence

PIN, OTHER = "480913", "590213"
PATH = f"{API}/session/pin"


def by_pin(seen: dict[str, Any], pin: str) -> dict[str, Any]:
    return {**seen, "comment": "glove 3 changed", "signature": {"pin": pin, "meaning": "responsibility"}}


@pytest.mark.parametrize(
    "pin", ["000000", "123456", "987654", "890123", "135791", "121212", "123123", "111122", "12341234"]
)
def test_what_is_tried_first_is_no_pin(pin: str) -> None:
    assert is_trivial(pin)


@pytest.mark.parametrize("pin", [PIN, OTHER, "112358", "271828182845"])
def test_others_are(pin: str) -> None:
    assert not is_trivial(pin)


async def choose(client: httpx.AsyncClient, pin: str = PIN, password: str = PASSWORD) -> int:
    return (await client.post(PATH, json={"password": password, "pin": pin})).status_code


async def test_a_pin_takes_the_password_is_kept_as_a_hash_and_signs_an_acknowledgement(
    collector: Collector, keeping: Running
) -> None:
    token = keeping.sign_in(Role.OPERATOR)
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        seen = await occurrence(collector)
        path = f"{API}/alarms/acknowledge"
        assert (await client.post(path, json=by_pin(seen, PIN))).status_code == 401  # there is none yet
        assert await choose(client, password="wrong") == 401
        assert [await choose(client, pin) for pin in ("12345", "123456", "48091a", "4" * 13)] == [422] * 4
        assert (await client.get(f"{API}/session")).json()["has_pin"] is False
        assert await choose(client) == 204
        assert (await client.get(f"{API}/session")).json()["has_pin"] is True
        both = by_pin(seen, PIN)
        both["signature"]["password"] = PASSWORD
        assert (await client.post(path, json=both)).status_code == 422
        answer = await client.post(path, json=by_pin(seen, PIN))
        assert (answer.status_code, answer.json()["alarm"]["acknowledged_by"]) == (200, "cao")
    (line,) = await book(keeping, "signature")
    assert '"proof": "pin"' in line["body"].replace('":"', '": "')
    (set_line,) = await book(keeping, "pin_set")
    connection = await asyncpg.connect(keeping.service.settings.database_url)
    kept = await connection.fetchval("SELECT pin_hash FROM person WHERE name = 'cao'")
    await connection.close()
    assert kept.startswith("$argon2id$")
    assert kept not in set_line["body"]
    assert PIN not in set_line["body"]


async def test_nobody_comes_in_by_a_pin_and_a_review_takes_the_password(keeping: Running) -> None:
    async with keeping.client(keeping.sign_in(Role.QA)) as client:
        assert await choose(client) == 204
        review = {
            "start": "2026-03-01T00:00:00Z",
            "end": "2026-03-02T00:00:00Z",
            "comment": "gone through",
            "signature": {"pin": PIN, "meaning": "review"},
        }
        assert (await client.post(f"{API}/book/reviews", json=review)).status_code == 422
    async with keeping.client() as client:
        answer = await client.post(f"{API}/session", json={"name": "qian", "password": PIN})
        assert answer.status_code == 401


async def test_five_wrong_ones_shut_it_until_the_password_is_given(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(Role.OPERATOR)
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        assert await choose(client) == 204
        seen = await occurrence(collector)
        path = f"{API}/alarms/acknowledge"
        statuses = [(await client.post(path, json=by_pin(seen, OTHER))).status_code for _ in range(WRONG_MAX)]
        assert statuses == [401] * (WRONG_MAX - 1) + [403]
        hands.pass_s(3600)
        token = keeping.sign_in(Role.OPERATOR)  # by now the former has ended
    async with keeping.client(token) as client:
        assert (await client.post(path, json=by_pin(seen, PIN))).status_code == 403  # the right one too
        assert not collector.alarms[ALARM].acknowledged
    async with keeping.client() as client:
        opened = await client.post(f"{API}/session", json={"name": "cao", "password": PASSWORD})
        assert opened.status_code == 204
        assert (await client.post(path, json=by_pin(seen, PIN))).status_code == 200
    assert len(await book(keeping, "pin_refused")) == WRONG_MAX - 1
    assert len(await book(keeping, "pin_locked")) == 1


def test_wrong_ones_are_counted_on_behind_a_restart(tmp_path: Path) -> None:
    pins = Pins(tmp_path)
    assert not any(pins.count("cao") for _ in range(WRONG_MAX - 1))
    assert Pins(tmp_path).count("cao")
    assert Pins(tmp_path).is_locked("cao")
    assert not Pins(tmp_path).is_locked("li")
    Pins(tmp_path).forgive("cao")
    assert not Pins(tmp_path).is_locked("cao")


@pytest.mark.parametrize("text", ["", "[]", '{"cao": "many"}', '{"cao": -3}'])
def test_a_file_that_says_nothing_lets_the_server_start(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    pins = Pins(tmp_path)
    assert not pins.is_locked("cao")
    pins.count("cao")
    assert (tmp_path / FILE).read_text() == '{"cao":1}'


def test_where_nothing_can_be_written_wrong_ones_are_counted_all_the_same(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "nowhere")
    assert [pins.count("cao") for _ in range(WRONG_MAX)] == [False] * (WRONG_MAX - 1) + [True]


async def test_whoever_resets_a_password_ends_the_pin_too(keeping: Running) -> None:
    async with keeping.client(keeping.sign_in(Role.OPERATOR)) as client:
        assert await choose(client) == 204
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as client:
        assert (await client.post(f"{API}/people/cao/reset", json={"reason": "forgotten"})).status_code == 200
    account = keeping.service.people.account("cao")
    assert account is not None
    assert account.pin_hash == ""
    async with keeping.client(keeping.sign_in(Role.ENGINEER)) as client:
        assert await choose(client) == 204
        assert (await client.delete(PATH)).status_code == 204
        assert (await client.get(f"{API}/session")).json()["has_pin"] is False


async def test_a_pin_signs_while_the_database_is_away(collector: Collector, server: Running) -> None:
    hashed = await server.service.passwords.hash(PIN)
    known = [replace(one, pin_hash=hashed) if one.name == "cao" else one for one in accounts(PASSWORD)]
    server.service.people.take(known, TRAINING)
    token = server.sign_in(Role.OPERATOR)
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        seen = await occurrence(collector)
        answer = await client.post(f"{API}/alarms/acknowledge", json=by_pin(seen, PIN))
        assert (answer.status_code, answer.json()["alarm"]["acknowledged_by"]) == (200, "cao")
        assert await choose(client) == 503
