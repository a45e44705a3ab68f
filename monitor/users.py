"""`gradewatch user`: accounts from the machine itself, for the first administrator and for when nobody else is left."""

import asyncio
import getpass
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from monitor.clock import SystemClock
from monitor.edge import give_up
from monitor.options import DatabaseUrl
from monitor.server.access import Passwords
from monitor.server.oidc import ISSUER
from monitor.server.rights import ROLES, Role
from monitor.store.database import Connection, DatabaseError, close, connect, explained, place
from monitor.store.people import (
    Account,
    By,
    NameTakenError,
    SubjectTakenError,
    add_person,
    change_person,
    link_person,
    read_accounts,
    told_apart,
)

T = TypeVar("T")

ONCE = "{name}: {password}\nfor one sign-in, then to be changed   一次性密码，首次登录后须更改"
_NOBODY = "there is no account {}; see: gradewatch user list"

users = typer.Typer(no_args_is_help=True, help="账户 · Accounts; a name is never given to anybody else.")

Name = Annotated[str, typer.Argument(help="As the records say it. 用户名。")]
Reason = Annotated[str, typer.Option(help="Stands in the book. 原因。")]


@users.command()
def add(
    name: Name,
    *,
    database_url: DatabaseUrl,
    role: Annotated[Role, typer.Option(help="What the person is here for. 角色。")],
    display: Annotated[str, typer.Option(help="As it is printed. 显示姓名。")] = "",
    language: Annotated[str, typer.Option(help="en or zh.")] = "zh",
    reason: Reason = "added on the machine",
) -> None:
    """添加账户 · Add an account; its one-time password is told here and nowhere again."""
    if language not in {"en", "zh"}:
        raise typer.BadParameter("en or zh", param_hint="--language")
    try:
        told_apart(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    password = secrets.token_urlsafe(12)

    async def work(connection: Connection) -> None:
        hashed = await Passwords().hash(password)
        by = _by(reason)
        account = Account(name, role, hashed, by.at, display, language, must_change=True)
        await add_person(connection, by, account)

    _run(database_url, work)
    typer.echo(ONCE.format(name=name, password=password))


@users.command(name="list")
def list_users(database_url: DatabaseUrl) -> None:
    """列出账户 · List every account, disabled ones too."""
    for one in _run(database_url, read_accounts):
        states = {"disabled 已停用": one.disabled_at, "locked 已锁定": one.locked_at}
        marks = ", ".join(word for word, since in states.items() if since)
        role = ROLES[Role(one.role)]
        typer.echo(f"{one.name:<20} {role.en:<18} {role.zh}  {one.display}  {marks}".rstrip())


@users.command()
def disable(name: Name, *, database_url: DatabaseUrl, reason: Reason = "disabled on the machine") -> None:
    """停用账户 · Disable an account for good; its sessions end within half a minute."""
    at = SystemClock().now()
    _change(database_url, name, "account_disabled", {"disabled_at": at}, reason=reason)


@users.command()
def unlock(name: Name, *, database_url: DatabaseUrl, reason: Reason = "unlocked on the machine") -> None:
    """解锁账户 · Let somebody try again who had too many wrong passwords."""
    _change(database_url, name, "account_unlocked", {"locked_at": None}, reason=reason)


@users.command()
def reset(name: Name, *, database_url: DatabaseUrl, reason: Reason = "reset on the machine") -> None:
    """重置密码 · Give an account a one-time password."""
    password = secrets.token_urlsafe(12)
    new = {
        "password_hash": asyncio.run(Passwords().hash(password)),
        "must_change": True,
        "pin_hash": "",
    }
    _change(database_url, name, "password_reset", new, reason=reason)
    typer.echo(ONCE.format(name=name, password=password))


@users.command()
def link(
    name: Name,
    subject: Annotated[
        str, typer.Argument(help='What the provider calls this person; "" ends it. 身份标识。')
    ],
    *,
    database_url: DatabaseUrl,
    issuer: Annotated[
        str, typer.Option(envvar=ISSUER, help="The provider, as it calls itself. 身份提供方。")
    ],
    reason: Reason = "linked on the machine",
) -> None:
    """关联单点登录 · Say who a person is at the site's own sign-in; a subject is one person, once."""

    async def work(connection: Connection) -> bool:
        return await link_person(connection, _by(reason), name, issuer, subject)

    if not _run(database_url, work):
        give_up(_NOBODY.format(name))


def _change(database_url: str, name: str, kind: str, new: dict[str, Any], *, reason: str) -> None:
    async def work(connection: Connection) -> bool:
        return await change_person(connection, _by(reason), kind, name, new)

    if not _run(database_url, work):
        give_up(_NOBODY.format(name))


def _by(reason: str) -> By:
    return By(SystemClock().now(), f"{getpass.getuser()} (command line)", "", reason)


def _run(database_url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def done() -> T:
        connection = await connect(database_url)
        try:
            with explained(place(database_url)):
                return await work(connection)
        finally:
            await close(connection)

    try:
        return asyncio.run(done())
    except (DatabaseError, NameTakenError, SubjectTakenError) as error:
        give_up(str(error))
