"""What `verify` can find wrong, and how a person is told of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from config.model import Text


class Wrong(Enum):
    """Every way in which the database can fail to be what was written: where ({place}), and what."""

    LINE_CHANGED = Text(
        "book {place}: the line is not what its hash says", "记录簿 {place}：该行内容与其哈希不符"
    )
    LINE_MISSING = Text("book {place}: the line is missing", "记录簿 {place}：缺少该行")
    LINE_UNCHAINED = Text(
        "book {place}: the line does not follow from the one before it", "记录簿 {place}：该行与上一行不相接"
    )
    LINE_UNREADABLE = Text(
        "book {place}: the body is not that of such a line ({said})",
        "记录簿 {place}：正文不符合该类行的格式（{said}）",
    )
    TAIL_CUT = Text(
        "book {place}: the line is missing, and so is all behind it; the chain now ends at {last}",
        "记录簿 {place}：缺少该行及其后全部内容；该链现止于第 {last} 行",
    )
    TAIL_CHANGED = Text(
        "book {place}: the last line is not the one that was written last",
        "记录簿 {place}：末行不是最后写入的那一行",
    )
    TAIL_ADDED = Text(
        "book {place}: the line was not written by the collector, whose last line is {last}",
        "记录簿 {place}：该行不是采集进程所写，其最后一行为第 {last} 行",
    )
    KEY_NOT_INTRODUCED = Text(
        "book {place}: the signing key was not introduced by the one before it",
        "记录簿 {place}：签名密钥未经前一密钥认可",
    )
    KEY_NOT_TRUSTED = Text(
        "book {place}: the chain begins with the signing key {key}, which is none of those you trust",
        "记录簿 {place}：该链始于签名密钥 {key}，不在受信任密钥之列",
    )
    KEY_ELSEWHERE = Text(
        "signing_key {place}: no line of the book introduces this key, or another one",
        "signing_key {place}：记录簿中没有认可该密钥的行，或内容不同",
    )
    CHECKPOINT_MISPLACED = Text(
        "book {place}: the checkpoint does not speak of the line before it",
        "记录簿 {place}：检查点所指不是其上一行",
    )
    CHECKPOINT_UNSIGNED = Text(
        "book {place}: the checkpoint's signature does not hold", "记录簿 {place}：检查点的签名无效"
    )
    REWRITTEN = Text(
        "book {place}: the line is not the one that the data folder's checkpoints.jsonl remembers",
        "记录簿 {place}：该行与数据目录 checkpoints.jsonl 中的记录不符",
    )
    ROWS_CHANGED = Text(
        "sample {place}: {rows} rows, which are not the {sealed} that were sealed",
        "样本 {place}：现有 {rows} 行，与封存时的 {sealed} 行不符",
    )
    MINUTE_CHANGED = Text(
        "sample {place}: {rows} rows of {series} series, sealed were {sealed_rows} of {sealed_series};"
        " look at {suspects}",
        "样本 {place}：现有 {series} 个序列共 {rows} 行，封存时为 {sealed_series} 个序列共 {sealed_rows} 行；"
        "请查 {suspects}",
    )
    ROWS_NOT_SEALED = Text(
        "sample {place}: {rows} rows that nobody sealed, in a time that was",
        "样本 {place}：{rows} 行位于已封存时段内，却未经封存",
    )
    FORGOTTEN_TOO_EARLY = Text(
        "forgotten {place}: samples younger than the {days} days that are kept at least",
        "forgotten {place}：被清除的样本未满至少保存的 {days} 天",
    )
    MINUTE_NOT_ROLLED_UP = Text(
        "rollup_1m {place}: no figures of these {rows} rows", "rollup_1m {place}：这 {rows} 行没有统计"
    )
    MINUTE_ROLLED_UP_WRONG = Text(
        "rollup_1m {place}: the figures are not those of its {rows} rows",
        "rollup_1m {place}：统计与其 {rows} 行不符",
    )
    HOUR_NOT_ROLLED_UP = Text("rollup_1h {place}: no figures of its minutes", "rollup_1h {place}：没有统计")
    HOUR_ROLLED_UP_WRONG = Text(
        "rollup_1h {place}: the figures are not those of its minutes", "rollup_1h {place}：统计与其各分钟不符"
    )
    SERIES_RENAMED = Text(
        "series {place}: the name is not {name}, under which the book {line} seals it",
        "序列 {place}：名称不是记录簿 {line} 封存时的 {name}",
    )
    SERIES_MOVED = Text(
        "series {place}: not of the device {device}, as the book {line} seals it",
        "序列 {place}：不属于记录簿 {line} 封存时的设备 {device}",
    )
    CHANNEL_MOVED = Text(
        "channel {place}: its series, place and unit are {now}, not {said} as the book {line} seals it",
        "通道 {place}：其序列、位置与单位现为 {now}，与记录簿 {line} 封存时的 {said} 不符",
    )
    ALARM_CHANGED = Text(
        "alarm {place}: {columns} not as in the book {line}", "报警 {place}：{columns} 与记录簿 {line} 不符"
    )
    ALARM_MISSING = Text(
        "alarm {place}: the row is missing; the book {line} has it",
        "报警 {place}：缺少该行；记录簿 {line} 中有",
    )
    ASIDE_CHANGED = Text(
        "quarantine {place}: {columns} not as in the book {line}",
        "隔离区 {place}：{columns} 与记录簿 {line} 不符",
    )
    ASIDE_MISSING = Text(
        "quarantine {place}: the row is missing; the book {line} has it",
        "隔离区 {place}：缺少该行；记录簿 {line} 中有",
    )
    ASIDE_INVENTED = Text(
        "quarantine {place}: no line of the book speaks of it", "隔离区 {place}：记录簿中没有相应的行"
    )
    ROW_CHANGED = Text(
        "{place}: {columns} not as in the book {line}", "{place}：{columns} 与记录簿 {line} 不符"
    )
    ROW_MISSING = Text(
        "{place}: the row is missing; the book {line} has it", "{place}：缺少该行；记录簿 {line} 中有"
    )
    ROW_INVENTED = Text("{place}: no line of the book speaks of it", "{place}：记录簿中没有相应的行")
    ROW_UNSIGNED = Text(
        "{place}: the book has no such signature of that person for that content",
        "{place}：记录簿中没有该人员对该内容的签名",
    )
    ALARM_INVENTED = Text(
        "alarm {place}: no line of the book speaks of it", "报警 {place}：记录簿中没有相应的行"
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written.

    Attributes:
        what: which kind of thing.
        place: where: chain and line, series and minute, alarm and time, or table and key.
        facts: what else there is to say, by the names in `what`.
    """

    what: Wrong
    place: str
    facts: tuple[tuple[str, object], ...] = ()

    def text(self) -> Text:
        """Say it, in both languages."""
        facts = dict(self.facts) | {"place": self.place}
        return Text(self.what.value.en.format(**facts), self.what.value.zh.format(**facts))


def found(what: Wrong, place: str, **facts: object) -> Finding:
    """Make a Finding."""
    return Finding(what, place, tuple(facts.items()))


def line(chain: str, seq: int) -> str:
    """Name a line of the book."""
    return f"{chain}/{seq}"


def instant(at: datetime | None) -> str:
    """Write a time, in UTC; one that no calendar has is "?"."""
    return "?" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}".replace(".000000Z", "Z")
