"""What travels between collector, server and browser, as pydantic models.

Every message is read into a model and written from it, so nothing passes that was not checked: no NaN, no time
without its offset, no unknown field.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, FiniteFloat, TypeAdapter

from alarms.calls import Outcome
from alarms.events import AlarmState, Reason
from config.model import Occupancy, Quality
from config.rules import Level, Priority
from monitor.server.protected import PROTECTION_EXAMPLE, Protection
from monitor.server.written import AT, Detail, Time, refusals, shown

__all__ = ["Detail", "Time", "refusals", "shown"]


SAMPLE_EXAMPLE: dict[str, Any] = {
    "series": "ISO-STM-L1",
    "at": AT,
    "received_at": "2026-03-02T08:15:01.212000+00:00",
    "values": [52.4, 21.3, None],
    "quality": [0, 0, 3],
    "backfilled": False,
    "reason": "DB_Env.H2O2: BadWaitingForInitialData",
}
ALARM_EXAMPLE: dict[str, Any] = {
    "id": "ISO-STM-L1/chamber_pressure/action",
    "channel": "ISO-STM-L1/chamber_pressure",
    "device": "ISO-STM-L1",
    "zone": "STM-L1-A-ISO",
    "line": "STM-L1",
    "level": "action",
    "state": "UNACK",
    "active": True,
    "acknowledged": False,
    "raised_at": AT,
    "changed_at": AT,
    "worst": 17.8,
    "detail": "17.8 Pa < 20 Pa",
    "acknowledged_by": "",
    "priority": "critical",
    "latched": False,
    "shelved_until": None,
    "suppressed_by": [],
    "out_of_service": "",
    "times": 1,
    "first_out": True,
    "chattering": False,
}
BATCH_EXAMPLE: dict[str, Any] = {
    "id": "MSC-2026-014",
    "line": "STM-L1",
    "product": "MSC",
    "stage": "harvest",
    "zones": ["STM-L1-A-ISO", "STM-L1-CORE"],
    "since": "2026-03-02T06:00:00+00:00",
    "stage_since": AT,
    "who": "wu",
}
COLLECTOR_HEALTH_EXAMPLE: dict[str, Any] = {
    "at": AT,
    "status": "ok",
    "devices": 5,
    "devices_live": 5,
    "oldest_sample_age_s": 0.7,
    "clock": {"ahead_s": 0.0, "synchronised": True},
    "database": {"ok": True, "detail": "", "waiting": 0},
    "journal": {"ok": True, "detail": "", "entries": 1843},
    "inbox": {"size": 0, "limit": 1000, "lost": 0},
    "poll_lateness_ms": {"p50": 0.4, "p99": 2.1},
}


class Sample(BaseModel):
    """What one poll of one device gave, or one record of a counter: a value and a quality for each place."""

    model_config = shown(SAMPLE_EXAMPLE)

    series: str
    at: Time
    received_at: Time
    values: list[FiniteFloat | None]
    quality: list[Quality] | None = Field(description="one per value; null: all are good")
    backfilled: bool
    reason: str
    derived: dict[str, FiniteFloat | None] = Field(
        default={}, description="what was reckoned from it, by the id of the derived channel"
    )


class ToldPerson(BaseModel):
    """Who was told of an alarm, by which way; without an outcome the notice is on its way."""

    person: str
    way: str
    step: int
    at: Time
    outcome: Outcome | None
    ended_at: Time | None


class Alarm(BaseModel):
    """How one limit stands, or one device's communication, or one part of the service."""

    model_config = shown(ALARM_EXAMPLE)

    id: str
    channel: str | None
    device: str | None
    zone: str | None
    line: str | None
    level: Level
    state: AlarmState
    active: bool
    acknowledged: bool
    raised_at: Time
    changed_at: Time
    worst: FiniteFloat | None
    detail: str
    acknowledged_by: str
    priority: Priority = Priority.MEDIUM
    latched: bool = False
    shelved_until: Time | None = None
    suppressed_by: list[str] = Field(default=[], description="ids of the suppressions that hide it now")
    out_of_service: str = ""
    times: int = Field(default=1, description="how often it was raised in this occurrence; 0: only hidden")
    first_out: bool = False
    chattering: bool = False
    told: list[ToldPerson] = Field(default=[], description="who was told of it, the last twenty, live only")


class ClockHealth(BaseModel):
    """The clock of the collector's host: how far it was set since the start, and whether NTP keeps it right."""

    ahead_s: FiniteFloat
    synchronised: bool | None = Field(description="null: the host does not tell")


class DatabaseHealth(BaseModel):
    """The collector's way to the database; `waiting` counts the journal entries not yet copied."""

    ok: bool
    detail: str
    waiting: int


class JournalHealth(BaseModel):
    """The collector's own disk."""

    ok: bool
    detail: str
    entries: int


class InboxHealth(BaseModel):
    """The queue between polling and judging; `lost` counts what did not fit, since the start."""

    size: int
    limit: int
    lost: int


class Lateness(BaseModel):
    """How late polls ran, in milliseconds."""

    p50: FiniteFloat | None
    p99: FiniteFloat | None


class CollectorHealth(BaseModel):
    """What the collector says about itself, about once a second."""

    model_config = shown(COLLECTOR_HEALTH_EXAMPLE)

    at: Time
    status: Literal["ok", "degraded"]
    devices: int
    devices_live: int
    oldest_sample_age_s: FiniteFloat | None
    clock: ClockHealth
    database: DatabaseHealth
    journal: JournalHealth
    inbox: InboxHealth
    poll_lateness_ms: Lateness


class RunningBatch(BaseModel):
    """A batch that runs on a line; `zones` are those of its present stage."""

    model_config = shown(BATCH_EXAMPLE)

    id: str
    line: str
    product: str
    stage: str
    zones: list[str]
    since: Time
    stage_since: Time
    who: str


class Snapshot(BaseModel):
    """The first message: everything as it stands. `plant_sha256` and `health` are null until a collector was heard."""

    model_config = shown(
        {
            "type": "snapshot",
            "at": AT,
            "plant_sha256": "9f2c…",
            "samples": [SAMPLE_EXAMPLE],
            "alarms": [ALARM_EXAMPLE],
            "protections": [PROTECTION_EXAMPLE],
            "occupancy": {"STM-L1-CORE": "in_operation"},
            "batches": [BATCH_EXAMPLE],
            "health": COLLECTOR_HEALTH_EXAMPLE,
        }
    )

    type: Literal["snapshot"] = "snapshot"
    at: Time
    plant_sha256: str | None
    samples: list[Sample]
    alarms: list[Alarm]
    protections: list[Protection] = Field(default=[], description="those that are not simply armed")
    occupancy: dict[str, Occupancy] = Field(default={}, description="what goes on in each zone, by its id")
    batches: list[RunningBatch] = Field(default=[], description="those that run, one a line at most")
    health: CollectorHealth | None


class SampleMessage(Sample):
    """One new Sample."""

    type: Literal["sample"] = "sample"


class AlarmMessage(BaseModel):
    """One alarm has changed; without a reason its state has not, only its worst value."""

    type: Literal["alarm"] = "alarm"
    reason: Reason | None
    at: Time
    alarm: Alarm


class ProtectionMessage(BaseModel):
    """A protective action has changed, or one of its asks."""

    type: Literal["protection"] = "protection"
    at: Time
    reason: str
    who: list[str]
    comment: str
    protection: Protection


class OccupancyMessage(BaseModel):
    """A person has said that something else goes on in a zone."""

    type: Literal["occupancy"] = "occupancy"
    at: Time
    zone: str
    occupancy: Occupancy


class BatchMessage(BaseModel):
    """Another batch runs on a line, or the same one in another stage; null: none runs there any more."""

    type: Literal["batch"] = "batch"
    at: Time
    line: str
    batch: RunningBatch | None


class HealthMessage(CollectorHealth):
    """The collector's health, about once a second: a feed without it is dead."""

    type: Literal["health"] = "health"


class Link(BaseModel):
    """Whether the server hears the collector. While it does not, no value on a screen is live."""

    type: Literal["link"] = "link"
    collector: bool


_OfPlant: TypeAlias = (
    Snapshot | SampleMessage | AlarmMessage | ProtectionMessage | OccupancyMessage | BatchMessage
)
FeedMessage: TypeAlias = Annotated[
    _OfPlant | HealthMessage,
    Field(discriminator="type"),
]
"""What the collector sends."""

LiveMessage: TypeAlias = Annotated[
    _OfPlant | HealthMessage | Link,
    Field(discriminator="type"),
]
"""What a browser gets."""

FEED_MESSAGE: TypeAdapter[FeedMessage] = TypeAdapter(FeedMessage)
LIVE_MESSAGE: TypeAdapter[LiveMessage] = TypeAdapter(LiveMessage)
