"""What is said on one connection: one question at a time, and every byte that comes held against it."""

import asyncio
from typing import cast

from drivers.driver import DriverError, Nonsense, Unreachable
from drivers.frames import Question


class Talk(asyncio.Protocol):
    """What is said on one connection. A new connection has a new one: nothing of an old one can come back."""

    def __init__(self) -> None:
        self._link: asyncio.Transport | None = None
        self._fault: DriverError | None = None
        self._question: Question | None = None
        self._came = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._drained: int | None = None
        """Bytes thrown away; None when they are not."""

    async def ask(self, question: Question) -> bytes:
        """Send a question; gives the PDU of its answer.

        Raises:
            DriverError: what came is not the answer, or came unasked, or the connection is lost.
        """
        if self._link is None or self._fault is not None:
            raise self._fault or Unreachable("not connected")
        self._question, self._came = question, b""
        self._answer = asyncio.get_running_loop().create_future()
        self._link.write(question.sent)
        answer = await self._answer
        # Also what came since: a surplus byte may have arrived behind the answer, before we were woken.
        if self._fault is not None:
            raise self._fault
        return answer

    async def drain(self, silence_s: float, windows_max: int) -> None:
        """Throw away what comes, until so long nothing has come.

        Args:
            silence_s: without a byte.
            windows_max: so many times as long at most.

        Raises:
            Unreachable: the connection is lost.
            Nonsense: it is never silent.
        """
        self._answer = asyncio.get_running_loop().create_future()
        for _ in range(windows_max):
            self._drained = 0
            # Nothing but the end of the connection wakes us before the time.
            await asyncio.wait({self._answer}, timeout=silence_s)
            if self._fault is not None:
                raise self._fault
            if not self._drained:
                self._drained = None
                return
        raise Nonsense("bytes that nobody asked for, without an end")

    def drop(self) -> None:
        """Close the connection at once."""
        if self._link is not None:
            self._link.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._link = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop, with whatever has come."""
        if self._drained is not None:
            self._drained += len(data)
            return
        if self._question is None:
            self._give_up(Nonsense(f"{len(data)} bytes that nobody asked for"))
            return
        self._came += data
        try:
            pdu = self._question.answer(self._came)
        except Nonsense as error:
            self._give_up(error)
            return
        if pdu is not None:
            self._question = None
            self._wake(pdu)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop: a question that is open must not wait out its timeout."""
        self._give_up(Unreachable(f"connection lost ({exc})" if exc else "connection lost"))

    def _give_up(self, fault: DriverError) -> None:
        self._fault = self._fault or fault
        self.drop()
        self._wake(b"")

    def _wake(self, pdu: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(pdu)
