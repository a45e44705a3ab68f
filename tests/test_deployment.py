"""What the image and compose.yaml promise a site, read from the files: no engine is needed, and none is asked."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
FINAL_STAGE = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[-1]

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def instructions(name: str) -> list[str]:
    """Return what follows an instruction's name, for each of that name in the Dockerfile's final stage."""
    return re.findall(rf"^{name} +(.+)$", FINAL_STAGE, flags=re.MULTILINE)


def test_what_stays_is_watched_and_started_again() -> None:
    assert set(SERVICES) == {"gradewatch", "database", "migrate"}
    for name in ("gradewatch", "database"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_tables_are_made_by_a_service_that_ends() -> None:
    """`run --database-later` starts without tables; only a service that waits for the database can make them."""
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["restart"] == "on-failure"


@every_service
def test_no_service_has_more_rights_than_it_needs(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service


@every_service
def test_every_published_port_is_bound_to_loopback(service: dict[str, Any]) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_database_is_not_published() -> None:
    assert "ports" not in SERVICES["database"]


@every_service
def test_nothing_starts_with_a_password_that_stands_in_the_file(service: dict[str, Any]) -> None:
    given = [value for name, value in service["environment"].items() if "PASSWORD" in name or "URL" in name]
    assert given
    for value in given:
        assert re.search(r"\$\{GRADEWATCH_DB_(OWNER_)?PASSWORD:\?|\$\{GRADEWATCH_ADMIN_PASSWORD:-\}", value)
        assert not re.search(r"\$\{\w+:?-[^}]+\}", value), (
            "a default that works is a password that everyone knows"
        )


def test_only_what_migrates_is_told_the_owner_of_the_tables() -> None:
    """The service signs in as a role that cannot change what is kept, so it must not know a better one."""
    for name, service in SERVICES.items():
        told = "OWNER" in str(service["environment"])
        assert told == (name in {"migrate", "database"}), name
    assert SERVICES["migrate"]["environment"]["GRADEWATCH_DATABASE_URL"].startswith(
        "postgresql://gradewatch:"
    )
    assert SERVICES["database"]["environment"]["POSTGRES_USER"] != "gradewatch"


def test_the_database_image_is_pinned_to_one_version() -> None:
    assert re.fullmatch(r"timescale/timescaledb:\d+\.\d+\.\d+-pg\d+", SERVICES["database"]["image"])


def test_the_service_does_not_wait_for_a_healthy_database() -> None:
    """A collector that waits for the database is a collector that does not alarm."""
    assert SERVICES["gradewatch"]["depends_on"] == ["database"]


def test_the_image_runs_as_a_fixed_user_that_is_not_root() -> None:
    assert instructions("USER") == ["10001:10001"]


def test_compose_and_image_ask_for_the_same_health() -> None:
    (health,) = instructions("HEALTHCHECK")
    assert yaml.safe_load(health.split("CMD ", 1)[1]) == SERVICES["gradewatch"]["healthcheck"]["test"][1:]


def test_every_dependency_is_installed_by_its_hash() -> None:
    for line in re.findall(r"pip [^&]*install [^&\n]*", DOCKERFILE):
        assert "--require-hashes" in line or "--no-index" in line, line


def test_no_file_of_the_image_names_a_package_index() -> None:
    for name in ("Dockerfile", "compose.yaml", ".dockerignore", ".ci/image"):
        assert not re.search(r"https?://(?!127\.0\.0\.1)", (ROOT / name).read_text()), name


def test_only_named_folders_are_sent_to_the_builder() -> None:
    """A whitelist: a data folder, a key or a .env beside the sources never gets into an image."""
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {
        *("!alarms", "!config", "!drivers", "!monitor", "!simulators"),
        *(
            "!.ci/fonts",
            "!.npmrc",
            "!README.md",
            "!pyproject.toml",
            "!requirements.txt",
            "!requirements-dev.txt",
        ),
    }
