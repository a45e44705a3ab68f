"""The words of closed sets in both languages: those of the screen, for whatever else names the same things."""

import json
from collections.abc import Mapping
from pathlib import Path

from config.model import Text

SCREEN = Path(__file__).parents[1] / "dashboard" / "src" / "words" / "members.json"
MEMBERS: Mapping[str, Mapping[str, Text]] = {
    of: {member: Text(**word) for member, word in members.items()}
    for of, members in json.loads(SCREEN.read_text("utf-8")).items()
}
"""By set and member; `outcome` and `failed`, say."""
