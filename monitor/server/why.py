"""Why the collector refuses what a person asks for, in Chinese: its own sentences are English, like its records."""

import re
from collections.abc import Mapping

_WHOLE = "“{}”"

# A sentence of alarms.permit or of the collector's desk -> the same in Chinese; {} stands for a name or a figure.
CHINESE: Mapping[str, str] = {
    # Before what is said of other things in the same words.
    "batch {} is not running": "批次{}未在进行",
    "it needs a reason": "需要填写原因",
    "its end is not in the future": "结束时间不在将来",
    "it may last {} h at most": "最长{}小时",
    "it needs the number of a work order": "需要工单号",
    "{} is critical: a second person has to agree": "{}为关键报警，须第二人同意",
    "switching it off: a second person has to agree": "停用须第二人同意",
    "{} is not a zone of this plant": "{}不是本工厂的区域",
    "{} is not a protective action of this plant": "{}不是本工厂的保护动作",
    "{} cannot be switched off": "{}不可停用",
    "{} is running": "{}正在执行",
    "{} is not running": "{}未在执行",
    "{} ends by itself": "{}会自行结束",
    "each person signs once, in one role": "每人只能以一个角色签名一次",
    "it needs the signature of {}": "需要以下角色签名：{}",
    "{} is ending already": "{}正在解除",
    "{} has not answered yet": "{}尚未应答",
    "it is not known yet whether it has its effect": "尚不知是否已生效",
    "what triggers it is still active: {}": "触发它的报警仍处于激活状态：{}",
    "the conditions for its end do not hold, or not for long enough": "解除条件未满足，或持续时间不足",
    "that occurrence of {} is over or was acknowledged before": "{}的该次报警已结束或已确认",
    "that occurrence of {} is over, or its condition still holds": "{}的该次报警已结束，或条件仍然存在",
    "{} is shelved already, or out of service": "{}已搁置或已停用",
    "{} is not shelved": "{}未搁置",
    "{} is out of service already": "{}已停用",
    "{} is in service": "{}在用",
    "{} does not wait for a confirmation": "{}不在等待确认",
    "{} stands as before": "{}没有变化",
    "{} is switched off already": "{}已停用",
    "{} is not switched off": "{}未停用",
    "{} is running and would change": "{}正在执行，且会被更改",
    "these files are not the plant that was approved": "这些文件与已批准的工厂配置不符",
    "it is over already: who was on call is not changed afterwards": "该时段已结束，已过去的值班不得更改",
    "it is noted already": "该替班已登记",
    "{} are noted already": "已登记{}个替班，达到上限",
    "a batch's id has 1 to 40 letters, digits and - _ . and begins with a letter or a digit": (
        "批次号为1至40个字母、数字或-_.，且以字母或数字开头"
    ),
    "batch {} is running on {}": "批次{}正在{}上进行",
    "there was a batch {} before": "批次号{}已被使用",
    "{} is not a product of this plant": "{}不是本工厂的产品",
    "{} is not a product of this plant any more": "{}已不是本工厂的产品",
    "{} is not made on {}": "{}不在{}上生产",
    "{} is not a stage of {}": "{}不是{}的阶段",
    "{} is not a zone of {}": "{}不是{}的区域",
    "a zone stands there twice": "区域重复",
    "it is done in no zone": "未指定区域",
    "what is not ready is passed over by a signature only": "越过未就绪事项须签名",
    "its present stage began later, at {} UTC": "其当前阶段开始于之后的 {} UTC",
    "{} is before {}, where the batch is": "{}在批次当前阶段{}之前",
    "the batch is in {} already": "批次已在{}阶段",
    "the journal does not take it: {}": "日志无法写入：{}",
}

_PATTERNS = {
    re.compile(re.escape(english).replace(r"\{\}", "(.+)")): chinese for english, chinese in CHINESE.items()
}


def in_chinese(sentence: str) -> str:
    """Give a sentence of the collector in Chinese; one that is not known stays as it is, in quotation marks."""
    for pattern, chinese in _PATTERNS.items():
        found = pattern.fullmatch(sentence)
        if found:
            return chinese.format(*found.groups())
    return _WHOLE.format(sentence)
