"""The plants that were in force, kept whole: what is kept is what was approved, or it is told that it is not."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.faults import PlantFaults
from monitor.versions import APPROVED, FIRST, PlantChange, Versions, VersionsError, bundle, completed
from tests.changing import LINE, line, looser

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PLANT, FILES = line()


def test_the_first_start_takes_the_folder_given_and_every_later_one_what_is_in_force(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    assert versions.in_force() is None
    assert versions.begin(PLANT, LINE, AT) == PLANT
    assert versions.in_force() == PlantChange(AT, PLANT.sha256, "", FIRST)
    other = versions.keep(looser(FILES))
    assert versions.begin(other, LINE, AT) == PLANT, "whatever the folder says now"
    change = PlantChange(AT, other.sha256, PLANT.sha256, APPROVED, "li", "wang", 3, "7f", "less noise")
    versions.put_in_force(change)
    assert Versions(tmp_path).begin(PLANT, LINE, AT) == other
    assert Versions(tmp_path).in_force() == change


def test_a_plant_is_kept_with_the_profiles_and_rulesets_of_its_time(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    kept = versions.keep(FILES)
    assert kept == PLANT
    assert {name.partition("/")[0] for name in FILES} == {"plant", "profiles", "grades"}
    assert sorted(name for name in FILES if (tmp_path / "plant" / kept.sha256 / name).exists()) == sorted(
        FILES
    )
    profile = changed_profile()
    assert versions.keep(profile).sha256 != kept.sha256, "another profile is another plant"
    assert versions.load(kept.sha256) == PLANT


def changed_profile() -> dict[str, str]:
    name = next(name for name in FILES if name.startswith("profiles/"))
    return {**FILES, name: FILES[name] + "\n# of another time\n"}


def test_own_files_alone_are_completed_by_this_package_and_whole_ones_are_left_as_they_are() -> None:
    own = {name: text for name, text in FILES.items() if name.startswith("plant/")}
    assert completed(own) == FILES == bundle(PLANT, LINE)
    assert completed(changed_profile()) == changed_profile()


@pytest.mark.parametrize(
    "name",
    ["plant/../x.yaml", "/etc/passwd", "plant/.hidden.yaml", "other/a.yaml", "plant/a.txt", "plant/a/b.yaml"],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(VersionsError, match="no file of a plant"):
        Versions(tmp_path).keep({**FILES, name: ""})


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VersionsError, match="smaller"):
        Versions(tmp_path).keep({**FILES, "plant/large.yaml": "#" * 4_000_000})


def test_a_plant_with_faults_is_not_kept_and_leaves_nothing_behind(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    with pytest.raises(PlantFaults):
        versions.keep({"plant/plant.yaml": "plant: x\n"})
    assert list((tmp_path / "plant").iterdir()) == []


def test_a_version_that_somebody_changed_is_told_and_not_run_and_is_mended_by_keeping_it_again(
    tmp_path: Path,
) -> None:
    versions = Versions(tmp_path)
    versions.begin(PLANT, LINE, AT)
    file = tmp_path / "plant" / PLANT.sha256 / "plant" / "limits.yaml"
    file.write_text(file.read_text().replace("deadband: 2", "deadband: 3"))
    with pytest.raises(VersionsError, match="somebody has changed it"):
        versions.plant_in_force()
    assert versions.keep(FILES) == PLANT
    assert versions.plant_in_force() == PLANT


def test_what_is_in_force_is_told_plainly_where_it_cannot_be_read(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    versions.begin(PLANT, LINE, AT)
    path = tmp_path / "plant" / "in-force"
    for text in ("", "{}", json.dumps({"at": "now"})):
        path.write_text(text)
        with pytest.raises(VersionsError, match="in-force"):
            versions.in_force()
    path.write_text(json.dumps({"at": AT.isoformat(), "plant": "0" * 64, "before": "", "what": FIRST}))
    with pytest.raises(VersionsError, match="not kept here"):
        versions.plant_in_force()
