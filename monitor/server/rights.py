"""Who may do what: the written tables that the code reads, and nothing else decides by.

They are a demo proposal: the site decides, by its own procedures. Whoever administers has no rights to data (EU GMP
Annex 11, 12; NMPA 2020 no. 74: who is responsible for the business does not administer the system).
"""

from collections.abc import Mapping
from enum import StrEnum

from config.model import Text


class Role(StrEnum):
    """What a person is here for; a person has one."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    QA = "qa"
    QUALIFIED_PERSON = "qualified_person"
    ADMIN = "admin"


class Deed(StrEnum):
    """What can be asked of the server. Every route asks for one of them, but for a person's own session."""

    LOOK = "look"
    READ_PAST = "read_past"
    EXPORT = "export"
    ACKNOWLEDGE = "acknowledge"
    SHELVE = "shelve"
    OUT_OF_SERVICE = "out_of_service"
    RESET_ALARM = "reset_alarm"
    OCCUPY = "occupy"
    CONFIRM_PROTECTION = "confirm_protection"
    END_PROTECTION = "end_protection"
    INHIBIT_PROTECTION = "inhibit_protection"
    SILENCE = "silence"
    RECEIVE = "receive"
    SUBSTITUTE = "substitute"
    SUBSTITUTE_ANYBODY = "substitute_anybody"
    READ_BOOK = "read_book"
    REVIEW_BOOK = "review_book"
    PROPOSE_PLANT = "propose_plant"
    APPROVE_PLANT = "approve_plant"
    KEEP_INSTRUMENTS = "keep_instruments"
    CONFIRM_INSTRUMENTS = "confirm_instruments"
    START_BATCH = "start_batch"
    OVERRIDE_BATCH = "override_batch"
    NOTE_TEST = "note_test"
    CONFIRM_TEST = "confirm_test"
    TAKE_SAMPLES = "take_samples"
    READ_PLATES = "read_plates"
    VERIFY_PLATES = "verify_plates"
    APPROVE_PLATES = "approve_plates"
    NOTE_PLATES = "note_plates"
    OPEN_DEVIATION = "open_deviation"
    ASSESS_DEVIATION = "assess_deviation"
    CLOSE_DEVIATION = "close_deviation"
    REVIEW_BATCH = "review_batch"
    RELEASE_BATCH = "release_batch"
    KEEP_TRAINING = "keep_training"
    KEEP_PEOPLE = "keep_people"
    KEEP_TOKENS = "keep_tokens"
    SCRAPE = "scrape"
    CALENDAR = "calendar"


_LOOKING = frozenset({Deed.LOOK, Deed.READ_PAST, Deed.EXPORT})
_PLATES = frozenset({Deed.TAKE_SAMPLES, Deed.READ_PLATES, Deed.VERIFY_PLATES})
_ON_SHIFT = _PLATES | frozenset(
    {
        Deed.OPEN_DEVIATION,
        Deed.ACKNOWLEDGE,
        Deed.SHELVE,
        Deed.RESET_ALARM,
        Deed.OCCUPY,
        Deed.CONFIRM_PROTECTION,
        Deed.END_PROTECTION,
        Deed.SILENCE,
        Deed.RECEIVE,
        Deed.SUBSTITUTE,
        Deed.START_BATCH,
        Deed.NOTE_TEST,
    }
)
_TECHNICAL = frozenset(
    {
        Deed.ASSESS_DEVIATION,
        Deed.REVIEW_BATCH,
        Deed.CONFIRM_TEST,
        Deed.SUBSTITUTE_ANYBODY,
        Deed.OUT_OF_SERVICE,
        Deed.INHIBIT_PROTECTION,
        Deed.PROPOSE_PLANT,
        Deed.KEEP_INSTRUMENTS,
        Deed.CONFIRM_INSTRUMENTS,
        Deed.READ_BOOK,
    }
)
_QUALITY = frozenset(
    {
        Deed.OPEN_DEVIATION,
        Deed.ASSESS_DEVIATION,
        Deed.CLOSE_DEVIATION,
        Deed.REVIEW_BATCH,
        Deed.RELEASE_BATCH,
        Deed.ACKNOWLEDGE,
        Deed.RECEIVE,
        Deed.SUBSTITUTE,
        Deed.READ_BOOK,
        Deed.REVIEW_BOOK,
        Deed.APPROVE_PLANT,
        Deed.CONFIRM_INSTRUMENTS,
        Deed.OVERRIDE_BATCH,
        Deed.APPROVE_PLATES,
        Deed.KEEP_TRAINING,
        Deed.END_PROTECTION,
        Deed.INHIBIT_PROTECTION,
    }
)

RIGHTS: Mapping[Role, frozenset[Deed]] = {
    Role.VIEWER: _LOOKING,
    Role.OPERATOR: _LOOKING | _ON_SHIFT,
    Role.ENGINEER: _LOOKING | _ON_SHIFT | _TECHNICAL,
    Role.QA: _LOOKING | _QUALITY | _PLATES | {Deed.CONFIRM_TEST},
    Role.QUALIFIED_PERSON: _LOOKING | _QUALITY,
    Role.ADMIN: frozenset({Deed.LOOK, Deed.READ_BOOK, Deed.KEEP_PEOPLE, Deed.KEEP_TOKENS}),
}
"""What each role may do."""

SIGNS_AS: Mapping[Role, frozenset[str]] = {
    Role.VIEWER: frozenset(),
    Role.OPERATOR: frozenset({"operator", "production"}),
    Role.ENGINEER: frozenset({"operator", "production", "engineer", "ehs"}),
    Role.QA: frozenset({"qa"}),
    Role.QUALIFIED_PERSON: frozenset({"qa", "qualified_person"}),
    Role.ADMIN: frozenset(),
}
"""In which of the roles that a plant's `reset_by` names a person of each role signs."""

TRAINED: Mapping[Deed, str] = {
    Deed.ACKNOWLEDGE: "alarms",
    Deed.END_PROTECTION: "protection",
    Deed.INHIBIT_PROTECTION: "protection",
    Deed.REVIEW_BOOK: "review",
    Deed.APPROVE_PLANT: "review",
    Deed.KEEP_INSTRUMENTS: "calibration",
    Deed.CONFIRM_INSTRUMENTS: "calibration",
    Deed.OVERRIDE_BATCH: "review",
    Deed.TAKE_SAMPLES: "plates",
    Deed.READ_PLATES: "plates",
    Deed.VERIFY_PLATES: "plates",
    Deed.APPROVE_PLATES: "review",
    Deed.CLOSE_DEVIATION: "review",
    Deed.REVIEW_BATCH: "review",
    Deed.RELEASE_BATCH: "review",
}
"""Deeds that take current training, and in what; of alarms only those of the level action (demo proposal)."""

SUBJECTS: Mapping[str, Text] = {
    "alarms": Text("alarms and what to do about them", "报警与处置"),
    "protection": Text("protective actions", "保护动作"),
    "review": Text("review and approval", "审核与批准"),
    "calibration": Text("calibration and qualification", "校准与确认"),
    "plates": Text("taking samples and reading plates", "采样与平皿判读"),
}
"""What there is to be trained in."""

FOR_MACHINES = frozenset(
    {
        *(Deed.LOOK, Deed.READ_PAST, Deed.EXPORT, Deed.READ_BOOK, Deed.SCRAPE, Deed.CALENDAR),
        *(Deed.START_BATCH, Deed.NOTE_PLATES),
    }
)
"""What an API token can be made for: what is a person's own word is none of it. But the MES says what is made, and the
LIMS who has read which plate; to verify and to approve it takes persons all the same."""

ROLES: Mapping[Role, Text] = {
    Role.VIEWER: Text("viewer", "查看者"),
    Role.OPERATOR: Text("operator", "操作员"),
    Role.ENGINEER: Text("engineer", "工程师"),
    Role.QA: Text("QA", "质量保证"),
    Role.QUALIFIED_PERSON: Text("qualified person", "质量受权人"),
    Role.ADMIN: Text("administrator", "管理员"),
}

DEEDS: Mapping[Deed, Text] = {
    Deed.LOOK: Text("see what is live", "查看实时画面"),
    Deed.READ_PAST: Text("see readings and alarms of the past", "查看历史数据和报警"),
    Deed.EXPORT: Text("export readings", "导出数据"),
    Deed.ACKNOWLEDGE: Text("acknowledge an alarm", "确认报警"),
    Deed.SHELVE: Text("shelve an alarm", "搁置报警"),
    Deed.OUT_OF_SERVICE: Text("take an alarm out of service", "停用报警"),
    Deed.RESET_ALARM: Text("reset a latched alarm", "复位锁存报警"),
    Deed.OCCUPY: Text("say what goes on in a zone", "设置区域占用状态"),
    Deed.CONFIRM_PROTECTION: Text("confirm a protective action", "确认执行保护动作"),
    Deed.END_PROTECTION: Text("end a protective action", "解除保护动作"),
    Deed.INHIBIT_PROTECTION: Text("switch a protective action off and on", "停用和恢复保护动作"),
    Deed.SILENCE: Text("silence the horn", "消音"),
    Deed.RECEIVE: Text("confirm that a notice has come", "确认已收到通知"),
    Deed.SUBSTITUTE: Text("give one's own turn of duty to somebody else", "将本人值班交由他人替班"),
    Deed.SUBSTITUTE_ANYBODY: Text("note who has whose turn of duty", "登记任何人的替班"),
    Deed.READ_BOOK: Text("read the book", "查看审计记录"),
    Deed.REVIEW_BOOK: Text("review the book", "审核审计记录"),
    Deed.PROPOSE_PLANT: Text("propose a change of the plant", "提出工厂配置变更"),
    Deed.APPROVE_PLANT: Text("approve a change of the plant", "批准工厂配置变更"),
    Deed.KEEP_INSTRUMENTS: Text("keep the register of instruments", "维护仪器台账"),
    Deed.CONFIRM_INSTRUMENTS: Text(
        "confirm what another has noted of an instrument", "复核他人登记的仪器记录"
    ),
    Deed.START_BATCH: Text("start a batch, change its stage, end it", "开始批次、切换阶段、结束批次"),
    Deed.OVERRIDE_BATCH: Text("let a batch begin although something is not ready", "批准未就绪时开始批次"),
    Deed.NOTE_TEST: Text("note a test of equipment", "登记设备测试"),
    Deed.CONFIRM_TEST: Text("confirm a test that another has noted", "复核他人登记的设备测试"),
    Deed.TAKE_SAMPLES: Text("plan, expose and incubate plates", "制定采样计划、暴露和培养平皿"),
    Deed.READ_PLATES: Text("read a plate", "判读平皿"),
    Deed.VERIFY_PLATES: Text("verify a plate that another has read", "复核他人判读的平皿"),
    Deed.APPROVE_PLATES: Text("approve the result of a plate", "批准平皿结果"),
    Deed.NOTE_PLATES: Text(
        "tell who laid open, incubated and read a plate", "传送由何人暴露、培养和判读平皿"
    ),
    Deed.OPEN_DEVIATION: Text("open a deviation", "登记偏差"),
    Deed.ASSESS_DEVIATION: Text("assess a deviation", "评估偏差"),
    Deed.CLOSE_DEVIATION: Text(
        "close a deviation that others assessed, or open it again", "关闭他人评估的偏差，或重新打开"
    ),
    Deed.REVIEW_BATCH: Text("review a batch that others made", "审核他人生产的批次"),
    Deed.RELEASE_BATCH: Text(
        "release or reject the environmental part of a batch", "放行或拒收批次的环境部分"
    ),
    Deed.KEEP_TRAINING: Text("keep training records", "维护培训记录"),
    Deed.KEEP_PEOPLE: Text("keep accounts", "管理账户"),
    Deed.KEEP_TOKENS: Text("keep API tokens", "管理API令牌"),
    Deed.SCRAPE: Text("read the metrics", "读取运行指标"),
    Deed.CALENDAR: Text("read the calendar of duty only", "仅读取值班日历"),
}
