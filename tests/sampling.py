"""A plant with a sampling plan, and a batch of it that has ended: for tests that take plates."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from config.model import Text
from config.plant import Plant
from config.sampling import Incubation, Per, Position, SampleKind, Shift
from monitor.store.book import BookEntry

ISOLATOR, CORE = "STM-L1-A-ISO", "STM-L1-CORE"
SETTLE, AIR, CONTACT = "SP-SETTLE", "SP-AIR", "SP-CONTACT"
BATCH = "B-2026-0117"
WARM = (Incubation(30, 35, 2, 3),)
TWICE = (Incubation(20, 25, 3, 5), Incubation(30, 35, 2, 3))


def sampled(plant: Plant) -> Plant:
    """Give a plant three positions and two shifts: a settle plate, active air each day, two contact plates a batch."""
    every = (
        _position(SETTLE, ISOLATOR, SampleKind.SETTLE, Per.STAGE, WARM, exposure_max_s=14400.0),
        _position(AIR, CORE, SampleKind.ACTIVE_AIR, Per.DAY, TWICE, volume_l=1000.0, device="D"),
        _position(CONTACT, CORE, SampleKind.CONTACT, Per.BATCH, WARM, places=2, alert=3.0),
    )
    shifts = (Shift("day", Text("Day", "白班"), time(8)), Shift("night", Text("Night", "夜班"), time(20)))
    return replace(plant, positions={one.id: one for one in every}, shifts=shifts)


def _position(
    key: str, zone: str, kind: SampleKind, per: Per, incubation: tuple[Incubation, ...], **more: Any
) -> Position:
    label = Text(f"Beside the filling needle, {kind}", f"灌装针旁 {kind}")
    return Position(key, zone, kind, label, "TSA 90 mm", per, incubation, "where the product is open", **more)


def begun(at: datetime, batch: str = BATCH) -> list[BookEntry]:
    """Lines of the collector's book by which a batch of the isolator begins."""
    body = {
        "batch": batch,
        "line": "STM-L1",
        "product": "MSC",
        "at": at.isoformat(),
        "who": "cao",
        "stage": "fill",
        "zones": [ISOLATOR, CORE],
        "overrides": [],
        "reason": "",
        "signature": "",
        "sha256": "",
    }
    return [BookEntry(at, "batch_started", "cao", body)]


def ended(at: datetime, batch: str = BATCH) -> list[BookEntry]:
    """Lines by which it ends."""
    body = {"batch": batch, "at": at.isoformat(), "who": "cao", "comment": "", "is_aborted": False}
    return [BookEntry(at, "batch_ended", "cao", body)]


def days(count: float) -> timedelta:
    """So many days."""
    return timedelta(days=count)
