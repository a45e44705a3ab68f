"""H5 and H28 together: whatever the wire does, every record comes once, and as it was counted."""

import pytest

from tests.faulty.counting import LIGHTHOUSE, PMS, Make, count
from tests.faulty.trial import assert_right


@pytest.mark.parametrize(("make", "seed"), [*((LIGHTHOUSE, seed) for seed in range(3)), (PMS, 0)], ids=str)
async def test_h28_no_fault_of_the_wire_loses_repeats_or_changes_a_record(make: Make, seed: int) -> None:
    counters = await count(make, 10, faulty=300, seed=seed, share=0.1, timeout_s=0.1)
    assert_right(counters[0].tally, seed)
    for one in counters:
        assert set(one.taken.values()) == {1}, f"seed {seed}: a record was given twice"
        assert one.taken.keys() == one.due, f"seed {seed}: records are lost"
