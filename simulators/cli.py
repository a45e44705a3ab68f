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
from simulators.errors import NoControl, SimulatorError
from simulators.faults import FAULTS
from simulators.protection import Protection
from simulators.serve import serve as serve_plant

CONTROL = "127.0.0.1:8099"
ANSWER_WITHIN_S = 5.0
FAULT_HELP = f"One of {', '.join(FAULTS)}; or clear, to end every fault. 故障名称；clear 表示全部清除。"

app = typer.Typer(
    help="A simulated plant behind the real protocols. 真实协议背后的模拟工厂。",
    no_args_is_help=True,
    add_completion=False,
)

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
