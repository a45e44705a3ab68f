"""What was measured and judged in the example of a dossier; see `example.py`."""

from datetime import UTC, date, datetime, timedelta

from config.model import Grade, Kind, Text
from config.rules import Level, Priority
from monitor.calibration import InstrumentState
from monitor.notify.details import detail_told
from monitor.records.dossier.parts import (
    AlarmPart,
    ChannelPart,
    GapPart,
    InstrumentPart,
    LimitPart,
    OutsidePart,
    StatisticsPart,
)
from monitor.records.verdicts import Verdict
from monitor.store.gaps import Cause

BEGAN = datetime(2026, 3, 2, 0, 0, 4, tzinfo=UTC)
ENDED = BEGAN + timedelta(hours=12)
SECONDS = 43_200
PLANT = "4f" * 32
ISOLATOR, CORE = "STM-L1-A-ISO", "STM-L1-CORE"
PRESSURE, RECORDS = "ISO-STM-L1/chamber_pressure", "PC-A-STM-L1/cnt_0_5"
NOTHING = OutsidePart(0.0, 0.0)


def after(hours: float = 0, seconds: float = 0) -> datetime:
    """Give the time so long after the batch began."""
    return BEGAN + timedelta(hours=hours, seconds=seconds)


def _limit(channel: str, level: Level, low: float | None, high: float | None) -> LimitPart:
    return LimitPart(f"{channel}/{level}", level, low, high, BEGAN, ENDED)


def _limits(
    channel: str, low: tuple[float, float] | None, high: tuple[float, float] | None
) -> tuple[LimitPart, ...]:
    lows, highs = low or (None, None), high or (None, None)
    return tuple(
        _limit(channel, level, lows[place], highs[place])
        for place, level in enumerate((Level.ALERT, Level.ACTION))
    )


DOWN = GapPart(after(5), after(5, 120), Cause.NETWORK, 120)
FAULT = GapPart(after(8), after(8, 90), Cause.COUNTER, 15)

CHANNELS = (
    ChannelPart(
        id=PRESSURE,
        label=Text("Chamber pressure", "舱室压力"),
        unit="Pa",
        kind=Kind.ANALOG,
        zone=ISOLATOR,
        device="ISO-STM-L1",
        grade=Grade.A,
        inputs=(),
        since=BEGAN,
        until=ENDED,
        limits=_limits(PRESSURE, (30, 20), (70, 90)),
        statistics=StatisticsPart(
            *(SECONDS, SECONDS, SECONDS, 1.0),
            *(17.8, 44.983217592592596, 47.2, 1.1043209876543211),
            *(43.4, 45.0, 46.3, 46.8, None, None),
            OutsidePart(9.0, 4.0),
        ),
        gaps=(),
        verdict=Verdict.ACTION,
        reasons=(Text("An action alarm was raised.", "发生过纠偏限报警。"),),
        instrument=InstrumentPart(
            "ISO-STM-L1", InstrumentState.IN_ORDER, "S7-10442", "CAL-2026-0117", date(2026, 9, 30)
        ),
    ),
    ChannelPart(
        id="ISO-STM-L1/temp",
        label=Text("Chamber temperature", "舱室温度"),
        unit="°C",
        kind=Kind.ANALOG,
        zone=ISOLATOR,
        device="ISO-STM-L1",
        grade=Grade.A,
        inputs=(),
        since=BEGAN,
        until=ENDED,
        limits=_limits("ISO-STM-L1/temp", (18, 15), (26, 30)),
        statistics=StatisticsPart(
            *(SECONDS, SECONDS, SECONDS, 1.0),
            *(21.4, 22.018641975308643, 22.7, 0.1982716049382716),
            *(21.7, 22.0, 22.4, 22.5, 22.021734006734007, None),
            NOTHING,
        ),
        gaps=(),
        verdict=Verdict.WITHIN,
        reasons=(),
        instrument=InstrumentPart(
            "ISO-STM-L1", InstrumentState.IN_ORDER, "S7-10442", "CAL-2026-0117", date(2026, 9, 30)
        ),
    ),
    ChannelPart(
        id=RECORDS,
        label=Text("Particles ≥0.5 µm", "粒子≥0.5 µm"),
        unit="count",
        kind=Kind.COUNT,
        zone=ISOLATOR,
        device="PC-A-STM-L1",
        grade=Grade.A,
        inputs=(),
        since=BEGAN,
        until=ENDED,
        limits=(),
        statistics=StatisticsPart(
            *(7_194, 7_200, 7_185, 0.9979166666666667),
            *(0.0, 0.4123869171885873, 6.0, 0.7013888888888888),
            *(0.0, 0.0, 2.0, 3.0, None, 1_059.2),
            NOTHING,
        ),
        gaps=(FAULT,),
        verdict=Verdict.INCOMPLETE,
        reasons=(Text("15 values are missing: particle counter 15.", "缺少15个数值：粒子计数器15。"),),
        instrument=InstrumentPart(
            "PC-A-STM-L1", InstrumentState.IN_ORDER, "2207-118", "CAL-2026-0093", date(2026, 8, 14)
        ),
    ),
    ChannelPart(
        id="PC-A-STM-L1/conc_0_5",
        label=Text("Particles ≥0.5 µm, one record", "粒子≥0.5 µm（单条记录）"),
        unit="1/m3",
        kind=Kind.COUNT,
        zone=ISOLATOR,
        device="PC-A-STM-L1",
        grade=Grade.A,
        inputs=(RECORDS, "PC-A-STM-L1/volume"),
        since=BEGAN,
        until=ENDED,
        limits=_limits("PC-A-STM-L1/conc_0_5", None, (1760, 3520)),
        statistics=StatisticsPart(
            *(7_194, 7_200, 7_185, 0.9979166666666667),
            *(0.0, 145.72, 2118.6440678, 247.84),
            *(0.0, 0.0, 706.7137809, 1060.0706714, None, None),
            OutsidePart(6.0, 0.0),
        ),
        gaps=(),
        verdict=Verdict.ALERT,
        reasons=(Text("An alert alarm was raised.", "发生过警戒限报警。"),),
        instrument=None,
        how=Text(
            "particles per cubic metre of one record, by its own volume",
            "按单条记录实际采样量计每立方米粒子数",
        ),
    ),
    ChannelPart(
        id="RM-STM-L1/core_dp",
        label=Text("Pressure of the core against the corridor", "核心间对走廊压差"),
        unit="Pa",
        kind=Kind.ANALOG,
        zone=CORE,
        device="RM-STM-L1",
        grade=Grade.C,
        inputs=(),
        since=BEGAN,
        until=ENDED,
        limits=_limits("RM-STM-L1/core_dp", (10, 5), None),
        statistics=StatisticsPart(
            *(SECONDS, SECONDS, SECONDS - 120, 0.9972222222222222),
            *(3.9, 14.871425487465181, 17.0, 0.8120370370370371),
            *(13.6, 14.9, 16.1, 16.5, None, None),
            OutsidePart(41.0, 22.0),
        ),
        gaps=(DOWN,),
        verdict=Verdict.ACTION,
        reasons=(
            Text("An action alarm was raised.", "发生过纠偏限报警。"),
            Text("120 values are missing: network 120.", "缺少120个数值：网络120。"),
        ),
        instrument=InstrumentPart(
            "RM-STM-L1", InstrumentState.IN_ORDER, "RG-0031", "CAL-2025-0871", date(2026, 11, 2)
        ),
    ),
    ChannelPart(
        id="RM-STM-L1/core_status",
        label=Text("Door of the core", "核心间门状态"),
        unit="",
        kind=Kind.STATE,
        zone=CORE,
        device="RM-STM-L1",
        grade=Grade.C,
        inputs=(),
        since=BEGAN,
        until=ENDED,
        limits=(_limit("RM-STM-L1/core_status", Level.ACTION, 0.5, None),),
        statistics=StatisticsPart(
            *(SECONDS, SECONDS, SECONDS - 120, 0.9972222222222222),
            *(None,) * 10,
            NOTHING,
        ),
        gaps=(DOWN,),
        verdict=Verdict.INCOMPLETE,
        reasons=(Text("120 values are missing: network 120.", "缺少120个数值：网络120。"),),
        instrument=None,
        states={0: Text("open", "开启"), 1: Text("closed", "关闭")},
    ),
)

ALARMS = (
    AlarmPart(
        id="PC-A-STM-L1/conc_0_5/alert",
        channel="PC-A-STM-L1/conc_0_5",
        zone=ISOLATOR,
        level=Level.ALERT,
        priority=Priority.HIGH,
        raised_at=after(2, 300),
        ended_at=after(2, 366),
        duration_s=66.0,
        worst=2118.6440678,
        limit=1760,
        detail="2118.64 > 1760",
        acknowledged_at=after(2, 341),
        acknowledged_by="li",
        comment="Hand movement at the open vial; handling was stopped.",
        signature="",
        ack_latency_s=41.0,
        first_out=True,
        explained=False,
        deviation="",
        text=detail_told("2118.64 > 1760"),
    ),
    AlarmPart(
        id="RM-STM-L1/core_status/action",
        channel="RM-STM-L1/core_status",
        zone=CORE,
        level=Level.ACTION,
        priority=Priority.MEDIUM,
        raised_at=after(3, 5),
        ended_at=after(3, 41),
        duration_s=36.0,
        worst=0,
        limit=0.5,
        detail="0 < 0.5",
        acknowledged_at=after(3, 80),
        acknowledged_by="li",
        comment="",
        signature="",
        ack_latency_s=75.0,
        first_out=False,
        explained=True,
        deviation="",
        text=detail_told("0 < 0.5"),
    ),
    AlarmPart(
        id="RM-STM-L1/core_dp/action",
        channel="RM-STM-L1/core_dp",
        zone=CORE,
        level=Level.ACTION,
        priority=Priority.HIGH,
        raised_at=after(3, 12),
        ended_at=after(3, 39),
        duration_s=27.0,
        worst=3.9,
        limit=5,
        detail="3.9 < 5",
        acknowledged_at=after(3, 74),
        acknowledged_by="li",
        comment="The door to the airlock stood open; it was closed.",
        signature="6b1f0d2a9c3e4f58",
        ack_latency_s=62.0,
        first_out=True,
        explained=False,
        deviation="DEV-2026-0001",
        text=detail_told("3.9 < 5"),
    ),
    AlarmPart(
        id="RM-STM-L1/communication",
        channel="",
        zone=CORE,
        level=Level.DIAGNOSTIC,
        priority=Priority.MEDIUM,
        raised_at=after(5, 10),
        ended_at=after(5, 120),
        duration_s=110.0,
        worst=None,
        limit=None,
        detail="127.0.0.1:15044: connection lost",
        acknowledged_at=None,
        acknowledged_by="",
        comment="",
        signature="",
        ack_latency_s=None,
        first_out=False,
        explained=False,
        deviation="",
        text=detail_told("127.0.0.1:15044: connection lost"),
    ),
    AlarmPart(
        id=f"{PRESSURE}/action",
        channel=PRESSURE,
        zone=ISOLATOR,
        level=Level.ACTION,
        priority=Priority.CRITICAL,
        raised_at=after(9),
        ended_at=after(9, 9),
        duration_s=9.0,
        worst=17.8,
        limit=20,
        detail="17.8 < 20",
        acknowledged_at=after(9, 55),
        acknowledged_by="qian",
        comment="Glove 3 torn, changed and tested.",
        signature="0c9ab3771d2e40f6",
        ack_latency_s=55.0,
        first_out=True,
        explained=False,
        deviation="DEV-2026-0002",
        text=detail_told("17.8 < 20"),
    ),
)
