"""The demo's own password: made once, never empty, readable by its owner alone."""

import stat
from pathlib import Path

from monitor.demo import _password


def test_the_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    password = _password(path)
    assert len(password) >= 16
    assert _password(path) == password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_password_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    path.touch()
    assert len(_password(path)) >= 16
