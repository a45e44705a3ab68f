"""The command line, each call in a process of its own, forked from one that has imported the program already.

What a call costs otherwise is the import, not the work: over a second, and the tests make a hundred calls.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from monitor.cli import main
from tests.patience import PATIENCE_S

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([__name__])


def gradewatch(*words: str, database: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command to its end, in this environment, with the database's URL beside it."""
    environment = {**os.environ, "GRADEWATCH_DATABASE_URL": database, "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        told = Path(folder) / "stdout", Path(folder) / "stderr"
        process = _FORKING.Process(target=_run, args=(words, environment, told))
        process.start()
        process.join(PATIENCE_S)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, PATIENCE_S)
        process.close()
        return subprocess.CompletedProcess(words, code, *(path.read_text() for path in told))


def _run(words: tuple[str, ...], environment: Mapping[str, str], told: tuple[Path, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(told, start=1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["gradewatch", *words]
    main()
