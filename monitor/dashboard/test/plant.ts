/** A small plant for the tests, in the words of the server. */

import type { Alarm, Channel, Kind, Limit, Plant } from "../src/api-types";

const both = (word: string): { en: string; zh: string } => ({ en: word, zh: `${word}（中）` });

const channel = (device: string, key: string, unit: string, zone: string, place: number, kind: Kind = "analog"): Channel => ({
  id: `${device}/${key}`,
  key,
  unit,
  kind,
  label: both(key),
  zone,
  place,
  states: {},
  bits: {},
  clear_bits: {},
});

export const limit = (of: string, level: "alert" | "action", low: number | null, high: number | null): Limit => ({
  id: `${of}/${level}`,
  channel: of,
  level,
  low,
  high,
  deadband: 0,
  on_delay_s: 0,
  off_delay_s: 0,
  rationale: "",
  priority: "medium",
  latching: false,
});

const comb = [1, 2, 3, 4].map((n, place) => channel("HCI", `ch${n}_temp`, "°C", "L1-HCI", place));

export const plant: Plant = {
  id: "test",
  label: both("Test"),
  time_zone: "Asia/Shanghai",
  sha256: "00ff",
  workshops: [{ id: "W", label: both("Workshop") }],
  lines: [{ id: "L1", workshop: "W", mode: "c_isolator", product: "MSC", label: both("Line"), tower: "" }],
  zones: [
    { id: "L1-C", workshop: "W", line: "L1", grade: "C", label: both("Core") },
    { id: "L1-ISO", workshop: "W", line: "L1", grade: "A", label: both("Isolator") },
    { id: "L1-HCI", workshop: "W", line: "L1", grade: "A", label: both("Comb") },
  ],
  devices: [
    {
      id: "ISO",
      label: both("Isolator"),
      zone: "L1-ISO",
      workshop: "W",
      line: "L1",
      profile: "isolator",
      period_s: 1,
      series: [
        {
          id: "ISO",
          records: false,
          channels: [
            channel("ISO", "velocity", "m/s", "L1-ISO", 0),
            channel("ISO", "pressure", "Pa", "L1-ISO", 1),
            channel("ISO", "pressure_b", "Pa", "L1-ISO", 2),
            channel("ISO", "door", "", "L1-ISO", 3, "state"),
            channel("ISO", "current", "A", "L1-ISO", 4),
          ],
        },
      ],
    },
    {
      id: "HCI",
      label: both("Comb"),
      zone: "L1-HCI",
      workshop: "W",
      line: "L1",
      profile: "comb",
      period_s: 1,
      series: [{ id: "HCI", records: false, channels: [...comb, channel("HCI", "box", "Pa", "L1-HCI", 4)] }],
    },
  ],
  limits: [
    limit("ISO/velocity", "alert", 0.36, 0.54),
    limit("ISO/pressure", "alert", 30, 70),
    limit("ISO/pressure", "action", 20, 90),
    limit("ISO/pressure_b", "action", 20, 90),
    limit("HCI/ch1_temp", "alert", 36.5, 37.5),
  ],
  derived: [],
  cascade: [],
  suppressions: [],
  shifts: [],
  products: [
    {
      id: "MSC",
      label: both("Stem cells"),
      lines: ["L1"],
      stages: [
        { id: "set-up", label: both("Set-up"), is_set_up: true, zones: [] },
        { id: "open", label: both("Open"), is_set_up: false, zones: ["L1-ISO"] },
        { id: "fill", label: both("Fill"), is_set_up: false, zones: ["L1-ISO"] },
      ],
      window_s: 28_800,
      window_from: "open",
    },
  ],
  protections: [
    {
      id: "ISO/P-01",
      code: "P-01",
      device: "ISO",
      label: both("Pressure lost"),
      kind: "protect",
      asks: [{ device: "ISO", label: both("Fan at 100 %") }],
      instruction: both("Stop."),
      fail_safe: both("It holds itself."),
      reset_by: ["operator", "qa"],
      may_inhibit: true,
      needs_confirmation: false,
      dry_run: false,
    },
  ],
};

export const alarm = (id: string, given: Partial<Alarm> = {}): Alarm => ({
  id,
  channel: "ISO/pressure",
  device: "ISO",
  zone: "L1-ISO",
  line: "L1",
  level: "action",
  state: "UNACK",
  active: true,
  acknowledged: false,
  raised_at: "2026-11-21T06:00:00.000000+00:00",
  changed_at: "2026-11-21T06:00:00.000000+00:00",
  worst: 3.1,
  detail: "3.1 Pa",
  acknowledged_by: "",
  told: [],
  priority: "high",
  latched: false,
  shelved_until: null,
  suppressed_by: [],
  out_of_service: "",
  times: 1,
  first_out: false,
  chattering: false,
  ...given,
});

const cold = (id: string, temperature: string) => ({
  id,
  label: both(id.toLowerCase()),
  zone: "STORE-1",
  workshop: "STORE",
  line: null,
  profile: "cold",
  period_s: 1,
  series: [{ id, records: false, channels: [channel(id, temperature, "°C", "STORE-1", 0)] }],
});

const doors = { ...channel("DOORS", "door_1", "", "CORR", 0, "state"), states: { 0: both("open"), 1: both("closed") } };

/** The same plant with a corridor that the lines share, and a store that belongs to no line. */
export const shared: Plant = {
  ...plant,
  workshops: [...plant.workshops, { id: "STORE", label: both("Store") }],
  zones: [
    ...plant.zones,
    { id: "CORR", workshop: "W", line: null, grade: "D", label: both("Corridor") },
    { id: "STORE-1", workshop: "STORE", line: null, grade: "CNC", label: both("Cold store") },
  ],
  devices: [
    ...plant.devices,
    {
      ...cold("AHU", ""),
      zone: "CORR",
      workshop: "W",
      series: [
        {
          id: "AHU",
          records: false,
          channels: [channel("AHU", "filter_dp", "Pa", "CORR", 0), channel("AHU", "speed", "Hz", "CORR", 1)],
        },
      ],
    },
    { ...cold("DOORS", ""), zone: "CORR", workshop: "W", series: [{ id: "DOORS", records: false, channels: [doors] }] },
    cold("FRIDGE", "temp"),
    cold("FREEZER", "temp"),
  ],
  limits: [
    ...plant.limits,
    limit("AHU/filter_dp", "alert", 50, 300),
    limit("AHU/speed", "alert", 40, 50),
    limit("FRIDGE/temp", "alert", 2, 8),
    limit("FREEZER/temp", "alert", -25, -15),
  ],
};
