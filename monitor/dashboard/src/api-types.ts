/** What the server says, word for word (`/api/v1`). Times are ISO 8601 in UTC unless a name says otherwise. */

export interface Text {
  en: string;
  zh: string;
}

export type Level = "action" | "alert" | "diagnostic";
export type Kind = "analog" | "count" | "state" | "bits" | "time";

export interface Channel {
  id: string;
  key: string;
  unit: string;
  kind: Kind;
  label: Text;
  zone: string;
  place: number;
  states: Record<string, Text>;
}

export interface Series {
  id: string;
  records: boolean;
  channels: Channel[];
}

export interface Device {
  id: string;
  label: Text;
  zone: string;
  line: string;
  profile: string;
  period_s: number;
  series: Series[];
}

export interface Zone {
  id: string;
  line: string;
  grade: "A" | "B" | "C" | "D" | "CNC";
  label: Text;
}

export interface Line {
  id: string;
  workshop: string;
  mode: string;
  product: string;
  label: Text;
  tower: string;
}

export interface Workshop {
  id: string;
  label: Text;
}

export interface Limit {
  id: string;
  channel: string;
  level: Level;
  low: number | null;
  high: number | null;
  deadband: number;
  on_delay_s: number;
  off_delay_s: number;
  rationale: string;
}

export interface Plant {
  id: string;
  label: Text;
  time_zone: string;
  sha256: string;
  workshops: Workshop[];
  lines: Line[];
  zones: Zone[];
  devices: Device[];
  limits: Limit[];
}

/** `quality` null: all Good. The numbers are those of the service's Quality. */
export interface Sample {
  series: string;
  at: string;
  received_at: string;
  values: (number | null)[];
  quality: number[] | null;
  backfilled: boolean;
  reason: string;
}

export type AlarmState = "NORM" | "UNACK" | "ACKED" | "RTNUN";

export interface Alarm {
  id: string;
  channel: string | null;
  device: string | null;
  zone: string | null;
  line: string | null;
  level: Level;
  state: AlarmState;
  active: boolean;
  acknowledged: boolean;
  raised_at: string;
  changed_at: string;
  worst: number | null;
  detail: string;
  acknowledged_by: string;
}

export interface Health {
  at: string;
  status: "ok" | "degraded";
  devices: number;
  devices_live: number;
  oldest_sample_age_s: number | null;
  database: { ok: boolean; detail: string; waiting: number };
  journal: { ok: boolean; detail: string; entries: number };
  inbox: { size: number; limit: number; lost: number };
  poll_lateness_ms: { p50: number | null; p99: number | null };
}

export interface Person {
  name: string;
  role: string;
}

/** One channel over a time, thinned to buckets; `at` in epoch seconds; null where a bucket has no good value. */
export interface Readings {
  channel: string;
  unit: string;
  bucket_s: number;
  at: number[];
  min: (number | null)[];
  max: (number | null)[];
  mean: (number | null)[];
  n: number[];
  n_good: number[];
}

export type Message =
  | { type: "snapshot"; at: string; plant_sha256: string; samples: Sample[]; alarms: Alarm[]; health: Health }
  | ({ type: "sample" } & Sample)
  | { type: "alarm"; reason: string; at: string; alarm: Alarm }
  | ({ type: "health" } & Health)
  | { type: "link"; collector: boolean };
