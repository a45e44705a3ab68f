"""Calls that nobody would write, of each role and of who is not signed in: answered as the document says, or refused.

What is sent is the same each time. More of it, from another seed: `GRADEWATCH_TEST_CALLS=100 GRADEWATCH_TEST_SEED=7`.
"""

import asyncio
import os
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from config.plant import Plant
from monitor.server.app import create_app
from monitor.server.gate import API, COOKIE, OPEN_DOORS
from monitor.server.rights import RIGHTS, Role
from monitor.server.settings import Settings
from tests.patience import PATIENCE_S
from tests.server.acting import acting
from tests.server.collector import Collector, heard
from tests.server.conftest import NO_DATABASE, Running
from tests.server.drawn import BY_CHANCE, Call, draw
from tests.server.filled import fill
from tests.server.hands import Hands
from tests.server.test_rights import EXPECTED

BY_HAND = int(os.environ.get("GRADEWATCH_TEST_CALLS", "0"))
SEED = int(os.environ.get("GRADEWATCH_TEST_SEED", "0")) or None
MOST = 100_000 if BY_HAND else 7
"""Calls of one operation."""
BY_ALL = 100_000 if BY_HAND else 2
"""So many of them are sent by every role, the others by one that has the right, in turn."""
APART_S = 61.0
"""Between two calls: whoever calls so seldom is never too fast, and tries no more passwords than anybody may."""

# Not who stands in the examples: that account is disabled, locked and renamed by them.
WHO = {Role.ENGINEER: "李明", Role.QA: "qian", Role.ADMIN: "admin"}
STRANGERS: tuple[dict[str, str], ...] = (
    {},
    {"Cookie": f"{COOKIE}=no-such-token"},
    {"Cookie": '=; ;\xff="\\777'},
    {"Authorization": "Bearer gw_no-such-token"},
    {"Authorization": "\xff"},
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    return acting(plant)


@pytest.fixture(scope="module")
def document(plant: Plant) -> dict[str, Any]:
    nowhere = Path(tempfile.gettempdir())
    told: dict[str, Any] = create_app(Settings(plant, nowhere, NO_DATABASE, nowhere, Hands().now)).openapi()
    return told


@pytest.fixture(scope="module")
def drawn(document: dict[str, Any]) -> dict[str, list[Call]]:
    return draw(document, MOST, BY_HAND or BY_CHANCE, SEED)


REFUSED = """
POST /alarms/acknowledge
POST /alarms/reset
POST /alarms/shelve
POST /alarms/unshelve
POST /batches
POST /batches/{batch}/end
POST /batches/{batch}/release
POST /batches/{batch}/reviews
POST /batches/{batch}/stage
GET /book/line
POST /book/reviews
POST /deviations/{deviation}/close
POST /deviations/{deviation}/reopen
POST /instruments/confirm
POST /notices/receipt
POST /packages
DELETE /packages/{batch}
GET /packages/{batch}
GET /packages/{batch}/file
POST /people
POST /people/{name}/subject
POST /plant/proposals
POST /plant/proposals/{number}/withdraw
POST /protections/confirm
POST /protections/inhibit
POST /protections/rearm
POST /protections/reset
POST /samples/approve
POST /samples/{code}/reject
POST /samples/{code}/replace
POST /session/oidc
GET /session/oidc/callback
DELETE /session/own/{session_id}
POST /session/password
POST /session/totp
POST /sessions/{session_id}/end
"""
"""What takes what nobody draws: an occurrence that stands now, one's own password or notice, another's proposal.

Or a batch that runs, one signed as it stands, a deviation that others have assessed, a plate that two others have read
and verified, one in quarantine.
"""


def door(label: str) -> tuple[str, str]:
    method, _, path = label.partition(" ")
    return method, path


def able(label: str) -> list[Role]:
    """Who of those that call has the right; whoever is signed in, where it takes none."""
    deeds = EXPECTED.get(door(label))
    return [role for role in WHO if deeds is None or not RIGHTS[role].isdisjoint(deeds)]


class Caller:
    """Sends calls, and notes what was wrong with the answers."""

    def __init__(self, server: Running, hands: Hands) -> None:
        self.wrong: list[str] = []
        self.statuses: dict[str, set[int]] = defaultdict(set)
        self.called: dict[str, set[Role]] = defaultdict(set)
        self._server = server
        self._hands = hands
        self._tokens: dict[Role, str] = {}
        self._session = requests.Session()
        self._session.trust_env = False

    async def call(self, case: Call, role: Role, allowed: int = 0) -> None:
        """Call as who has a role; `allowed` is the one fault of a server that may come, as the document says."""
        headers = {"Cookie": f"{COOKIE}={self._token(role)}"}
        answer = await asyncio.to_thread(self._send, case, headers)
        self.statuses[case.operation.label].add(answer.status_code)
        self.called[case.operation.label].add(role)
        checks = CHECKS[1:] if answer.status_code == allowed else CHECKS
        try:
            await asyncio.to_thread(case.validate_response, answer, checks)
        except FailureGroup as group:
            self.wrong.append(f"{role}: {group}")

    async def knock(self, case: Call, headers: dict[str, str]) -> None:
        """Call as who is not signed in."""
        self._hands.pass_s(APART_S)
        answer = await asyncio.to_thread(self._send, case, headers)
        if answer.status_code not in {401, 403}:
            self.wrong.append(f"{headers}: {case.as_curl_command()} gave {answer.status_code} {answer.text}")

    def close(self) -> None:
        self._session.close()

    def _send(self, case: Call, headers: dict[str, str]) -> Any:
        self._session.cookies.clear()
        return case.call(
            self._server.address, session=self._session, headers=dict(headers), timeout=PATIENCE_S
        )

    def _token(self, role: Role) -> str:
        self._hands.pass_s(APART_S)
        if self._server.service.sessions.find(self._tokens.get(role, "")) is None:
            self._tokens[role] = self._server.sign_in(role, WHO[role])
        return self._tokens[role]


@asynccontextmanager
async def calling(server: Running, hands: Hands) -> AsyncIterator[Caller]:
    caller = Caller(server, hands)
    try:
        yield caller
    finally:
        caller.close()
    assert not caller.wrong, f"{len(caller.wrong)} answers\n" + "\n".join(caller.wrong[:20])


def test_every_operation_of_the_document_is_called(
    document: dict[str, Any], drawn: dict[str, list[Call]]
) -> None:
    told = {f"{method.upper()} {path}" for path, every in document["paths"].items() for method in every}
    assert set(drawn) == told
    assert len(told) > 60
    for label, cases in drawn.items():
        assert len(cases) >= 3, label
    modes = {case.meta.generation.mode.value for cases in drawn.values() for case in cases if case.meta}
    assert modes == {"positive", "negative"}


@pytest.mark.timeout(0 if BY_HAND else 300)
async def test_whatever_is_sent_the_answer_is_as_the_document_says(
    drawn: dict[str, list[Call]], collector: Collector, keeping: Running, hands: Hands
) -> None:
    async with heard(collector), calling(keeping, hands) as caller:
        await fill(keeping, collector, hands)
        for label, cases in drawn.items():
            for place, case in enumerate(cases):
                turn = able(label)[place % len(able(label))]
                for role in WHO if place < BY_ALL else (turn,):
                    await caller.call(case, role)
    assert {label for label, roles in caller.called.items() if roles == set(WHO)} == set(drawn)
    refused = {label for label, every in caller.statuses.items() if all(status >= 300 for status in every)}
    known = {line.replace(" ", f" {API}", 1) for line in REFUSED.split("\n")}
    assert sorted(refused - known) == []


async def test_whoever_is_not_signed_in_reads_nothing(
    drawn: dict[str, list[Call]], keeping: Running, hands: Hands
) -> None:
    shut = [label for label in drawn if door(label) not in OPEN_DOORS]
    assert len(drawn) - len(shut) == len(OPEN_DOORS)
    async with calling(keeping, hands) as caller:
        for label in shut:
            for place, case in enumerate(drawn[label]):
                await caller.knock(case, STRANGERS[place % len(STRANGERS)])


async def test_without_database_and_collector_it_is_said_so_where_that_is_told(
    drawn: dict[str, list[Call]], server: Running, hands: Hands
) -> None:
    async with calling(server, hands) as caller:
        for label, cases in drawn.items():
            for case in cases[:2]:
                await caller.call(case, able(label)[0], allowed=503)
    assert sum(503 in every for every in caller.statuses.values()) > 30
