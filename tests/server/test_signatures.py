"""Signing: with the password again, bound to its content, in the book whatever the database does."""

from dataclasses import replace
from typing import Any

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.signatures import Signature, holds, sha256_of
from monitor.store.people import Training
from tests.people import TRAINING, accounts, signed
from tests.server.collector import ALARM, PRESSURE, Collector
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

ALERT = f"{PRESSURE}/alert"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


async def book(server: Running, kind: str) -> list[asyncpg.Record]:
    await server.service.ledger.settled()
    connection = await asyncpg.connect(server.service.settings.database_url)
    try:
        return await connection.fetch("SELECT * FROM book WHERE kind = $1 ORDER BY seq", kind)
    finally:
        await connection.close()


def test_a_signature_of_a_known_content_is_the_one_reckoned_by_hand() -> None:
    # printf '{"a":1,"b":"二"}' | sha256sum
    known = "83053a817fec93754004ae67920a711b360b49bc24b62b4fa391ff0ad5c29275"
    assert sha256_of({"b": "二", "a": 1.0}) == known


@given(JSON, JSON)
def test_a_signature_holds_for_its_content_and_for_no_other(content: Any, other: Any) -> None:
    made = Signature("1", Hands().at, "li", "Li", "operator", "review", "note", "1", "1", sha256_of(content))
    assert holds(made, content)
    assert holds(made, other) == (sha256_of(other) == sha256_of(content))
    assert not holds(made, [content, "changed"])


async def occurrence(collector: Collector, key: str = ALARM) -> dict[str, Any]:
    collector.measure(10.0)
    for _ in range(60):
        if key in collector.alarms:
            break
        collector.measure(10.0)
    return {"alarm": key, "raised_at": collector.alarms[key].raised_at.isoformat()}


async def test_a_critical_alarm_takes_words_and_a_signature(collector: Collector, keeping: Running) -> None:
    token = keeping.sign_in(Role.OPERATOR)
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        seen = await occurrence(collector)
        path = f"{API}/alarms/acknowledge"
        for body, words in ((seen, "few words"), (seen | {"comment": " ok "}, "few words")):
            answer = await client.post(path, json=body)
            assert (answer.status_code, words in answer.json()["detail"]) == (422, True)
        without = await client.post(path, json=seen | {"comment": "glove 3 changed"})
        assert (without.status_code, "give your password" in without.json()["detail"]) == (422, True)
        wrong = await client.post(path, json=signed(seen, "wrong"))
        assert wrong.status_code == 401
        assert not collector.alarms[ALARM].acknowledged
        assert await book(keeping, "signature") == []
        answer = await client.post(path, json=signed(seen, PASSWORD))
        assert (answer.status_code, answer.json()["alarm"]["acknowledged_by"]) == (200, "cao")
    (line,) = await book(keeping, "signature")
    assert line["who"] == "cao"
    connection = await asyncpg.connect(keeping.service.settings.database_url)
    (row,) = await connection.fetch("SELECT * FROM signature")
    await connection.close()
    assert (row["name"], row["role"], row["meaning"]) == ("Cao", "operator", "responsibility")
    assert (row["what"], row["of"]) == ("acknowledgement", ALARM)
    assert row["sha256"] == sha256_of(
        {"alarm": ALARM, "raised_at": row["version"], "comment": "glove 3 changed"}
    )


async def test_a_slight_alarm_takes_neither(collector: Collector, server: Running) -> None:
    token = server.sign_in(Role.OPERATOR)
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        seen = await occurrence(collector, ALERT)
        answer = await client.post(f"{API}/alarms/acknowledge", json=seen)
        assert answer.status_code == 200


async def test_the_weight_of_an_alarm_is_known_while_the_collector_is_not_heard(server: Running) -> None:
    body = {"alarm": ALARM, "raised_at": "2026-03-02T00:00:00Z"}
    async with server.client(server.sign_in()) as client:
        assert (await client.post(f"{API}/alarms/acknowledge", json=body)).status_code == 422


async def test_whose_training_is_over_does_not_answer_for_an_action_alarm(
    collector: Collector, server: Running, hands: Hands
) -> None:
    yesterday = hands.at.date().replace(day=1)
    over: list[Training] = [replace(one, valid_until=yesterday) for one in TRAINING if one.person == "cao"]
    server.service.people.take(accounts(PASSWORD), over)
    token = server.sign_in(Role.OPERATOR)
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        seen = await occurrence(collector)
        answer = await client.post(f"{API}/alarms/acknowledge", json=signed(seen, PASSWORD))
        assert (answer.status_code, "training" in answer.json()["detail"]) == (403, True)
        assert not collector.alarms[ALARM].acknowledged
