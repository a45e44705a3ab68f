"""What every route works with."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, TypeAlias, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from monitor.records.dossier.remembered import Remembered
from monitor.server.access import Passwords
from monitor.server.changes import Changes
from monitor.server.command import Commands
from monitor.server.database import Database
from monitor.server.drawn import DrawnAlarms
from monitor.server.duty import Duty
from monitor.server.instruments import Instruments
from monitor.server.ledger import Ledger
from monitor.server.lockouts import Lockouts
from monitor.server.measured import Requests
from monitor.server.packages import Packages
from monitor.server.people import People
from monitor.server.pins import Pins
from monitor.server.provider import Provider
from monitor.server.rates import Rates
from monitor.server.relay import Relay
from monitor.server.replica import Reads
from monitor.server.roll import Roll
from monitor.server.sessions import Session, Sessions
from monitor.server.settings import Settings
from monitor.server.tokens import Tokens
from monitor.server.totp import Codes
from monitor.server.trials import Trials
from monitor.server.tries import Tries
from monitor.server.upkeep import Upkeep
from monitor.store.people import By


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one running server.

    Attributes:
        database: what is written to, and asked for what must not be a second old.
        people: everybody who may sign in, as last read.
        tokens: what machines show instead of a password.
        provider: the site's own sign-in; None: there is none.
        ledger: what people do, on its way into the book.
        roll: keeps people and sessions in step with the database.
        changes: of the plant, on their way to the collector.
        trials: of the past under a proposed plant.
        packages: of batches, as files.
        reads: where the past is read.
        figures: what was counted of batches that were looked at, for whoever looks next.
        duty: what the collector knows of calling people.
        drawn: the alarms that a screen has drawn.
        instruments: keeps the alarms about instruments in step with their register.
        lockouts: keeps the alarms about locked accounts in step with the accounts.
        exports: held while a file is written: each needs a connection to the database for minutes.
    """

    settings: Settings
    sessions: Sessions
    tries: Tries
    pins: Pins
    rates: Rates
    passwords: Passwords
    codes: Codes
    database: Database
    people: People
    tokens: Tokens
    provider: Provider | None
    ledger: Ledger
    roll: Roll
    changes: Changes
    trials: Trials
    packages: Packages
    reads: Reads
    figures: Remembered
    relay: Relay
    commands: Commands
    duty: Duty
    drawn: DrawnAlarms
    instruments: Instruments
    lockouts: Lockouts
    exports: asyncio.Semaphore
    requests: Requests
    upkeep: Upkeep


def _service(connection: HTTPConnection) -> Service:
    return cast("Service", connection.app.state.service)


def _session(connection: HTTPConnection) -> Session:
    return cast("Session", connection.state.session)


def by(here: Service, session: Session, reason: str = "") -> By:
    """Say for the book who does something now, and why."""
    person = session.person
    return By(here.settings.now(), person.name, person.role, reason, here.ledger.chain)


Here: TypeAlias = Annotated[Service, Depends(_service)]
"""The parts of the server, in a route's arguments."""

SignedIn: TypeAlias = Annotated[Session, Depends(_session)]
"""The session of who asks, in a route's arguments; the gate has let nobody through without one."""
