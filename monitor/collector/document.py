"""The health document: what lives, what waits, what was lost; each part of the collector tells of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.clock import Clock, kernels_word, synchronised
from monitor.collector.alive import Alive
from monitor.collector.feed import Feed
from monitor.collector.forward import Forward
from monitor.collector.guard import Guard
from monitor.collector.health import Lag, devices_health, percentiles_ms
from monitor.collector.journal import Journal, JournalReader
from monitor.collector.journal_bounds import Keeper
from monitor.collector.notify import Notifier
from monitor.collector.pipeline import INBOX_LIMIT, Pipeline
from monitor.collector.poll import Poll


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthDocument:
    """The parts that tell of themselves.

    Attributes:
        counting: reads the journal beside its writer.
        forward: None: no database is configured.
    """

    clock: Clock
    journal: Journal
    keeper: Keeper
    counting: JournalReader
    forward: Forward | None
    pipeline: Pipeline
    feed: Feed
    polls: Mapping[str, Poll]
    notifier: Notifier
    alive: Alive
    guard: Guard
    lag: Lag

    def told(self, now: datetime) -> dict[str, Any]:
        """Write it, as of now."""
        devices = devices_health(self.pipeline.plant, self.feed.latest(), now)
        database, journal, notices = self._database(), self._journal(), self._notices()
        parts_are_well = all(one["ok"] for one in (database, journal, notices))
        well = devices["devices_live"] == devices["devices"] and parts_are_well
        return {
            "at": now.isoformat(timespec="microseconds"),
            "status": "ok" if well else "degraded",
            **devices,
            "clock": {
                "ahead_s": round(self.clock.host_is_ahead_s(), 3),
                "synchronised": synchronised(kernels_word()),
            },
            "database": database,
            "journal": journal,
            "notices": notices,
            "taken": self.pipeline.taken,
            "restarts": self.guard.restarts,
            "inbox": {"size": self.pipeline.size(), "limit": INBOX_LIMIT, "lost": self.pipeline.lost},
            "poll_lateness_ms": percentiles_ms([s for poll in self.polls.values() for s in poll.lateness_s]),
            "polls_skipped": sum(poll.skipped for poll in self.polls.values()),
            "loop_lag_ms": percentiles_ms(self.lag.late_s),
        }

    def _journal(self) -> dict[str, Any]:
        failure, fill = self.journal.failure or self.journal.full, self.keeper.fill
        return {
            "ok": not failure,
            "detail": failure,
            "entries": self.journal.waiting(),
            "written": self.journal.last_seq,
            "received": self.journal.received,
            "used_bytes": fill.used_bytes,
            "bound_bytes": fill.bound_bytes,
            "used_share": fill.share,
        }

    def _database(self) -> dict[str, Any]:
        forward = self.forward
        if forward is None:
            return {"ok": False, "detail": "no database is configured", "waiting": self.journal.last_seq}
        # Until the database has said how far it is, nobody knows what it has.
        is_known = forward.ok or forward.position > 0
        return {
            "ok": forward.ok,
            "detail": forward.detail,
            "waiting": max(0, self.journal.last_seq - forward.position),
            "forwarded": forward.position if is_known else None,
            "samples": self._samples(forward) if is_known else None,
        }

    def _samples(self, forward: Forward) -> dict[str, int]:
        """Count what was received, and where it is: the sum of the others, or something is missing."""
        received, buffered = self.counting.counted(forward.position)
        counts = forward.counts
        return {
            "received": received,
            "stored": counts.stored,
            "repeated": counts.repeated,
            "quarantined": counts.quarantined,
            "buffered": buffered,
        }

    def _notices(self) -> dict[str, Any]:
        tally, calls = self.notifier.tally, self.pipeline.state.calls
        return {
            "ok": not calls.wrong,
            "detail": "; ".join(f"{what}: {words}" for what, words in sorted(calls.wrong.items())),
            "waiting": self.notifier.waiting,
            "undelivered": len(calls.lost),
            "ended": tally.counted(),
            "seconds_ms": percentiles_ms(tally.took_s),
            "accepted": tally.accepted,
            "accepted_s": round(tally.accepted_s, 3),
            "canary_s": tally.canary_s,
            "heartbeat_up": self.alive.up,
        }
