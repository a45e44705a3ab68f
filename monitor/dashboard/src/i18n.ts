/** Every text of the screen in both languages. The plant's own names come from its YAML, in both languages too. */

import { computed, signal } from "@preact/signals";
import type { Text } from "./api-types";

export type Language = "en" | "zh";

const en = {
  tagline: "Environmental monitoring",
  loading: "Loading the plant…",
  // Signing in
  sign_in: "Sign in",
  signing_in: "Signing in…",
  sign_out: "Sign out",
  name: "Name",
  password: "Password",
  wrong_password: "Name or password is wrong.",
  caps_lock: "Caps Lock is on.",
  no_server: "The server does not answer. Is it running?",
  // Header
  language: "Language",
  theme_dark: "Dark theme",
  theme_light: "Light theme",
  server_time: "Server time",
  role_viewer: "viewer",
  role_operator: "operator",
  role_engineer: "engineer",
  role_qa: "QA",
  role_qualified_person: "qualified person",
  role_admin: "administrator",
  // Levels and states
  action: "Action",
  alert: "Alert",
  diagnostic: "Diagnostic",
  state_UNACK: "Not acknowledged",
  state_ACKED: "Acknowledged",
  state_RTNUN: "Over, not acknowledged",
  state_NORM: "Normal",
  acknowledged_by: "by {who}",
  // Alarms
  alarms: "Alarms",
  no_alarms: "No alarms",
  all_normal: "All within limits",
  unacknowledged: "{n} not acknowledged",
  acknowledge: "Acknowledge",
  comment: "Comment (optional)",
  comment_short: "Comment",
  ack_failed: "Not acknowledged: {why}",
  not_reached: "the server did not answer",
  level: "Level",
  alarm: "Alarm",
  state: "State",
  since: "Since",
  value_limit: "Value / limit",
  detail: "Detail",
  low: "low",
  high: "high",
  worst: "worst {value}",
  communication_lost: "communication lost",
  blind: "no usable value",
  service_part: "Monitoring service: {part}",
  show: "Show",
  // Overview
  overview: "Overview",
  grade: "Grade {grade}",
  mode_c_isolator: "C background, isolator",
  mode_b_cabinet: "B background, cabinet",
  nothing_measured: "Nothing measured",
  chamber: "Chamber {n}",
  chambers: "{n} chambers",
  devices: "Devices",
  several: "{n} alarms",
  // Channels
  channels: "Channels",
  channel: "Channel",
  value: "Value",
  age: "Age",
  limit_alert: "Alert",
  limit_action: "Action",
  records: "Records of the counter",
  n_channels: "{n} channels",
  select_zone: "Choose a zone.",
  quality_good: "Good",
  quality_uncertain: "Uncertain",
  quality_stale: "Device repeats an old value",
  quality_unavailable: "No value",
  quality_sensor_fault: "Sensor fault",
  quality_configuration: "Map and device disagree",
  quality_unreachable: "Unreachable",
  quality_nonsense: "Answer makes no sense",
  quality_skipped: "Poll skipped",
  quality_collector_down: "Collector was down",
  quality_simulated: "Simulated",
  too_old: "Too old",
  never: "Nothing received",
  // Trend
  trend: "Trend",
  last_minutes: "last {n} min",
  history_failed: "Past readings are not available; live ones are drawn",
  trend_of: "Trend of {channel}, last {n} minutes",
  // Not live
  not_live: "NOT LIVE",
  cut_connecting: "Connecting to the server…",
  cut_server: "Connection to the server lost. Trying again.",
  cut_silent: "The server has fallen silent. Connecting again.",
  cut_collector: "The server has lost the collector. Values are not being updated.",
  last_heard: "Last heard {age} ago",
  do_not_trust: "Do not rely on the values on this screen.",
  // Health
  health: "Health of the monitoring",
  devices_live: "Devices live",
  oldest_sample: "Oldest sample",
  lateness: "Poll lateness p99",
  database: "Database",
  journal: "Journal",
  buffered: "Buffered",
  lost: "Lost",
  configuration: "Plant",
  configuration_differs: "server and collector differ",
  ok: "OK",
  fails: "fails",
};

export type Key = keyof typeof en;

const zh: Record<Key, string> = {
  tagline: "洁净环境监测",
  loading: "正在载入工厂配置…",
  sign_in: "登录",
  signing_in: "正在登录…",
  sign_out: "退出",
  name: "用户名",
  password: "密码",
  wrong_password: "用户名或密码错误。",
  caps_lock: "大写锁定已开启。",
  no_server: "服务器无应答，请确认其正在运行。",
  language: "语言",
  theme_dark: "深色主题",
  theme_light: "浅色主题",
  server_time: "服务器时间",
  role_viewer: "查看者",
  role_operator: "操作员",
  role_engineer: "工程师",
  role_qa: "质量保证",
  role_qualified_person: "质量受权人",
  role_admin: "管理员",
  action: "行动",
  alert: "警戒",
  diagnostic: "诊断",
  state_UNACK: "未确认",
  state_ACKED: "已确认",
  state_RTNUN: "已恢复，未确认",
  state_NORM: "正常",
  acknowledged_by: "确认人 {who}",
  alarms: "报警",
  no_alarms: "无报警",
  all_normal: "全部在限度内",
  unacknowledged: "{n} 条未确认",
  acknowledge: "确认",
  comment: "备注（可选）",
  comment_short: "备注",
  ack_failed: "未能确认：{why}",
  not_reached: "服务器无应答",
  level: "级别",
  alarm: "报警",
  state: "状态",
  since: "开始时间",
  value_limit: "数值 / 限度",
  detail: "详情",
  low: "过低",
  high: "过高",
  worst: "最差 {value}",
  communication_lost: "通信中断",
  blind: "无可用数值",
  service_part: "监测服务：{part}",
  show: "查看",
  overview: "总览",
  grade: "{grade} 级",
  mode_c_isolator: "C 级背景 + 隔离器",
  mode_b_cabinet: "B 级背景 + 安全柜",
  nothing_measured: "无测点",
  chamber: "{n} 号腔",
  chambers: "{n} 个腔",
  devices: "设备",
  several: "{n} 条报警",
  channels: "通道",
  channel: "通道",
  value: "数值",
  age: "时效",
  limit_alert: "警戒限",
  limit_action: "行动限",
  records: "计数器记录",
  n_channels: "{n} 个通道",
  select_zone: "请选择一个区域。",
  quality_good: "良好",
  quality_uncertain: "存疑",
  quality_stale: "设备重复旧值",
  quality_unavailable: "无数值",
  quality_sensor_fault: "传感器故障",
  quality_configuration: "点表与设备不符",
  quality_unreachable: "无法连接",
  quality_nonsense: "应答无效",
  quality_skipped: "本次轮询被跳过",
  quality_collector_down: "采集器曾停止",
  quality_simulated: "模拟值",
  too_old: "数据过期",
  never: "尚未收到数据",
  trend: "趋势",
  last_minutes: "最近 {n} 分钟",
  history_failed: "历史读数不可用，仅绘制实时读数",
  trend_of: "{channel} 趋势，最近 {n} 分钟",
  not_live: "非实时",
  cut_connecting: "正在连接服务器…",
  cut_server: "与服务器的连接已中断，正在重连。",
  cut_silent: "服务器无消息，正在重新连接。",
  cut_collector: "服务器与采集器失去联系，数值未更新。",
  last_heard: "最后收到消息：{age} 前",
  do_not_trust: "请勿依据本屏幕数值作判断。",
  health: "监测系统状态",
  devices_live: "在线设备",
  oldest_sample: "最旧样本",
  lateness: "轮询延迟 p99",
  database: "数据库",
  journal: "日志",
  buffered: "缓存",
  lost: "丢失",
  configuration: "配置",
  configuration_differs: "服务器与采集器配置不一致",
  ok: "正常",
  fails: "故障",
};

export const texts: Record<Language, Record<Key, string>> = { en, zh };

const kept = "gradewatch.language";

function preferred(): Language {
  const chosen = localStorage.getItem(kept) ?? navigator.language;
  return chosen.startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(typeof localStorage === "undefined" ? "en" : preferred());

const spoken = computed(() => texts[language.value]);

export function setLanguage(chosen: Language): void {
  localStorage.setItem(kept, chosen);
  language.value = chosen;
}

/** The text for a key; `{name}` in it stands for what `given` holds under that name. */
export function t(key: Key, given: Record<string, string | number> = {}): string {
  return spoken.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}

/** A name that the plant gives in both languages. */
export const said = (label: Text): string => label[language.value];

export const isKey = (word: string): word is Key => word in en;
