"""A server that has something of everything: what a day leaves behind, for who asks for all of it."""

from datetime import datetime, timedelta
from typing import Any

from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.store.book import BookEntry
from monitor.versions import Versions
from tests.changing import line, looser
from tests.patience import PATIENCE_S
from tests.people import called
from tests.server.collector import ALARM, Collector
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands
from tests.server.test_instruments import ENTRY

BATCH = "MSC-2026-014"
"""Called as the examples call one."""


async def fill(server: Running, collector: Collector, hands: Hands) -> None:
    """Measure, raise an alarm, plan plates, propose a plant, note an instrument, make a token, review the book."""
    settings, files = server.service.settings, line()[1]
    Versions(settings.data).keep(files)
    samples = [collector.measure(pressure_pa) for pressure_pa in (50.0, 10.0)]
    await server.store(samples, book=made_batch(hands.at), alarms=[collector.alarms[ALARM]])
    own = {name: text for name, text in looser(files).items() if name.startswith("plant/")}
    await _post(server, Role.ENGINEER, "instruments/entries", ENTRY)
    test = {"kind": "leak", "equipment": "ISO-STM-L1", "at": hands.at.isoformat(), "outcome": "passed"}
    await _post(server, Role.OPERATOR, "equipment-tests", test)
    await _post(server, Role.OPERATOR, "samples/plan", {"day": hands.at.date().isoformat()})
    await _post(server, Role.ENGINEER, "plant/proposals", {"reason": "less noise", "files": own})
    ends_at = (hands.at + timedelta(days=30)).isoformat()
    # Called as the example of a name in an address.
    token = {"name": "li", "deeds": ["read_past"], "ends_at": ends_at, "reason": "the MES reads"}
    await _post(server, Role.ADMIN, "tokens", token)
    await server.service.ledger.settled()
    hands.pass_s(1)
    period = {"start": (hands.at - timedelta(hours=1)).isoformat(), "end": hands.at.isoformat()}
    signature = {"password": PASSWORD, "meaning": "review"}
    opened = {"password": PASSWORD, "meaning": "authorship"}
    await _post(server, Role.OPERATOR, "deviations", {"title": "Glove 3 torn", "signature": opened})
    await _post(server, Role.QA, "book/reviews", period | {"signature": signature})
    await server.service.ledger.settled()


def made_batch(ended: datetime, lasted: timedelta = timedelta(seconds=3)) -> list[BookEntry]:
    """Give the lines of a batch that was made in the isolator, as the collector's book has them."""
    started = ended - lasted
    begun = {"batch": BATCH, "line": "STM-L1", "product": "MSC", "stage": "set-up", "zones": ["STM-L1-A-ISO"]}
    begun |= {
        "at": started.isoformat(),
        "who": "cao",
        "overrides": [],
        "reason": "",
        "signature": "",
        "sha256": "",
    }
    over = {"batch": BATCH, "at": ended.isoformat(), "who": "cao", "comment": "", "is_aborted": False}
    return [
        BookEntry(started, "batch_started", "cao", begun),
        BookEntry(ended, "batch_ended", "cao", over),
    ]


async def _post(server: Running, role: Role, path: str, body: dict[str, Any]) -> None:
    async with server.client(server.sign_in(role, called(role))) as client:
        answer = await client.post(f"{API}/{path}", json=body, timeout=PATIENCE_S)
    assert answer.is_success, (path, answer.text)
