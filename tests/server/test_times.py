"""How soon an alarm came how far: what a screen has drawn first is written down once, by a person's screen only."""

from datetime import timedelta

from monitor.server.drawn import REMEMBERED, DrawnAlarms
from monitor.server.gate import API
from monitor.server.rights import Deed, Role
from monitor.server.sessions import hashed
from monitor.store.people import Token
from tests.server.collector import ALARM, Collector
from tests.server.conftest import Running
from tests.server.hands import Hands

SHOWN, TIMES = f"{API}/alarms/shown", f"{API}/alarms/times"


async def test_the_first_screen_that_draws_an_alarm_says_when(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(Role.OPERATOR)
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        collector.measure(10.0)
        await screen.until("alarm", reason="raised")
        raised_at = collector.alarms[ALARM].raised_at
        drawn = {"alarm": ALARM, "raised_at": raised_at.isoformat()}
        never = {"alarm": ALARM, "raised_at": (raised_at - timedelta(seconds=1)).isoformat()}
        assert (await client.post(SHOWN, json={"shown": [never]})).status_code == 204
        assert (await client.get(TIMES, params=drawn)).json()["shown_at"] is None
        hands.pass_s(1)
        first = hands.at
        for _ in range(2):
            assert (await client.post(SHOWN, json={"shown": [drawn, drawn]})).status_code == 204
            hands.pass_s(5)
        await keeping.service.ledger.settled()
        told = (await client.get(TIMES, params=drawn)).json()
        assert told["shown_at"] == first.isoformat(timespec="microseconds")
        assert [told[key] for key in ("sent_at", "accepted_at", "acknowledged_at")] == [None] * 3
        span = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z"}
        await keeping.store(alarms=[collector.alarms[ALARM]])
        file = f"{API}/exports/alarms.csv"
        assert (await client.get(file, params=span)).text.startswith("alarm,level,state")
        chinese = await client.get(file, params={**span, "language": "zh"})
        head, row = chinese.content.decode().splitlines()
        cells = dict(zip(head.split(","), row.split(","), strict=True))
        assert (cells["\ufeff报警"], cells["上屏"]) == (ALARM, "2026-03-02T16:15:02.000+08:00")
        assert (cells["采样"], cells["上屏（采样后秒数）"]) == ("", "")  # the book has no Transition here
        none = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"}
        assert len((await client.get(file, params=none)).text.splitlines()) == 1
        assert (await client.get(TIMES, params=never)).json()["shown_at"] is None
    async with keeping.service.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM book WHERE kind = 'shown'") == 1


async def test_what_a_machine_has_read_nobody_has_seen(
    collector: Collector, server: Running, hands: Hands
) -> None:
    token = Token("mes", hashed("gw_x"), [Deed.LOOK], "admin", hands.at, hands.at + timedelta(days=9))
    server.service.tokens.take([token])
    async with (
        server.screen(server.sign_in(Role.VIEWER)) as screen,
        server.client(Authorization="Bearer gw_x") as client,
    ):
        await screen.until("link", collector=True)
        collector.measure(10.0)
        await screen.until("alarm", reason="raised")
        drawn = {"alarm": ALARM, "raised_at": collector.alarms[ALARM].raised_at.isoformat()}
        assert (await client.post(SHOWN, json={"shown": [drawn]})).status_code == 204
    assert server.service.ledger.waiting == 0


def test_what_was_drawn_is_remembered_up_to_a_limit() -> None:
    drawn, at = DrawnAlarms(), Hands().at
    names = [f"a{number}" for number in range(REMEMBERED + 1)]
    assert all(drawn.is_first(name, at) for name in names)
    assert not drawn.is_first(names[1], at)
    assert drawn.is_first(names[1], at + timedelta(seconds=1))
    assert drawn.is_first(names[0], at)
