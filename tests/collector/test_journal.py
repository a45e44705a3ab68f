"""The journal: what was written is read back without loss, in order, and survives whatever stops the collector."""

import asyncio
import contextlib
import math
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from alarms.events import Acknowledge, ActionResult, Alarm, Fault, Reason, Transition
from bench.running import DEMO, LINE
from bench.scaled import REGISTERS, VALUES, read_plant, write_plant
from config.model import Command, Quality, Sample
from config.plant import Plant
from config.rules import Level
from monitor.collector import codec
from monitor.collector.journal import Entry, InForce, Journal, JournalError, JournalReader, Stood
from tests.alarms.building import T0, after, plant, record
from tests.collector.clock import settle
from tests.loaded import loaded
from tests.patience import PATIENCE_S

times = st.just(codec.EPOCH) | st.integers(0, 10**15).map(lambda us: T0 + timedelta(microseconds=us))
numbers = st.floats(allow_nan=False)


@given(
    st.builds(
        Sample,
        series=st.text(min_size=1, max_size=20),
        at=times,
        values=st.tuples(numbers, numbers),
        quality=st.none() | st.tuples(st.sampled_from(Quality), st.sampled_from(Quality)),
        received_at=times,
        source_at=st.none() | times,
        backfilled=st.booleans(),
        catching_up=st.booleans(),
        reason=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    )
)
def test_a_sample_comes_back_as_it_was(one: Sample) -> None:
    assert codec.sample_of(codec.sample_entry(one)) == one


def test_a_value_that_is_not_there_comes_back_as_nan() -> None:
    lost = Sample("ISO", T0, (math.nan, 45.0), (Quality.UNREACHABLE, Quality.GOOD), T0, reason="no answer")
    values = codec.sample_of(codec.sample_entry(lost)).values
    assert math.isnan(values[0])
    assert values[1] == 45.0


def test_events_come_back_as_they_were_and_what_came_of_them_is_no_event() -> None:
    command = Command("ST", {"red": "on"}, "because")
    alarm = Alarm("a", Level.ACTION, active=True, acknowledged=False, raised_at=T0, changed_at=T0, worst=1.5)
    events: list[Acknowledge | Fault | ActionResult] = [
        Acknowledge(T0, "a", T0, "operator", "seen"),
        Fault(T0, "forward", "gone"),
        ActionResult(T0, command, verified=True, detail="read back"),
    ]
    assert [codec.event_of(codec.entry_of(event, T0)) for event in events] == events
    assert codec.event_of(codec.entry_of(command, T0)) is None
    transition = Transition(T0, "a", None, alarm, Reason.RAISED)
    entry = codec.entry_of(transition, T0)
    assert codec.event_of(entry) is None
    assert codec.transition_of(entry) == transition


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_microseconds_are_exact(naive: datetime) -> None:
    at = naive.replace(tzinfo=T0.tzinfo)
    assert codec.from_us(codec.to_us(at)) == at


async def written(path: Path, entries: list[Entry], state: str | None = None) -> None:
    """Write entries into a journal and close it."""
    journal = Journal(path)
    journal.start()
    await journal.append(entries, None if state is None else Stood(state))
    await journal.close()


def as_formerly(connection: sqlite3.Connection) -> None:
    """Make of a journal one of a former version, which had neither checksums nor counts."""
    for table in ("entry", "state", "snapshot", "plant", "journal"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN crc")
    connection.execute("ALTER TABLE entry DROP COLUMN samples")
    connection.execute("DROP TABLE lost")


def fault(number: int) -> Entry:
    return codec.entry_of(Fault(after(number), f"part-{number}", "x"), after(number))


def sample(number: int) -> Entry:
    return codec.sample_entry(Sample("ISO", after(number), (1.0, 2.0), None, after(number)))


async def test_entries_come_back_in_order_with_the_state_behind_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await written(path, [fault(0), fault(1)], "first")
    await written(path, [fault(2)])
    reader = JournalReader(path)
    assert [entry.seq for entry in reader.after(0, 10)] == [1, 2, 3]
    assert [entry.at_us for entry in reader.after(1, 1)] == [fault(1).at_us]
    assert [entry.seq for entry in reader.after(0, 10, before_seq=3)] == [1, 2]
    assert reader.state() == (2, "first")
    reader.close()


async def test_every_commit_is_synced_and_the_log_is_written_ahead(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # 2 is FULL
    await journal.close()


async def test_what_waits_goes_into_one_transaction_and_all_are_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    futures = [journal.append([fault(number)], None) for number in range(50)]
    journal.start()
    await asyncio.gather(*futures)
    assert journal.last_seq == 50
    await journal.close()


async def test_one_who_no_longer_waits_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    gone, waits = journal.append([fault(1)], None), journal.append([fault(2)], None)
    gone.cancel()
    journal.start()
    await asyncio.wait_for(waits, PATIENCE_S)
    await journal.close()


async def test_what_may_wait_goes_with_the_next_that_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.journal.GROUP_S", 3600)
    monkeypatch.setattr("monitor.collector.journal.QUEUE_LIMIT", 2)
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    journal.start()
    first = journal.append([fault(1)], None, may_wait=True)
    assert (journal.waiting(), journal._waiting.qsize()) == (1, 0)
    await asyncio.wait_for(journal.append([fault(2)], None), PATIENCE_S)
    assert (first.done(), journal.waiting(), journal.last_seq) == (True, 0, 2)
    journal.append([fault(3)], None, may_wait=True)
    last = journal.append([fault(4)], None, may_wait=True)
    with pytest.raises(JournalError, match="2 writes wait for the disk"):
        journal.append([fault(5)], None, may_wait=True)
    await journal.close()
    await settle()
    assert last.done()
    reader = JournalReader(path)
    assert [entry.at_us for entry in reader.after(0, 10)] == [fault(number).at_us for number in (1, 2, 3, 4)]
    reader.close()


async def test_what_may_wait_does_not_wait_for_ever(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.start()
    for _ in range(2):
        await asyncio.wait_for(journal.append([fault(1)], None, may_wait=True), PATIENCE_S)
    await journal.close()


async def test_a_failing_disk_loses_nothing_and_is_told(tmp_path: Path) -> None:
    """Another connection holds the write lock: the journal says so, keeps trying, and writes once it can."""
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    journal._connection.execute("PRAGMA busy_timeout = 10")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    journal.start()
    written = journal.append([fault(1)], None)
    await _failing(journal)
    assert "database is locked" in journal.failure
    holder.execute("ROLLBACK")
    holder.close()
    await asyncio.wait_for(written, PATIENCE_S)
    assert (journal.failure, journal.last_seq) == ("", 1)
    await journal.close()


async def test_whatever_fails_the_journal_is_told_and_goes_on_trying(tmp_path: Path) -> None:
    """Also what is no error of the disk: a thread that ended would write nothing more, without a word."""
    journal = Journal(tmp_path / "journal.sqlite")
    journal.start()
    journal.append([replace(fault(1), body="\udc80")], None)
    await _failing(journal)
    assert "surrogates not allowed" in journal.failure
    assert journal._thread is not None
    assert journal._thread.is_alive()
    await journal.close()


async def test_a_stop_does_not_wait_for_a_disk_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    journal._connection.execute("PRAGMA busy_timeout = 10")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    journal.start()
    written = journal.append([fault(1)], None)
    await _failing(journal)
    await asyncio.wait_for(journal.close(), PATIENCE_S)
    assert not written.done()
    holder.close()


async def test_what_waits_is_written_before_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    for number in range(50):
        journal.append([fault(number)], None)
    journal.start()
    await journal.close()
    reader = JournalReader(path)
    assert len(reader.after(0, 100)) == 50
    reader.close()


async def test_a_plant_that_cannot_be_noted_is_told_with_the_remedy(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal._connection.execute("PRAGMA query_only = 1")
    with pytest.raises(
        JournalError, match=r"journal\.sqlite: .*readonly.*; give a folder that can be written"
    ):
        journal.enter_plant("first", "{}")
    await journal.close()


async def _failing(journal: Journal) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not journal.failure:  # noqa: ASYNC110 - set by the writing thread
            await asyncio.sleep(0.01)


async def test_a_journal_that_cannot_keep_up_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.journal.QUEUE_LIMIT", 2)
    journal = Journal(tmp_path / "journal.sqlite")
    first, second = journal.append([fault(1)], None), journal.append([fault(2)], None)
    with pytest.raises(JournalError, match="2 writes wait for the disk"):
        journal.append([fault(3)], None)
    journal.start()
    await asyncio.gather(first, second)
    await journal.close()


async def test_a_file_that_is_no_journal_is_kept_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    journal = Journal(path)
    aside = path.with_name(journal.repaired.rpartition(" ")[2])
    assert aside.read_bytes().startswith(b"this is not a database")
    await journal.close()


async def test_only_what_is_stored_and_old_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await written(path, [fault(number) for number in range(5)], "state")
    await written(path, [fault(number) for number in range(5, 8)], "state")
    reader = JournalReader(path)
    assert reader.forget(before_seq=4, before_us=codec.to_us(after(2))) == 2
    assert [entry.seq for entry in reader.after(0, 10)] == [3, 4, 5, 6, 7, 8]
    assert reader.forget(before_seq=100, before_us=codec.to_us(after(1000))) == 5
    assert [entry.seq for entry in reader.after(0, 10)] == [8]
    reader.close()


async def test_each_entry_belongs_to_the_plant_it_was_written_under(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    for sha256, numbers in (("first", [0, 1]), ("first", [2]), ("second", [3, 4])):
        journal = Journal(path)
        journal.enter_plant(sha256, f"the {sha256} plant")
        journal.start()
        await journal.append([fault(number) for number in numbers], None)
        await journal.close()
    reader = JournalReader(path)
    first, later = InForce("first", 1, 4), InForce("second", 4, None)
    assert [reader.plant_at(seq) for seq in (1, 3, 4, 99)] == [first, first, later, later]
    assert reader.plant_at(0) is None
    assert (reader.plants_after(0), reader.plants_after(1)) == ([first, later], [later])
    assert [reader.plant_body(one) for one in (first, later)] == ["the first plant", "the second plant"]
    reader.close()


async def test_a_journal_says_which_plant_it_has_so_that_nobody_writes_it_out_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    for known, sha256 in (("", "first"), ("first", "first"), ("first", "second"), ("second", "second")):
        journal = Journal(path)
        assert journal.plant == known
        journal.enter_plant(sha256, "{}")
        assert journal.plant == sha256
        await journal.close()


async def test_a_plant_under_which_nothing_was_written_was_never_in_force(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    for sha256 in ("first", "second"):
        journal.enter_plant(sha256, f"the {sha256} plant")
    await journal.close()
    reader = JournalReader(path)
    assert reader.plant_at(1) == InForce("second", 1, None)
    reader.close()


async def test_of_the_records_in_a_journal_of_a_former_version_none_counts_as_complete(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite"
    await written(path, [codec.sample_entry(record(6))], '{"alarms":{},"delays":{},"latest":{}}')
    with contextlib.closing(sqlite3.connect(path)) as former, former:
        as_formerly(former)
        former.execute("ALTER TABLE entry DROP COLUMN catching_up")
    await written(path, [codec.sample_entry(record(12))])
    reader = JournalReader(path)
    assert [codec.sample_of(entry).catching_up for entry in reader.after(0, 10)] == [True, False]
    kept = reader.state()
    assert kept is not None
    assert codec.state_of(kept[1]).complete == {}
    reader.close()


def test_a_whole_plant_comes_back_as_it_was() -> None:
    for one in (plant(), loaded(LINE), loaded(DEMO)):
        again = codec.plant_of(codec.plant_json(one))
        assert again == one
        assert (list(again.series), list(again.channels)) == (list(one.series), list(one.channels))


def test_a_plant_that_a_former_version_wrote_comes_back_as_it_was() -> None:
    one = loaded(LINE)
    assert codec.plant_of(TypeAdapter(Plant).dump_json(one).decode()) == one


def test_what_many_devices_share_is_written_once_and_is_shared_when_it_comes_back(tmp_path: Path) -> None:
    write_plant(tmp_path, 20)
    one = read_plant(tmp_path)
    text = codec.plant_json(one)
    assert [text.count(f'"Value {place}"') for place in range(VALUES)] == [1] * VALUES
    again = codec.plant_of(text)
    assert again == one
    assert len({id(device.profile) for device in again.devices.values()}) == 1
    assert len({id(channel.model) for channel in again.channels.values()}) == REGISTERS - 1


async def test_the_plant_in_hand_is_not_read_again(tmp_path: Path) -> None:
    path, hand = tmp_path / "journal.sqlite", loaded(LINE)
    journal = Journal(path)
    journal.enter_plant(hand.sha256, codec.plant_json(hand))
    await journal.close()
    reader = JournalReader(path)
    found = reader.plant_at(1)
    assert found is not None
    assert codec.plant_under(reader, found, hand) is hand
    for other in (None, replace(hand, sha256="another")):
        read = codec.plant_under(reader, found, other)
        assert read == hand
        assert read is not hand
    reader.close()


async def test_two_journals_are_never_taken_for_one_another(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b", "a"):
        await Journal(tmp_path / name).close()
        reader = JournalReader(tmp_path / name)
        ids.append(reader.id())
        reader.close()
    assert ids[0] == ids[2] != ids[1]


def test_a_character_that_the_database_cannot_keep_is_replaced() -> None:
    lost = Sample("ISO", T0, (1.0,), None, T0, reason="a\0b")
    assert codec.sample_entry(lost).body == "a\ufffdb"
    assert codec.sample_entry(replace(lost, reason="a\udc80b")).body == "a?b"
    assert "\\u0000" not in codec.entry_of(Fault(T0, "part", "a\0b"), T0).body


async def test_samples_are_counted_for_ever_and_behind_any_entry(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await written(path, [fault(0), sample(1), sample(2), fault(3), sample(4)], "state")
    reader = JournalReader(path)
    assert [reader.samples(seq) for seq in range(-1, 7)] == [3, 3, 3, 2, 1, 1, 0, 0]
    assert reader.forget(before_seq=4, before_us=codec.to_us(after(1000))) == 4
    assert [reader.samples(seq) for seq in range(6)] == [1, 1, 1, 1, 1, 0]
    await written(path, [sample(5)])
    assert reader.samples(4) == 2
    reader.close()
    journal = Journal(path)
    assert journal.received == 4
    await journal.close()


async def test_the_samples_of_a_journal_of_a_former_version_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await written(path, [sample(0), fault(1), sample(2)])
    with contextlib.closing(sqlite3.connect(path)) as former, former:
        as_formerly(former)
    await written(path, [sample(3), fault(4)])
    journal, reader = Journal(path), JournalReader(path)
    assert journal.received == 3
    assert [reader.samples(seq) for seq in range(6)] == [3, 2, 2, 1, 0, 0]
    reader.close()
    await journal.close()
