"""What the service writes of itself and of how something went, in both languages: it writes English only.

The screen has the same sentences in `dashboard/src/details.ts`, for it hears them live; a test holds both against each
other.
"""

import re
from collections.abc import Mapping

from alarms.service import OF
from config.model import Text
from monitor.notify.words import EN, ZH, Words

SERVICE = "service/"
SENTENCES: Mapping[str, str] = {
    r"it has not come to what it was meant for": "未达到预期效果",
    r"no answer": "无应答",
    r"it does not read back": "回读不符",
    r"dry run": "仅演练",
    r"it is called for again": "再次被触发",
    r"waits for (.+)": "等待 {a}",
    r"taken on try (\d+)": "第 {a} 次尝试被接受",
    r"read back on try (\d+)": "第 {a} 次尝试回读一致",
    r"the plant has no such limit any more": "现行配置已无此限度",
    r"no sample since (\S+) UTC": "自 {a} UTC 起无样本",
    r"the tower does not show what it should": "三色灯显示与应有状态不符",
    r"the command before failed": "前一指令失败",
    r"not signed in": "未登录",
    r"(\d+) \/ (\d+) min": "{b} 分钟内 {a} 条报警",
    r"was not running from (.+) to (.+) UTC": "{a} 至 {b} UTC 未运行",
    r"the device's clock is ([+-][\d.]+) s from ours": "设备时钟与系统时钟相差 {a} s",
    r"the host's clock was set by ([+-]\d+) s; times go on without the step until a restart": (
        "主机时钟被调整 {a} s；重启前时间记录不随之跳变"
    ),
    r"its time went back; not judged until (.+) UTC": "其时间倒退；至 {a} UTC 不参与判定",
    r"(\S+): nothing listens there": "{a}：该地址无服务监听",
    r"(\S+): not connected": "{a}：未连接",
    r"(\S+): connection lost": "{a}：连接中断",
    r"(\S+): no answer within ([\d.]+) s to connect": "{a}：连接时 {b} s 内无应答",
}
"""Each sentence as a pattern, and its Chinese; what the first and second group found are `a` and `b`."""
_WRITTEN = Text("{text}", "原文：“{text}”")
"""How a sentence that is not among them is told, as what a device or its driver has said in its own words."""
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
"""Two words of English: figures and ids are read in any language."""


def detail_told(detail: str) -> Text:
    """Tell a detail in both languages; what has no words here is quoted, figures and ids stand as they are."""
    written = _MINUS.sub("−", detail)
    for sentence, zh in SENTENCES.items():
        if found := re.fullmatch(sentence, detail):
            a, b = [*found.groups(), "", ""][:2]
            return Text(written, _MINUS.sub("−", zh.format(a=a, b=b)))
    if _PROSE.search(detail):
        return Text(_WRITTEN.en.format(text=detail), _WRITTEN.zh.format(text=detail))
    return Text(written, written)


def fault_told(alarm: str, detail: str) -> Text:
    """Tell an alarm about the service itself, with its detail, in both languages."""
    part, of = alarm.removeprefix(SERVICE), detail_told(detail)
    en, zh = service_told(part, EN), service_told(part, ZH)
    return Text(f"{en} ({of.en})", f"{zh}（{of.zh}）") if detail else Text(en, zh)


def service_told(part: str, words: Words) -> str:
    """Say what is wrong with a part of the service."""
    sort, _, of = part.partition(OF)
    what = words.service.get(sort) or words.service_part.format(part=sort)
    return words.service_of.format(what=what, of=of) if of else what
