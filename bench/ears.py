"""Listen to Commands as a collector in this process carries them out, down to the frames handed to its sockets."""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from asyncua.client.ua_client import UASocketProtocol

from config.model import Command
from drivers.talk import Talk
from monitor.collector.poll import Poll
from monitor.collector.respond import Responder


@dataclass
class Said:
    """One Command on its way: when its intent came onto the disk, and when each of its frames went onto the wire."""

    command: Command
    intent: "asyncio.Future[None] | None"
    written_ns: int = 0
    sent_ns: list[int] = field(default_factory=list)
    ended_ns: int = 0

    def note(self, _written: object = None) -> None:
        """The intent is on the disk."""
        self.written_ns = time.perf_counter_ns()


_SPEAKING: ContextVar[Said | None] = ContextVar("speaking", default=None)
"""The Command that the current task carries out."""


def hear_commands(ended: Callable[[Said], None]) -> None:
    """Listen from now on.

    Args:
        ended: is told of each Command that was carried out, or could not be.
    """
    given = _hear_offers()
    Poll.ask = _listening(Poll.ask, given, ended)  # type: ignore[method-assign]  # the ear
    Poll.command = _listening(Poll.command, given, ended)  # type: ignore[method-assign]  # the ear
    for protocol in (Talk, UASocketProtocol):
        _hear_sockets_of(protocol)


def _hear_offers() -> dict[int, Said]:
    """Take the time at which each Command's intent is on the disk; give them by the Commands' identities."""
    offer: Any = Responder.offer
    given: dict[int, Said] = {}

    def heard(one: Responder, command: Command, written: "asyncio.Future[None] | None") -> None:
        given[id(command)] = said = Said(command, written)
        if written is not None:
            written.add_done_callback(said.note)
        offer(one, command, written)

    Responder.offer = heard  # type: ignore[method-assign,assignment]  # the ear
    return given


def _listening(carry_out: Any, given: dict[int, Said], ended: Callable[[Said], None]) -> Any:  # noqa: ANN401 - a method
    async def heard(poll: Poll, command: Command, *rest: Any) -> Any:  # noqa: ANN401 - passed on
        said = given[id(command)]
        token = _SPEAKING.set(said)
        try:
            return await carry_out(poll, command, *rest)
        finally:
            _SPEAKING.reset(token)
            said.ended_ns = time.perf_counter_ns()
            ended(said)

    return heard


def _hear_sockets_of(protocol: Any) -> None:  # noqa: ANN401 - two classes with nothing in common but this method
    """Take the time of each frame that a Command sends by this protocol."""
    made = protocol.connection_made

    def connection_made(one: Any, transport: asyncio.Transport) -> None:  # noqa: ANN401 - passed on
        write = transport.write

        def heard(data: bytes) -> None:
            write(data)
            said = _SPEAKING.get()
            if said is not None:
                said.sent_ns.append(time.perf_counter_ns())

        transport.write = heard  # type: ignore[method-assign,assignment]  # the ear
        made(one, transport)

    protocol.connection_made = connection_made
