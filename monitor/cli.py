"""The command `gradewatch`: what it can be asked for, and how it logs.

A command imports what it runs: whoever asks for one need not wait for all of them.
"""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from config.faults import MendableError
from monitor.clock import SystemClock
from monitor.edge import finished, give_up, in_force, instant, loaded
from monitor.keeping import database
from monitor.options import Data, DatabaseUrl, Host, OwnerUrl, PlantDir, Port, RunDatabaseUrl
from monitor.plant_words import plants
from monitor.proof import signing_key
from monitor.supervise import until_signalled
from monitor.users import users

DEMO_PLANT = Path(__file__).parent.parent / "config" / "plants" / "demo"
DASHBOARD = Path(__file__).parent / "dashboard" / "dist"
DEFAULT_PORT = 8000
METRICS_TOKEN_VARIABLE = "GRADEWATCH_METRICS_TOKEN"  # noqa: S105 - the variable's name
REPLICA_VARIABLE = "GRADEWATCH_REPLICA_URL"
TRUST = """\
Certificate 证书: {certificate}
SHA-256 指纹:     {thumbprint}
Application 应用: {uri}
Valid until 有效期至: {ends}

Let the server trust us:
  Siemens S7-1500: in TIA Portal, import this file in the certificate manager as a trusted client of the PLC's
  OPC UA server; compile, and load the program into the PLC.
  Others: connect once; the server lays our certificate into its folder of the rejected. Move it to the trusted.
Let us trust the server: copy its certificate (.der or .pem) to
  {trusted}
  or start the collector, compare the thumbprint it tells with the machine's own display, and move the file from
  {rejected}

让服务器信任本系统：
  西门子 S7-1500：在 TIA Portal 的证书管理器中导入上述文件，设为该 PLC 的 OPC UA 服务器的受信任客户端；
  然后编译并下载到 PLC。
  其他服务器：先连接一次，服务器会把本系统的证书放入“已拒绝”目录，将其移到“受信任”目录。
让本系统信任服务器：把服务器证书（.der 或 .pem）复制到
  {trusted}
  或启动采集进程，将其提示的指纹与设备显示的指纹核对一致后，从下面的目录移入：
  {rejected}"""
"""What is to be done with a new certificate."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Watches cleanrooms and isolators where living cells are made into medicine. 洁净室与隔离器环境监测。",
)


app.add_typer(database)
app.add_typer(signing_key, name="signing-key")
app.add_typer(plants, name="plant")
app.add_typer(users, name="user")


class Schema(StrEnum):
    """What a JSON schema can be printed for."""

    PLANT = "plant"
    PROFILE = "profile"
    RULESET = "ruleset"


@app.command()
def check(plant_dir: PlantDir) -> None:
    """检查工厂配置 · Read a plant and say what it has, or every fault in it."""
    plant = loaded(plant_dir)
    counts = {"line": plant.lines, "zone": plant.zones, "device": plant.devices, "channel": plant.channels}
    typer.echo(", ".join(f"{len(of)} {what}{'' if len(of) == 1 else 's'}" for what, of in counts.items()))


@app.command()
def schema(what: Annotated[Schema, typer.Argument()] = Schema.PLANT) -> None:
    """输出 JSON Schema · Print the JSON schema of a plant's, a profile's or a ruleset's YAML, for editors."""
    from config.schema import plant_schema, profile_schema, ruleset_schema

    made = {Schema.PLANT: plant_schema, Schema.PROFILE: profile_schema, Schema.RULESET: ruleset_schema}[what]
    typer.echo(json.dumps(made(), indent=2, ensure_ascii=False))


@app.command(name="opcua-cert")
def opcua_cert(
    data: Data,
    host: Annotated[str, typer.Option(help="This machine's name, as it stands in it. 本机名称。")] = "",
    *,
    renew: Annotated[
        bool, typer.Option(help="Make another; the old one is kept aside. 重新生成证书。")
    ] = False,
) -> None:
    """生成 OPC UA 证书 · Make our key and certificate for encrypted OPC UA, and tell how servers come to trust it."""
    from drivers.keys import KeysError, keys_in, make_own, thumbprint_of

    keys = keys_in(data, os.environ)
    try:
        own = make_own(keys, host or socket.gethostname(), SystemClock().now(), renew=renew)
    except KeysError as error:
        give_up(error)
    typer.echo(
        TRUST.format(
            certificate=keys.own_certificate.absolute(),
            thumbprint=thumbprint_of(own.certificate),
            uri=own.application_uri,
            ends=f"{own.ends:%Y-%m-%d}",
            trusted=keys.trusted_dir.absolute(),
            rejected=keys.rejected_dir.absolute(),
        )
    )


@app.command(name="collect")
def collect_command(plant_dir: PlantDir, data: Data, database_url: DatabaseUrl = "") -> None:
    """采集进程 · Own the devices: poll, journal, judge, act."""
    from monitor.collector.collect import CollectSettings, collect

    settings = CollectSettings(in_force(plant_dir, data), data, database_url, plant_dir)
    _run_until_signalled(collect(settings, SystemClock()))


@app.command()
def serve(
    plant_dir: PlantDir,
    data: Data,
    *,
    database_url: DatabaseUrl,
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    replica_url: Annotated[
        str,
        typer.Option(
            "--replica",
            envvar=REPLICA_VARIABLE,
            help="A standby of the database, which the past is read from. 只读备库地址。",
        ),
    ] = "",
) -> None:
    """服务进程 · Own the people: API and screens."""
    from monitor.server.oidc import OidcError, oidc_in
    from monitor.server.serve import serve as run_server
    from monitor.server.settings import Settings

    try:
        oidc = oidc_in(os.environ)
    except OidcError as error:
        give_up(error)
    settings = Settings(
        plant=in_force(plant_dir, data),
        data=data,
        database_url=database_url,
        dashboard=DASHBOARD,
        now=SystemClock().now,
        host=host,
        port=port,
        replica_url=replica_url,
        plant_dir=plant_dir,
        metrics_token=os.environ.get(METRICS_TOKEN_VARIABLE, "").strip(),
        oidc=oidc,
    )
    _run_until_signalled(run_server(settings))


@app.command()
def run(
    plant_dir: PlantDir,
    data: Data,
    *,
    database_url: RunDatabaseUrl,
    owner_url: OwnerUrl = "",
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    database_later: Annotated[
        bool, typer.Option(help="Start although the database is away. 数据库可稍后可用。")
    ] = False,
) -> None:
    """运行整个服务 · Run collector and server on one machine, and start them again when they end."""
    from monitor.run import RunSettings
    from monitor.run import run as run_service

    in_force(plant_dir, data)
    settings = RunSettings(plant_dir, data, database_url, host, port, database_later, owner_url=owner_url)
    _run_until_signalled(run_service(settings))


@app.command()
def demo(
    plant_dir: PlantDir = DEMO_PLANT,
    data: Data = Path("data/demo"),
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
) -> None:
    """演示 · Show a simulated plant with everything around it."""
    from monitor.demo import DemoSettings
    from monitor.demo import demo as run_demo

    loaded(plant_dir)
    _run_until_signalled(run_demo(DemoSettings(plant_dir, data, host, port)))


@app.command(name="replay")
def replay_command(
    data: Data,
    begin: Annotated[str, typer.Option("--from", help="2026-11-21T08:00:00Z. 起始时间（含时区）。")] = "",
    end: Annotated[str, typer.Option("--to", help="2026-11-21T09:00:00Z. 结束时间（含时区）。")] = "",
    plant_dir: Annotated[
        Path | None,
        typer.Option("--plant", help="Judge by this plant, print the difference. 以另一配置重判。"),
    ] = None,
) -> None:
    """重放 · Judge again what the journal has kept: the same must come of it; or, by another plant, what differs."""
    from monitor.replay import Period, difference, explain, replay

    period = Period(instant(begin), instant(end))
    under = None if plant_dir is None else loaded(plant_dir)
    try:
        if under is not None:
            lines = difference(data, period, under)
            for line in lines:
                typer.echo(line)
            if not lines:
                typer.echo("The same would have been raised 触发的报警相同", err=True)
            return
        replayed = replay(data, period)
    except MendableError as error:
        give_up(error)
    for line in replayed.again:
        typer.echo(line)
    different = explain(replayed)
    typer.echo("\n".join(different) or f"{len(replayed.again)} lines, as in the journal 与日志一致", err=True)
    if different:
        raise typer.Exit(1)


@app.command()
def actions(
    plant_dir: Annotated[
        Path, typer.Option("--plant", help="Folder with the plant's YAML. 工厂配置目录。")
    ] = DEMO_PLANT,
    data: Data = Path("data/demo"),
) -> None:
    """保护动作 · Tell of each protective action whether it is armed, what it would ask, and when it was last proved."""
    from monitor.actions import standing, table

    plant = in_force(plant_dir, data)
    try:
        state, proved = standing(plant, data)
    except MendableError as error:
        give_up(error)
    for line in table(plant, state, proved):
        typer.echo(line)


@app.command()
def duty(
    plant_dir: PlantDir = DEMO_PLANT,
    at: Annotated[
        str, typer.Option(help="2026-12-24T20:00Z; now, if not given. 时间（含时区），默认当前。")
    ] = "",
    data: Annotated[
        Path | None,
        typer.Option(
            help="A collector's data folder, for what was noted on the screen. 数据目录，含已登记的替班。"
        ),
    ] = None,
    *,
    week: Annotated[bool, typer.Option("--week", help="Every turn of a week. 一周内的班次。")] = False,
) -> None:
    """值班 · Tell who is on call, how they are reached, and whom each step would call."""
    from monitor.duty import duty_of, noted_in

    plant = loaded(plant_dir)
    try:
        noted = None if data is None else noted_in(data)
        lines = list(duty_of(plant, instant(at) or SystemClock().now(), is_week=week, noted=noted))
    except MendableError as error:
        give_up(error)
    except OverflowError:
        raise typer.BadParameter(f"{at} is at the end of the calendar; give another time") from None
    for line in lines:
        typer.echo(line)


@app.command()
def limits(
    zone: Annotated[str, typer.Argument(help="A zone's id, for example STM-L1-A-ISO. 区域编号。")],
    plant_dir: Annotated[
        Path, typer.Option("--plant", help="Folder with the plant's YAML. 工厂配置目录。")
    ] = DEMO_PLANT,
) -> None:
    """区域限度 · Tell what holds in a zone, and why: bounds, delays, what each figure rests on."""
    from monitor.limits import UnknownZoneError, limits_of

    plant = loaded(plant_dir)
    try:
        lines = list(limits_of(plant, zone))
    except UnknownZoneError as error:
        give_up(error)
    for line in lines:
        typer.echo(line)


@app.command()
def doctor(plant_dir: PlantDir, data: Data, database_url: DatabaseUrl = "") -> None:
    """诊断 · Look at everything the record rests on: what is missing, and what that costs."""
    from monitor.doctor.examine import examine, report
    from monitor.doctor.finding import Weight

    work = examine(in_force(plant_dir, data), data, database_url, os.environ, SystemClock().now())
    findings = finished(work)
    for line in report(findings):
        typer.echo(line)
    if any(one.weight is Weight.MEND for one in findings):
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the console script."""
    _set_up_logging()
    app()


def _run_until_signalled(work: Coroutine[Any, Any, None]) -> None:
    async def _supervised() -> None:
        await until_signalled(asyncio.create_task(work))

    finished(_supervised())


def _set_up_logging() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    # What a device did wrong is told once by its poll, in our words; the library says it many times over.
    logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        processors.append(structlog.dev.ConsoleRenderer())
    else:
        processors += [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(sys.stderr))


if __name__ == "__main__":
    main()
