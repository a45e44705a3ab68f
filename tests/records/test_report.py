"""The report, read back by a program that knows nothing of how it was made: the figures of the dossier, twice."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alarms.events import ProtectionState
from config.batches import EquipmentTest
from config.model import Occupancy
from config.rules import Level, Priority
from monitor.calibration import InstrumentState
from monitor.notify.members import SCREEN
from monitor.records.dossier.parts import Hiding, LackKind
from monitor.records.report.drawn import Points
from monitor.records.report.figures import percentage
from monitor.records.report.font import FOLDER, FONT, FontError, fonts, shown, signs
from monitor.records.report.pades import Seal, seal_in
from monitor.records.report.telling import beyond
from monitor.records.report.whole import LANGUAGES, Made, report
from monitor.records.report.words import WORDS
from monitor.records.verdicts import Verdict
from monitor.server.rights import Role
from monitor.server.signatures import Meaning
from monitor.store.batch_reviews import Decision
from monitor.store.chain import canonical
from monitor.store.equipment_tests import EquipmentOutcome
from monitor.store.gaps import Cause
from tests.records.reading import fonts_of, pages_of, seal_of, text_of

EXAMPLE: dict[str, Any] = json.loads(Path(__file__).with_name("example_dossier.json").read_text("utf-8"))
BEGAN = datetime.fromisoformat(EXAMPLE["batch"]["started_at"]).timestamp()
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
DIGEST = hashlib.sha256(canonical(EXAMPLE).encode()).hexdigest()
"""Of `dossier.json` as it lies in the package."""


@dataclass(frozen=True, slots=True)
class Read:
    """A report and what a stranger reads in it."""

    pdf: bytes
    pages: list[str]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.pages)


def points() -> dict[str, Points]:
    """Draw the numbers of the example as straight lines with one breach."""
    at = [BEGAN + 60 * n for n in range(720)]
    found = {}
    for channel in EXAMPLE["channels"]:
        figures = channel["statistics"]
        if figures and figures["mean"] is not None:
            low = [figures["mean"]] * 540 + [figures["min"]] + [figures["mean"]] * 179
            found[channel["id"]] = Points(60, at, low, [figures["max"]] * 720)
    return found


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return seal_in(tmp_path_factory.mktemp("data"), {}, "Gradewatch, 细胞治疗中试基地", NOW)


@pytest.fixture(scope="module")
def both(seal: Seal) -> Mapping[str, Read]:
    made = {one: report(EXAMPLE, points(), one, Made(NOW, "qian", seal)) for one in LANGUAGES}
    return {language: Read(pdf, pages_of(pdf)) for language, pdf in made.items()}


@pytest.fixture(params=LANGUAGES)
def read(request: pytest.FixtureRequest, both: Mapping[str, Read]) -> Read:
    return both[request.param]


def tight(text: str) -> str:
    """Without spaces: between Chinese and Latin letters the setter puts some of its own."""
    return re.sub(r"\s", "", text)


def line_with(text: str, *words: str) -> str:
    """The one line in which all of these stand."""
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_a_channel_s_figures_stand_in_its_row(read: Read) -> None:
    row = line_with(read.text, "43200 / 43200", "44.98")
    assert re.search(r"43200 / 43200\s+17\.8\s+44\.98\s+47\.2\s+1\.10\s+43\.4\s+46\.3\s+9 s", row)
    assert re.search(r"100\.00 %\s+45\.0\s+46\.8\s+4 ?s", read.text)
    assert re.search(r"21\.4\s+22\.02\s+22\.7\s+0\.20\s+21\.7\s+22\.4\s+22\.02\s+0 s", read.text)
    assert re.search(r"7185 / 7200\s+0\s+0\.41\s+6\s+0\.70\s+0\s+2\s+1059\s+0 s", read.text)


def test_every_count_of_the_dossier_is_told(read: Read) -> None:
    for channel in EXAMPLE["channels"]:
        assert channel["id"] in read.text
        if found := channel["statistics"]:
            assert f"{found['valid']} / {found['expected']}" in read.text
            assert percentage(100 * found["completeness"], 2) in read.text
    whole = EXAMPLE["completeness"]
    for number in (whole["expected"], whole["valid"], *whole["causes"].values()):
        assert str(number) in read.text


def test_page_one_tells_verdict_and_completeness(both: Mapping[str, Read]) -> None:
    english, chinese = (both[language].pages[0] for language in LANGUAGES)
    for said in (
        "Action limit exceeded",
        "Not complete",
        "5 open points",
        "179745 of 180000 values (99.858 %)",
    ):
        assert said in english
    for said in ("超纠偏限", "不完整", "有5项缺项", "180000个应有数值中179745个有效（99.858%）", "尚未放行"):
        assert said in tight(chinese)
    for page in (english, chinese):
        assert "V000043-66" in page
        assert EXAMPLE["plant"]["sha256"] in page


def test_exceptions_come_first(both: Mapping[str, Read]) -> None:
    second = both["en"].pages[1]
    assert second.index("Exceptions") < second.index("Chamber pressure")
    assert "1 Exceptions" in second
    for said in ("17.8 Pa", "2119 /m³", "DEV-2026-0002", "after 55 s", "Glove 3 torn"):
        assert said in second


def test_an_exception_s_chart_is_of_what_was_beyond_a_limit_and_not_of_every_gap() -> None:
    told = deepcopy(EXAMPLE)
    far = {"ISO-STM-L1/chamber_pressure", "RM-STM-L1/core_dp", "PC-A-STM-L1/conc_0_5"}
    assert beyond(told) == far
    for channel in told["channels"]:
        channel["verdict"] = "incomplete"
    assert beyond(told) == far, "a gap does not hide that an alarm was raised"
    told["alarms"][0]["explained"] = True
    assert beyond(told) == far - {"PC-A-STM-L1/conc_0_5"}


def test_every_page_names_batch_digest_times_and_its_number(both: Mapping[str, Read]) -> None:
    for language, words in (
        (
            "en",
            ["Page {n} of {m}", "The electronic record is the main data", "Made 2026-03-04 17:00:00 by qian"],
        ),
        ("zh", ["第{n}页，共{m}页", "以电子记录为主数据", "生成于2026-03-04 17:00:00，qian"]),
    ):
        pages = both[language].pages
        for number, page in enumerate(pages, 1):
            told = tight(page)
            for word in [*words, EXAMPLE["batch"]["id"], DIGEST, "Asia/Shanghai, UTC+08:00"]:
                assert tight(word.format(n=number, m=len(pages))) in told, (language, number, word)


def test_signatures_are_told_as_the_law_asks(both: Mapping[str, Read], seal: Seal) -> None:
    """21 CFR 11.50(a): printed name, date and time, meaning."""
    for said, place in (("took responsibility", "operator"), ("承担责任", "操作员")):
        text = both["en" if said.isascii() else "zh"].text
        assert re.search(rf"Li Na\s+li\s+{said}\s+2026-03-02 11:01:16\s+(acknowledgement|报警确认)", text)
        assert place in text
    for one in both.values():
        assert seal.fingerprint in one.text


def test_a_corrected_value_and_a_late_plate_are_marked(both: Mapping[str, Read]) -> None:
    assert "▲ 18 CFU/plate" in both["en"].text
    assert "corrected" in both["en"].text
    assert "已更正" in both["zh"].text
    assert "批次结束后读数" in tight(both["zh"].text)


def test_plates_of_a_zone_stand_together(read: Read) -> None:
    """In the example one of the isolator's comes behind that of the room."""
    last = EXAMPLE["viable"]
    assert [one["zone"] for one in last] == [last[0]["zone"]] * 2 + [last[2]["zone"], last[0]["zone"]]
    at = [read.text.index(one["code"], read.text.index(last[0]["code"])) for one in last]
    assert at[0] < at[1] < at[3] < at[2]


def test_names_of_the_plant_are_chinese_in_the_chinese_report(both: Mapping[str, Read]) -> None:
    told = tight(both["zh"].text)
    # Of an alarm of a channel its figures are printed, not once more what the service wrote of them.
    printed = EXAMPLE | {"alarms": [one for one in EXAMPLE["alarms"] if not one["channel"]]}
    for text in _labels(printed):
        assert tight(text) in told


def _labels(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"en", "zh"}:
            yield value["zh"]
        for inner in value.values():
            yield from _labels(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _labels(inner)


def test_what_the_service_wrote_is_told_in_the_language_of_the_report(both: Mapping[str, Read]) -> None:
    english, chinese = both["en"].text, tight(both["zh"].text)
    for said in (
        "The clock is not synchronised: PC-A-STM-L1 (the device's clock",
        "A door is open",
        "taken on",
    ):
        assert tight(said) in tight(english)
    for said in (
        "时钟未同步：PC-A-STM-L1（设备时钟与系统时钟相差−1.4s）",
        "门开启",
        "第2次尝试被接受",
        "连接中断",
        "RM-STM-L1·通信中断",
    ):
        assert said in chinese
        assert said not in tight(english)
    for said in ("service/clock-of", "thedevice'sclock", "Adoorisopen", "takenontry", "connectionlost"):
        assert said not in chinese


def test_of_a_state_words_are_printed_and_no_figures(both: Mapping[str, Read]) -> None:
    for language, value, permitted in (("en", "open", "≠ open"), ("zh", "开启", "≠ 开启")):
        text = both[language].text
        assert re.search(rf"RM-STM-L1/core_status\s+{permitted}$", text, re.MULTILINE) or re.search(
            rf"{permitted}$",
            line_with(text, "Door of the core" if language == "en" else "核心间门状态", permitted),
        )
        assert re.search(rf"11:00:\d\d .* {value}\b", text)
        assert "≥ 0.5" not in text


def test_the_font_is_embedded_and_there_is_no_other(tmp_path: Path, read: Read) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(read.pdf)
    found = fonts_of(file)
    assert {"NotoSansSC-Regular", "NotoSansSC-SemiBold"} <= set(found)
    assert all(name.startswith("NotoSansSC") for name in found)
    assert all(found.values())


def test_it_is_an_archivable_pdf_of_its_language(both: Mapping[str, Read]) -> None:
    for language, one in both.items():
        assert b"<pdfaid:part>2</pdfaid:part>" in one.pdf
        assert b"<pdfaid:conformance>A</pdfaid:conformance>" in one.pdf
        assert f"/Lang ({language}".encode() in one.pdf


def test_the_seal_holds_until_one_byte_changes(read: Read) -> None:
    assert seal_of(read.pdf, NOW).bottom_line
    where = len(read.pdf) // 2
    changed = read.pdf[:where] + bytes([read.pdf[where] ^ 1]) + read.pdf[where + 1 :]
    assert not seal_of(changed, NOW).intact


def test_the_same_dossier_gives_the_same_bytes() -> None:
    elsewhere = Made(NOW.replace(microsecond=250).astimezone(ZoneInfo("Asia/Shanghai")), "qian")
    assert report(EXAMPLE, points(), "en", Made(NOW, "qian")) == report(EXAMPLE, points(), "en", elsewhere)


def test_a_batch_that_runs_and_has_nothing_yet_is_told_too() -> None:
    told = deepcopy(EXAMPLE)
    told["batch"] |= {"ended_at": None, "ended_by": "", "overrides": []}
    told["batch"]["stages"][-1]["ended_at"] = None
    for key in (
        "channels",
        "alarms",
        "hidden",
        "actions",
        "viable",
        "tests",
        "deviations",
        "reviews",
        "signatures",
    ):
        told[key] = []
    told |= {"verdict": "within", "lacks": [], "is_complete": True, "clock": []}
    told["completeness"] = {"expected": 0, "valid": 0, "percent": None, "causes": {}}
    told["check"] = {"raw": {}, "rollup": {}, "agree": True, "differs": []}
    text = text_of(report(told, {}, "en", Made(NOW, "qian")))
    for said in (
        "still running",
        "Within limits",
        "Nothing is lacking",
        "Not reviewed yet",
        "0 of 0 values (— %)",
    ):
        assert said in text


def test_an_hour_that_comes_twice_is_told_with_its_distance_from_utc() -> None:
    told = deepcopy(EXAMPLE)
    told["plant"]["time_zone"] = "Europe/Berlin"
    told["alarms"][0]["raised_at"] = "2026-10-25T00:30:00.000000+00:00"
    told["alarms"][1]["raised_at"] = "2026-10-25T01:30:00.000000+00:00"
    text = text_of(report(told, {}, "en", Made(NOW, "qian")))
    assert "2026-10-25 02:30:00 +02:00" in text
    assert "2026-10-25 02:30:00 +01:00" in text
    assert "Times: Europe/Berlin\n" in re.sub(" +\n", "\n", text)


def test_what_the_font_has_not_is_told_by_its_number() -> None:
    assert shown("李䶮, ≤ 3 µm") == "李[U+4DAE], ≤ 3 µm"
    told = deepcopy(EXAMPLE)
    told["signatures"][0]["name"] = "李䶮"
    assert "李[U+4DAE]" in tight(text_of(report(told, {}, "zh", Made(NOW, "qian"))))


def test_whatever_a_person_wrote_is_printed_and_nothing_of_it_is_lost() -> None:
    """Typst's own signs, control signs, other scripts, and a word that is wider than any column."""
    wide = "x" * 200
    comment = f"#let a = 1 *b* _c_ $d$ @e <f> \\n // g\r\n\th\x07 שלום {wide}"
    told = deepcopy(EXAMPLE)
    for alarm in told["alarms"]:
        alarm["comment"] = comment
    text = tight(text_of(report(told, {}, "en", Made(NOW, "qian"))))
    assert "#leta=1*b*_c_" in text
    assert "h[U+0007][U+05E9]" in text
    shown_times = 3 + 5  # among the exceptions, where one is not, and among all
    assert sum(len(found) for found in re.findall("x{8,}", text)) == shown_times * len(wide)


def test_the_font_has_every_sign_of_the_words() -> None:
    assert set("".join(word for both in WORDS.values() for word in both)) - signs() <= {"\n"}


def test_without_the_font_it_is_said_what_to_do(tmp_path: Path) -> None:
    assert (FOLDER / FONT).is_file()
    with pytest.raises(FontError, match=r"NotoSansSC.ttc is not there.*make setup"):
        fonts(tmp_path)
    with pytest.raises(FontError, match="make setup"):
        signs(tmp_path)


@pytest.mark.parametrize(
    ("of", "members"),
    [
        ("verdict", Verdict),
        ("level", Level),
        ("priority", Priority),
        ("occupancy", Occupancy),
        ("dossier_cause", Cause),
        ("lack", LackKind),
        ("how", Hiding),
        ("protection", ProtectionState),
        ("meaning", Meaning),
        ("role", Role),
    ],
)
def test_every_member_of_a_set_has_its_words(of: str, members: type[StrEnum]) -> None:
    assert {f"{of}.{one.value}" for one in members} == {key for key in WORDS if key.startswith(f"{of}.")}


def test_what_the_screen_names_is_named_there_alone() -> None:
    """One word for one thing: a test of equipment, its outcome, a verdict, on the page of a batch and in its report."""
    sets = json.loads(SCREEN.read_text("utf-8"))
    assert {"test", "outcome", "verdict", "how", "plate_state", "meaning"} <= set(sets)
    for of, members in sets.items():
        assert {f"{of}.{one}" for one in members} == {key for key in WORDS if key.startswith(f"{of}.")}
        for one, word in members.items():
            assert WORDS[f"{of}.{one}"] == (word["en"], word["zh"])
    by_hand = (SCREEN.parent / name for name in ("batches.ts", "dossier.ts", "plates.ts", "deviations.ts"))
    keys = {f"{of}_{one}" for of, members in sets.items() for one in members}
    assert keys.isdisjoint(
        re.findall(r"^  (\w+):", "".join(one.read_text("utf-8") for one in by_hand), re.MULTILINE)
    )


@pytest.mark.parametrize(
    ("of", "members"), [("test", EquipmentTest), ("outcome", [*EquipmentOutcome, *Decision, "reviewed"])]
)
def test_every_test_of_equipment_and_every_outcome_has_its_words(of: str, members: Iterable[str]) -> None:
    assert {f"{of}.{one}" for one in members} == {key for key in WORDS if key.startswith(f"{of}.")}


def test_every_standing_of_an_instrument_has_its_words() -> None:
    assert all(f"instrument.{one.value}" in WORDS for one in InstrumentState)


def test_what_one_language_puts_in_the_other_does_too() -> None:
    for key, both in WORDS.items():
        english, chinese = (sorted(re.findall(r"\{\w+\}", word)) for word in both)
        assert english == chinese, key
