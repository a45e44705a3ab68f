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
    KEEP_TRAINING = "keep_training"
    KEEP_PEOPLE = "keep_people"
    KEEP_TOKENS = "keep_tokens"
    SCRAPE = "scrape"
    CALENDAR = "calendar"


_LOOKING = frozenset({Deed.LOOK, Deed.READ_PAST, Deed.EXPORT})
_ON_SHIFT = frozenset(
    {
        Deed.ACKNOWLEDGE,
        Deed.SHELVE,
        Deed.RESET_ALARM,
        Deed.OCCUPY,
        Deed.CONFIRM_PROTECTION,
        Deed.END_PROTECTION,
        Deed.SILENCE,
        Deed.RECEIVE,
        Deed.SUBSTITUTE,
    }
)
_TECHNICAL = frozenset(
    {
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
        Deed.ACKNOWLEDGE,
        Deed.RECEIVE,
        Deed.SUBSTITUTE,
        Deed.READ_BOOK,
        Deed.REVIEW_BOOK,
        Deed.APPROVE_PLANT,
        Deed.CONFIRM_INSTRUMENTS,
        Deed.KEEP_TRAINING,
        Deed.END_PROTECTION,
        Deed.INHIBIT_PROTECTION,
    }
)

RIGHTS: Mapping[Role, frozenset[Deed]] = {
    Role.VIEWER: _LOOKING,
    Role.OPERATOR: _LOOKING | _ON_SHIFT,
    Role.ENGINEER: _LOOKING | _ON_SHIFT | _TECHNICAL,
    Role.QA: _LOOKING | _QUALITY,
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
}
"""Deeds that take current training, and in what; of alarms only those of the level action (demo proposal)."""

SUBJECTS: Mapping[str, Text] = {
    "alarms": Text("alarms and what to do about them", "报警与处置"),
    "protection": Text("protective actions", "保护动作"),
    "review": Text("review and approval", "审核与批准"),
    "calibration": Text("calibration and qualification", "校准与确认"),
}
"""What there is to be trained in."""

FOR_MACHINES = frozenset({Deed.LOOK, Deed.READ_PAST, Deed.EXPORT, Deed.READ_BOOK, Deed.SCRAPE, Deed.CALENDAR})
"""What an API token can be made for: what is a person's own word is none of it."""

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
    Deed.KEEP_TRAINING: Text("keep training records", "维护培训记录"),
    Deed.KEEP_PEOPLE: Text("keep accounts", "管理账户"),
    Deed.KEEP_TOKENS: Text("keep API tokens", "管理API令牌"),
    Deed.SCRAPE: Text("read the metrics", "读取运行指标"),
    Deed.CALENDAR: Text("read the calendar of duty only", "仅读取值班日历"),
}
