"""Who is on call, its calendar, substitutions, notices and receipts: over the real socket, and without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.sessions import hashed
from monitor.store.people import Token
from tests.server.collector import ALARM, Collector
from tests.server.conftest import Running
from tests.server.hands import Hands

DUTY, NOTED = f"{API}/duty", f"{API}/duty/substitutions"
NIGHT = "night"


def swap(hands: Hands, **other: Any) -> dict[str, Any]:
    """Ask that qian takes the next night of whoever has it: 2 March 2026, 20:00 to 08:00 in Shanghai."""
    begins = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert begins > hands.at
    hours = {"begins": begins.isoformat(), "ends": (begins + timedelta(hours=12)).isoformat()}
    return {"rotation": NIGHT, "person": "qian", "reason": "leave", **hours, **other}


async def test_it_says_who_has_the_duty_now_and_next_without_a_database(
    collector: Collector, server: Running
) -> None:
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        known = (await client.get(DUTY)).json()
        day, night = known["rotations"]
        assert known["collector"] is True
        # 16:15 in Shanghai, a Monday: the week of li by day, of wang or cao by night.
        assert day["now"]["because"] == "turn"
        assert (day["now"]["begins"], day["now"]["ends"]) == (
            "2026-03-02T00:00:00.000000+00:00",
            "2026-03-02T12:00:00.000000+00:00",
        )
        assert night["now"] is None
        assert {day["now"]["person"], night["next"]["person"]} <= {"li", "wang", "cao"}
        assert {one["id"]: one["contacts"][0]["to"] for one in known["people"]}["cao"] == "cao"
    async with server.client(server.sign_in(Role.OPERATOR)) as client:
        shown = {one["id"]: one["contacts"][0]["to"] for one in (await client.get(DUTY)).json()["people"]}
        assert shown == {"cao": "cao", "li": "", "wang": "", "qian": ""}


async def test_while_the_collector_is_away_the_plant_still_says_who(server: Running) -> None:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        known = (await client.get(DUTY)).json()
        assert (known["collector"], len(known["rotations"])) == (False, 2)


async def test_the_turns_of_a_time_agree_with_who_has_the_duty(collector: Collector, server: Running) -> None:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        span = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-15T00:00:00Z"}
        turns = (await client.get(f"{DUTY}/turns", params={"rotation": "day", **span})).json()["turns"]
        now = (await client.get(DUTY)).json()["rotations"][0]["now"]
        assert now in turns
        assert len({one["person"] for one in turns}) == 2
        far = {"start": "2199-06-01T00:00:00Z", "end": "2199-12-31T00:00:00Z"}
        answer = await client.get(f"{DUTY}/turns", params={"rotation": "day", **far})
        assert answer.status_code == 200
        assert (await client.get(f"{DUTY}/turns", params={"rotation": "x", **span})).status_code == 404


async def test_a_calendar_is_for_people_and_for_a_token_of_its_own(
    collector: Collector, server: Running, hands: Hands
) -> None:
    token = Token("calendar", hashed("gw_x"), ["calendar"], "admin", hands.at, hands.at + timedelta(days=9))
    server.service.tokens.take([token])
    async with server.client(Authorization="Bearer gw_x") as client:
        answer = await client.get(f"{DUTY}/{NIGHT}.ics", params={"language": "en"})
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
        assert answer.text.count("BEGIN:VEVENT") > 100
        assert (await client.get(DUTY)).status_code == 403
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        assert (await client.get(f"{DUTY}/{NIGHT}.ics")).status_code == 200
        assert (await client.get(f"{DUTY}/nobody.ics")).status_code == 404


async def test_a_substitution_is_noted_seen_and_taken_back(
    collector: Collector, server: Running, hands: Hands
) -> None:
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        body = swap(hands)
        noted = await client.post(NOTED, json=body)
        assert [one["noted_by"] for one in noted.json()["substitutions"]] == ["li"]
        assert (await client.post(NOTED, json=body)).status_code == 409
        span = {"start": body["begins"], "end": body["ends"]}
        turns = (await client.get(f"{DUTY}/turns", params={"rotation": NIGHT, **span})).json()["turns"]
        assert [(one["person"], one["because"]) for one in turns] == [("qian", "substitution")]
        back = await client.post(f"{NOTED}/take-back", json=body | {"reason": "back again"})
        assert back.json()["substitutions"] == []
        assert (await client.post(f"{NOTED}/take-back", json=body)).status_code == 404


async def test_who_is_no_engineer_gives_the_own_turn_only(
    collector: Collector, server: Running, hands: Hands
) -> None:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        assert (await client.post(NOTED, json=swap(hands))).status_code == 403
    token = server.service.sessions.open(server.service.people.person("cao"))  # type: ignore[arg-type]  # he is there
    async with server.client(token) as client:
        body = swap(hands)
        whole = body | {"ends": (hands.at + timedelta(days=20)).isoformat()}
        assert (await client.post(NOTED, json=whole)).status_code == 403  # both have turns in that time
        span = {"rotation": NIGHT, "start": body["begins"], "end": whole["ends"]}
        turns = (await client.get(f"{DUTY}/turns", params=span)).json()["turns"]
        own = next(one for one in turns if one["person"] == "cao")
        others = next(one for one in turns if one["person"] != "cao")
        times = ("begins", "ends")
        refused = await client.post(NOTED, json=body | {key: others[key] for key in times})
        assert (refused.status_code, "your own turns" in refused.json()["detail"]) == (403, True)
        given = await client.post(NOTED, json=body | {key: own[key] for key in times})
        assert given.status_code == 200
    async with server.client(server.sign_in(Role.QA)) as client:
        back = body | {key: own[key] for key in times}
        assert (await client.post(f"{NOTED}/take-back", json=back)).status_code == 403
    async with server.client(token) as client:
        assert (await client.post(f"{NOTED}/take-back", json=back)).status_code == 200


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"reason": ""}, 422),
        ({"person": "nobody"}, 422),
        ({"rotation": "nothing"}, 404),
        ({"begins": "2026-03-01T00:00:00Z"}, 422),
        ({"ends": "2026-03-02T12:00:00Z"}, 422),
        ({"ends": "2027-03-02T12:00:00Z"}, 422),
    ],
)
async def test_what_cannot_be_a_substitution_is_refused_in_words(
    collector: Collector, server: Running, hands: Hands, other: dict[str, str], status: int
) -> None:
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        answer = await client.post(NOTED, json=swap(hands, **other))
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)
    assert collector.state.calls.substitutions == ()


async def test_notices_on_their_way_are_known_without_a_database_and_a_receipt_is_the_persons_own(
    collector: Collector, server: Running
) -> None:
    collector.measure(10.0)
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        known = (await client.get(f"{API}/notices", params={"alarm": ALARM})).json()
        assert known["database"] is False
        (notice,) = known["notices"]
        assert (notice["step"], notice["outcome"]) == (1, None)
        calls = (await client.get(DUTY)).json()["calls"]
        assert [(one["alarm"], one["told"]) for one in calls] == [(ALARM, [notice["person"]])]
        assert (await client.get(f"{API}/notices", params={"person": "nobody"})).json()["notices"] == []
    for name in ("li", "wang", "cao"):
        person = server.service.people.person(name)
        assert person is not None
        async with server.client(server.service.sessions.open(person)) as client:
            answer = await client.post(f"{API}/notices/receipt", json={"key": notice["key"]})
            assert answer.status_code == (200 if name == notice["person"] else 403)
            assert (await client.post(f"{API}/notices/receipt", json={"key": "x"})).status_code == 404


async def test_what_was_sent_and_answered_is_read_from_the_table(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    connection = await asyncpg.connect(keeping.service.settings.database_url)
    alarms = f'[["{ALARM}", "{hands.at.isoformat()}"]]'
    tries = (
        '[{"sent_at": "2026-03-02T08:15:01Z", "answered_at": "2026-03-02T08:15:02Z",'
        ' "outcome": "refused", "detail": "HTTP 403"}]'
    )
    await connection.execute(
        "INSERT INTO notice (chain, key, at, judged_at, kind, person, way, step, alarms, because, outcome, tries,"
        " ended_at, detail) VALUES ('c', 'a|li|robot', $1, $1, 'alarm', 'li', 'robot', 1, $2, '', 'refused', $3,"
        " $1, 'HTTP 403')",
        *(hands.at, alarms, tries),
    )
    await connection.close()
    async with keeping.client(keeping.sign_in(Role.VIEWER)) as client:
        for query, count in (
            ({}, 1),
            ({"alarm": ALARM}, 1),
            ({"alarm": ALARM, "raised_at": hands.at.isoformat()}, 1),
            ({"alarm": ALARM, "raised_at": "2026-03-02T00:00:00Z"}, 0),
            ({"alarm": "other"}, 0),
            ({"person": "li", "kind": "alarm"}, 1),
            ({"kind": "test"}, 0),
        ):
            answer = (await client.get(f"{API}/notices", params=query)).json()
            assert (answer["database"], len(answer["notices"])) == (True, count), query
        (one,) = (await client.get(f"{API}/notices")).json()["notices"]
        assert (one["outcome"], one["tries"][0]["detail"]) == ("refused", "HTTP 403")
