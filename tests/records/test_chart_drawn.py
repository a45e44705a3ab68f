"""What a chart shows: a short breach, a gap, a limit that changed; nothing gets lost between two points."""

import math
import re
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.records.report.drawn import LEAST, LEFT, OUTSIDE, Bound, Frame, Points, drawn, has_chart

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = 1_772_409_600.0  # 2026-03-02 08:00 in Shanghai
HOURS = 3600.0
SVG = "{http://www.w3.org/2000/svg}"


def frame(
    *bounds: Bound, hours: float = 12, gaps: tuple[tuple[float, float], ...] = (), is_log: bool = False
) -> Frame:
    end = START + hours * HOURS
    return Frame(
        start=START,
        end=end,
        bounds=bounds,
        stages=[("Set-up <1>", START, START + HOURS), ("灌装", START + HOURS, end)],
        gaps=gaps,
        zone=SHANGHAI,
        is_log=is_log,
        width=493,
        height=118,
    )


def points(*values: float | None, bucket_s: int = 60) -> Points:
    at = [START + n * bucket_s for n in range(len(values))]
    return Points(bucket_s, at, values, values)


def rects(svg: str, fill: str) -> list[tuple[float, float]]:
    """Left edge and width of every rectangle of a colour."""
    found = [one.attrib for one in ET.fromstring(svg).iter(f"{SVG}rect") if one.get("fill") == fill]
    return [(float(one["x"]), float(one["width"])) for one in found]


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_a_second_outside_in_twelve_hours_is_seen() -> None:
    values = [45.0] * 720
    values[540] = 17.8
    action = Bound("action", 20, 90, START, START + 12 * HOURS)
    alert = Bound("alert", 30, None, START, START + 12 * HOURS)
    svg = drawn(points(*values), frame(action, alert))
    (red,), (amber,) = rects(svg, OUTSIDE["action"]), rects(svg, OUTSIDE["alert"])
    assert red == amber
    assert red[1] >= LEAST
    assert math.isclose(red[0], LEFT + 0.75 * (493 - 56), abs_tol=0.01)


def test_a_value_on_the_limit_is_within() -> None:
    bound = Bound("action", 20, 90, START, START + 12 * HOURS)
    assert rects(drawn(points(20, 90), frame(bound)), OUTSIDE["action"]) == []
    assert len(rects(drawn(points(20, 90.01), frame(bound)), OUTSIDE["action"])) == 1


def test_a_limit_counts_only_while_it_is_in_force() -> None:
    early = Bound("alert", None, 50, START, START + 2 * 60)
    late = Bound("alert", None, 70, START + 2 * 60, START + 12 * HOURS)
    assert rects(drawn(points(10, 60, 60, 60), frame(early, late)), OUTSIDE["alert"]) != []
    assert rects(drawn(points(10, 10, 10, 60, 60), frame(early, late)), OUTSIDE["alert"]) == []


def test_a_gap_is_hatched_and_no_line_crosses_it() -> None:
    svg = drawn(points(1, 2, None, None, 5, 6), frame(hours=0.1))
    assert len(rects(svg, "url(#gap)")) == 1
    assert len(re.findall("<polygon", svg)) == 2
    told = drawn(points(1, 2, 3), frame(gaps=((START + 20, START + 21),)))
    assert [width for _, width in rects(told, "url(#gap)")] == [LEAST]


def test_readings_by_themselves_that_lie_apart_are_not_joined() -> None:
    apart = Points(0, [START, START + 1, START + 2, START + 60, START + 61], [1.0] * 5, [1.0] * 5)
    assert len(re.findall("<polygon", drawn(apart, frame(hours=1)))) == 2


def test_times_are_the_plant_s_and_a_stage_s_name_is_only_text() -> None:
    said = texts(drawn(points(1, 2), frame()))
    assert "03-02 08:00" in said
    assert "20:00" in said
    assert "灌装" in said
    assert "Set-up <1>" in said
    assert "Set-up <1>" not in texts(drawn(points(1, 2), frame(hours=24))), "it is wider than its stage"


def test_counts_stand_by_powers_of_ten_and_none_at_all_has_its_place() -> None:
    said = texts(drawn(points(0, 353, 2119, bucket_s=6), frame(is_log=True)))
    assert {"0", "1", "10", "100", "1000"} <= set(said)


@given(
    st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40),
    st.sampled_from([0, 1, 60]),
    st.booleans(),
)
def test_whatever_comes_the_picture_is_well_formed(
    values: list[float | None], bucket_s: int, is_log: bool
) -> None:
    at = [START + n * 60 for n in range(len(values))]
    given_points = Points(bucket_s, at, values, values)
    bound = Bound("alert", -5, 5, START, START + HOURS)
    svg = drawn(given_points, frame(bound, hours=0.5, is_log=is_log))
    numbers = re.findall(r'(?:x|y|width|height|points)[12]?="([^"%#]*)"', svg)
    assert "nan" not in "".join(numbers)
    assert "inf" not in "".join(numbers)
    assert has_chart({"id": "D/a"}, {"D/a": given_points}) is any(value is not None for value in values)
    ET.fromstring(svg)
