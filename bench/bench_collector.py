"""The collector end to end on one line: what a reading costs, how late polls are, how soon a fault is acted on.

A simulated plant over the real protocols, a collector process with its journal on the disk, forwarding to a PostgreSQL.
"""

import argparse
import time
from functools import partial
from pathlib import Path

from bench.running import LINE, Running, percentile, running, say, until
from config.load import load


def cost(one: Running, seconds: float, channels: int) -> None:
    """Measure CPU per 1,000 channel-readings, and poll lateness, in a calm plant."""
    time.sleep(5)
    before, began = one.cpu_s(), time.monotonic()
    time.sleep(seconds)
    used, took = one.cpu_s() - before, time.monotonic() - began
    say(
        "collector_cost",
        seconds=round(took, 1),
        cpu_ms_per_1000_readings=round(1e6 * used / (took * channels), 2),
        cpu_share_of_one_core=round(used / took, 4),
        memory_mb=round(one.memory_mb(), 1),
        channels=channels,
    )
    lateness = one.health()["poll_lateness_ms"]
    say("poll_lateness", p50_ms=lateness["p50"], p99_ms=lateness["p99"])


def fault_to_command(one: Running, cycles: int) -> None:
    """Breach the glove again and again; measure until the tower's command was written and read back."""
    to_command, from_sample, to_verified = [], [], []
    for _ in range(cycles):
        seq = one.query("SELECT coalesce(max(seq), 0) FROM entry")[0][0]
        one.fault("glove-breach", "ISO-STM-L1")
        began_us = time.time_ns() // 1000
        until(partial(_entries, one, seq, "result"), 15)
        command_us = _entries(one, seq, "command")[0]
        verified_us = _entries(one, seq, "result")[0]
        received_us = one.query(
            "SELECT received_us FROM entry WHERE kind = 'sample' AND series = 'ISO-STM-L1' AND seq > ?"
            " AND received_us <= ? ORDER BY seq DESC LIMIT 1",
            seq,
            command_us,
        )[0][0]
        to_command.append((command_us - began_us) / 1000)
        to_verified.append((verified_us - began_us) / 1000)
        from_sample.append((verified_us - received_us) / 1000)
        one.clear()
        until(lambda: _calm(one), 60)
    for name, values in (
        ("fault_to_command", to_command),
        ("fault_to_verified", to_verified),
        ("sample_to_verified", from_sample),
    ):
        say(
            name,
            n=cycles,
            p50_ms=round(percentile(values, 0.5), 1),
            p99_ms=round(percentile(values, 0.99), 1),
        )


def _entries(one: Running, seq: int, kind: str) -> list[int]:
    """When each Command for the red lamp was given, or reported, after an entry of the journal."""
    rows = one.query(
        'SELECT at_us FROM entry WHERE kind = ? AND seq > ? AND body LIKE \'%"red":"on"%\' ORDER BY seq',
        kind,
        seq,
    )
    return [row[0] for row in rows]


def _calm(one: Running) -> bool:
    one.acknowledge_all()
    time.sleep(0.5)
    return not one.query("SELECT 1 FROM state WHERE body NOT LIKE '{\"alarms\":{},%'")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "plant", type=Path, nargs="?", default=LINE, help="config/plants/demo for the whole facility"
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cycles", type=int, default=20)
    chosen = parser.parse_args()
    channels = len(load(chosen.plant).channels)
    with running(chosen.plant) as one:
        cost(one, chosen.seconds, channels)
        fault_to_command(one, chosen.cycles)


if __name__ == "__main__":
    main()
