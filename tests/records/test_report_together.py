"""What says the same of many stands together: a network that was cut is one thing that happened, not two hundred."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.records.report.front import exceptions
from monitor.records.report.gap_tables import lacking, silences
from monitor.records.report.telling import Telling
from monitor.records.report.words import Words

EXAMPLE: dict[str, Any] = json.loads(Path(__file__).with_name("example_dossier.json").read_text("utf-8"))
SINCE, UNTIL = "2026-03-02T05:00:00.000000+00:00", "2026-03-02T05:02:00.000000+00:00"
TEXT = {"en": "120 values are missing: network 120.", "zh": "缺少120个数值：网络120。"}
CUT = {"from": SINCE, "until": UNTIL, "cause": "network", "rows": 120}


def cut(*names: str) -> Telling:
    """Tell of a batch in which the network of some channels was cut, and nothing else was wrong."""
    told = deepcopy(EXAMPLE)
    calm = next(one for one in told["channels"] if one["verdict"] == "within" and one["statistics"])
    told["channels"] = [
        {**calm, "id": name, "device": name.partition("/")[0], "gaps": [CUT], "verdict": "incomplete"}
        for name in names
    ]
    told["lacks"] = [{"kind": "gap", "id": name, "text": TEXT} for name in names]
    told["alarms"] = []
    return Telling(told, Words("en"), datetime(2026, 3, 4, tzinfo=UTC))


def test_one_silence_is_one_row_with_how_many_channels_of_which_device() -> None:
    (row,) = silences(cut("RM-STM-L1/core_dp", "ISO-STM-L1/temp", "ISO-STM-L1/rh"))["rows"]
    assert row == [
        "2026-03-02 13:00:00",
        "2026-03-02 13:02:00",
        "2 min",
        "network",
        "3",
        "ISO-STM-L1 (2), RM-STM-L1 (1)",
    ]


def test_matters_that_say_the_same_are_one_row_and_none_is_lost() -> None:
    telling = cut("ISO-STM-L1/temp", "ISO-STM-L1/rh", "RM-STM-L1/core_dp")
    other = {
        "kind": "gap",
        "id": "RM-STM-L1/core_rh",
        "text": {"en": "1 value is missing.", "zh": "缺少1个数值。"},
    }
    telling.told["lacks"].append(other)
    every = lacking(telling)["rows"]
    assert [(row[1], row[2]) for row in every] == [
        ({"text": "ISO-STM-L1/temp", "below": ["and 2 more"], "tone": "plain", "strong": False}, TEXT["en"]),
        ("RM-STM-L1/core_rh", "1 value is missing."),
    ]
    first, left = lacking(telling, most=1)["rows"]
    assert first == every[0]
    assert left == ["Gap", "", telling.words("lacking_more", n=1, section=telling.words("s_complete"))]


def test_a_channel_that_was_only_silent_is_not_among_those_beyond_a_limit() -> None:
    titles = [one.get("title") for one in exceptions(cut("ISO-STM-L1/temp"), [])["blocks"]]
    assert "Times without valid values" in titles
    assert "Channels that were beyond a limit" not in titles
