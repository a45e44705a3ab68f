"""The tables of rights as a person reads them, in either language; docs/roles.md holds what this writes."""

from collections.abc import Callable, Iterable, Sequence

from config.model import Text
from monitor.server.rights import DEEDS, FOR_MACHINES, RIGHTS, ROLES, SIGNS_AS, SUBJECTS, TRAINED, Deed

YES = "●"
_HEAD = Text("may", "可以")
_SIGNS = Text("signs in the roles", "可签名角色")
_TRAINED = Text("training it takes", "所需培训")
_MACHINES = Text("a token can be for it", "可授予令牌")
_ONLY_ACTION = Text("{} (action alarms)", "{}（纠偏限报警）")


def page(language: str) -> str:
    """Write the table of rights in one language ("en" or "zh"), as Markdown."""

    def said(text: Text) -> str:
        return text.zh if language == "zh" else text.en

    head = [said(_HEAD), *(said(ROLES[role]) for role in RIGHTS), said(_TRAINED), said(_MACHINES)]
    rows = [_row(deed, said) for deed in Deed]
    signs = [said(_SIGNS), *(", ".join(sorted(SIGNS_AS[role])) or "-" for role in RIGHTS), "-", "-"]
    return "\n".join(_lines([head, ["---"] * len(head), *rows, signs]))


def _row(deed: Deed, said: Callable[[Text], str]) -> list[str]:
    training = said(SUBJECTS[TRAINED[deed]]) if deed in TRAINED else "-"
    if deed is Deed.ACKNOWLEDGE:
        training = said(_ONLY_ACTION).format(training)
    may = [YES if deed in deeds else "" for deeds in RIGHTS.values()]
    return [said(DEEDS[deed]), *may, training, YES if deed in FOR_MACHINES else ""]


def _lines(rows: Iterable[Sequence[str]]) -> Iterable[str]:
    return (f"| {' | '.join(row)} |" for row in rows)
