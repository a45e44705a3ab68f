"""Makes one file of the parts of the verifier, for the package: it runs where nothing of this service is."""

import ast
from pathlib import Path
from types import ModuleType

from monitor.records.package import verify as verify_package
from monitor.records.package.verifier import account, book, file, rows, said, seals, series

_OURS = "monitor.records."


def packed() -> str:
    """Give the verifier as one file: the parts in the order in which they need one another."""
    parts = [_source(part) for part in (said, file, book, rows, series, seals, account, verify_package)]
    return f'"""{verify_package.__doc__}"""\n\n' + "\n\n".join(map(_alone, parts))


def _source(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text("utf-8")


def _alone(source: str) -> str:
    """Leave out what a part says of itself, and that it needs the others."""
    left_out: set[int] = set()
    for number, node in enumerate(ast.parse(source).body):
        is_own = isinstance(node, ast.ImportFrom) and str(node.module).startswith(_OURS)
        if is_own or (number == 0 and isinstance(node, ast.Expr)):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = source.splitlines()
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in left_out).strip() + "\n"
