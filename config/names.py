"""Many names, found by patterns with * without looking at all of them each time."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate

from config.faults import nearest

_LAST = "\U0010ffff"
_WILD = re.compile(r"[*?\[]")


class Names:
    """The ids of one kind, for example of all alarms of a plant.

    A plant has thousands of alarms and its rows, written out, about as many patterns, of which nearly all begin with a
    whole device: so only the names that share a pattern's beginning are looked at.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._place = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self._sorted = sorted(self._place)

    def __contains__(self, name: object) -> bool:
        return name in self._place

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def place(self, name: str) -> int:
        """Give where a name stood among those given."""
        return self._place[name]

    def matching(self, pattern: str) -> list[str]:
        """Give the names that a pattern matches, in the order in which they were given."""
        wild = _WILD.search(pattern)
        if wild is None:
            return [pattern] if pattern in self._place else []
        start, rest = pattern[: wild.start()], pattern[wild.start() :]
        near = self._sorted[bisect_left(self._sorted, start) : self._end(start)]
        if rest != "*":
            near = list(filter(_matcher(pattern, rest), near))
        return sorted(near, key=self._place.__getitem__)

    def nearest(self, name: str) -> str:
        """Say which name may have been meant: one of the same device, if there is such a device."""
        device = name.split("/", maxsplit=1)[0]
        first, last = bisect_left(self._sorted, f"{device}/"), self._end(f"{device}/")
        if "/" in name and first < last:
            return nearest(name, self._sorted[first:last])
        devices = nearest(device, {one.split("/")[0] for one in self._sorted})
        return devices if "did you mean" not in devices else f"no such device, {devices}"

    def _end(self, start: str) -> int:
        return bisect_right(self._sorted, start + _LAST)


def _matcher(pattern: str, rest: str) -> Callable[[str], object]:
    """Give what says whether a name that begins as its pattern does ends as `rest`, the pattern's first sign on.

    Nearly all patterns have one *: of those no regular expression is made.
    """
    end = rest[1:]
    if rest[0] != "*" or _WILD.search(end):
        return re.compile(translate(pattern)).match
    return lambda name: name.endswith(end) and len(name) >= len(pattern) - 1
