"""`gradewatch plant`: compare plants, and propose a change, from the machine where its files are written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from config.difference import KINDS, Difference, difference, field_words
from config.faults import PlantFaults
from config.load import load
from config.plant import Plant
from monitor.edge import give_up
from monitor.options import PlantDir
from monitor.versions import Versions, VersionsError, bundle

PASSWORD_VARIABLE = "GRADEWATCH_PASSWORD"  # noqa: S105 - the variable's name
URL = "/api/v1/plant/proposals"
PATIENCE_S = 120.0

plants = typer.Typer(no_args_is_help=True, help="工厂配置变更 · Changes of the plant: compare, propose, see.")

Server = Annotated[str, typer.Option(help="Address of the server. 服务器地址。")]
Name = Annotated[str, typer.Option("--name", help="Who you are; the password is asked for. 用户名。")]
DEFAULT_SERVER = "http://127.0.0.1:8000"


class ServerSaidNoError(Exception):
    """The server cannot be reached, or refuses; the message says why."""


@plants.command()
def diff(
    plant_dir: PlantDir,
    data: Annotated[
        Path | None, typer.Option(help="Compare with what is in force there. 数据目录：与生效版本比较。")
    ] = None,
    base: Annotated[
        Path | None, typer.Option("--from", help="Compare with this folder. 与该配置目录比较。")
    ] = None,
) -> None:
    """比较配置 · Tell what differs, limits first; what watches less closely is marked."""
    if (data is None) == (base is None):
        raise typer.BadParameter("give either --data or --from")
    try:
        old = load(base) if base is not None else _in_force(data or Path())
        new = load(plant_dir)
    except (PlantFaults, VersionsError) as error:
        give_up(error)
    for one in difference(old, new):
        typer.echo(line_of(one))


@plants.command()
def propose(
    plant_dir: PlantDir,
    *,
    name: Name,
    reason: Annotated[str, typer.Option(help="Stands in the book. 变更原因。")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """提出变更 · Propose the plant in a folder; a second person approves it on a screen."""
    try:
        files = bundle(load(plant_dir), plant_dir)
        with _signed_in(server, name) as client:
            made = _json(client.post(URL, json={"reason": reason, "files": files}))
    except (PlantFaults, VersionsError, ServerSaidNoError) as error:
        give_up(error)
    _tell(made)


@plants.command(name="list")
def list_(*, name: Name, server: Server = DEFAULT_SERVER) -> None:
    """列出提案 · List the latest proposals, and what is in force."""
    try:
        with _signed_in(server, name) as client:
            told = _json(client.get(URL))
    except ServerSaidNoError as error:
        give_up(error)
    typer.echo(f"in force 生效: {told['in_force']}")
    for one in told["proposals"]:
        typer.echo(f"{one['number']:>4}  {one['state']:<9}  {one['at'][:19]}Z  {one['who']}: {one['reason']}")


@plants.command()
def show(
    number: Annotated[int, typer.Argument(help="Of the proposal. 提案编号。")],
    *,
    name: Name,
    server: Server = DEFAULT_SERVER,
) -> None:
    """查看提案 · Show one proposal: what it changes, and what became of it."""
    try:
        with _signed_in(server, name) as client:
            one = _json(client.get(f"{URL}/{number}"))
    except ServerSaidNoError as error:
        give_up(error)
    _tell(one)


def line_of(one: Difference) -> str:
    """Write a difference as one line, in both languages."""
    kind, field = KINDS[one.kind], field_words(one.field)
    return _line(
        (kind.zh, kind.en), one.id, (field.zh, field.en), (one.old, one.new), is_looser=one.is_looser
    )


def _tell(one: dict[str, Any]) -> None:
    typer.echo(f"{one['number']}  {one['state']}  {one['who']}: {one['reason']}")
    typer.echo(f"{one['base']} -> {one['sha256']}")
    for step in one["steps"]:
        typer.echo(f"  {step['at'][:19]}Z  {step['state']}  {step['who']}  {step['reason']}".rstrip())
    for told in one["differences"] or ():
        kind, field = told["kind_label"], told["field_label"]
        words = (kind["zh"], kind["en"]), told["id"], (field["zh"], field["en"])
        typer.echo(_line(*words, (told["old"], told["new"]), is_looser=told["is_looser"]))


def _line(
    kind: tuple[str, str],
    id_: str,
    field: tuple[str, str],
    values: tuple[str | None, str | None],
    *,
    is_looser: bool | None,
) -> str:
    old, new = ("–" if value is None else value for value in values)
    mark = "  ▼ 放宽 looser" if is_looser else ""
    return f"{' '.join(kind)}  {id_}  {' '.join(field)}: {old} -> {new}{mark}"


def _in_force(data: Path) -> Plant:
    plant = Versions(data).plant_in_force()
    if plant is None:
        raise VersionsError(f"{data}: no plant was ever in force there; give a collector's data folder")
    return plant


@contextmanager
def _signed_in(server: str, name: str) -> Iterator[httpx.Client]:
    """Be signed in for a moment; the password is asked for, or taken from the environment."""
    password = os.environ.get(PASSWORD_VARIABLE) or typer.prompt("password 密码", hide_input=True)
    with httpx.Client(base_url=server, headers={"Origin": server}, timeout=PATIENCE_S) as client:
        _answered(client, "POST", "/api/v1/session", {"name": name, "password": password})
        try:
            yield client
        except httpx.HTTPError as error:
            raise ServerSaidNoError(f"{server}: {error}; is it running?") from error
        finally:
            with suppress(ServerSaidNoError):
                _answered(client, "DELETE", "/api/v1/session", None)


def _answered(client: httpx.Client, method: str, path: str, body: dict[str, str] | None) -> None:
    try:
        reply = client.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise ServerSaidNoError(f"{client.base_url}: {error}; is it running?") from error
    if reply.is_error:
        raise ServerSaidNoError(_why(reply))


def _json(reply: httpx.Response) -> dict[str, Any]:
    if reply.is_error:
        raise ServerSaidNoError(_why(reply))
    told: dict[str, Any] = reply.json()
    return told


def _why(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {reply.status_code}"
