/** A fixed row of the last readings of one channel, oldest falling out: what a trend draws from. */
export class Ring {
  private readonly at: Float64Array;
  private readonly value: Float64Array;
  private start = 0;
  private used = 0;

  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`a ring of ${capacity} holds nothing`);
    this.at = new Float64Array(capacity);
    this.value = new Float64Array(capacity);
  }

  get length(): number {
    return this.used;
  }

  /** Time of the newest reading in epoch seconds; -Infinity while there is none. */
  get newest(): number {
    return this.used === 0 ? -Infinity : (this.at[(this.start + this.used - 1) % this.capacity] ?? -Infinity);
  }

  /** Adds a reading, null for "no good value". Time never goes back: false (and no change) if it would. */
  push(at_s: number, value: number | null): boolean {
    if (!(at_s > this.newest)) return false;
    const place = (this.start + this.used) % this.capacity;
    this.at[place] = at_s;
    this.value[place] = value ?? NaN;
    if (this.used < this.capacity) this.used += 1;
    else this.start = (this.start + 1) % this.capacity;
    return true;
  }

  /**
   * Times and values since `from_s`, oldest first. Where two readings are more than `gap_s` apart a null stands
   * between them, so that a chart draws the gap as a gap.
   */
  since(from_s: number, gap_s: number): [number[], (number | null)[]] {
    const times: number[] = [];
    const values: (number | null)[] = [];
    for (let i = 0; i < this.used; i++) {
      const place = (this.start + i) % this.capacity;
      const at_s = this.at[place] ?? NaN;
      if (at_s < from_s) continue;
      const before = times.at(-1);
      if (before !== undefined && at_s - before > gap_s) {
        times.push((before + at_s) / 2);
        values.push(null);
      }
      const value = this.value[place] ?? NaN;
      times.push(at_s);
      values.push(Number.isNaN(value) ? null : value);
    }
    return [times, values];
  }
}
