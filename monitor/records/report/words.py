"""The words of the report in English and Chinese, each by a key; those of a closed set by `<set>.<member>`.

What the screen names as well is named there: `dashboard/src/words/members.json`.
"""

from collections.abc import Mapping

from config.model import Text
from monitor.notify.members import MEMBERS

WORDS: Mapping[str, tuple[str, str]] = {
    **{
        f"{of}.{member}": (word.en, word.zh)
        for of, members in MEMBERS.items()
        for member, word in members.items()
    },
    "title": ("Environmental record of a batch", "批次环境档案"),
    "batch": ("Batch", "批次"),
    "product": ("Product", "产品"),
    "line": ("Line", "生产线"),
    "plant": ("Plant", "工厂"),
    "began": ("Began", "开始"),
    "ended": ("Ended", "结束"),
    "aborted": ("Aborted", "中止"),
    "still_runs": ("still running", "进行中"),
    "lasted": ("Lasted", "历时"),
    "told_until": ("Told up to", "截至"),
    "plant_version": ("Plant version", "工厂配置版本"),
    "by": ("{at}, {who}", "{at}，{who}"),
    "comment": ("Comment", "备注"),
    # Every page
    "page_of": ("Page {page} of {pages}", "第{page}页，共{pages}页"),
    "made": ("Made {at} by {who}", "生成于{at}，{who}"),
    "times_in": ("Times: {zone}", "时间：{zone}"),
    "main_data": (
        "The electronic record is the main data; this document is a copy of it.",
        "以电子记录为主数据；本文件为其副本。",
    ),
    "corrected": ("corrected", "已更正"),
    "corrected_mark": (
        "▲ marks a value that was changed after it was entered.",
        "▲ 表示录入后更正过的数值。",
    ),
    # Page one
    "verdict": ("Verdict", "结论"),
    "completeness": ("Completeness", "完整性"),
    "complete": ("Complete", "完整"),
    "not_complete": ("Not complete", "不完整"),
    "complete_says": ("Nothing is lacking.", "无缺项。"),
    "not_complete_says": ("{n} open points, listed below.", "有{n}项缺项，见下。"),
    "values_says": (
        "{valid} of {expected} values ({percent} %)",
        "{expected}个应有数值中{valid}个有效（{percent} %）",
    ),
    "percent": ("{percent} %", "{percent} %"),
    "at_a_glance": ("At a glance", "概览"),
    "counted": ("Of these", "其中"),
    "all": ("All", "合计"),
    "lacking": ("What is lacking", "缺项"),
    "lacking_more": ("and {n} more of this kind, see {section}", "同类另有{n}项，见“{section}”"),
    "standing": ("Review and release", "审核与放行"),
    "nobody_reviewed": ("Not reviewed yet.", "尚未审核。"),
    "nobody_released": ("Not released yet.", "尚未放行。"),
    "level_n": ("Review, level {n}", "第{n}级审核"),
    "release": ("Release (environment)", "放行（环境部分）"),
    "void": ("void: the record has changed since", "失效：此后记录有变化"),
    "contents": ("Contents", "目录"),
    # Sections
    "s_exceptions": ("Exceptions", "例外事项"),
    "s_batch": ("The batch", "批次"),
    "s_channels": ("Channels", "监测通道"),
    "s_charts": ("Charts", "曲线"),
    "s_alarms": ("Alarms and what was done", "报警与处置"),
    "s_viable": ("Viable monitoring", "微生物监测"),
    "s_equipment": ("Equipment and instruments", "设备与仪器"),
    "s_plant": ("Plant version, changes and clocks", "配置版本、变更与时钟"),
    "s_complete": ("Is it all there", "数据完整性"),
    "s_deviations": ("Deviations", "偏差"),
    "s_signatures": ("Reviews and signatures", "审核与签名"),
    "s_how": ("How the figures were reckoned", "计算方法"),
    "no_exceptions": (
        "Every channel, plate and test is within its limits, and nothing is lacking.",
        "所有通道、平皿与测试均在限度内，且无缺项。",
    ),
    "exceptions_say": (
        "What a reviewer looks at first. Everything else, and all of this once more in its place, follows.",
        "供审核者首先查看；其余内容及以下各项的完整记录见后文。",
    ),
    "x_channels": ("Channels that were beyond a limit", "超限的通道"),
    "x_silent": ("Times without valid values", "无有效数值的时段"),
    "x_reckoned": (
        "{n} reckoned channels are incomplete because what they are made from is.",
        "{n}个计算通道因其输入数据不完整而不完整。",
    ),
    "x_alarms": ("Alarms of limits", "限度报警"),
    "x_plates": ("Plates that are not within their limits, or not finished", "超限或未完成的平皿"),
    "x_deviations": ("Deviations", "偏差"),
    "x_overrides": ("Passed over at the start", "开始时放行的未就绪项"),
    "x_tests": ("Tests of equipment that have not passed, or wait", "未通过或待定的设备测试"),
    "x_instruments": ("Instruments that were not in order", "状态异常的仪器"),
    "x_signatures": ("Signatures that hold no longer", "已失效的签名"),
    "x_check": ("Channels whose kept figures are not those of the raw values", "汇总值与原始值不一致的通道"),
    "passed_over": ("What was not ready", "未就绪项"),
    # The batch
    "stages": ("Stages", "阶段"),
    "stage": ("Stage", "阶段"),
    "zones": ("Zones", "区域"),
    "zone": ("Zone", "区域"),
    "grade": ("Grade", "级别"),
    "occupancy": ("Occupancy", "状态"),
    "who": ("By", "人员"),
    "from": ("From", "自"),
    "until": ("Until", "至"),
    "duration": ("Lasted", "时长"),
    "set_up": ("set-up", "准备阶段"),
    "reason": ("Reason", "原因"),
    "not_ended": ("not ended", "未结束"),
    # Channels
    "channel": ("Channel", "通道"),
    "unit": ("Unit", "单位"),
    "statistics": ("Statistics", "统计"),
    "statistics_say": (
        "Of the usable values of each channel for as long as its zone belonged to the batch.",
        "各通道在其区域属于本批次期间的有效数值。",
    ),
    "valid_of": ("Valid / due", "有效/应有"),
    "min": ("Min.", "最小"),
    "mean": ("Mean", "平均"),
    "max": ("Max.", "最大"),
    "sd": ("SD", "标准差"),
    "p5_p50": ("P5 /\nP50", "P5/\nP50"),
    "p95_p99": ("P95 /\nP99", "P95/\nP99"),
    "mkt_m3": ("MKT °C /\nmax. m³", "MKT °C/\n最大m³"),
    "outside": ("Outside\nalert / action", "超警戒/\n超纠偏"),
    "limits": ("Limits", "限度"),
    "limits_say": (
        "As they were in force; by the occupancy of the zone and the version of the plant.",
        "按当时有效者列出，取决于区域状态与配置版本。",
    ),
    "level": ("Level", "级别"),
    "reckoned": ("Reckoned channels", "计算通道"),
    "reckoned_say": (
        "They follow from others, are judged as those are, and are not stored: "
        "their figures are reckoned again from what is stored, by the same formulas.",
        "由其他通道计算得出，同样参与判定，但不存储：统计值按相同公式由已存储数据重新计算。",
    ),
    "made_from": ("From", "来源"),
    "charts_say": (
        "Each point spans the least to the greatest usable value of its time, so that nothing short disappears. "
        "Shaded: outside a limit. Hatched: no usable value. The bands above are the stages of the batch. "
        "Channels that no limit is laid down for have no chart.",
        "每点表示该时段内有效数值的最小值至最大值，短暂偏离不会丢失。着色：超限；斜线：无有效数值；上方色带为批次阶段。"
        "未设限度的通道不绘曲线。",
    ),
    "legend_value": ("value", "数值"),
    "legend_alert": ("alert limit", "警戒限"),
    "legend_action": ("action limit", "纠偏限"),
    "legend_outside": ("outside", "超限"),
    "legend_gap": ("no usable value", "无有效数值"),
    "chart_alt": ("Chart of {channel}", "{channel}曲线"),
    "bucket": ("one point: {s}", "每点{s}"),
    "bucket_raw": ("one point: one value", "每点为一个数值"),
    "log_axis": ("logarithmic", "对数坐标"),
    # Alarms
    "alarms": ("Alarms", "报警"),
    "raised": ("Raised / over", "发生/恢复"),
    "not_over": ("not over", "未恢复"),
    "place": ("Place", "位置"),
    "priority": ("Level / priority", "级别/优先级"),
    "worst": ("Worst / bound", "极值/限值"),
    "acknowledged": ("Acknowledged", "确认"),
    "not_acknowledged": ("not acknowledged", "未确认"),
    "after": ("after {s}", "{s}后"),
    "remarks": ("Remarks", "说明"),
    "first_out": ("first of its group", "首发"),
    "explained": ("hidden by design throughout", "全程按设计抑制"),
    "signed": ("signed {id}", "签名 {id}"),
    "hidden": ("Alarms that were hidden", "被搁置或抑制的报警"),
    "hidden_say": (
        "They were judged all the while; what is shelved or suppressed is not lost.",
        "期间仍持续判定；搁置或抑制不会丢失报警。",
    ),
    "alarm": ("Alarm", "报警"),
    "how": ("How", "方式"),
    "by_design": ("by design", "按设计"),
    "actions": ("Protective actions", "保护动作"),
    "action": ("Action", "动作"),
    "triggered": ("Triggered", "触发"),
    "because": ("Because of", "起因"),
    "state": ("State", "状态"),
    "verified": ("Verified", "已验证"),
    "over": ("Ended", "结束"),
    # Viable
    "viable_say": (
        "Each rule gives its verdict by itself; a plate that is not approved yet, or was lost, is incomplete, "
        "never zero.",
        "各规则分别判定；尚未批准或已丢失的平皿为不完整，绝不计为零。",
    ),
    "plate": ("Plate", "平皿"),
    "position": ("Position", "采样点"),
    "exposed": ("Exposed", "暴露"),
    "result": ("Result", "结果"),
    "organism": ("Organism / species", "菌属/菌种"),
    "people": ("Read / verified / approved", "读数/复核/批准"),
    "late": ("read after the end of the batch", "批次结束后读数"),
    "too_many": ("too many to count", "多不可计"),
    "no_viable": ("No plate belongs to this batch.", "本批次无平皿。"),
    # Equipment
    "tests": ("Tests of equipment", "设备测试"),
    "test": ("Test", "测试"),
    "equipment": ("Equipment", "设备"),
    "outcome": ("Outcome", "结果"),
    "value": ("Value", "数值"),
    "confirmed": ("Noted / confirmed", "登记/复核"),
    "not_confirmed": ("not confirmed", "未复核"),
    "cycle": ("cycle {n}", "第{n}循环"),
    "load": ("load: {load}", "装载：{load}"),
    "belongs_to": ("of test {n}", "属测试{n}"),
    "instruments": ("Instruments and calibration", "仪器与校准"),
    "instrument": ("Instrument", "仪器"),
    "serial": ("Serial no.", "出厂编号"),
    "certificate": ("Certificate", "证书编号"),
    "due_on": ("Valid until", "有效期至"),
    "channels_n": ("Channels", "通道数"),
    # Plant
    "versions": ("Versions of the plant", "配置版本"),
    "version": ("Version (SHA-256)", "版本（SHA-256）"),
    "changes": ("Changes within the batch's time", "批次期间的变更"),
    "change": ("Change", "变更"),
    "at": ("At", "时间"),
    "clocks": ("Clocks", "时钟"),
    "what": ("What", "内容"),
    # Completeness
    "causes": ("Values that are missing, by cause", "缺失数值（按原因）"),
    "cause": ("Cause", "原因"),
    "values": ("Values", "数值数"),
    "due": ("Due", "应有"),
    "valid": ("Valid", "有效"),
    "gaps": ("Gaps", "缺失时段"),
    "gaps_say": (
        "Channels of one device that lack the same values stand together.",
        "同一设备缺失相同数值的通道合并列出。",
    ),
    "rows": ("Values each", "每通道数值"),
    "lack": ("Lack", "缺项"),
    "and_more": ("and {n} more", "等另{n}项"),
    "checked": ("Kept figures against the raw values", "汇总值与原始值核对"),
    "check_agrees": (
        "The figures of {n} channels were reckoned twice, from the raw values and from the figures kept of minutes and "
        "hours. They agree.",
        "{n}个通道分别由原始值及按分钟、小时保存的汇总值计算，两者一致。",
    ),
    "check_differs": (
        "The figures of {n} channels were reckoned twice; those of {k} do not agree.",
        "{n}个通道分别计算两次，其中{k}个不一致。",
    ),
    "raw": ("Raw values", "原始值"),
    "rollup": ("Kept figures", "汇总值"),
    "n": ("n", "数量"),
    "sum": ("Sum", "总和"),
    # Deviations
    "number": ("Number", "编号"),
    "subject": ("Title", "标题"),
    "about": ("About", "涉及"),
    "class": ("Class", "分类"),
    "cause_found": ("Cause", "根本原因"),
    "impact": ("Impact", "影响"),
    "measure": ("Measure", "措施"),
    "opened": ("Opened", "登记"),
    "assessed": ("Assessed", "评估"),
    "closed": ("Closed", "关闭"),
    "not_yet": ("not yet", "尚未"),
    # Signatures
    "reviews": ("Reviews", "审核"),
    "signatures": ("Signatures", "签名"),
    "signatures_say": (
        "Electronic signatures by 21 CFR 11.50 and 11.70: each was given with the password, says its meaning, and "
        "is bound to the content by its SHA-256. It holds for as long as that content is as it was.",
        "电子签名符合21 CFR 11.50与11.70：签署时再次输入密码，注明含义，并以SHA-256与内容绑定；内容不变则签名有效。",
    ),
    "printed_name": ("Printed name", "姓名"),
    "user": ("User, role", "用户、角色"),
    "meaning": ("Meaning", "含义"),
    "signed_at": ("Date and time", "日期时间"),
    "signed_what": ("What was signed", "签署内容"),
    "holds": ("Standing", "状态"),
    "holds_yes": ("as it was signed", "与签署时一致"),
    "holds_no": ("ALTERED SINCE", "签署后被更改"),
    "holds_none": ("not in the book yet", "尚未入簿"),
    "seal": ("Seal of this file", "文件印章"),
    "seal_says": (
        "This file is sealed as a whole (PAdES) with the certificate below; any change to it breaks the seal. "
        "The seal says that the file is as the service made it. It is no person's signature.",
        "本文件整体以下列证书加盖电子印章（PAdES），任何改动都会使其失效。印章仅证明文件由本系统生成且未经改动，不代表任何人员的签名。",
    ),
    "seal_none": ("This file bears no seal.", "本文件未加盖电子印章。"),
    "seal_subject": ("Certificate of", "证书主体"),
    "seal_fingerprint": ("SHA-256 of the certificate", "证书SHA-256"),
    "dossier_sha256": ("SHA-256 of dossier.json", "dossier.json的SHA-256"),
    # Said where a table is empty
    "none": ("None.", "无。"),
    # How
    "how_1": (
        "Values: all that are stored from the beginning of the batch, set-up included, up to, not including, its "
        "end, and may be used (quality good or uncertain). A value that may not be used counts for no figure.",
        "数值：自批次开始（含准备阶段）至结束（不含结束时刻）存储且可用（质量为良好或存疑）的全部数值；不可用者不计入任何统计。",
    ),
    "how_2": (
        "SD is that of a sample (n − 1). Percentiles are by nearest rank, so that each is a value that was measured.",
        "标准差为样本标准差（n − 1）。百分位数按最近秩法取值，均为实测值。",
    ),
    "how_3": (
        "Mean kinetic temperature by USP <1079.2> with an activation energy of 83.144 kJ/mol, for channels in °C.",
        "平均动力学温度按USP <1079.2>计算，活化能取83.144 kJ/mol，仅用于以°C为单位的通道。",
    ),
    "how_4": (
        "Largest cubic metre: the greatest count in any one cubic metre of air, by the records' true volume. No "
        "sum spans a gap, a change of mode or a decontamination.",
        "最大立方米：任意一立方米空气中的最大粒子数，按记录的实际采样体积累计；不跨越数据缺失、模式切换或灭菌过程。",
    ),
    "how_5": (
        "Outside a limit means beyond it: a value equal to the limit is within. Each value outside counts for one "
        "period of its device.",
        "超限指超出限值：等于限值者视为在限度内。每个超限数值按设备的一个采样周期计时。",
    ),
    "how_6": (
        "Figures are rounded once, when they are printed, with the decimals of the screens and one more for means "
        "and SDs; limits are printed as they were laid down. The unrounded figures stand in dossier.json.",
        "数值仅在打印时修约一次，小数位与屏幕一致，平均值与标准差多一位；限度按设定原样打印。未修约的数值见dossier.json。",
    ),
    "how_7": (
        "The verdict of the batch is the worst of its channels, plates and lacks, in the order: action, incomplete, "
        "alert, within.",
        "批次结论取通道、平皿与缺项中最差者，顺序为：超纠偏限、不完整、超警戒限、在限度内。",
    ),
    # Closed sets that the screen does not name, or names in a sentence of its own
    "level.action": ("action", "纠偏限"),
    "level.alert": ("alert", "警戒限"),
    "level.diagnostic": ("diagnostic", "诊断"),
    "priority.critical": ("critical", "紧急"),
    "priority.high": ("high", "高"),
    "priority.medium": ("medium", "中"),
    "priority.low": ("low", "低"),
    "version.first": ("the first", "首个版本"),
    "version.approved": ("approved", "经批准"),
    "occupancy.at_rest": ("at rest", "静态"),
    "occupancy.in_operation": ("in operation", "动态"),
    "lack.gap": ("Gap", "数据缺失"),
    "lack.pending_plate": ("Pending plate", "待定平皿"),
    "lack.rejected_plate": ("Rejected plate", "作废平皿"),
    "lack.settle_uncovered": ("No settle plate", "沉降菌未覆盖"),
    "lack.overdue_instrument": ("Instrument", "仪器"),
    "lack.open_batch": ("Open batch", "批次未结束"),
    "lack.late_minutes": ("Minutes not sealed", "未封存的分钟"),
    "lack.pending_test": ("Pending test", "待定测试"),
    "lack.disagreement": ("Disagreement", "不一致"),
    "rule.each": ("each plate", "单碟"),
    "rule.average": ("average", "平均"),
    "signed.acknowledgement": ("acknowledgement of an alarm", "报警确认"),
    "signed.batch": ("batch", "批次"),
    "signed.batch_release": ("release of the batch", "批次放行"),
    "signed.batch_review": ("review of the batch", "批次审核"),
    "signed.deviation": ("deviation", "偏差"),
    "signed.override": ("passed over at the start", "未就绪放行"),
    "signed.plant": ("change of the plant", "配置变更"),
    "signed.plates": ("approval of plates", "平皿批准"),
    "signed.review": ("review of the audit trail", "审计追踪审核"),
}


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        """Take a language: `en` or `zh`."""
        self.language = language
        self._place = {"en": 0, "zh": 1}[language]

    def __call__(self, key: str, **named: object) -> str:
        """Give a word, with what it names put in.

        Raises:
            KeyError: there is no such word.
        """
        return WORDS[key][self._place].format(**named)

    def member(self, of: str, member: str) -> str:
        """Give the word for a member of a set; one that is not known stands as it is."""
        known = WORDS.get(f"{of}.{member}")
        return member if known is None else known[self._place]

    def begun(self, of: str, member: str) -> str:
        """Give the same where it stands by itself, as a sentence begins."""
        said = self.member(of, member)
        return f"{said[:1].upper()}{said[1:]}"

    def label(self, text: Mapping[str, str] | Text) -> str:
        """Give a text of the plant or of the dossier in this language."""
        both = (text.en, text.zh) if isinstance(text, Text) else (text["en"], text["zh"])
        return both[self._place]

    @property
    def colon(self) -> str:
        """What stands between a name and what is said of it."""
        return (": ", "：")[self._place]

    @property
    def comma(self) -> str:
        """What stands between the parts of a list."""
        return (", ", "、")[self._place]
