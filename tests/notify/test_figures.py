"""Figures, durations and times in a notice: as the screen writes them, or nothing."""

import math
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from config.model import Kind
from monitor.notify import figures


def test_figures_have_the_decimals_and_units_of_the_screen() -> None:
    screen = (Path(__file__).parents[2] / "monitor/dashboard/src/format.ts").read_text(encoding="utf-8")

    def table(name: str) -> dict[str, str]:
        body = screen.partition(f"{name}: Record<string, ")[2].partition("{")[2].partition("};")[0]
        rows = (row.strip().rstrip(",").rpartition(": ") for row in body.splitlines() if row.strip())
        return {unit.strip('"'): value.strip('"') for unit, _, value in rows}

    assert {unit: str(places) for unit, places in figures.DECIMALS.items()} == table("decimals")
    assert dict(figures.SPELLING) == table("spelling")


@given(st.floats(), st.sampled_from([*figures.DECIMALS, "?"]), st.sampled_from(Kind))
def test_a_figure_is_the_value_or_nothing(value: float, unit: str, kind: Kind) -> None:
    written = figures.figure(value, unit, kind)
    if not math.isfinite(value):
        assert written == ""
    else:
        number = float(written.split(" ")[0].replace("−", "-"))
        assert math.isclose(number, value, rel_tol=1e-5, abs_tol=0.51)
        assert written.split(" ")[0] != "−0"


def test_durations_and_instants() -> None:
    assert [figures.duration(s) for s in (0.4, 88, 120, 125, 11_220, 183_600)] == [
        "0 s",
        "88 s",
        "2 min",
        "2 min 05 s",
        "3 h 07 min",
        "2 d 3 h",
    ]
    berlin = ZoneInfo("Europe/Berlin")
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [figures.moment(at, berlin) for at in twice] == [
        "2026-10-25 02:30:00 UTC+02:00",
        "2026-10-25 02:30:00 UTC+01:00",
    ]
