"""The commands about the database: bring it up to date, export from it, back it up, restore it, prove it."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from monitor.clock import SystemClock
from monitor.edge import finished, instant, loaded
from monitor.export import ExportSettings
from monitor.export import export as run_export
from monitor.options import Data, DatabaseUrl, OwnerUrl, PlantDir
from monitor.proof import tell, tell_package, verifying
from monitor.run import bring_up_to_date
from monitor.store.backup import backup as run_backup
from monitor.store.export import Asked, Language
from monitor.store.migrate import migrate as run_migrations
from monitor.store.restore import drill as run_drill
from monitor.store.restore import restore as run_restore
from monitor.store.roles import Login
from monitor.store.verify import FINDINGS_MAX
from monitor.store.verify import verify as run_verify

database = typer.Typer()


@database.command()
def migrate(
    database_url: DatabaseUrl,
    owner_url: OwnerUrl = "",
    grant: Annotated[
        str, typer.Option(help="A role that the service signs in as, besides --database's. 服务角色。")
    ] = "",
) -> None:
    """升级数据库结构 · Bring a database's tables up to date, and give the service its rights there, and no more."""
    edition = finished(bring_up_to_date(database_url, owner_url))
    if grant:
        finished(run_migrations(owner_url or database_url, [Login(grant)]))
    typer.echo(f"up to date ({edition})")


@database.command()
def export(
    batch: Annotated[str, typer.Argument(help="A batch's id; it is over. 批次编号（已结束）。")],
    *,
    database_url: DatabaseUrl,
    data: Data,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file; BATCH.zip, if not given. 输出文件。")
    ] = None,
) -> None:
    """导出批次数据包 · Make the signed package of a batch; one that was cut off is gone on with."""
    # The libraries that set and seal its reports take a second and 80 MB, which no other command needs.
    from monitor.packing import Packing, pack  # noqa: PLC0415

    file = to or Path(f"{batch}.zip")
    at, who = SystemClock().now().isoformat(), getpass.getuser()
    asked = Packing(database_url, str(data), batch, str(file), at, who)
    with verifying("export 导出") as progress:
        made = finished(pack(asked, os.environ, progress))
    typer.echo(
        f"{file}: {made.bytes:,} bytes\nsha256 {made.sha256}\nProve it 请核验: gradewatch verify {file}"
    )


@database.command()
def readings(
    plant_dir: PlantDir,
    file: Annotated[Path, typer.Argument(help="A name that ends with .csv or .parquet. 输出文件。")],
    *,
    database_url: DatabaseUrl,
    channel: Annotated[
        list[str], typer.Option(help="A channel's id; repeat it for more. 通道编号，可重复。")
    ],
    begin: Annotated[str, typer.Option("--from", help="2026-11-21T08:00:00Z. 起始时间（含时区）。")],
    end: Annotated[str, typer.Option("--to", help="2026-11-21T09:00:00Z. 结束时间（含时区）。")],
    language: Annotated[Language, typer.Option(help="Of a CSV file. CSV文件语言。")] = Language.EN,
) -> None:
    """导出数据 · Write every reading of some channels into a file, in the plant's time with its offset."""
    start, until = instant(begin), instant(end)
    if start is None or until is None:
        raise typer.BadParameter("give both --from and --to")
    asked = Asked(channel, start, until, loaded(plant_dir).time_zone)
    size = finished(run_export(ExportSettings(database_url, asked, file, language)))
    typer.echo(f"{file}: {size:,} bytes")


BackupPrograms = Annotated[
    Path | None,
    typer.Option(
        "--programs", help="Folder of pg_dump and pg_restore; found by itself. PostgreSQL程序目录。"
    ),
]


@database.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Folder for backups, better on another disk. 备份目录。")],
    *,
    database_url: DatabaseUrl,
    owner_url: OwnerUrl = "",
    data: Annotated[
        Path | None, typer.Option(help="The collector's, whose checkpoints go along. 数据目录。")
    ] = None,
    programs: BackupPrograms = None,
) -> None:
    """备份 · Back up the database while it is in use, beside a manifest of what is in it."""
    at, who = SystemClock().now(), getpass.getuser()
    url = owner_url or database_url
    made = finished(run_backup(url, folder, at, who=who, data=data, programs=programs))
    typer.echo(f"{made}\nTry it 请演练: gradewatch restore {made} --drill")


@database.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="The folder of one backup. 单次备份的目录。")],
    *,
    database_url: DatabaseUrl,
    owner_url: OwnerUrl = "",
    drill: Annotated[
        bool, typer.Option("--drill", help="Only try it, in a database that is removed again. 仅演练。")
    ] = False,
    programs: BackupPrograms = None,
) -> None:
    """恢复 · Restore a backup into an empty database, compare it with its manifest, and verify the book."""
    url, who, at = owner_url or database_url, getpass.getuser(), SystemClock().now()
    with verifying() as progress:
        if drill:
            verified = finished(run_drill(url, backup, progress, programs=programs))
        else:
            verified = finished(run_restore(url, backup, at, progress, who=who, programs=programs))
            finished(bring_up_to_date(database_url, owner_url))
    if not tell(verified):
        raise typer.Exit(1)


@database.command()
def verify(
    package: Annotated[
        Path | None, typer.Argument(help="A package of a batch, instead of the database. 批次数据包文件。")
    ] = None,
    *,
    database_url: DatabaseUrl = "",
    data: Annotated[
        Path | None, typer.Option(help="The collector's, for its checkpoints.jsonl. 采集进程的数据目录。")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="Fingerprint of a signing key to be trusted; several. 受信任签名密钥的指纹。"),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Not only the first thing wrong. 列出全部问题。")
    ] = False,
) -> None:
    """核验 · Prove that nothing in the database, or in a package, was changed; or name the first thing that was."""
    if package is not None:
        if not tell_package(package, key or ()):
            raise typer.Exit(1)
        return
    if not database_url:
        raise typer.BadParameter("give a package, or --database")
    most = FINDINGS_MAX if every else 1
    with verifying() as progress:
        work = run_verify(database_url, data, progress, trusted=frozenset(key or ()), most=most)
        verified = finished(work)
    if not tell(verified):
        raise typer.Exit(1)
