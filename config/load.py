"""The plant's YAML -> Plant, or every fault there is, each with file and line."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from config.alarm_ids import other_ids, watched_ids
from config.cascade import make_cascade
from config.derived import make_derived
from config.draft import Draft, read_draft
from config.duties import make_duty
from config.duty import Duty
from config.duty_faults import duty_faults
from config.faults import Fault, PlantFaults
from config.guidance import guidance_faults, make_guidance
from config.limits import make_limits
from config.names import Names
from config.parts import Parts, make_parts, measured
from config.plant import Plant
from config.positions import make_positions, make_shifts, position_faults, shift_faults
from config.products import make_products, make_readiness, make_review, product_faults, readiness_faults
from config.profile import load_profile, text_of
from config.protections import Around, make_protections, protection_faults
from config.reach import possible, reach_faults
from config.references import reference_faults
from config.rules import Derived, Guidance, Limit, Network, Protection, Suppression
from config.settings import setting_limits
from config.suppressions import make_networks, make_suppressions
from config.written_plant import WrittenHead

__all__ = ["GRADES_DIR", "PROFILES_DIR", "Fault", "PlantFaults", "load", "load_profile"]

PROFILES_DIR = Path(__file__).parent / "profiles"
GRADES_DIR = Path(__file__).parent / "grades"


@dataclass(frozen=True, slots=True)
class _About:
    """What is written of alarms."""

    suppressions: Mapping[str, Suppression]
    networks: Mapping[str, Network]
    guidance: tuple[Guidance, ...]
    protections: Mapping[str, Protection]
    duty: Duty


def load(plant_dir: Path, profiles_dir: Path | None = None, grades_dir: Path | None = None) -> Plant:
    """Load a plant.

    Args:
        plant_dir: the folder of `*.yaml` files, merged by top-level key.
        profiles_dir: where the profiles are; those of this package if not given.
        grades_dir: where the rulesets are; those of this package if not given.

    Raises:
        PlantFaults: with every fault of the folder, and of the profiles and rulesets it names. What is written of
            alarms is held against them only when all else is sound, or most of it would look like a fault.
    """
    faults: list[Fault] = []
    draft = read_draft(plant_dir, profiles_dir or PROFILES_DIR, grades_dir or GRADES_DIR, faults)
    if draft is None:
        raise PlantFaults(faults)
    faults.extend(reference_faults(draft))
    faults.extend(duty_faults(draft))
    faults.extend(product_faults(draft))
    parts = make_parts(draft)
    faults.extend(position_faults(draft, parts))
    cascade = make_cascade(draft.cascade, parts, draft.ids("zones"), faults)
    derived = make_derived(draft.derived, parts, faults)
    all_known = draft.is_whole("derived") and len(derived) == len(draft.derived)
    limits = make_limits(draft.limits, parts, measured(parts, derived), faults, all_known=all_known)
    if faults:
        raise PlantFaults(faults)
    limits = (*limits, *setting_limits(parts, {limit.channel for limit in limits}))
    about = _about(draft, parts, derived, limits, faults)
    if faults:
        raise PlantFaults(faults)
    return replace(_plant(draft, parts, derived, limits, about), cascade=cascade)


def _about(
    draft: Draft,
    parts: Parts,
    derived: Mapping[str, Derived],
    limits: tuple[Limit, ...],
    faults: list[Fault],
) -> _About:
    """Make what is written of alarms, and hold it against all alarms that there can be."""
    channels = Names([*parts.channels, *derived])
    watched = list(watched_ids(parts, derived, limits))
    networks = make_networks(draft.networks, parts.devices, faults)
    suppressions = make_suppressions(draft.suppressions, parts, channels, Names(watched), faults)
    protections = make_protections(draft.protections)
    faults.extend(readiness_faults(draft.readiness, parts.channels))
    faults.extend(shift_faults(draft))
    alarms = Names([*watched, *other_ids(parts, networks.values(), protections.values())])
    faults.extend(protection_faults(draft.protections, Around(parts, channels, alarms, Names(protections))))
    duty = make_duty(draft, str(draft.head()["time_zone"]))
    if not faults:
        faults.extend(guidance_faults(draft.guidance, alarms))
        faults.extend(draft.no_guidance())
        places = possible(parts, measured(parts, derived), limits, protections.values())
        faults.extend(reach_faults(draft, duty, parts, places))
    return _About(suppressions, networks, make_guidance(draft.guidance), protections, duty)


def _plant(
    draft: Draft,
    parts: Parts,
    derived: Mapping[str, Derived],
    limits: tuple[Limit, ...],
    about: _About,
) -> Plant:
    head = WrittenHead.model_validate(draft.head())
    return Plant(
        id=head.plant,
        label=text_of(head.label),
        time_zone=head.time_zone,
        communication_delay_s=head.communication_delay_s,
        workshops=parts.workshops,
        lines=parts.lines,
        zones=parts.zones,
        devices=parts.devices,
        series=parts.series,
        channels=parts.channels,
        limits=limits,
        sha256=_sha256(draft),
        validated=head.validated,
        rulesets=parts.rulesets,
        derived=derived,
        suppressions=about.suppressions,
        networks=about.networks,
        guidance=about.guidance,
        protections=about.protections,
        duty=about.duty,
        positions=make_positions(draft),
        shifts=make_shifts(draft),
        products=make_products(draft),
        readiness=make_readiness(draft),
        review=make_review(head.review),
    )


def _sha256(draft: Draft) -> str:
    """Hash every file that counts: the plant's, then the profiles used, then the rulesets used, each in order of names.

    Each goes in as `plant/<name>`, `profile/<name>` or `grade/<name>`, a line break, its length in bytes, a line break,
    its bytes: so that no byte can move from one file to another unseen.
    """
    digest = hashlib.sha256()
    plant = [sheet.source for sheet in draft.sheets]
    used = (("plant", plant), ("profile", draft.profile_sources), ("grade", draft.ruleset_sources))
    for kind, sources in used:
        for source in sources:
            digest.update(f"{kind}/{Path(source.file).name}\n{len(source.raw)}\n".encode())
            digest.update(source.raw)
    return digest.hexdigest()
