import { afterEach, expect, test } from "vitest";
import { crossing, detailOf, title, titleOf } from "../src/alarms";
import { inWords, serviceTitle } from "../src/details";
import { permitted } from "../src/format";
import { language } from "../src/i18n";
import { indexOf } from "../src/plant";
import { alarm, plant } from "./plant";

afterEach(() => void (language.value = "en"));

test("a comparison has the channel's unit and a true minus sign", () => {
  expect(inWords("-22.1 < -8", "Pa/s")).toBe("−22.1 < −8 Pa/s");
  expect(inWords("1765.73 > 1760", "1/m3")).toBe("1765.73 > 1760 /m³");
  expect(detailOf(alarm("ISO/pressure/action", { detail: "6.9 < 20" }), indexOf(plant))).toBe("6.9 < 20 Pa");
});

test("what the service writes in English is read in Chinese; what is not known stays as it is", () => {
  language.value = "zh";
  expect(inWords("taken on try 2")).toBe("第 2 次尝试被接受");
  expect(inWords("12 / 10 min")).toBe("10 分钟内 12 条报警");
  expect(inWords("was not running from 2026-11-22 00:12:34 to 2026-11-22 00:13:09 UTC")).toBe(
    "2026-11-22 00:12:34 至 2026-11-22 00:13:09 UTC 未运行",
  );
  expect(inWords("it has not come to what it was meant for")).toBe("未达到预期效果");
  expect(inWords("no answer within 0.8 s to read unit 11")).toBe("no answer within 0.8 s to read unit 11");
});

test("a part of the service is called what it is for a person, and of what", () => {
  expect(serviceTitle("journal-disk")).toBe("The disk of the journal is nearly full");
  expect(serviceTitle("clock-of-PC-A-STM-L1")).toBe("The clock is not synchronised · PC-A-STM-L1");
  expect(serviceTitle("nobody-knows")).toBeUndefined();
  expect(title({ id: "service/nobody-knows", channel: null, device: null, worst: null }, indexOf(plant))).toContain("nobody-knows");
});

test("a limit that permits one value says so", () => {
  expect(permitted({ low: 6, high: 6 })).toBe("=\u00a06");
});

test("an old alarm keeps the limit it was raised with, whatever the plant permits today", () => {
  const old = alarm("ISO/pressure/action", { worst: 6.7, detail: "6.7 < 30" });
  expect(crossing(old, indexOf(plant))).toBe("▼ 30 Pa");
  expect(title({ ...old, worst: 25, detail: "25 < 30" }, indexOf(plant))).toBe("pressure · low");
});

test("an alarm that is known by its id alone has its title", () => {
  expect(titleOf("ISO/pressure/action", indexOf(plant))).toBe("pressure");
  expect(titleOf("ISO/communication", indexOf(plant))).toBe("Isolator · communication lost");
  expect(titleOf("service/flood", indexOf(plant))).toBe("Alarm flood");
});
