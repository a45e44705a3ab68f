"""The shape of a dossier: what is told can be read back into the nouns, and nothing of it is lost."""

import json

from pydantic import TypeAdapter

from monitor.records.dossier.whole import Dossier, told
from tests.records.example import EXAMPLE, FILE, written

DOSSIER = TypeAdapter(Dossier)


def test_the_example_is_what_the_nouns_tell() -> None:
    assert FILE.read_text("utf-8") == written(), "python -m tests.records.example"


def test_what_is_told_is_read_back_whole() -> None:
    read = DOSSIER.validate_json(FILE.read_text("utf-8"))
    assert read == EXAMPLE
    assert told(read) == json.loads(FILE.read_text("utf-8"))


def test_times_are_utc_and_words_are_plain() -> None:
    one = told(EXAMPLE)
    assert one["batch"]["started_at"] == "2026-03-02T00:00:04.000000+00:00"
    assert one["channels"][2]["gaps"][0] == {
        "from": "2026-03-02T08:00:04.000000+00:00",
        "until": "2026-03-02T08:01:34.000000+00:00",
        "cause": "counter",
        "rows": 15,
    }
    assert one["deviations"][0]["class"] == "minor"
    assert type(one["verdict"]) is str
