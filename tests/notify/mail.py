"""A mail server of the tests' own: SMTP (RFC 5321) with AUTH, as little as a mail needs."""

import asyncio
import base64
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from tests.notify.standins import listening


@dataclass
class MailServer:
    """Takes mail for whom it knows, from who signs in."""

    user: str = "alarms"
    password: str = "pw-7Hk2mQ9z"
    unknown: str = "nobody@plant.example"
    busy: bool = False
    hangs: asyncio.Event | None = None
    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["MailServer"]:
        async with listening(self._serve) as self.port:
            yield self

    def url(self, to: str = "{to}") -> str:
        login = f"{self.user}:{self.password}"
        return f"mailto://{login}@127.0.0.1:{self.port}?from=alarms@plant.example&to={to}&mode=insecure"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.hangs:
            await self.hangs.wait()
        writer.write(b"220 plant.example ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                written = await reader.readuntil(b"\r\n.\r\n")
                message = email.message_from_bytes(written[:-5], policy=email.policy.default)
                self.taken.append(message)
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(self._answer(line, verb))
            await writer.drain()

    def _answer(self, line: str, verb: str) -> bytes:
        if verb.startswith(("EHLO", "HELO")):
            return b"250-plant.example\r\n250 AUTH PLAIN\r\n"
        if verb.startswith("AUTH PLAIN"):
            given = base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:]
            is_known = given == [self.user, self.password]
            # A server that says too much: the password comes back.
            return b"235 welcome\r\n" if is_known else f"535 5.7.8 not {given[1]}\r\n".encode()
        if verb.startswith("RCPT") and self.busy:
            return b"451 4.3.0 try again later\r\n"
        if verb.startswith("RCPT") and self.unknown in line:
            return b"550 5.1.1 no such user\r\n"
        return b"250 ok\r\n"
