"""A dossier as it may be: twelve hours on STM-L1 with all that a reviewer has to look at.

`python -m tests.records.example` writes it to `example_dossier.json`, which is what reports are tried on.
"""

import json
from pathlib import Path

from config.model import Grade, Occupancy, Text
from monitor.notify.details import detail_told, fault_told
from monitor.records.dossier.found_parts import (
    AboutPart,
    DeviationPart,
    EquipmentTestPart,
    PlatePart,
    ReviewPart,
    SignaturePart,
)
from monitor.records.dossier.parts import (
    ActionPart,
    BatchPart,
    ChangePart,
    CheckPart,
    ClockPart,
    CompletenessPart,
    Figures,
    HiddenPart,
    Hiding,
    LackKind,
    LackPart,
    OccupancyPart,
    PlantPart,
    StagePart,
    VersionPart,
    ZonePart,
)
from monitor.records.dossier.whole import FORMAT, Dossier, told
from monitor.records.verdicts import Verdict
from monitor.store.gaps import Cause
from tests.records.example_measured import (
    ALARMS,
    BEGAN,
    CHANNELS,
    CORE,
    ENDED,
    ISOLATOR,
    PLANT,
    PRESSURE,
    RECORDS,
    SECONDS,
    after,
)

_BEHIND = "the device's clock is -1.4 s from ours"
FILE = Path(__file__).with_name("example_dossier.json")


def _stage(
    number: int, name: str, label: Text, zones: tuple[str, ...], hours: tuple[float, float]
) -> StagePart:
    return StagePart(name, label, zones, after(hours[0]), after(hours[1]), "wang", number == 0)


STAGES = (
    _stage(0, "set_up", Text("Set-up", "准备"), (ISOLATOR, CORE), (0, 1)),
    _stage(1, "harvest", Text("Harvest", "收获"), (ISOLATOR, CORE), (1, 6)),
    _stage(2, "fill", Text("Fill", "灌装"), (ISOLATOR, CORE), (6, 12)),
)


def _plate(number: int, position: str, label: Text, zone: str, grade: Grade, **facts: object) -> PlatePart:
    known: dict[str, object] = {
        "kind": "settle",
        "stage": "fill",
        "state": "approved",
        "exposed_from": after(6),
        "exposed_until": after(10),
        "volume_l": None,
        "cfu": 0.0,
        "is_too_many": False,
        "value": 0.0,
        "unit": "CFU/4 h",
        "organism": "",
        "species": "",
        "read_by": "sun",
        "read_at": after(60),
        "verified_by": "zhou",
        "approved_by": "qian",
        "verdicts": {"each": Verdict.WITHIN, "average": Verdict.WITHIN},
        "verdict": Verdict.WITHIN,
        "is_late": True,
        "is_changed": False,
    }
    code = f"V{number:06d}-{98 - number * 100 % 97:02d}"
    return PlatePart(number, code, position, label, zone, grade, **(known | facts))  # type: ignore[arg-type] # of the call


VIABLE = (
    _plate(41, "ISO-S1", Text("Settle plate beside the filling place", "灌装位旁沉降碟"), ISOLATOR, Grade.A),
    _plate(
        *(42, "ISO-A1", Text("Air sampler in the chamber", "舱室浮游菌采样器"), ISOLATOR, Grade.A),
        kind="active_air",
        exposed_until=after(6, 2400),
        volume_l=1000.0,
        unit="CFU/m3",
    ),
    _plate(
        *(43, "CORE-C1", Text("Floor before the isolator", "隔离器前地面"), CORE, Grade.C),
        kind="contact",
        state="read",
        exposed_until=after(6, 10),
        cfu=18.0,
        value=18.0,
        unit="CFU/plate",
        is_changed=True,
        verified_by="",
        approved_by="",
        verdicts={"each": Verdict.INCOMPLETE, "average": Verdict.INCOMPLETE},
        verdict=Verdict.INCOMPLETE,
    ),
    _plate(
        *(44, "ISO-G1", Text("Glove print, right hand", "右手手套印"), ISOLATOR, Grade.A),
        kind="glove",
        state="incubating",
        exposed_from=after(12, -60),
        exposed_until=after(12, -50),
        cfu=None,
        value=None,
        unit="CFU/glove",
        read_by="",
        read_at=None,
        verified_by="",
        approved_by="",
        verdicts={"each": Verdict.INCOMPLETE, "average": Verdict.INCOMPLETE},
        verdict=Verdict.INCOMPLETE,
        is_late=False,
    ),
)


def _signature(
    number: str, hours: float, who: tuple[str, str, str], said: tuple[str, str, str]
) -> SignaturePart:
    return SignaturePart(number, after(hours), *who, *said, number * 4, holds=True)


def _figures() -> dict[str, Figures]:
    return {
        one.id: Figures(
            one.statistics.n,
            one.statistics.valid,
            one.statistics.min,
            one.statistics.max,
            None if one.statistics.mean is None else one.statistics.mean * one.statistics.valid,
        )
        for one in CHANNELS
        if one.statistics is not None and not one.inputs
    }


EXAMPLE = Dossier(
    format=FORMAT,
    told_at=ENDED,
    batch=BatchPart(
        id="MSC-2026-0301",
        line="STM-L1",
        line_label=Text("Stem cells 1", "干细胞1线"),
        product="MSC",
        product_label=Text("Mesenchymal stem cells", "间充质干细胞"),
        started_at=BEGAN,
        started_by="wang",
        ended_at=ENDED,
        ended_by="wang",
        is_aborted=False,
        comment="",
        overrides=("test:glove-ISO-STM-L1",),
        passed_over=(Text("Gloves of the isolator", "隔离器手套"),),
        reason="The glove tester is being repaired; the gloves were looked at by two persons.",
        signature="5d20c1e8a7b94f13",
        stages=STAGES,
    ),
    plant=PlantPart(
        sha256=PLANT,
        label=Text("Cell therapy pilot plant", "细胞治疗中试基地"),
        time_zone="Asia/Shanghai",
        versions=(VersionPart(PLANT, after(-200), None, "guard against drafts", "wang", "qian"),),
        changes=(ChangePart(after(1), Text(f"{CORE}: in operation", f"{CORE}：动态"), "wang"),),
    ),
    zones=(
        ZonePart(
            ISOLATOR,
            Text("Isolator", "隔离器"),
            Grade.A,
            BEGAN,
            ENDED,
            (OccupancyPart(BEGAN, ENDED, Occupancy.IN_OPERATION),),
        ),
        ZonePart(
            CORE,
            Text("Core room", "核心操作间"),
            Grade.C,
            BEGAN,
            ENDED,
            (
                OccupancyPart(BEGAN, after(1), Occupancy.AT_REST),
                OccupancyPart(after(1), ENDED, Occupancy.IN_OPERATION),
            ),
        ),
    ),
    channels=CHANNELS,
    alarms=ALARMS,
    hidden=(
        HiddenPart(
            *("RM-STM-L1/core_dp/alert", Hiding.SUPPRESSED, after(3), after(3, 60), "", ""),
            "A door is open / 门开启",
            Text("A door is open", "门开启"),
        ),
        HiddenPart(
            *("PC-A-STM-L1/sample_status/alert", Hiding.SHELVED, after(8, 20), after(8, 920), "li", ""),
            "The counter is being started again.",
            Text("The counter is being started again.", "The counter is being started again."),
        ),
    ),
    actions=(
        ActionPart(
            protection="ISO-STM-L1/P-01",
            label=Text("Raise the chamber pressure", "提升舱室压力"),
            triggered_at=after(9),
            because=(f"{PRESSURE}/action",),
            state="CLOSED",
            verified_at=after(9, 6),
            ended_at=after(9, 840),
            who="wang, qian",
            detail="taken on try 2",
            text=detail_told("taken on try 2"),
        ),
    ),
    viable=VIABLE,
    tests=(
        EquipmentTestPart(
            *(7, "leak", "ISO-STM-L1", after(-2), "passed", 0.12, "%/h", "", None, 118, ""),
            *("wang", after(-1.9), "qian", after(-1)),
        ),
    ),
    deviations=(
        DeviationPart(
            number="DEV-2026-0001",
            title="The door to the airlock stood open",
            about=(AboutPart("alarm", "RM-STM-L1/core_dp/action", after(3, 12)),),
            state="closed",
            class_="minor",
            cause="The door closer was worn.",
            impact="The isolator was closed and in over-pressure throughout; no exposure.",
            action="The closer was changed.",
            opened_by="li",
            opened_at=after(4),
            assessed_by="wang",
            assessed_at=after(20),
            closed_by="qian",
            closed_at=after(30),
        ),
        DeviationPart(
            number="DEV-2026-0002",
            title="Glove 3 torn",
            about=(AboutPart("alarm", f"{PRESSURE}/action", after(9)),),
            state="opened",
            class_="",
            cause="",
            impact="",
            action="",
            opened_by="li",
            opened_at=after(10),
            assessed_by="",
            assessed_at=None,
            closed_by="",
            closed_at=None,
        ),
    ),
    reviews=(ReviewPart(1, "reviewed", "zhao", after(40), "", "e1d4bb02c3a5968f", "9a" * 32),),
    signatures=(
        _signature("5d20c1e8a7b94f13", 0, ("qian", "Qian Wei", "qa"), ("approval", "batch", "MSC-2026-0301")),
        _signature(
            "6b1f0d2a9c3e4f58",
            3.02,
            ("li", "Li Na", "operator"),
            ("responsibility", "acknowledgement", "RM-STM-L1/core_dp/action"),
        ),
        _signature(
            "0c9ab3771d2e40f6",
            9.02,
            ("qian", "Qian Wei", "qa"),
            ("responsibility", "acknowledgement", f"{PRESSURE}/action"),
        ),
        _signature("e1d4bb02c3a5968f", 40, ("zhao", "Zhao Min", "qa"), ("review", "batch", "MSC-2026-0301")),
    ),
    clock=(
        ClockPart(
            *(after(7), after(7, 45), f"service/clock-of-PC-A-STM-L1: {_BEHIND}"),
            fault_told("service/clock-of-PC-A-STM-L1", _BEHIND),
        ),
    ),
    completeness=CompletenessPart(
        expected=3 * SECONDS + SECONDS + 7_200,
        valid=3 * SECONDS + SECONDS + 7_200 - 2 * 120 - 15,
        percent=100 * (4 * SECONDS + 7_200 - 255) / (4 * SECONDS + 7_200),
        causes={Cause.NETWORK: 240, Cause.COUNTER: 15},
    ),
    verdict=Verdict.ACTION,
    is_complete=False,
    lacks=(
        LackPart(
            LackKind.GAP,
            RECORDS,
            Text("15 values are missing: particle counter 15.", "缺少15个数值：粒子计数器15。"),
        ),
        LackPart(
            LackKind.GAP,
            "RM-STM-L1/core_dp",
            Text("120 values are missing: network 120.", "缺少120个数值：网络120。"),
        ),
        LackPart(
            LackKind.GAP,
            "RM-STM-L1/core_status",
            Text("120 values are missing: network 120.", "缺少120个数值：网络120。"),
        ),
        LackPart(
            LackKind.PENDING_PLATE,
            VIABLE[2].code,
            Text("Plate V000043-32 is not approved yet (read).", "平皿V000043-32尚未批准（已读数）。"),
        ),
        LackPart(
            LackKind.PENDING_PLATE,
            VIABLE[3].code,
            Text("Plate V000044-29 is not approved yet (incubating).", "平皿V000044-29尚未批准（培养中）。"),
        ),
    ),
    check=CheckPart(raw=_figures(), rollup=_figures(), agree=True),
)


def written() -> str:
    """Write it as it stands in the file."""
    return json.dumps(told(EXAMPLE), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
