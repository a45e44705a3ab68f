"""`gradewatch-sim`: serve a plant that is not there, and make things go wrong in it."""

import asyncio
import logging
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer

from config.load import PlantFaults, load
from simulators.clock import utc_now
from simulators.errors import NoControl, NoService, SimulatorError, UnknownFault
from simulators.faults import FAULTS
from simulators.protection import Protection
from simulators.run import Under, run_scenario
from simulators.serve import serve as serve_plant
from simulators.trial import Row

CONTROL = "127.0.0.1:8099"
SERVICE = "http://127.0.0.1:8000"
PASSWORD_FILE = Path("data/demo/admin-password")
PASSWORD_VARIABLE = "GRADEWATCH_ADMIN_PASSWORD"  # noqa: S105 - a variable's name
ANSWER_WITHIN_S = 5.0
HEADER = f"{'':<8}{'seen':>9}{'deadline':>10}  expectation   结果、所见时间、期限、预期"
FAULT_HELP = f"One of {', '.join(FAULTS)}; or clear, to end every fault. 故障名称；clear 表示全部清除。"

app = typer.Typer(
    help="A simulated plant behind the real protocols. 真实协议背后的模拟工厂。",
    no_args_is_help=True,
    add_completion=False,
)

scenario = typer.Typer(
    help="剧本故障 · Scripted faults, and whether the service notices them in time.", no_args_is_help=True
)
app.add_typer(scenario, name="scenario")

ControlOption = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Where the control endpoint is. 控制端点地址。")
]


class State(StrEnum):
    """Whether a device is on its network."""

    UP = "up"
    DOWN = "down"


@app.command()
def serve(
    plant_dir: Annotated[Path, typer.Argument(help="Folder of the plant's YAML files. 工厂配置目录。")],
    control: ControlOption = CONTROL,
    seed: Annotated[int, typer.Option(help="Names the noise: the same seed, the same noise. 噪声种子。")] = 0,
    certificates: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the certificates of devices that speak encrypted. 加密设备的证书目录。"
        ),
    ] = None,
) -> None:
    """模拟全部设备 · Serve every device of a plant at its own address, until interrupted."""
    for library in ("asyncua", "pymodbus"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what matters is raised, and said in one line
    plant = load(plant_dir)
    message = f"serving {len(plant.devices)} devices"
    protection = Protection(certificates, os.environ) if certificates else None
    asyncio.run(
        serve_plant(plant, control, seed, utc_now, lambda: typer.echo(message), protection=protection)
    )


@app.command()
def fault(
    name: Annotated[str, typer.Argument(metavar="NAME", help=FAULT_HELP)],
    device: Annotated[str, typer.Option(metavar="ID", help="On which device. 设备编号。")] = "",
    control: ControlOption = CONTROL,
) -> None:
    """模拟故障 · Let something go wrong, or end everything that has gone wrong."""
    if name == "clear":
        _ask(control, "DELETE", "/fault", None)
    else:
        _ask(control, "POST", "/fault", {"name": name, "device": device})


@app.command()
def device(
    device: Annotated[str, typer.Argument(metavar="ID", help="The device's id. 设备编号。")],
    state: Annotated[State, typer.Argument(help="Down: nothing answers any more. down 即断网。")],
    control: ControlOption = CONTROL,
) -> None:
    """断网或复网 · Take a device from its network, or give it back."""
    _ask(control, "POST", "/device", {"device": device, "state": state.value})


@scenario.command("list")
def list_scenarios() -> None:
    """列出剧本 · List every scenario, and how many of its expectations can be checked today."""
    for one in FAULTS.values():
        checked = sum(expectation.pending is None for expectation in one.expect)
        typer.echo(f"{one.number:>2}  {one.name:<16} {one.device:<12} {one.label.en}  {one.label.zh}")
        typer.echo(f"    {checked} checked, {len(one.expect) - checked} pending  {one.source}")


@scenario.command("run")
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See: scenario list. 剧本名称。")],
    *,
    service: Annotated[str, typer.Option(metavar="URL", help="The service's address. 服务地址。")] = SERVICE,
    password_file: Annotated[
        Path, typer.Option(help=f"Where {PASSWORD_VARIABLE} is not set. 管理员密码文件。")
    ] = PASSWORD_FILE,
    control: ControlOption = CONTROL,
    on: Annotated[str, typer.Option(metavar="DEVICE", help="Another device than its own. 其他设备。")] = "",
    length: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Where it can be chosen. 持续时间（如可选）。")
    ] = None,
) -> None:
    """运行剧本 · Play a scenario and check what the service makes of it; exit status 1 if something is not met."""
    if name not in FAULTS:
        raise UnknownFault(f"no scenario {name!r}; there are: {', '.join(FAULTS)}")
    one = FAULTS[name]
    under = Under(service, _password(password_file), control)
    trial = asyncio.run(run_scenario(one, under, on, length, lambda: _say_begun(name)))
    typer.echo(HEADER)
    for row in trial.rows:
        typer.echo(_line(row))
    if trial.has_failed:
        raise typer.Exit(1)


def _say_begun(name: str) -> None:
    typer.echo(f"{name} plays; watching   故障已开始，正在观察", err=True)


def _line(row: Row) -> str:
    what = f"{row.expectation.what.en}   {row.expectation.what.zh}"
    if pending := row.expectation.pending:
        return f"{row.verdict:<8}{'':>9}{'':>10}  {what}\n{'':>29}missing: {pending.en}   {pending.zh}"
    seen = "-" if row.seen_s is None else f"{row.seen_s:.1f} s"
    detail = f"\n{'':>29}{row.detail}" if row.detail else ""
    return f"{row.verdict:<8}{seen:>9}{row.deadline_s:>8.1f} s  {what}{detail}"


def _password(path: Path) -> str:
    if password := os.environ.get(PASSWORD_VARIABLE):
        return password
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NoService(
            f"no password: set {PASSWORD_VARIABLE}, or name a --password-file; {error}"
        ) from error


def _ask(control: str, method: str, path: str, body: dict[str, str] | None) -> None:
    try:
        answer = httpx.request(
            method, f"http://{control}{path}", json=body, timeout=ANSWER_WITHIN_S, trust_env=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoControl(f"no simulator answers on {control}; start one with: gradewatch-sim serve") from error
    if answer.is_error:
        raise NoControl(_detail(answer))


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the control endpoint answered {answer.status_code}; is that a simulator?"


def main() -> None:
    """Run the command line; a fault that a person can mend is one line on standard error, and exit status 1."""
    try:
        app()
    except (SimulatorError, PlantFaults) as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from None
