"""The words of notices in both languages. What one language says the other says too: the fields are the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from alarms.events import ProtectionState
from config.rules import Level, Priority


@dataclass(frozen=True, slots=True)
class Words:
    """All that a notice is made of in one language, besides what the plant itself names."""

    priority: Mapping[Priority, str]
    level: Mapping[Level, str]
    protection: Mapping[ProtectionState, str]
    service: Mapping[str, str]
    """Part of the service -> what is wrong; of one that is not here, `service_part`."""
    service_part: str
    service_of: str
    """Something that is about one of many."""
    limit: Mapping[Level, str]
    limit_value: str
    colon: str
    comma: str
    where: str
    grade: str
    batch: str
    batch_in: str
    """Its product, the stage that it is in, and since when."""
    what: str
    now: str
    since: str
    first_out: str
    chattering: str
    detail: str
    quoted: str
    communication: str
    blind: str
    failed: str
    running: str
    done: str
    nothing_done: str
    dry_run: str
    waits: str
    has_failed: str
    switched_off: str
    instruction: str
    consequence: str
    response: str
    respond_within: str
    sop: str
    later_step: str
    other_way: str
    group: str
    group_first: str
    group_whole: str
    also: str
    others: str
    left_out: str
    is_over: str
    over_group: str
    over_since: str
    over_latest: str
    lasted: str
    lasted_most: str
    not_seen: str
    test: str
    test_text: str
    test_receipt: str
    canary: str
    canary_text: str
    sent_at: str


EN = Words(
    priority={
        Priority.CRITICAL: "CRITICAL",
        Priority.HIGH: "HIGH",
        Priority.MEDIUM: "Medium",
        Priority.LOW: "Low",
    },
    level={
        Level.ACTION: "action level",
        Level.ALERT: "alert level",
        Level.DIAGNOSTIC: "about the monitoring",
    },
    protection={
        ProtectionState.TRIGGERED: "triggered, nothing asked yet",
        ProtectionState.REQUESTED: "asked for, not verified yet",
        ProtectionState.ACKED: "taken by the machine, not verified yet",
        ProtectionState.VERIFIED: "verified",
        ProtectionState.FAILED: "FAILED, do it by hand",
        ProtectionState.LATCHED: "verified, held until persons end it",
        ProtectionState.RESET_PENDING: "is being ended",
        ProtectionState.CLOSED: "ended",
    },
    service={
        "undelivered": "Nobody could be told of an alarm",
        "test-page": "A test page was not confirmed",
        "canary": "Notices take too long",
        "database": "The database cannot be reached",
        "journal": "The journal cannot be written",
        "quarantine": "An entry could not be stored",
        "flood": "Alarm flood",
        "clock": "The clock is not synchronised",
        "time": "Times went back",
        "lockout": "Account locked",
        "calibration-in-3-months": "Calibration is due in 3 months",
        "calibration-in-1-month": "Calibration is due in 1 month",
        "calibration-overdue": "Calibration is overdue",
        "requalification-in-3-months": "Requalification is due in 3 months",
        "requalification-in-1-month": "Requalification is due in 1 month",
        "requalification-overdue": "Requalification is overdue",
    },
    service_part="The monitoring itself: {part}",
    service_of="{what}: {of}",
    limit={Level.ACTION: "action limit", Level.ALERT: "alert limit", Level.DIAGNOSTIC: "limit"},
    limit_value="{value}, {limit} {permitted}",
    colon=": ",
    comma=", ",
    where="Where",
    grade="grade {grade}",
    batch="Batch",
    batch_in="{batch} ({product}), {stage} since {since}",
    what="What",
    now="now {value}",
    since="Since",
    first_out="the first of its line: what follows may follow from it",
    chattering="it comes and goes",
    detail="Detail",
    quoted="“{text}”",
    communication="communication lost",
    blind="no usable value",
    failed="protective action failed",
    running="protective action running",
    done="Done by itself",
    nothing_done="nothing",
    dry_run="only a dry run, nothing asked",
    waits="waits for a person's confirmation",
    has_failed="it has failed meanwhile",
    switched_off="switched off until {until}",
    instruction="Instruction",
    consequence="If nobody acts",
    response="What to do",
    respond_within="Respond within",
    sop="Procedure",
    later_step="Step {step}: nobody has acknowledged it so far",
    other_way="Sent this way because “{way}” did not take it",
    group="{n} alarms",
    group_first="first: {first}",
    group_whole="{n} alarms. This came first:",
    also="Also",
    others="and {n} more",
    left_out="Left out, for they were acknowledged or are over: {n}",
    is_over="OVER",
    over_group="{n} alarms are over",
    over_since="Over since",
    over_latest="Over at the latest",
    lasted="Lasted",
    lasted_most="Lasted at most",
    not_seen="Nobody has acknowledged it yet",
    test="TEST, nothing is wrong",
    test_text="This is the weekly test page. Please confirm that it came.",
    test_receipt="Open the link, sign in, and press “It came”. Without a link: Gradewatch, page “On call”.",
    canary="Canary, nothing is wrong",
    canary_text="A made notice that goes through the whole chain, to see that notices come through.",
    sent_at="Sent",
)

ZH = Words(
    priority={
        Priority.CRITICAL: "紧急",
        Priority.HIGH: "高",
        Priority.MEDIUM: "中",
        Priority.LOW: "低",
    },
    level={Level.ACTION: "纠偏级", Level.ALERT: "警戒级", Level.DIAGNOSTIC: "监测系统自身"},
    protection={
        ProtectionState.TRIGGERED: "已触发，尚未请求",
        ProtectionState.REQUESTED: "已请求，尚未验证",
        ProtectionState.ACKED: "设备已接受，尚未验证",
        ProtectionState.VERIFIED: "已验证",
        ProtectionState.FAILED: "失败，请人工执行",
        ProtectionState.LATCHED: "已验证，保持至人工解除",
        ProtectionState.RESET_PENDING: "正在解除",
        ProtectionState.CLOSED: "已结束",
    },
    service={
        "undelivered": "报警通知无人收到",
        "test-page": "测试通知未获回执",
        "canary": "通知传送过慢",
        "database": "数据库无法访问",
        "journal": "日志无法写入",
        "quarantine": "有内容无法入库",
        "flood": "报警泛滥",
        "clock": "时钟未同步",
        "time": "时间倒退",
        "lockout": "账户已锁定",
        "calibration-in-3-months": "校准3个月后到期",
        "calibration-in-1-month": "校准1个月后到期",
        "calibration-overdue": "校准已过期",
        "requalification-in-3-months": "再确认3个月后到期",
        "requalification-in-1-month": "再确认1个月后到期",
        "requalification-overdue": "再确认已过期",
    },
    service_part="监测系统自身：{part}",
    service_of="{what}：{of}",
    limit={Level.ACTION: "纠偏限", Level.ALERT: "警戒限", Level.DIAGNOSTIC: "限值"},
    limit_value="{value}，{limit} {permitted}",
    colon="：",
    comma="，",
    where="位置",
    grade="{grade}级",
    batch="批次",
    batch_in="{batch}（{product}），{stage}，始于 {since}",
    what="内容",
    now="当前 {value}",
    since="开始时间",
    first_out="本生产线首发报警，后续报警可能由其引起",
    chattering="反复触发",
    detail="详情（原文）",
    quoted="“{text}”",
    communication="通信中断",
    blind="无可用值",
    failed="保护动作失败",
    running="保护动作执行中",
    done="自动执行",
    nothing_done="无",
    dry_run="仅演练，未发出请求",
    waits="等待人工确认",
    has_failed="期间曾失败",
    switched_off="已停用至 {until}",
    instruction="操作指示",
    consequence="不处理的后果",
    response="处置",
    respond_within="响应时限",
    sop="规程",
    later_step="第{step}步升级：至今无人确认",
    other_way="因“{way}”未送达，改用本方式",
    group="{n}个报警",
    group_first="首个：{first}",
    group_whole="共{n}个报警，首个如下：",
    also="其他",
    others="另有{n}个",
    left_out="期间已确认或已恢复的{n}个未列出",
    is_over="已恢复",
    over_group="{n}个报警已恢复",
    over_since="恢复时间",
    over_latest="恢复时间不晚于",
    lasted="持续",
    lasted_most="持续不超过",
    not_seen="尚无人确认",
    test="【测试】一切正常",
    test_text="这是每周测试通知，请确认已收到。",
    test_receipt="打开链接并登录，点击“已收到”。无链接时：Gradewatch 的“值班”页面。",
    canary="通道自检，一切正常",
    canary_text="这是经过整个通知链路的自检通知，用于确认通知能够送达。",
    sent_at="发送时间",
)


def words_of(language: str) -> Words:
    """Give the words of a language: `zh`, or else English."""
    return ZH if language == "zh" else EN
