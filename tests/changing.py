"""The small plant and changes of it, as files."""

from pathlib import Path

from config.plant import Plant
from monitor.versions import bundle
from tests.loaded import loaded

LINE = Path(__file__).parent / "plants" / "line"
PRESSURE = "ISO-STM-L1/chamber_pressure"
ACTION = f"{PRESSURE}/action"
FIRST_LIMIT = "action: {low: 20, high: 90}"


def line() -> tuple[Plant, dict[str, str]]:
    """Load the small plant; give it with its files."""
    plant = loaded(LINE)
    return plant, bundle(plant, LINE)


def changed(files: dict[str, str], name: str, old: str, new: str) -> dict[str, str]:
    """Replace the first of a text in one file."""
    text = files[f"plant/{name}"]
    assert old in text, old
    return {**files, f"plant/{name}": text.replace(old, new, 1)}


def looser(files: dict[str, str], low_pa: float = 10) -> dict[str, str]:
    """Let the isolator's pressure fall lower before it is an action alarm."""
    return changed(files, "limits.yaml", FIRST_LIMIT, f"action: {{low: {low_pa:g}, high: 90}}")
