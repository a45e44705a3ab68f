"""Two counters lose their network for a while: is every record there once, in order, marked, and raised as no alarm?

    python -m bench.bench_network_loss [--minutes 1] [--kill]

The full figures: --minutes 15. With --kill the collector is killed (kill -9) a second after the network is back, while
the missed records are being fetched, and started again. While the counters are away the air of the isolator gets worse
and better again: its particles stand in the records that are fetched later, and must alarm nobody.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise

import httpx

from bench.running import DEMO, Running, running, say, until
from config.load import load
from monitor.run import DATABASE_VARIABLE

COUNTERS = {"PC-A-STM-L1": "lighthouse", "PC-B-IMM-L3": "pms"}
ISOLATOR = "ISO-STM-L1"
FETCHED_WITHIN_S = 300.0
TORN_FOR_S = 30.0


def switch(one: Running, state: str) -> None:
    for device in COUNTERS:
        body = {"device": device, "state": state}
        httpx.post(f"http://{one.control}/device", json=body).raise_for_status()


def records(one: Running, device: str, since_us: int) -> list[tuple[int, int]]:
    """(time, backfilled) of each record in the order in which it was written."""
    sql = (
        "SELECT at_us, backfilled FROM entry WHERE kind = 'sample' AND series = ? AND at_us >= ? ORDER BY seq"
    )
    return one.query(sql, f"{device}#records", since_us)


def whole(one: Running, device: str, since_us: int, until_us: int, sample_s: float) -> bool:
    """Whether the records go on past a moment without a hole."""
    times = sorted({at_us for at_us, _ in records(one, device, since_us)})
    no_hole = all(after - before <= sample_s * 1.5e6 for before, after in pairwise(times))
    return bool(times) and times[-1] >= until_us - sample_s * 1e6 and no_hole


def kill_and_start_again(one: Running) -> None:
    command = [*map(str, one.collector.args)]  # type: ignore[arg-type]  # a list of words
    os.kill(one.collector.pid, signal.SIGKILL)
    one.collector.wait()
    environment = {**os.environ, DATABASE_VARIABLE: one.database_url}
    one.collector = subprocess.Popen(
        command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )


def tell(one: Running, device: str, since_us: int, lost_us: int, back_us: int) -> None:
    rows = records(one, device, since_us)
    times = [at_us for at_us, _ in rows]
    away = [(at_us, late) for at_us, late in rows if lost_us <= at_us < back_us]
    fetched = [at_us for at_us, late in rows if late]
    prefix = f"{device}/cnt_"
    alarms = one.query(
        "SELECT count(*) FROM entry WHERE kind = 'transition' AND at_us >= ? AND body LIKE ?",
        lost_us,
        f"%{prefix}%",
    )
    say(
        "network_loss",
        device=device,
        family=COUNTERS[device],
        minutes=round((back_us - lost_us) / 60e6, 1),
        records=len(rows),
        of_the_time_away=len(away),
        backfilled=len(fetched),
        unmarked=sum(not late for _, late in away),
        repeats=len(times) - len(set(times)),
        fetched_in_order=fetched == sorted(fetched),
        transitions_of_counts=alarms[0][0],
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--kill", action="store_true")
    chosen = parser.parse_args()
    sample_s = {name: one.settings.get("sample_time_s", 6) for name, one in load(DEMO).devices.items()}
    with running(DEMO) as one:
        since_us = time.time_ns() // 1000
        time.sleep(20)
        switch(one, "down")
        lost_us = time.time_ns() // 1000
        one.fault("hepa-leak", ISOLATOR)
        time.sleep(min(TORN_FOR_S, chosen.minutes * 30))
        one.clear()
        time.sleep(max(0.0, lost_us / 1e6 + chosen.minutes * 60 - time.time()))
        switch(one, "up")
        back_us = time.time_ns() // 1000
        if chosen.kill:
            time.sleep(1.5)
            kill_and_start_again(one)
        for device in COUNTERS:
            until(lambda d=device: whole(one, d, since_us, back_us, sample_s[d]), FETCHED_WITHIN_S)  # type: ignore[misc]  # one look each
            print(f"{device}: whole after {time.time() - back_us / 1e6:.1f} s", file=sys.stderr, flush=True)
        for device in COUNTERS:
            tell(one, device, since_us, lost_us, back_us)


if __name__ == "__main__":
    main()
