"""The command line as a user meets it: what is wrong is one clear line with the remedy, exit code 1, no traceback."""

import fcntl
import hashlib
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import gradewatch
from tests.database import LOCKED, Server
from tests.patience import PATIENCE_S

LINE = Path(__file__).parents[1] / "plants" / "line"
GRADEWATCH = str(Path(sys.executable).with_name("gradewatch"))


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """See that the command refused as it should; return its one line."""
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def test_check_counts_what_the_plant_has() -> None:
    done = subprocess.run(
        [GRADEWATCH, "check", str(LINE)], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stdout) == (0, "1 line, 7 zones, 5 devices, 203 channels\n")


def test_check_names_every_fault_at_once(tmp_path: Path) -> None:
    for file in LINE.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    devices = tmp_path / "devices.yaml"
    devices.write_text(
        devices.read_text().replace("isolator_s7", "isolator_s8").replace("timeout_s: 0.8", "timeout_s: 2")
    )
    done = gradewatch("check", str(tmp_path))
    lines = done.stderr.strip().splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert all(line.startswith(str(tmp_path)) for line in lines)
    assert len([line for line in lines if "timeout_s" in line]) == 5
    assert [line for line in lines if "isolator_s8" in line and "isolator_s7" in line]


def test_opcua_cert_makes_our_certificate_once_and_tells_in_both_languages_what_to_do(tmp_path: Path) -> None:
    words = ("opcua-cert", "--data", str(tmp_path / "data"))
    made = gradewatch(*words, "--host", "ems-1")
    own = tmp_path / "data" / "opcua" / "own"
    certificate = (own / "certificate.der").read_bytes()
    assert (made.returncode, made.stderr) == (0, "")
    for told in (
        str(own / "certificate.der"),
        hashlib.sha256(certificate).hexdigest(),
        "urn:ems-1:gradewatch",
        str(tmp_path / "data" / "opcua" / "trusted"),
        "TIA Portal, import this file",
        "TIA Portal 的证书管理器中导入",
    ):
        assert told in made.stdout
    assert (own / "key.pem").stat().st_mode & 0o777 == 0o600
    assert "is there already" in refused(gradewatch(*words))
    assert (own / "certificate.der").read_bytes() == certificate
    assert gradewatch(*words, "--renew").returncode == 0
    assert (own / "certificate.der").read_bytes() != certificate
    assert "is no host name" in refused(gradewatch(*words, "--renew", "--host", "two words"))


def test_nothing_is_collected_encrypted_without_our_certificate_and_the_command_is_named(
    tmp_path: Path,
) -> None:
    for file in LINE.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    devices = tmp_path / "devices.yaml"
    plain = "profile: isolator_s7, "
    devices.write_text(devices.read_text().replace(plain, plain + "security: {policy: Basic256Sha256}, "))
    line = refused(gradewatch("collect", str(tmp_path), "--data", str(tmp_path / "data")))
    assert line.startswith("ISO-STM-L1: ")
    assert "no certificate of our own; make one with: gradewatch opcua-cert --data DIR" in line


@pytest.mark.parametrize("command", ["run", "collect", "serve", "demo"])
def test_nothing_starts_with_a_broken_plant(command: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = gradewatch(
        command, str(tmp_path / "no-such-plant"), "--data", str(data), database="postgresql://x@127.0.0.1/x"
    )
    assert "no-such-plant" in refused(done)
    assert not data.exists()


def test_an_address_in_use_is_named(tmp_path: Path, timescale: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ("run", str(LINE), "--data", str(tmp_path), "--port", str(port))
        line = refused(gradewatch(*words, database=timescale.url()))
    assert (
        line
        == f"127.0.0.1:{port}: Address already in use; stop what listens there, or choose another --host or --port"
    )


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        url = f"postgresql://gradewatch:secret@127.0.0.1:{port}/gradewatch"
        line = refused(gradewatch("run", str(LINE), "--data", str(tmp_path), "--port", "0", database=url))
    assert f"127.0.0.1:{port}/gradewatch" in line
    assert "start the database, or correct host and port" in line
    assert "secret" not in line


async def test_a_wrong_password_is_named(tmp_path: Path, timescale: Server) -> None:
    await timescale.execute(
        f"DROP ROLE IF EXISTS {LOCKED}", f"CREATE ROLE {LOCKED} LOGIN SUPERUSER PASSWORD 'the right one'"
    )
    url = timescale.url(user=f"{LOCKED}:wrong")
    line = refused(gradewatch("run", str(LINE), "--data", str(tmp_path), "--port", "0", database=url))
    assert "correct the user or the password" in line
    assert "wrong" not in line


def test_two_collectors_never_share_a_data_folder(tmp_path: Path) -> None:
    with (tmp_path / "collector.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        line = refused(gradewatch("collect", str(LINE), "--data", str(tmp_path)))
    assert line == f"{tmp_path}: another collector uses this data folder; stop it first"


def test_a_data_folder_whose_socket_would_have_too_long_a_path_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    assert "use a shorter data folder" in refused(gradewatch("collect", str(LINE), "--data", str(deep)))


@pytest.mark.parametrize("words", [("run", "--database", "embedded"), ("run", "--database-later"), ("demo",)])
def test_a_data_folder_that_cannot_be_made_is_named(words: tuple[str, ...], tmp_path: Path) -> None:
    data = tmp_path / "file"
    data.touch()
    command, *options = words
    url = "" if "embedded" in options else "postgresql://nobody@127.0.0.1:1/none"
    line = refused(gradewatch(command, str(LINE), "--data", str(data), "--port", "0", *options, database=url))
    assert line == f"{data}: File exists; give a folder that can be written"


@pytest.mark.parametrize("command", ["migrate", "collect", "serve"])
def test_the_embedded_database_is_for_run_alone(command: str, tmp_path: Path) -> None:
    words = () if command == "migrate" else (str(LINE), "--data", str(tmp_path))
    done = gradewatch(command, *words, "--database", "embedded")
    assert done.returncode == 2
    assert "is started by 'gradewatch run'" in " ".join(done.stderr.split())


def test_a_port_that_cannot_be_is_refused(tmp_path: Path) -> None:
    done = gradewatch(
        "run", str(LINE), "--data", str(tmp_path), "--port", "99999", database="postgresql://x@127.0.0.1/x"
    )
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


async def test_migrate_says_what_kind_of_database_it_is(timescale: Server) -> None:
    url = await timescale.empty()
    for _ in range(2):
        done = gradewatch("migrate", database=url)
        assert (done.returncode, done.stdout) == (0, "up to date (apache)\n")
    await timescale.drop(url)


@pytest.mark.parametrize("what", ["plant", "profile"])
def test_the_schema_is_json(what: str) -> None:
    done = gradewatch("schema", what)
    assert json.loads(done.stdout)["type"] == "object"
