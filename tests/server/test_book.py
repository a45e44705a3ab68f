"""The book as people read it: filtered, a page at a time, one line whole; and its review by somebody else."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.server.gate import API
from monitor.server.rights import RIGHTS, Deed, Role
from monitor.server.transitions import change_of
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

BODY = {"role": "admin", "what": "li", "old": "operator", "new": "engineer", "reason": "升职 promoted"}
SIGNATURE = {"password": PASSWORD, "meaning": "review"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FACTS = st.sampled_from(["before", "after", "old", "new", "asked", "ending", "state", "outputs", "request"])


async def say(server: Running, hands: Hands, by: str, kind: str, **facts: Any) -> None:
    hands.pass_s(1)
    await server.service.ledger.say(hands.now(), kind, by, BODY | facts)
    await server.service.ledger.settled()


def period(hands: Hands) -> dict[str, str]:
    return {"start": (hands.at - timedelta(hours=1)).isoformat(), "end": hands.at.isoformat()}


async def read(client: httpx.AsyncClient, hands: Hands, **asked: Any) -> dict[str, Any]:
    answer = await client.get(f"{API}/book", params=period(hands) | asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def three(server: Running, hands: Hands) -> None:
    """Let three people do something, and end the period a second later."""
    await say(server, hands, "admin", "role_changed")
    await say(server, hands, "li", "signed_in", what="session")
    await say(server, hands, "qian", "signed_in", what="session", second="wang", who=["qian", "cao"])
    hands.pass_s(1)


async def test_the_book_is_read_the_latest_first_a_page_at_a_time(keeping: Running, hands: Hands) -> None:
    await three(keeping, hands)
    async with keeping.client(keeping.sign_in(Role.QA)) as client:
        first = await read(client, hands, limit=2)
        second = await read(client, hands, limit=2, after=first["next"])
    assert [one["who"] for one in first["lines"] + second["lines"]] == ["qian", "li", "admin"]
    assert second["next"] is None
    assert second["lines"][0]["body"] == BODY


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "signed_in"}, ["qian", "li"]),
        ({"kind": ["signed_in", "role_changed"]}, ["qian", "li", "admin"]),
        ({"who": "li"}, ["li"]),
        ({"who": "wang"}, ["qian"]),
        ({"who": "cao"}, ["qian"]),
        ({"chain": "keeping"}, []),
        ({"text": "升职 ROLE_"}, ["admin"]),
        ({"text": "%"}, []),
        ({"text": "promoted demoted"}, []),
    ],
)
async def test_only_what_is_looked_for_is_found(
    keeping: Running, hands: Hands, asked: dict[str, Any], found: list[str]
) -> None:
    await three(keeping, hands)
    async with keeping.client(keeping.sign_in(Role.QA)) as client:
        told = await read(client, hands, **asked)
    assert [one["who"] for one in told["lines"]] == found


@pytest.mark.parametrize("after", ["x", "2026-03-02T08:15:01+00:00 x y", "2026-03-02T08:15:01 1 y", " 1 y"])
async def test_a_place_that_is_none_is_refused(keeping: Running, hands: Hands, after: str) -> None:
    async with keeping.client(keeping.sign_in(Role.QA)) as client:
        answer = await client.get(f"{API}/book", params=period(hands) | {"after": after})
    assert (answer.status_code, "page" in answer.json()["detail"]) == (422, True)


async def review(server: Running, hands: Hands, name: str = "qian", **facts: Any) -> httpx.Response:
    async with server.client(server.sign_in(name=name)) as client:
        body = period(hands) | {"comment": "seen", "signature": SIGNATURE} | facts
        answer = await client.post(f"{API}/book/reviews", json=body)
    await server.service.ledger.settled()
    return answer


def asks(state: str, *each: str) -> dict[str, Any]:
    return {"state": state, "asked": [{"state": one} for one in each], "ending": []}


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("role_changed", {"old": "operator", "new": "engineer"}, ("operator", "engineer")),
        ("signed_in", {"old": None, "new": None}, (None, None)),
        ("change", {"before": None, "after": asks("REQUESTED", "requested")}, ("ARMED", "REQUESTED")),
        ("change", {"before": asks("RESET_PENDING"), "after": asks("CLOSED")}, ("RESET_PENDING", "ARMED")),
        (
            "change",
            {"before": asks("ACKED", "acked", "acked"), "after": asks("ACKED", "acked", "verified")},
            ("acked, acked", "acked, verified"),
        ),
        ("command", {"request": "", "outputs": {"red": "on", "buzzer": "off"}}, (None, "red on, buzzer off")),
        ("command", {"request": "fan_speed", "param": 100, "outputs": {}}, (None, "fan_speed 100")),
        ("result", {"verified": True}, (None, "verified")),
        ("result", {"verified": False}, (None, "failed")),
    ],
)
def test_a_line_says_in_a_word_what_was_and_what_is(
    kind: str, body: dict[str, Any], told: tuple[str | None, str | None]
) -> None:
    assert change_of(kind, body) == told


@given(st.sampled_from(["transition", "change", "command", "result", "key"]), st.dictionaries(FACTS, JSON))
def test_whatever_a_line_holds_it_can_be_told(kind: str, body: dict[str, Any]) -> None:
    assert all(one is None or isinstance(one, str) for one in change_of(kind, body))


async def test_a_review_covers_what_was_there_and_never_the_reviewers_own(
    keeping: Running, hands: Hands
) -> None:
    await three(keeping, hands)
    asked = period(hands)
    answer = await review(keeping, hands)
    assert (answer.status_code, answer.json()["lines"]) == (201, 2), answer.text
    # Comes late, into the period that was reviewed.
    await keeping.service.ledger.say(hands.at - timedelta(seconds=1), "signed_in", "li", BODY)
    await keeping.service.ledger.settled()
    hands.pass_s(1)
    async with keeping.client(keeping.sign_in(name="fang")) as client:
        lines = (await client.get(f"{API}/book", params=asked)).json()["lines"]
        listed = (await client.get(f"{API}/book/reviews", params=asked)).json()["reviews"]
    told = [(one["who"], one["reviewed_by"]) for one in lines]
    assert sorted(told) == [("admin", ["qian"]), ("li", []), ("li", ["qian"]), ("qian", [])]
    assert [(one["who"], one["comment"], one["lines"]) for one in listed] == [("qian", "seen", 2)]
    other = await review(keeping, hands, "fang", **asked)
    assert (other.status_code, other.json()["lines"]) == (201, 4)


async def test_a_line_is_told_whole_with_the_signature_given_with_it(keeping: Running, hands: Hands) -> None:
    await three(keeping, hands)
    made = (await review(keeping, hands)).json()
    hands.pass_s(1)
    async with keeping.client(keeping.sign_in(Role.QA)) as client:
        (line,) = (await read(client, hands, kind="review"))["lines"]
        place = {"chain": line["chain"], "seq": line["seq"]}
        whole = (await client.get(f"{API}/book/line", params=place)).json()
        missing = await client.get(f"{API}/book/line", params=place | {"seq": 4000})
    assert (whole["line"], whole["holds"]) == (line, True)
    signature = whole["signature"]
    assert (signature["id"], signature["name"], signature["meaning"]) == (made["signature"], "Qian", "review")
    assert signature["sha256"] == line["body"]["sha256"]
    assert line["body"]["new"]["chains"][line["chain"]]["lines"] == 2
    assert missing.status_code == 404


async def test_what_cannot_be_reviewed_is_refused_in_words(keeping: Running, hands: Hands) -> None:
    await say(keeping, hands, "qian", "signed_in")
    hands.pass_s(1)
    later = (hands.at + timedelta(hours=1)).isoformat()
    early = (hands.at - timedelta(days=40)).isoformat()
    for facts, status, words in (
        ({}, 409, "but your own"),
        ({"end": later}, 422, "over"),
        ({"start": hands.at.isoformat()}, 422, "before end"),
        ({"start": early}, 422, "31 days"),
        ({"signature": SIGNATURE | {"meaning": "approval"}}, 422, "reviewed"),
    ):
        answer = await review(keeping, hands, **facts)
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    await say(keeping, hands, "li", "signed_in")
    hands.pass_s(1)
    wrong = await review(keeping, hands, signature=SIGNATURE | {"password": "no"})
    assert wrong.status_code == 401


async def test_only_who_may_reads_and_reviews(keeping: Running, hands: Hands) -> None:
    await say(keeping, hands, "wang", "signed_in")
    hands.pass_s(1)
    asked = period(hands)
    for role in Role:
        async with keeping.client(keeping.sign_in(role)) as client:
            read = await client.get(f"{API}/book", params=asked)
            body = asked | {"signature": SIGNATURE}
            reviewed = await client.post(f"{API}/book/reviews", json=body)
        assert read.status_code == (200 if Deed.READ_BOOK in RIGHTS[role] else 403), role
        assert reviewed.status_code == (201 if Deed.REVIEW_BOOK in RIGHTS[role] else 403), role
