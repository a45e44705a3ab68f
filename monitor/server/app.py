"""Puts the server together: the parts, the gate before them, the routes, and how errors are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from monitor.records.dossier.remembered import Remembered
from monitor.server.access import Passwords
from monitor.server.answers import tell_answers, tell_errors
from monitor.server.changes import Changes
from monitor.server.command import Commands
from monitor.server.database import Database
from monitor.server.dossiers import keep_ahead
from monitor.server.drawn import DrawnAlarms
from monitor.server.duty import Duty
from monitor.server.gate import API, Doors, Gate
from monitor.server.instruments import Instruments
from monitor.server.ledger import Ledger
from monitor.server.lockouts import Lockouts
from monitor.server.measured import Measured, Requests
from monitor.server.messages import LIVE_MESSAGE
from monitor.server.metrics import registry_of
from monitor.server.packages import Packages
from monitor.server.people import People
from monitor.server.pins import Pins
from monitor.server.provider import Provider
from monitor.server.rates import Rates
from monitor.server.relay import Relay
from monitor.server.replica import Reads, Replica
from monitor.server.roll import Known, Roll
from monitor.server.routes import (
    acknowledge,
    alarm_file,
    alarms,
    batch_reviews,
    batches,
    book,
    changes,
    completeness,
    deeds,
    deviations,
    dossier,
    duty,
    equipment_tests,
    exports,
    health,
    instruments,
    live,
    metrics,
    notices,
    oidc,
    overlay,
    packages,
    people,
    pin,
    plant,
    prevention,
    protections,
    readings,
    reviews,
    sample_steps,
    samples,
    session,
    signatures,
    times,
    tokens,
    totp,
    training,
    trials,
)
from monitor.server.screens import Dashboard
from monitor.server.service import Service
from monitor.server.sessions import Sessions
from monitor.server.settings import Settings
from monitor.server.tokens import Tokens
from monitor.server.totp import Codes
from monitor.server.trials import Trials
from monitor.server.tries import Tries
from monitor.server.turned_away import TurnedAway
from monitor.server.upkeep import Upkeep

TITLE, VERSION = "Gradewatch", "1"
RESTART_S = 1.0
CANCEL_AGAIN_S = 0.5
"""A query that is cancelled while the database hangs waits for the database's word, unless it is cancelled again."""
BODY_BYTES_MAX = 64 * 1024
EXPORTS_MAX = 2

NOUNS = (
    session,
    oidc,
    health,
    plant,
    live,
    readings,
    completeness,
    exports,
    alarm_file,
    alarms,
    times,
    protections,
    book,
    reviews,
    people,
    totp,
    pin,
    training,
    tokens,
    signatures,
    acknowledge,
    instruments,
    samples,
    sample_steps,
    changes,
    trials,
    deeds,
    deviations,
    duty,
    notices,
    equipment_tests,
    batches,
    dossier,
    batch_reviews,
    packages,
    overlay,
    prevention,
)
"""Each is a router under the API's address."""

_log = structlog.get_logger()


def create_app(settings: Settings) -> FastAPI:
    """Make the application. It connects to nothing until its lifespan begins, so its OpenAPI needs nothing.

    Args:
        settings: what it is started with.

    Returns:
        The ASGI application, for `serve` or a test.
    """
    service = _make_service(settings)
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # FastAPI's page loads its scripts from a CDN
        redoc_url=None,
        max_body_size=BODY_BYTES_MAX,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
        lifespan=_lifespan,
    )
    app.state.service = service
    app.state.registry = registry_of(service)
    app.add_middleware(Gate, doors=_doors(service))
    app.add_middleware(Measured, requests=service.requests)
    tell_errors(app)
    _add_routes(app, settings)
    app.openapi = _openapi  # type: ignore[method-assign]  # the way that FastAPI documents for extending it
    return app


def _doors(service: Service) -> Doors:
    now = service.settings.now
    return Doors(
        sessions=service.sessions,
        tokens=service.tokens,
        rates=service.rates,
        scrape_token=service.settings.metrics_token,
        turned_away=TurnedAway(service.ledger, now).note,
    )


def _make_service(settings: Settings) -> Service:
    passwords = Passwords()
    database = Database(settings.database_url, passwords, settings.now)
    replica = Replica(settings.replica_url) if settings.replica_url else None
    sessions = Sessions(settings.now, settings.session_idle_s, settings.session_limit_s)
    people = People(passwords, settings.now, settings.plant.time_zone)
    ledger = Ledger(settings.data, database)
    tokens = Tokens(settings.now)
    relay, commands = Relay(settings), Commands(settings.data)
    return Service(
        settings=settings,
        sessions=sessions,
        tries=Tries(settings.now),
        pins=Pins(settings.data),
        rates=Rates(settings.now),
        passwords=passwords,
        codes=Codes(),
        database=database,
        people=people,
        ledger=ledger,
        tokens=tokens,
        provider=Provider(settings.oidc, settings.now) if settings.oidc else None,
        roll=Roll(database, Known(people, sessions, tokens), ledger, settings.now),
        changes=Changes(settings, database, commands, ledger),
        trials=Trials(settings.replica_url or settings.database_url),
        packages=Packages(settings.data),
        reads=Reads(database, replica),
        figures=Remembered(settings.data / "figures"),
        relay=relay,
        commands=commands,
        duty=Duty(commands),
        drawn=DrawnAlarms(),
        instruments=Instruments(database, commands, relay, settings),
        lockouts=Lockouts(people, commands, relay),
        exports=asyncio.Semaphore(EXPORTS_MAX),
        requests=Requests(),
        upkeep=Upkeep(database, settings.now),
    )


def _add_routes(app: FastAPI, settings: Settings) -> None:
    app.router.routes.extend(_routes())
    # Not a mount, which would take what an address of the API does not: that is 405, and not 404.
    app.router.default = Dashboard(settings.dashboard)


@cache
def _routes() -> list[BaseRoute]:
    """Lay every noun's routes out, once a process: no other part of an application takes nearly as long to make."""
    whole = APIRouter(generate_unique_id_function=_operation, max_body_size=BODY_BYTES_MAX)
    for noun in NOUNS:
        whole.include_router(noun.router, prefix=API)
    whole.include_router(metrics.router)
    return whole.routes


def _operation(route: APIRoute) -> str:
    return route.name


@cache
def _openapi() -> dict[str, Any]:
    """Tell the API in one document, once a process: it is the same for every application, and takes a second.

    With the WebSocket's messages, which have no place in it, and what the gate says.
    """
    document = get_openapi(title=TITLE, version=VERSION, routes=_routes())
    told = LIVE_MESSAGE.json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= told.pop("$defs") | {"LiveMessage": told}
    tell_answers(document)
    return document


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await service.ledger.open()
    tasks = [
        asyncio.create_task(_keep_running(run), name=name)
        for name, run in (
            ("relay", service.relay.run),
            ("database", service.database.run),
            ("reads", service.reads.run),
            ("ledger", service.ledger.run),
            ("roll", service.roll.run),
            ("upkeep", service.upkeep.run),
            ("instruments", service.instruments.run),
            ("lockouts", service.lockouts.run),
            ("changes", service.changes.run),
            ("trials", service.trials.program.run),
            ("packages", service.packages.program.run),
            ("ahead", partial(keep_ahead, service)),
        )
    ]
    try:
        yield
    finally:
        left = set(tasks)
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
        await service.commands.close()
        await service.ledger.close()


async def _keep_running(run: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await run()
        except Exception:  # noqa: BLE001 - the task's outer edge: a fault here must not end the live screens for good
            _log.exception("task_failed")
        await asyncio.sleep(RESTART_S)
