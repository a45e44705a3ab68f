"""The report of a batch over twelve hours, of 40 channels and of 200: how long it takes, and how much memory.

Each size is set in a process of its own, once in each language: the first also reads the font.
"""

import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.running import ROOT, say
from monitor.records.report.drawn import Points
from monitor.records.report.pades import seal_in
from monitor.records.report.points import HALF
from monitor.records.report.whole import LANGUAGES, Made, report

EXAMPLE = ROOT / "tests" / "records" / "example_dossier.json"
SIZES = (40, 200)
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)


def widened(told: dict[str, Any], size: int) -> tuple[dict[str, Any], dict[str, Points]]:
    """Copy the example's channels until there are so many, each with its points."""
    having = [
        one for one in told["channels"] if one["limits"] and one["statistics"] and one["kind"] == "analog"
    ]
    began = datetime.fromisoformat(told["batch"]["started_at"]).timestamp()
    points = {}
    channels = []
    for number in range(size):
        one = deepcopy(having[number % len(having)])
        one["id"] = f"{one['id']}_{number}"
        channels.append(one)
        figures = one["statistics"]
        at = [began + 144 * n for n in range(HALF)]
        low = [figures["mean"] + figures["sd"] * math.sin(n * number) for n in range(HALF)]
        points[one["id"]] = Points(144, at, low, [value + figures["sd"] for value in low])
    channels.sort(key=lambda one: str(one["zone"]))
    return told | {"channels": channels}, points


def measure(size: int) -> None:
    """Set the report of so many channels, and say what it took."""
    told, points = widened(json.loads(EXAMPLE.read_text("utf-8")), size)
    with tempfile.TemporaryDirectory() as folder:
        seal = seal_in(Path(folder), {}, "bench", NOW)
        for language in LANGUAGES:
            began_s, cpu_s = time.perf_counter(), time.process_time()
            pdf = report(told, points, language, Made(NOW, "bench", seal))
            say(
                "report",
                channels=size,
                language=language,
                seconds=round(time.perf_counter() - began_s, 2),
                cpu_s=round(time.process_time() - cpu_s, 2),
                peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                pdf_kb=len(pdf) // 1024,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        for size in SIZES:
            subprocess.run([sys.executable, "-m", "bench.bench_report", str(size)], check=True)
