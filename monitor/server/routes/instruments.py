"""The register of instruments: how each stands, what was ever said of it, a new entry, and its confirmation."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, StringConstraints

from config.model import Device, Text
from config.plant import Plant
from monitor.calibration import Category, Entry, Facts, InstrumentState, Register, measuring
from monitor.server.asked import WRITABLE, Day
from monitor.server.instruments import day_of
from monitor.server.may import ReadingPast, may
from monitor.server.messages import refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here, Service, by
from monitor.server.sessions import Session
from monitor.server.written import AT, Label, Noun, Time
from monitor.store.instruments import (
    OwnEntryError,
    UnconfirmableError,
    confirm_entry,
    note_entry,
    read_register,
)

TOLD_DUE_ON = "cal_due"
"""Channel in which a particle counter says when its calibration is due (Lighthouse: registers 40047/48)."""

EARLIEST_S = 1e9
"""Before 2001 no counter of ours was made: such a date is one that nobody has set."""

ANSWERS = refusals(401, 403, 404, 409, 422, 503)
router = APIRouter(prefix="/instruments", tags=["instruments"], responses=ANSWERS)

Id: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=WRITABLE)]
Line: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=WRITABLE)
]
Keeping: TypeAlias = Annotated[Session, Depends(may(Deed.KEEP_INSTRUMENTS))]
Confirming: TypeAlias = Annotated[Session, Depends(may(Deed.CONFIRM_INSTRUMENTS))]

_FACTS = {
    "since": "2026-03-01",
    "category": "A",
    "serial": "2104-0117",
    "certificate": "JL-2026-0317",
    "calibrated_on": "2026-02-27",
    "due_on": "2027-02-26",
    "iq_on": "2025-01-10",
    "oq_on": "2025-01-20",
    "pq_on": "2025-02-03",
    "qualified_until": "2028-02-02",
}
_ENTRY = _FACTS | {
    "number": 17,
    "reason": "yearly calibration",
    "noted_by": "li",
    "noted_at": AT,
    "confirmed_by": "wang",
    "confirmed_at": AT,
}
_EXAMPLE = {
    "id": "PC-A-STM-L1",
    "device": "PC-A-STM-L1",
    "label": {"en": "Particle counter in the isolator", "zh": "隔离器粒子计数器"},
    "zone": "STM-L1-A-ISO",
    "state": "in_order",
    "days_left": 361,
    "qualified_days_left": 702,
    "told_due_on": None,
    "entry": _ENTRY,
    "waiting": None,
}


class InstrumentFacts(Noun):
    """What the register says from `since` on; `due_on` is the last day on which readings may be used.

    `category` is its class in the site's A/B/C scheme; only one of class C may be without `due_on`: calibrated once.
    `qualified_until` is the last day on which IQ, OQ and PQ hold; null: until something is changed.
    """

    since: Day
    category: Category
    serial: Line
    certificate: Line
    calibrated_on: Day
    due_on: Day | None
    iq_on: Day | None
    oq_on: Day | None
    pq_on: Day | None
    qualified_until: Day | None = None


class NewEntry(InstrumentFacts):
    """What is to be said of an instrument from now on, and why."""

    model_config = shown({"instrument": "PC-A-STM-L1", "reason": "yearly calibration", **_FACTS})

    instrument: Id
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000, pattern=WRITABLE)
    ]


class Confirmation(BaseModel):
    """Which entry was held against the papers, and is right."""

    model_config = shown({"number": 17, "comment": "certificate seen"})

    number: Annotated[int, Field(ge=1, le=2**62)]
    comment: Annotated[str, Field(max_length=1000, pattern=WRITABLE)] = ""


class InstrumentEntry(InstrumentFacts):
    """One entry of the register; it counts once somebody else has confirmed it."""

    number: int
    reason: str
    noted_by: str
    noted_at: Time
    confirmed_by: str
    confirmed_at: Time | None


class Instrument(BaseModel):
    """A device, or one of its channels that has entries of its own, and how it stands today.

    `entry` is what counts today; `waiting` is what another person has to confirm. `told_due_on` is when the device
    itself says that it is due, where it has such a channel: a counter keeps its own date.
    """

    model_config = shown(_EXAMPLE)

    id: str
    device: str
    label: Label
    zone: str
    state: InstrumentState
    days_left: int | None
    qualified_days_left: int | None
    told_due_on: date | None
    entry: InstrumentEntry | None
    waiting: InstrumentEntry | None


class InstrumentList(BaseModel):
    """Every instrument of the plant, as it stands `on` a day in the plant's time zone."""

    model_config = shown({"on": "2026-03-02", "instruments": [_EXAMPLE]})

    on: date
    instruments: list[Instrument]


class InstrumentHistory(BaseModel):
    """One instrument and everything that was ever said of it, the last first."""

    model_config = shown({"instrument": _EXAMPLE, "entries": [_ENTRY]})

    instrument: Instrument
    entries: list[InstrumentEntry]


@router.get("", dependencies=[ReadingPast])
async def read_instruments(here: Here) -> InstrumentList:
    """Every instrument, with what counts today."""
    plant, register = here.settings.plant, await _register(here)
    every = dict.fromkeys((*measuring(plant), *(one for one in register.instruments if _is_of(plant, one))))
    return InstrumentList(
        on=here.instruments.today, instruments=[_instrument(here, register, one) for one in sorted(every)]
    )


@router.get("/history", dependencies=[ReadingPast])
async def read_instrument(
    instrument: Annotated[Id, Query(examples=["PC-A-STM-L1"])], here: Here
) -> InstrumentHistory:
    """One instrument, also one that the plant no longer has, with every entry."""
    register = await _register(here)
    entries = register.history(instrument)
    if not (entries or _is_of(here.settings.plant, instrument)):
        raise _unknown(instrument)
    return InstrumentHistory(
        instrument=_instrument(here, register, instrument), entries=[_entry(one) for one in entries]
    )


@router.post("/entries")
async def note_instrument(new: NewEntry, session: Keeping, here: Here) -> Instrument:
    """Say something new of an instrument; it counts once somebody else has confirmed it."""
    if not _is_of(here.settings.plant, new.instrument):
        raise _unknown(new.instrument)
    facts = Facts(**new.model_dump(exclude={"reason"}))
    for text in _faults(facts, here.instruments.today):
        raise Refusal(422, text)
    async with here.database.connection() as connection:
        await note_entry(connection, by(here, session, new.reason), facts)
    return _instrument(here, await _register(here), new.instrument)


@router.post("/confirm")
async def confirm_instrument(confirmation: Confirmation, session: Confirming, here: Here) -> Instrument:
    """Confirm somebody else's entry, which counts from then on."""
    number, who = confirmation.number, by(here, session, confirmation.comment)
    try:
        async with here.database.connection() as connection:
            entry = await confirm_entry(connection, who, number, here.instruments.today)
    except OwnEntryError:
        text = Text(
            en="Another person confirms it than the one who noted it.", zh="须由登记人以外的人员复核确认。"
        )
        raise Refusal(409, text) from None
    except UnconfirmableError:
        text = Text(en=f"No entry {number} waits to be confirmed.", zh=f"没有待确认的第 {number} 条记录。")
        raise Refusal(409, text) from None
    here.instruments.change()
    return _instrument(here, await _register(here), entry.facts.instrument)


async def _register(here: Service) -> Register:
    async with here.database.pool() as pool:
        return await read_register(pool)


def _faults(facts: Facts, today: date) -> Iterator[Text]:
    """Say what of an entry cannot be."""
    done = [one for one in (facts.iq_on, facts.oq_on, facts.pq_on) if one]
    if max((facts.since, *done)) > today:
        yield Text(en="What is still to come is noted when it has come.", zh="尚未发生的事项请在发生后登记。")
    if facts.calibrated_on > facts.since:
        yield Text(en="It holds from the calibration on, not before.", zh="生效日期不得早于校准日期。")
    if facts.due_on is None and facts.category is not Category.C:
        yield Text(
            en="Only class C is calibrated once; say when it is due.",
            zh="仅C类可一次性校准，请填写有效期至。",
        )
    if facts.due_on is not None and facts.due_on <= facts.calibrated_on:
        yield Text(en="It is due after the calibration.", zh="有效期须晚于校准日期。")
    qualified = (facts.iq_on, facts.oq_on, facts.pq_on)
    if facts.qualified_until and not (facts.pq_on and facts.qualified_until > facts.pq_on):
        yield Text(
            en="A qualification ends after its PQ, not before; without a PQ there is none.",
            zh="确认有效期须晚于PQ日期，且须已完成PQ。",
        )
    if done != sorted(done) or list(qualified[: len(done)]) != done:
        yield Text(en="IQ comes before OQ, and OQ before PQ.", zh="须按IQ、OQ、PQ的顺序完成。")


def _unknown(instrument: str) -> Refusal:
    return Refusal(
        404,
        Text(en=f"There is no device or channel {instrument}.", zh=f"没有设备或通道 {instrument}。"),
    )


def _is_of(plant: Plant, instrument: str) -> bool:
    return instrument in plant.devices or instrument in plant.channels


def _instrument(here: Service, register: Register, instrument: str) -> Instrument:
    today = here.instruments.today
    entry, waiting = register.counting(instrument, today), register.waiting(instrument)
    due_on = entry.facts.due_on if entry else None
    until = entry.facts.qualified_until if entry else None
    device = here.settings.plant.devices.get(instrument.partition("/")[0])
    return Instrument(
        id=instrument,
        device=instrument.partition("/")[0],
        label=_label(here.settings.plant, device, instrument),
        zone=_zone(here.settings.plant, device, instrument),
        state=register.state(instrument, today),
        days_left=(due_on - today).days if due_on else None,
        qualified_days_left=(until - today).days if until else None,
        told_due_on=_told_due_on(here, device) if device and device.id == instrument else None,
        entry=_entry(entry) if entry else None,
        waiting=_entry(waiting) if waiting else None,
    )


def _told_due_on(here: Service, device: Device) -> date | None:
    """What the device itself said last of when its calibration is due."""
    for series in device.series:
        sample = here.relay.samples.get(series.id)
        for channel in series.channels if sample else ():
            at_s = sample.values[channel.place] if sample else None
            if channel.model.key == TOLD_DUE_ON and at_s and EARLIEST_S < at_s < 2**32:
                return day_of(datetime.fromtimestamp(at_s, UTC), here.settings.plant.time_zone)
    return None


def _label(plant: Plant, device: Device | None, instrument: str) -> Label:
    channel = plant.channels.get(instrument)
    names = [one.label for one in (device, channel and channel.model) if one]
    if not names:
        return Label(en=instrument, zh=instrument)
    return Label(en=" · ".join(one.en for one in names), zh=" · ".join(one.zh for one in names))


def _zone(plant: Plant, device: Device | None, instrument: str) -> str:
    channel = plant.channels.get(instrument)
    return channel.zone if channel else device.zone if device else ""


def _entry(entry: Entry) -> InstrumentEntry:
    facts = InstrumentFacts.model_validate(entry.facts).model_dump()
    return InstrumentEntry(
        **facts,
        number=entry.number,
        reason=entry.reason,
        noted_by=entry.noted_by,
        noted_at=entry.noted_at,
        confirmed_by=entry.confirmed_by,
        confirmed_at=entry.confirmed_at,
    )
