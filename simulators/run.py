"""Plays a scenario in a running simulator and watches what the service makes of it, through its API as a person does.

The service is spoken to over HTTP alone: nothing of it is imported.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx

from simulators.errors import NoControl, NoService
from simulators.expectation import Place
from simulators.scenario import Scenario
from simulators.seen import Course, Seen, Standing
from simulators.trial import Trial

ADMIN = "admin"
LOOK_EVERY_S = 0.1
ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Under:
    """What is under trial.

    Attributes:
        service: address of the service, `http://host:port`.
        password: of its administrator.
        control: `host:port` of the simulator's control endpoint.
    """

    service: str
    password: str = field(repr=False)
    control: str


async def run_scenario(
    scenario: Scenario, under: Under, device: str, length_s: float | None, begun: Callable[[], None]
) -> Trial:
    """Play a scenario, watch until everything is decided, and end its faults whatever happens.

    Args:
        scenario: what to play.
        under: where service and simulator are.
        device: where it happens; "" for the scenario's own device.
        length_s: how long it lasts, where that can be chosen; None: the usual time.
        begun: told once the fault plays.

    Raises:
        NoService: the service does not answer or refuses, or something plays or stands already.
        NoControl: no simulator answers, or it says no.
        BadScenario: it cannot last so long.
    """
    lasts_s = scenario.lasts_s(length_s)
    async with _service(under) as service, _control(under) as control:
        own, places = _find(device or scenario.device, await _ask(service, "/api/v1/plant"))
        trial = Trial(scenario, own, places, lasts_s)
        await _calm(service, control, trial)
        before = await _executed(control, trial)
        body = {"name": scenario.name, "device": own.device, "length_s": length_s}
        loop = asyncio.get_running_loop()
        start_s = loop.time()  # before the request: what is seen is never told too early
        try:
            await _ask(control, "/fault", "POST", body)
            begun()
            while not trial.is_decided:
                seen = await _look(service, control, trial, before, start_s)
                trial.look(seen)
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await _ask(control, "/fault", "DELETE")
    return trial


Counts: TypeAlias = dict[str, dict[str, int]]
"""Device -> request -> how often it was carried out."""


async def _look(
    service: httpx.AsyncClient, control: httpx.AsyncClient, trial: Trial, before: Counts, start_s: float
) -> Seen:
    alarms, protections = await _standing(service)
    truths = {device: await _ask(control, f"/truth?device={device}") for device in sorted(trial.shown)}
    return Seen(
        at_s=asyncio.get_running_loop().time() - start_s,
        alarms=alarms,
        truths={device: truth["values"] for device, truth in truths.items()},
        executed={
            device: {key: times - before[device].get(key, 0) for key, times in truth["executed"].items()}
            for device, truth in truths.items()
        },
        protections=protections,
    )


async def _executed(control: httpx.AsyncClient, trial: Trial) -> Counts:
    return {device: (await _ask(control, f"/truth?device={device}"))["executed"] for device in trial.shown}


async def _standing(service: httpx.AsyncClient) -> tuple[dict[str, Standing], dict[str, Course]]:
    alarms = await _ask(service, "/api/v1/alarms")
    protections = await _ask(service, "/api/v1/protections")
    return (
        {one["id"]: Standing(one["active"], one["state"], one["first_out"]) for one in alarms["alarms"]},
        {
            one["id"]: Course(
                one["state"], one["failed"], tuple(ask["state"] or "waiting" for ask in one["asks"])
            )
            for one in protections["protections"]
        },
    )


async def _calm(service: httpx.AsyncClient, control: httpx.AsyncClient, trial: Trial) -> None:
    """See that nothing plays, and that nothing stands or runs which would be taken for this scenario's own."""
    if playing := (await _ask(control, "/fault"))["active"]:
        names = ", ".join(f"{one['name']} on {one['device']}" for one in playing)
        raise NoService(f"a fault plays already: {names}; end it with: gradewatch-sim fault clear")
    if not (await _ask(service, "/api/v1/alarms"))["collector"]:
        raise NoService("the service does not hear its collector; wait until it does")
    alarms, protections = await _standing(service)
    stirring = Seen(0.0, alarms, protections=protections).stirring()
    if own := trial.standing(stirring & set(alarms)):
        raise NoService(f"these alarms stand already: {', '.join(own)}; acknowledge them and begin again")
    if own := trial.standing(stirring - set(alarms)):
        raise NoService(f"these protective actions run already: {', '.join(own)}; reset them and begin again")


def _find(device: str, plant: dict[str, Any]) -> tuple[Place, list[Place]]:
    places = [
        Place(one["id"], one["profile"], one["zone"], one["line"] or "", one["workshop"])
        for one in plant["devices"]
    ]
    own = next((place for place in places if place.device == device), None)
    if own is None:
        raise NoService(f"the service's plant has no device {device!r}; name one with --on")
    return own, places


@asynccontextmanager
async def _service(under: Under) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=under.service, timeout=ANSWER_WITHIN_S, trust_env=False) as client:
        await _ask(client, "/api/v1/session", "POST", {"name": ADMIN, "password": under.password})
        yield client


@asynccontextmanager
async def _control(under: Under) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://{under.control}", timeout=ANSWER_WITHIN_S, trust_env=False
    ) as client:
        yield client


async def _ask(
    client: httpx.AsyncClient, path: str, method: str = "GET", body: dict[str, Any] | None = None
) -> Any:  # noqa: ANN401 - JSON
    """Ask, and return the answer's JSON, or None where there is none."""
    is_service = path.startswith("/api")
    refused = NoService if is_service else NoControl
    try:
        answer = await client.request(method, path, json=body)
        if answer.is_error:
            raise refused(f"{client.base_url}{path} says: {_detail(answer)}")
        return answer.json() if answer.content else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        what = (
            "service answers; start one with: make demo"
            if is_service
            else "simulator answers; start one with: gradewatch-sim serve"
        )
        raise refused(f"{client.base_url}: no {what}") from error


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
