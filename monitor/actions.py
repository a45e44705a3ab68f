"""`gradewatch actions`: each protective action, whether it is armed, what would happen, and when it was last proved."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alarms.events import AskState, ProtectionChange, ProtectionState
from alarms.state import State
from config.plant import Plant
from config.rules import Ask, Check, Protection, ProtectionKind
from monitor.collector import codec
from monitor.collector.collect import JOURNAL
from monitor.collector.journal import JournalReader, explained
from monitor.collector.refit import fitted
from monitor.collector.restore import restore

PROVED_STATES = frozenset({ProtectionState.VERIFIED, ProtectionState.LATCHED})
PROVED_ASKS = frozenset({AskState.VERIFIED, AskState.ALREADY})
LEGEND = """\
ARMED 待命 · INHIBITED 已停用 · RUNNING 运行中 · DRY RUN 仅演练（不发出请求）
Proved: everything that was asked for was read back. 已验证：全部请求均已回读确认。"""


def standing(plant: Plant, data: Path) -> tuple[State, Mapping[str, datetime]]:
    """Read how protective actions stand, and when each was last proved, from a collector's journal.

    Without a journal everything is armed and nothing was proved.

    Raises:
        JournalError: the file cannot be read.
    """
    path = data / JOURNAL
    if not path.exists():
        return State(), {}
    with explained(path), closing(JournalReader(path)) as reader:
        restored = restore(plant, reader)
        changes = (codec.told_of(entry) for entry in reader.latest_of("change"))
        proved = last_proved(one for one in changes if isinstance(one, ProtectionChange))
    return fitted(restored.wrote, plant, restored.state), proved


def last_proved(latest_first: Iterable[ProtectionChange]) -> Mapping[str, datetime]:
    """Say when each protective action last had everything that it asked for, by what was read back."""
    proved: dict[str, datetime] = {}
    for one in latest_first:
        after = one.after
        if after.state not in PROVED_STATES or after.failed or one.protection in proved:
            continue
        if all(asked.state in PROVED_ASKS for asked in after.asked):
            proved[one.protection] = one.at
    return proved


def table(plant: Plant, state: State, proved: Mapping[str, datetime]) -> Iterator[str]:
    """Write every protective action of the plant, line by line."""
    counts: dict[str, int] = {}
    for one in plant.protections.values():
        word = _word(one, state)
        counts[word] = counts.get(word, 0) + 1
        yield f"{one.id}  {word}  {one.label.en} · {one.label.zh}"
        yield from (f"    {what:<24}{text}" for what, text in _facts(one, state, proved))
        yield ""
    yield ", ".join(f"{count} {word}" for word, count in counts.items()) or "no protective actions 无保护动作"
    yield LEGEND


def _word(one: Protection, state: State) -> str:
    if one.id in state.running:
        running = state.running[one.id]
        return f"RUNNING {running.state}{' (failed)' if running.failed else ''}"
    if one.id in state.inhibited:
        return "INHIBITED"
    return "DRY RUN" if one.dry_run else "ARMED"


def _facts(one: Protection, state: State, proved: Mapping[str, datetime]) -> Iterator[tuple[str, str]]:
    inhibited = state.inhibited.get(one.id)
    if inhibited is not None:
        yield (
            "inhibited 停用",
            f"{inhibited.who}, {inhibited.second} until {_time(inhibited.until)}: {inhibited.reason}",
        )
    yield from (("trigger 触发", " and ".join(group)) for group in one.triggers)
    if one.after:
        yield "after 前置", one.after
    yield from (("only while 条件", _check(check)) for check in one.only_while)
    yield from (("asks 请求", _ask(ask)) for ask in one.asks)
    yield from (("outcome 结果", _check(check)) for check in one.outcome)
    if one.escalates_to:
        yield "if it fails 失败则", one.escalates_to
    yield "ends 结束", _end(one)
    yield from (("at its end 结束时请求", _ask(ask)) for ask in one.release_asks)
    yield (
        "inhibit 停用",
        "two persons, with a reason and an end 双人、注明原因与期限" if one.may_inhibit else "never 不可",
    )
    yield "if it never comes 失效安全", f"{one.fail_safe.en} · {one.fail_safe.zh}"
    yield (
        "last proved 最近验证",
        _time(proved[one.id]) if one.id in proved else "never in this journal 本日志中无",
    )


def _ask(ask: Ask) -> str:
    if ask.request:
        what = f"{ask.request}({ask.param})"
    else:
        what = ", ".join(f"{key}={state}" for key, state in ask.outputs.items())
    read_back = "; ".join(map(_check, ask.checks)) or "no read-back 无回读"
    return f"{ask.device} {what} [{read_back}]"


def _check(check: Check) -> str:
    low, high = check.low, check.high
    if low is not None and high is not None:
        bounds = f"= {low:g}" if low == high else f"{low:g} to {high:g}"
    else:
        bounds = f">= {low:g}" if low is not None else f"<= {high:g}" if high is not None else "any value"
    within = f" within {check.within_s:g} s" if check.within_s else ""
    return f"{check.channel} {bounds}{within}{f' for {check.for_s:g} s' if check.for_s else ''}"


def _end(one: Protection) -> str:
    holds = " and ".join(map(_check, one.release))
    once = f", once {holds}" if holds else ""
    if one.kind is ProtectionKind.INTERLOCK or not one.reset_by:
        return f"by itself 自动{once}"
    return f"reset by {' + '.join(one.reset_by)} 复位{once}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
