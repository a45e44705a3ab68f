"""How a report writes its figures."""

import math

import pytest

from monitor.records.report.figures import NOTHING, percentage


@pytest.mark.parametrize(
    ("percent", "places", "written"),
    [
        (100.0, 3, "100.000"),
        (100 * 876_959 / 876_960, 3, "99.999"),
        (100 * 876_959 / 876_960, 2, "99.99"),
        (99.9994, 3, "99.999"),
        (math.nextafter(100, 0), 2, "99.99"),
        (50.0, 2, "50.00"),
        (0.0, 2, "0.00"),
        (None, 2, NOTHING),
    ],
)
def test_what_is_not_whole_never_reads_as_100_percent(
    percent: float | None, places: int, written: str
) -> None:
    assert percentage(percent, places) == written
