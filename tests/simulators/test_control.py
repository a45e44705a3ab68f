"""The control endpoint: faults in and out, the truth, and devices that are not there."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from pymodbus.client import AsyncModbusTcpClient

from config.plant import Plant
from simulators.control import create_app
from simulators.plc import Plc
from simulators.site import Site
from tests.simulators.conftest import START, moved

ROOMS, COUNTER, TOWER = "RM-STM-L1", "PC-A-STM-L1", "ST-STM-L1"


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def site(plant: Plant, clock: Clock) -> AsyncIterator[Site]:
    site = Site(moved(plant, ROOMS, COUNTER, TOWER), clock, seed=1)
    await site.open()
    yield site
    await site.close()


@pytest_asyncio.fixture
async def control(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(site))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as client:
        yield client


async def test_the_truth_tells_how_often_a_machine_did_what_it_was_asked_for(plant: Plant) -> None:
    site = Site(moved(plant, "ISO-STM-L1"), lambda: START, seed=1)
    machine = site.plant.machine("ISO-STM-L1")
    assert isinstance(machine, Plc)
    for seq in (1, 1, 2):
        machine.request(5, 0, seq)
    transport = httpx.ASGITransport(create_app(site))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as control:
        truth = (await control.get("/truth", params={"device": "ISO-STM-L1"})).json()
    assert truth["executed"] == {"hold_process": 2}
    assert truth["values"]["held"] == 1


async def test_a_fault_is_started_told_and_cleared(
    control: httpx.AsyncClient, site: Site, clock: Clock
) -> None:
    answer = await control.post("/fault", json={"name": "door-open-room", "device": ROOMS})
    assert answer.status_code == 204
    clock.at += timedelta(seconds=20)
    await site.advance()
    listed = (await control.get("/fault")).json()
    assert listed["active"] == [{"name": "door-open-room", "device": ROOMS}]
    assert "核心操作间门被持续打开" in [one["label"]["zh"] for one in listed["known"]]
    truth = (await control.get("/truth", params={"device": ROOMS})).json()
    assert truth["values"]["core_dp"] == pytest.approx(4.05, abs=1.0)
    assert datetime.fromisoformat(truth["at"]) == clock.at
    assert (await control.delete("/fault")).status_code == 204
    clock.at += timedelta(seconds=80)
    await site.advance()
    truth = (await control.get("/truth", params={"device": ROOMS})).json()
    assert truth["values"]["core_dp"] == pytest.approx(27.0, abs=1.0)


async def test_truth_and_registers_agree(control: httpx.AsyncClient, site: Site, clock: Clock) -> None:
    clock.at += timedelta(seconds=9)
    await site.advance()
    truth = (await control.get("/truth", params={"device": COUNTER})).json()["values"]
    host, _, port = site.plant.devices[COUNTER].address.partition(":")
    client = AsyncModbusTcpClient(host, port=int(port))
    assert await client.connect()
    holding = (await client.read_holding_registers(0, count=60)).registers
    record = (await client.read_input_registers(0, count=24)).registers
    client.close()
    assert [truth["flow"], truth["rec_count"]] == [holding[22] / 100, holding[23]]
    assert [truth["device_status"], truth["sample_time"]] == [holding[2], holding[33]]
    assert [truth["cnt_0_3"], truth["cnt_5_0"]] == [record[9], record[15]]
    litres = record[3] * holding[22] / 100 * 28.316847 / 60
    assert truth["volume"] == pytest.approx(litres)


async def test_what_is_not_known_yet_is_null(control: httpx.AsyncClient) -> None:
    truth = (await control.get("/truth", params={"device": COUNTER})).json()
    assert truth["values"]["cnt_0_5"] is None


async def test_a_device_goes_and_comes_back_and_has_gone_on(
    control: httpx.AsyncClient, site: Site, clock: Clock
) -> None:
    host, _, port = site.plant.devices[COUNTER].address.partition(":")
    client = AsyncModbusTcpClient(host, port=int(port), reconnect_delay=0)
    assert (await control.post("/device", json={"device": COUNTER, "state": "down"})).status_code == 204
    assert not await client.connect()
    clock.at += timedelta(seconds=65)
    await site.advance()
    assert (await control.post("/device", json={"device": COUNTER, "state": "up"})).status_code == 204
    assert await client.connect()
    assert (await client.read_holding_registers(23, count=1)).registers == [10]
    client.close()


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/fault", {"name": "flood", "device": ROOMS}, 422, "no fault 'flood'; there are: glove-breach"),
        (
            "/fault",
            {"name": "counter-flow", "device": ROOMS},
            422,
            "counter-flow happens to a device of profile",
        ),
        (
            "/fault",
            {"name": "counter-flow", "device": "PC-9"},
            404,
            "no device 'PC-9'; the plant has: RM-STM-L1",
        ),
        (
            "/fault",
            {"name": "network-loss", "device": ROOMS, "length_s": 5},
            422,
            "network-loss: --length must be from 180 to 86400 s",
        ),
        ("/device", {"device": "PC-9", "state": "up"}, 404, "no device 'PC-9'"),
    ],
)
async def test_refusals_are_one_sentence(
    control: httpx.AsyncClient, path: str, body: dict[str, str], status: int, sentence: str
) -> None:
    answer = await control.post(path, json=body)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(sentence)


async def test_the_truth_of_a_device_that_is_not_there_is_refused(control: httpx.AsyncClient) -> None:
    assert (await control.get("/truth", params={"device": "PC-9"})).status_code == 404


async def test_time_that_stood_still_or_went_back_moves_nothing(site: Site, clock: Clock) -> None:
    clock.at += timedelta(seconds=5)
    await site.advance()
    before = site.plant.machine(ROOMS).values()
    await site.advance()
    clock.at -= timedelta(hours=1)
    await site.advance()
    assert site.plant.machine(ROOMS).values() == before
    assert site.plant.at == START + timedelta(seconds=5)


async def test_after_a_power_dip_a_device_is_back_with_what_it_is_made_with(site: Site, clock: Clock) -> None:
    host, _, port = site.plant.devices[COUNTER].address.partition(":")
    client = AsyncModbusTcpClient(host, port=int(port), reconnect_delay=0)
    clock.at += timedelta(seconds=13)
    await site.advance()
    await site.power_dip(COUNTER, off_s=25)
    clock.at += timedelta(seconds=24)
    await site.advance()
    assert not await client.connect()
    clock.at += timedelta(seconds=1)
    await site.advance()
    assert await client.connect()
    assert (await client.read_holding_registers(32, count=2)).registers == [0, 60]
    assert (await client.read_holding_registers(2, count=1)).registers == [0b111]
    assert (await client.read_holding_registers(23, count=1)).registers == [2]
    client.close()


async def test_telephones_ring_once_for_each_key_and_can_be_read(control: httpx.AsyncClient) -> None:
    first = {
        "key": "a|1",
        "to": "li",
        "subject": "Alarm",
        "text": "the pressure has fallen",
        "urgency": "high",
    }
    for message in (first, {**first, "key": "a|2", "to": "王", "language": "zh"}, first):
        assert (await control.post("/phone", json=message)).json() == {"accepted": True}
    heard = (await control.get("/phone/rung")).json()
    assert heard["again"] == 1
    assert [(one["key"], one["to"]) for one in heard["rung"]] == [("a|1", "li"), ("a|2", "王")]
    assert (await control.get("/phone")).text.startswith("☎ 王\nAlarm\nthe pressure has fallen")
    assert (await control.post("/phone", json={"key": "a|3"})).status_code == 422
