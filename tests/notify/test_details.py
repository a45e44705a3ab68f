"""What the service writes of itself, in both languages: the report and the screen tell each sentence alike."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.model import Sample, Text
from monitor.collector.health import DeviceClock, clock_step
from monitor.notify.details import SENTENCES, detail_told, fault_told
from monitor.notify.words import EN, ZH

SOURCE = Path(__file__).parents[2] / "monitor/dashboard/src"
AT = datetime(2026, 3, 2, tzinfo=UTC)


def words_of_the_screen(language: str) -> dict[str, str]:
    """Give the screen's texts for what the service says."""
    source = (SOURCE / "words/details.ts").read_text("utf-8")
    english, chinese = source.split("export const zh")
    return dict(re.findall(r'^  (\w+): "(.*)",$', english if language == "en" else chinese, re.MULTILINE))


def test_the_screen_has_every_sentence_and_the_same_chinese() -> None:
    code = (SOURCE / "details.ts").read_text("utf-8")
    patterns = re.findall(r'^  \[/\^(.+)\$/, "(\w+)"\],$', code, re.MULTILINE)
    chinese = words_of_the_screen("zh")
    assert {pattern: chinese[key] for pattern, key in patterns} == SENTENCES


def test_the_screen_names_what_is_wrong_as_a_notice_does() -> None:
    for words, language in ((EN, "en"), (ZH, "zh")):
        screen = words_of_the_screen(language)
        named = {
            part: word
            for part, word in words.service.items()
            if f"service_{part.replace('-', '_')}" in screen
        }
        assert {"clock", "time", "database"} <= set(named)
        assert named == {part: screen[f"service_{part.replace('-', '_')}"] for part in named}


@pytest.mark.parametrize(
    ("detail", "en", "zh"),
    [
        ("taken on try 2", "taken on try 2", "第 2 次尝试被接受"),
        ("-22.1 < -8", "−22.1 < −8", "−22.1 < −8"),
        ("3 / 4", "3 / 4", "3 / 4"),
        ("", "", ""),
        (
            "its time went back; not judged until 2026-03-02 04:00:00 UTC",
            "its time went back; not judged until 2026-03-02 04:00:00 UTC",
            "其时间倒退；至 2026-03-02 04:00:00 UTC 不参与判定",
        ),
        ("unit 3 says no", "unit 3 says no", "原文：“unit 3 says no”"),
    ],
)
def test_a_detail_is_told_in_both_languages_and_what_has_no_words_is_quoted(
    detail: str, en: str, zh: str
) -> None:
    assert detail_told(detail) == Text(en, zh)


def test_what_the_collector_says_of_clocks_has_its_chinese() -> None:
    assert detail_told(clock_step(-3600.4)).zh == "主机时钟被调整 −3600 s；重启前时间记录不随之跳变"
    clock = DeviceClock("D", tolerance_s=1.0)
    behind = Sample("D", AT, (1.0,), None, AT + timedelta(seconds=1.4), source_at=AT)
    fault = clock.look(behind)
    assert fault is not None
    assert (
        fault_told(f"service/{fault.part}", fault.message).zh
        == "时钟未同步：D（设备时钟与系统时钟相差 −1.4 s）"
    )
    assert fault_told("service/clock", "") == Text("The clock is not synchronised", "时钟未同步")
    told = fault_told("service/time-of-PC-A#records", "x y")
    assert told == Text("Times went back: PC-A#records (x y)", "时间倒退：PC-A#records（x y）")
