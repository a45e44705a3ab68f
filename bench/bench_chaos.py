"""Everything around the demo plant's collector is killed, cut and filled: is each second of each device there once?

    python -m bench.bench_chaos [--minutes 15]

In 15 minutes the database is killed (kill -9) five times and the collector ten times, the network to the database is a
hole for 35 s, and once the database stays away until the journal has reached its bound and has been full for 20 s. Then
every second of every device is held against the simulators' own log of what they answered (`bench.chaos_plant`): each
second has one row; one without values says why; and none is told to be the collector's own fault but those in which it
was down, or its journal full. Then `gradewatch verify` proves the book and the seals.
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from bench.audit import Audit, Down, audit
from bench.cut import Way
from bench.ports import free_port
from bench.running import (
    DEMO,
    READY_WITHIN_S,
    ROOT,
    Running,
    database,
    plant_on_free_ports,
    process,
    say,
    until,
)
from config.load import load
from monitor.run import DATABASE_VARIABLE
from monitor.store import embedded
from monitor.store.database import DatabaseError

WHOLE_S = 900.0
"""What the times below are of; a shorter run plays them faster."""
DEEDS = (
    *((at, "kill collector") for at in (40, 100, 160, 190, 280, 340, 640, 700, 760)),
    *((at, "kill database") for at in (70, 130, 250, 310, 730)),
    (180, "cut"),
    (215, "mend"),
    (400, "fill"),
)
DATABASE_DOWN_S = 8.0
ROOM_BYTES = 1_500_000
"""So much may come into the journal before it is full."""
FULL_FOR_S = 20.0
FULL_WITHIN_S = 240.0
DRAINED_WITHIN_S = 300.0
SHARE_VARIABLE = "GRADEWATCH_JOURNAL_SHARE"


class Chaos:
    """The demo plant, its collector and its database, and the means to hurt them."""

    def __init__(self, folder: Path, one: Running, way: Way) -> None:
        self.folder, self.one, self.way = folder, one, way
        self.down: list[Down] = []
        self.told: dict[str, int] = {}

    def do(self, deed: str) -> None:
        """Do one deed, and wait until that is done."""
        self.told[deed] = self.told.get(deed, 0) + 1
        print(f"{time.strftime('%H:%M:%S')} {deed}", file=sys.stderr, flush=True)
        match deed:
            case "kill collector":
                self.kill_collector()
            case "kill database":
                kill_database(self.folder)
                time.sleep(DATABASE_DOWN_S)
                until(self._started, READY_WITHIN_S)
            case "fill":
                self.fill()
            case _:
                self.way.hole = deed == "cut"

    def kill_collector(self, share: str = "") -> None:
        """Kill the collector and start it again; where it was down is known from its kill to its first poll."""
        command = [*map(str, self.one.collector.args)]  # type: ignore[arg-type]  # a list of words
        began_s = time.time()
        os.kill(self.one.collector.pid, signal.SIGKILL)
        self.one.collector.wait()
        environment = {**os.environ, DATABASE_VARIABLE: self.way.url}
        if share:
            environment[SHARE_VARIABLE] = share
        self.one.collector = subprocess.Popen(
            command, env=environment, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL
        )
        until(self.heard, READY_WITHIN_S)
        self.down.append(Down(began_s, time.time(), "collector killed"))

    def fill(self) -> None:
        """Let the database be away until the journal is full, and a while longer."""
        self.way.hole = True
        used = self.one.health()["journal"]["used_bytes"]
        self.kill_collector(str((used + ROOM_BYTES) / shutil.disk_usage(self.folder).total))
        self.told["kill collector"] += 1
        until(lambda: not self.one.health()["journal"]["ok"], FULL_WITHIN_S)
        began_s = time.time()
        print(f"full: {self.one.health()['journal']}", file=sys.stderr, flush=True)
        time.sleep(FULL_FOR_S)
        self.way.hole = False
        until(lambda: self.one.health()["journal"]["ok"], FULL_WITHIN_S)
        self.down.append(Down(began_s - 2, time.time() + 2, "journal full"))

    def end(self) -> None:
        """Stop whichever collector runs by now."""
        self.one.collector.kill()
        self.one.collector.wait()

    def heard(self) -> bool:
        with suppress(httpx.TransportError, FileNotFoundError):
            health = self.one.health()
            return bool(health["devices_live"] == health["devices"])
        return False

    def _started(self) -> bool:
        with suppress(DatabaseError):
            asyncio.run(embedded.start(self.folder))
            return True
        return False

    def drained(self) -> bool:
        """Whether all that was received is in the database."""
        with suppress(httpx.TransportError, FileNotFoundError):
            database = self.one.health()["database"]
            return bool(database["ok"] and database["waiting"] < 500)
        return False


def kill_database(folder: Path) -> None:
    """Kill every process of the embedded PostgreSQL at once."""
    postmaster = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def chaos() -> Iterator[Chaos]:
    """Run the demo plant with everything around it, until all devices are live."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    plant = plant_on_free_ports(folder / "plant", DEMO)
    url = asyncio.run(database(folder))
    socket_folder = parse_qs(urlsplit(url).query)["host"][0]
    way = Way(free_port(), f"{socket_folder}/.s.PGSQL.5432")
    words = [sys.executable, "-m"]
    simulate = [*words, "bench.chaos_plant", str(plant), str(folder / "answered.log")]
    collect = [*words, "monitor.cli", "collect", str(plant), "--data", str(folder / "data")]
    here = {"PYTHONPATH": str(ROOT)}
    with ExitStack() as held:
        held.callback(shutil.rmtree, folder)
        held.callback(lambda: asyncio.run(embedded.stop(folder)))
        simulators = held.enter_context(process(simulate, here, stdout=subprocess.PIPE))
        assert simulators.stdout is not None
        simulators.stdout.readline()
        os.environ.update(here)
        collector = subprocess.Popen(
            collect,
            env={**os.environ, DATABASE_VARIABLE: way.url},
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        one = Running(folder / "data", "", collector, simulators, url)
        whole = Chaos(folder, one, way)
        held.callback(whole.end)
        until(whole.heard, READY_WITHIN_S)
        until(whole.drained, READY_WITHIN_S)
        yield whole


def play(whole: Chaos, seconds: float) -> None:
    """Do every deed in its time."""
    began_s = time.time()
    for at_s, deed in sorted(DEEDS):
        time.sleep(max(0.0, began_s + at_s * seconds / WHOLE_S - time.time()))
        whole.do(deed)
    time.sleep(max(0.0, began_s + seconds - time.time()))


def verify(whole: Chaos) -> None:
    """Have the chain, the seals and the figures proved, by the command."""
    words = [sys.executable, "-m", "monitor.cli", "verify", "--data", str(whole.folder / "data"), "--all"]
    environment = {**os.environ, DATABASE_VARIABLE: whole.one.database_url}
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    said = f"{done.stdout}\n{done.stderr}".strip().splitlines()
    say("chaos_verify", exit_code=done.returncode, said=said[:20])


def tell(whole: Chaos, found: Audit, minutes: float) -> None:
    """Print what was found."""
    say(
        "chaos",
        minutes=round(minutes, 1),
        deeds=whole.told,
        down_s={
            f"{one.why} {number}": round(one.until_s - one.since_s, 1)
            for number, one in enumerate(whole.down)
        },
        samples=whole.one.health()["database"].get("samples"),
    )
    say("chaos_audit", **found.figures())
    for line in found.examples[:40]:
        print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=15)
    chosen = parser.parse_args()
    with chaos() as whole:
        since_s = int(time.time()) + 2
        play(whole, chosen.minutes * 60)
        until_s = int(time.time()) - 2
        time.sleep(10)
        until(whole.drained, DRAINED_WITHIN_S)
        plant = load(whole.folder / "plant")
        log = whole.folder / "answered.log"
        found = asyncio.run(audit(plant, whole.one.database_url, log, (since_s, until_s), whole.down))
        tell(whole, found, (until_s - since_s) / 60)
        verify(whole)


if __name__ == "__main__":
    main()
