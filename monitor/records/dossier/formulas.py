"""How a reckoned channel follows from its inputs, in words. Pure."""

from alarms.derived import AT_LEAST
from alarms.particles import CUBIC_METRE_L
from config.model import Text
from config.rules import Derived, Formula

_WORDS = {
    Formula.VALUE: Text("the value itself", "该值本身"),
    Formula.DIFFERENCE: Text("the first less the second", "第一项减第二项"),
    Formula.DEVIATION: Text("how far the two are apart", "两项之差的绝对值"),
    Formula.MINIMUM: Text("the least of all", "各项最小值"),
    Formula.MAXIMUM: Text("the greatest of all", "各项最大值"),
    Formula.RATE: Text("change per second between two successive values", "相邻两值每秒变化"),
    Formula.SLOPE: Text("change per hour by least squares over {over}", "{over}内最小二乘每小时变化"),
    Formula.MEAN: Text("mean over {over}", "{over}内平均值"),
    Formula.KINETIC_MEAN: Text("mean kinetic temperature over {over}", "{over}内平均动力学温度"),
    Formula.FROZEN: Text(
        "how often the first has come the same while another moved by {moved}",
        "其他项变化达{moved}期间第一项保持不变的次数",
    ),
    Formula.CONCENTRATION: Text(
        "particles per cubic metre of one record, by its own volume", "按单条记录实际采样量计每立方米粒子数"
    ),
    Formula.ROLLING_TIME: Text(
        "particles per cubic metre of the records of {over}", "{over}内各记录每立方米粒子数"
    ),
    Formula.ROLLING_VOLUME: Text(
        "particles per cubic metre of the last records that hold {volume_l:g} L",
        "最近累计{volume_l:g} L采样量的每立方米粒子数",
    ),
    Formula.COUNTS_LEFT: Text(
        "counts that the last {volume_l:g} L may still take before {per_m3:g} per cubic metre",
        "最近{volume_l:g} L在达到每立方米{per_m3:g}之前的余量",
    ),
    Formula.OCCURRENCES: Text(
        "of the last {of:g} records, those with {at_least:g} or more",
        "最近{of:g}条记录中达到{at_least:g}的条数",
    ),
}
_DEFAULTS = {"volume_l": CUBIC_METRE_L, "at_least": AT_LEAST}
"""What a formula takes where the plant says nothing."""


def how(derived: Derived) -> Text:
    """Say how a channel is reckoned from its inputs."""
    words, given = _WORDS[derived.formula], _DEFAULTS | dict(derived.parameters)
    over_s = given.get("over_s", 0.0)
    hours = over_s / 3600
    en, zh = (f"{hours:g} h", f"{hours:g}小时") if hours >= 1 else (f"{over_s:g} s", f"{over_s:g}秒")
    moved = f"{given.get('moved', 0.0):g}"
    return Text(
        words.en.format_map({**given, "over": en, "moved": moved}),
        words.zh.format_map({**given, "over": zh, "moved": moved}),
    )
