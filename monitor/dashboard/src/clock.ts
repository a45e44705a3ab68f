/**
 * The server's time, as well as it can be known here. The browser's own wall clock is never used: a workstation
 * with a wrong clock would show wrong ages.
 */

/** One belief in `remembered` messages may be renewed, so that a clock set back on the server is followed. */
const remembered = 60;

/** Learns the server's time from the stamps of its messages; the quickest message of late is believed. */
export class ServerClock {
  private readonly offsets_ms: number[] = [];
  private offset_ms: number | undefined;

  /** A message stamped `stamped_ms` (epoch) arrived at `heard_ms` (the browser's monotonic clock). */
  heard(stamped_ms: number, heard_ms: number): void {
    if (!Number.isFinite(stamped_ms)) return;
    this.offsets_ms.push(stamped_ms - heard_ms);
    if (this.offsets_ms.length > remembered) this.offsets_ms.shift();
    this.offset_ms = Math.max(...this.offsets_ms);
  }

  /** Epoch milliseconds on the server at the monotonic `now_ms`; undefined before the first message. */
  at(now_ms: number): number | undefined {
    return this.offset_ms === undefined ? undefined : this.offset_ms + now_ms;
  }
}
