"""What a person sees of verifying, and the commands about the key that signs the book."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from monitor.edge import give_up
from monitor.options import Data
from monitor.records.package import verify as verify_package
from monitor.records.package.verifier.said import Fault
from monitor.store.signing import KEY_VARIABLE, SigningError, keys_of
from monitor.store.signing import rotate as rotate_key
from monitor.store.verify import Verified

signing_key = typer.Typer(no_args_is_help=True, help="签名密钥 · The key that signs the book.")


@contextmanager
def verifying(label: str = "verify 核验") -> Iterator[Callable[[int, int], None]]:
    """Show how far it is, on a terminal; give what is to be told of it: how much is done, of how much."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    with typer.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = max(of, 1)
            bar.update(done - bar.pos)

        yield progress


def tell(verified: Verified) -> bool:
    """Print what verifying has found, in both languages; whether all is well."""
    for text in (*(one.text() for one in verified.findings), verified.text()):
        typer.echo(f"{text.en}\n{text.zh}")
    return not verified.findings


def tell_package(package: Path, trusted: Sequence[str]) -> bool:
    """Prove a package, and print what comes of it, in both languages; whether all is well."""
    with verifying() as progress:
        found = verify_package.check(package, trusted, lambda share: progress(round(1000 * share), 1000))
    if isinstance(found, Fault):
        typer.echo(str(found))
        return False
    for en, zh in verify_package.report(package.name, found):
        typer.echo(f"{en}\n{zh}")
    return True


@signing_key.command()
def show(data: Data) -> None:
    """显示密钥指纹 · Print the fingerprints of the keys that this collector has signed with, the present one last."""
    try:
        keys = keys_of(data)
    except SigningError as error:
        give_up(error)
    typer.echo("\n".join(one.fingerprint for one in keys) or "none yet 尚无")


@signing_key.command()
def rotate(data: Data) -> None:
    """更换密钥 · Make a new key, introduced by the present one; it signs from the collector's next start on."""
    try:
        made, private = rotate_key(data, os.environ)
    except SigningError as error:
        give_up(error)
    typer.echo(f"{made.fingerprint}\nrestart the collector to sign with it 重启采集进程后启用")
    if private:
        typer.echo(f"set 请设置 {KEY_VARIABLE}={private}", err=True)
