"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.run import DATABASE_VARIABLE, EMBEDDED
from monitor.store.roles import OWNER_VARIABLE


def _not_embedded(url: str) -> str:
    if url == EMBEDDED:
        raise typer.BadParameter("'embedded' is started by 'gradewatch run'; give the URL of a database")
    return url


PlantDir = Annotated[Path, typer.Argument(help="Folder with the plant's YAML files. 工厂配置目录。")]
Data = Annotated[Path, typer.Option(help="Folder for the journal, the socket and the lock. 数据目录。")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        envvar=DATABASE_VARIABLE,
        help="postgresql://user:password@host:port/name. 数据库地址。",
        callback=_not_embedded,
    ),
]
OwnerUrl = Annotated[
    str,
    typer.Option(
        "--owner",
        envvar=OWNER_VARIABLE,
        help="The same database as the owner of its tables; empty: the service owns them. 表所有者的数据库地址。",
    ),
]
RunDatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        envvar=DATABASE_VARIABLE,
        help="postgresql://user:password@host:port/name, or 'embedded' for a first try. 数据库地址。",
    ),
]
Host = Annotated[str, typer.Option(help="Address to listen on; loopback unless told otherwise. 监听地址。")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on. 监听端口。")]
