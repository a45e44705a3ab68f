"""How a verdict is found, of a channel and of a batch, and what keeps a batch from being complete. Pure.

Decision 0026 tells why. What was outside for longer than its limit's delay was an alarm, and alarms are what a verdict
follows: of the channel's limits, by their levels, also while a person hid them; only what a mode explains by design
counts for nothing. What is missing makes incomplete, which is worse than an alert: nobody can say what it was.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from config.model import Text
from config.rules import Level
from monitor.calibration import InstrumentState
from monitor.notify.members import MEMBERS
from monitor.records.dossier.found_parts import EquipmentTestPart, PlatePart
from monitor.records.dossier.parts import (
    AlarmPart,
    ChannelPart,
    CheckPart,
    GapPart,
    InstrumentPart,
    LackKind,
    LackPart,
)
from monitor.records.plates.coverage import Span, Uncovered
from monitor.records.verdicts import BY_WEIGHT, Verdict
from monitor.store.gaps import Cause
from monitor.store.viable import Draft

CAUSES = {cause: MEMBERS["dossier_cause"][cause] for cause in Cause}
"""What each is called."""

SPANS_TOLD = 10
"""So many are told of one position; who wants them all looks at its plates."""
SILENT = "/communication"
"""So ends the id of an alarm about the silence of a device or a network."""
_OF_LEVEL = {Level.ALERT: Verdict.ALERT, Level.ACTION: Verdict.ACTION, Level.DIAGNOSTIC: Verdict.WITHIN}
_REASONS = {
    Verdict.ALERT: Text("An alert limit was exceeded.", "超过警戒限。"),
    Verdict.ACTION: Text("An action limit was exceeded.", "超过纠偏限。"),
}
_UNFIT = {
    InstrumentState.OVERDUE: Text("its calibration was overdue", "校准已过期"),
    InstrumentState.UNQUALIFIED: Text("it was not qualified", "未完成确认"),
    InstrumentState.UNKNOWN: Text("the register says nothing of it", "台账中无记录"),
}
_DONE = frozenset({"approved", "rejected"})


def worst(several: Iterable[Verdict]) -> Verdict:
    """Give the worst of several; of none: within."""
    return max(several, key=BY_WEIGHT.index, default=Verdict.WITHIN)


def of_channel(alarms: Iterable[AlarmPart], gaps: Sequence[GapPart]) -> tuple[Verdict, tuple[Text, ...]]:
    """Find the verdict of a channel, and say why it is not "within".

    Args:
        alarms: of the limits on it, in its time in the batch.
        gaps: what is missing of it.
    """
    found = {_OF_LEVEL[one.level] for one in alarms if not one.explained} - {Verdict.WITHIN}
    reasons = [_REASONS[one] for one in sorted(found, key=BY_WEIGHT.index, reverse=True)]
    if gaps:
        found.add(Verdict.INCOMPLETE)
        reasons.append(missing(gaps))
    return worst(found), tuple(reasons)


def of_reckoned(
    alarms: Iterable[AlarmPart], inputs: Iterable[ChannelPart]
) -> tuple[Verdict, tuple[Text, ...]]:
    """Find the verdict of a channel that is reckoned from others: what is missing of them is missing of it."""
    found, reasons = of_channel(alarms, ())
    if not any(_is_incomplete(one) for one in inputs):
        return found, reasons
    why = Text("What it is reckoned from is incomplete.", "其计算所依据的数据不完整。")
    return worst((found, Verdict.INCOMPLETE)), (*reasons, why)


def _is_incomplete(channel: ChannelPart) -> bool:
    """Whether values of it are missing; of one that is itself reckoned its verdict tells, if nothing worse does."""
    return bool(channel.gaps) or channel.verdict is Verdict.INCOMPLETE


def of_batch(
    channels: Iterable[ChannelPart],
    alarms: Iterable[AlarmPart],
    plates: Iterable[PlatePart],
    tests: Iterable[EquipmentTestPart],
    lacks: Collection[LackPart],
) -> Verdict:
    """Find the verdict of a batch: the worst of all that belongs to it; whatever is lacking makes it incomplete."""
    found = [one.verdict for one in channels]
    found += [one.verdict for one in plates]
    # A protective action that announces itself is about no channel. That something was silent is told by its gaps.
    found += [
        _OF_LEVEL[one.level]
        for one in alarms
        if not one.channel and not one.explained and not one.id.endswith(SILENT)
    ]
    found += [Verdict.ACTION for one in tests if one.outcome == "failed"]
    return worst([*found, Verdict.INCOMPLETE] if lacks else found)


def missing(gaps: Iterable[GapPart]) -> Text:
    """Say how many values are missing, by cause."""
    rows: Counter[Cause] = Counter()
    for one in gaps:
        rows[one.cause] += one.rows
    en = ", ".join(f"{CAUSES[cause].en} {n}" for cause, n in rows.most_common())
    zh = "，".join(f"{CAUSES[cause].zh}{n}" for cause, n in rows.most_common())
    total = rows.total()
    return Text(
        f"{total} {'value is' if total == 1 else 'values are'} missing: {en}.", f"缺少{total}个数值：{zh}。"
    )


def lacks_of_channels(channels: Iterable[ChannelPart]) -> Iterator[LackPart]:
    """Give what is missing of channels, and the instruments among them that were not fit, each once."""
    unfit: dict[str, InstrumentPart] = {}
    for one in channels:
        if one.gaps:
            yield LackPart(LackKind.GAP, one.id, missing(one.gaps))
        if one.instrument is not None and one.instrument.state in _UNFIT:
            unfit[one.instrument.id] = one.instrument
    for instrument in unfit.values():
        why = _UNFIT[instrument.state]
        text = Text(f"Instrument {instrument.id}: {why.en}.", f"仪器{instrument.id}：{why.zh}。")
        yield LackPart(LackKind.OVERDUE_INSTRUMENT, instrument.id, text)


def lacks_of_plates(plates: Iterable[PlatePart]) -> Iterator[LackPart]:
    """Give the plates that nobody has approved yet, and those of which there will be no result."""
    for one in plates:
        if one.state == "rejected":
            text = Text(
                f"Plate {one.code} was rejected: there is no result.", f"平皿{one.code}已作废：无结果。"
            )
            yield LackPart(LackKind.REJECTED_PLATE, one.code, text)
        elif one.state not in _DONE:
            text = Text(f"Plate {one.code} is not approved yet.", f"平皿{one.code}尚未批准。")
            yield LackPart(LackKind.PENDING_PLATE, one.code, text)


def lacks_of_plan(drafts: Iterable[Draft], plates: Iterable[PlatePart]) -> Iterator[LackPart]:
    """Give the positions at which the plan asks for more plates of the batch than there are.

    Args:
        drafts: what the plan asks for.
        plates: those that are there, rejected ones too.
    """
    asked = Counter((one.position, one.stage) for one in drafts)
    there = Counter((one.position, one.stage) for one in plates)
    for (position, stage), n in asked.items():
        if there[position, stage] < n:
            of = f"{position} ({stage})" if stage else position
            text = Text(
                f"Plates at {of}: {there[position, stage]} of the {n} that the plan asks for.",
                f"{of}的平皿：采样计划要求{n}个，现有{there[position, stage]}个。",
            )
            yield LackPart(LackKind.PENDING_PLATE, f"{position}/{stage}" if stage else position, text)


def lacks_of_settle(several: Iterable[Uncovered], time_zone: str) -> Iterator[LackPart]:
    """Give the positions of grade A at which no settle plate lay open for some time.

    Args:
        several: what is not covered.
        time_zone: IANA name, by which the times are told.
    """
    zone = ZoneInfo(time_zone)
    for one in several:
        place, spans = f"{one.position}/{one.stage}", [_span(each, zone) for each in one.spans[:SPANS_TOLD]]
        more = len(one.spans) - SPANS_TOLD
        en, zh = ([f"{more} more"], [f"另有{more}段"]) if more > 0 else ([], [])
        text = Text(
            f"At {place} no settle plate lay open: {'; '.join(spans + en)} ({zone.key}).",
            f"{place}无沉降菌平皿暴露：{'；'.join(spans + zh)}（{zone.key}）。",
        )
        yield LackPart(LackKind.SETTLE_UNCOVERED, place, text)


def _span(one: Span, zone: ZoneInfo) -> str:
    since, until = one.since.astimezone(zone), one.until.astimezone(zone)
    return f"#{one.place} {since:%Y-%m-%d %H:%M:%S} – {until:%Y-%m-%d %H:%M:%S}"


def lacks_of_tests(tests: Iterable[EquipmentTestPart]) -> Iterator[LackPart]:
    """Give the tests of equipment without a result, and those that no second person has confirmed."""
    for one in tests:
        if one.outcome == "pending" or one.confirmed_at is None:
            text = Text(
                f"Test {one.number} of {one.equipment} is not done, or not confirmed by a second person.",
                f"{one.equipment}的第{one.number}号测试未完成或未经他人复核。",
            )
            yield LackPart(LackKind.PENDING_TEST, str(one.number), text)


def lacks_of_time(batch: str, ended_at: datetime | None, unsealed: Iterable[str]) -> Iterator[LackPart]:
    """Say that a batch still runs, and of which series minutes are not sealed yet."""
    if ended_at is None:
        yield LackPart(LackKind.OPEN_BATCH, batch, Text("The batch is still running.", "批次仍在进行。"))
    for one in unsealed:
        text = Text(f"Not every minute of {one} is sealed yet.", f"{one}尚有分钟未封存。")
        yield LackPart(LackKind.LATE_MINUTES, one, text)


def lacks_of_check(check: CheckPart) -> Iterator[LackPart]:
    """Give the channels whose kept figures are not those of their raw values."""
    for one in check.differs:
        text = Text(
            f"The figures that are kept of {one} are not those of its raw values.",
            f"{one}的汇总值与原始值不一致。",
        )
        yield LackPart(LackKind.DISAGREEMENT, one, text)
