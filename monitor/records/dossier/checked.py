"""Are the figures that are kept those of the raw values: both of every channel, side by side. Pure."""

from collections.abc import Mapping

from monitor.records.dossier.parts import CheckPart, Figures
from monitor.records.dossier.tally import Statistics
from monitor.store.statistics import Sums

EXACT = 1e-9
"""So near, by their own size, are sums of the same values in another order."""


def check_of(figures: Mapping[str, Statistics], kept: Mapping[str, Sums]) -> CheckPart:
    """Hold what was reckoned of each channel in two ways against each other."""
    ordered = dict(sorted(figures.items()))
    differs = tuple(channel for channel, one in ordered.items() if not alike(one.sums, kept[channel]))
    return CheckPart(
        raw={channel: _of(one.sums) for channel, one in ordered.items()},
        rollup={channel: _of(kept[channel]) for channel in ordered},
        agree=not differs,
        differs=differs,
    )


def alike(raw: Sums, kept: Sums) -> bool:
    """Whether two reckonings of the same values say the same; sums are added in another order."""
    same = (raw.n, raw.valid, raw.min, raw.max) == (kept.n, kept.valid, kept.min, kept.max)
    if raw.sum is None or kept.sum is None:
        return same and raw.sum == kept.sum
    most = max(abs(raw.min or 0.0), abs(raw.max or 0.0)) * raw.valid
    return same and abs(raw.sum - kept.sum) <= EXACT * most


def _of(sums: Sums) -> Figures:
    return Figures(sums.n, sums.valid, sums.min, sums.max, sums.sum)
