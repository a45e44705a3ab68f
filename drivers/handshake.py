"""Requests by handshake: what is asked for in one Write, its number in a second one, then the answer is awaited.

The number comes last and alone, because nothing says in which order a PLC sees the values of one Write: once it sees
the number, all that belongs to it stands there. A number that the PLC has taken already is answered and not carried
out again, so that the same request may be sent again when its answer was lost.

No maker publishes such a handshake: nodes, codes and times are a demo proposal.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from asyncua.client.ua_client import UaClient
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uatypes import DataValue, Int16, NodeId, StatusCode, String, Variant, VariantType

from config.model import Command, Device, Handshake, Node, Quality, Request
from drivers.driver import Driver, Nonsense, Refused, Unreachable
from drivers.status import name_of, quality_of

ANSWER_TIMEOUT_S = 1.0
"""How long a PLC may take to answer (demo proposal)."""

LOOK_EVERY_S = 0.05
"""How often its answer is looked for."""

SEQ_MAX = 0xFFFF
BEATS = 0x10000
"""Our heartbeat has 16 bits and goes round."""

ACCEPTED, BUSY = 0, 4
REFUSALS = {1: "refused: local mode", 2: "refused: interlock", 3: "unknown request"}


class Busy(Unreachable):
    """The PLC answered that it has no time for a request now. The connection is sound, and asking again helps."""


class Beating(Driver, Protocol):
    """A driver of a device with a handshake, which hears from us whether the monitoring lives."""

    async def beat(self, count: int) -> None:
        """Write our heartbeat.

        Args:
            count: one more each second; it goes round at 65536.

        Raises:
            Refused: the device has no handshake, or does not let us write.
            Unreachable: nothing answers.
        """


def beats(device: Device) -> bool:
    """Whether the driver of a device is a `Beating` one."""
    return device.profile.handshake is not None


def allowed(device: Device, command: Command) -> Request:
    """The request that a command names.

    Raises:
        Refused: it is not on the profile's allow-list, or not with this parameter or number.
    """
    request = device.profile.requests.get(command.request)
    if command.device != device.id or device.profile.handshake is None or request is None:
        raise Refused(f"{device.id}: request {command.request!r} is not on the profile's allow-list")
    if command.outputs:
        raise Refused(f"{device.id}: request {request.key!r} cannot set outputs as well")
    if not request.param_low <= command.param <= request.param_high:
        permitted = f"{request.param_low} to {request.param_high}"
        raise Refused(f"{device.id}: request {request.key!r} takes {permitted}, not {command.param}")
    if not 1 <= command.seq <= SEQ_MAX:
        raise Refused(f"{device.id}: number {command.seq} is none of a request; 1 to {SEQ_MAX} are")
    return request


def check_answer(where: str, code: int) -> None:
    """Say what a PLC's answer means.

    Args:
        where: the device and the request, for the message.
        code: of the answer.

    Raises:
        Busy: it has no time now.
        Refused: it said no, for the reason in the message.
    """
    if code == BUSY:
        raise Busy(f"{where}: busy")
    if code != ACCEPTED:
        raise Refused(f"{where}: {REFUSALS.get(code, f'answer {code}, which means nothing here')}")


class Asking:
    """The nodes of one device's handshake, as they stand in the session at hand."""

    def __init__(self, handshake: Handshake, index: int) -> None:
        """Look nothing up.

        Args:
            handshake: the nodes.
            index: of their namespace in this session.
        """
        self._nodes = handshake
        self._index = index

    async def ask(self, session: UaClient, request: Request, param: int, seq: int) -> int:
        """Ask for a request and wait for its answer.

        Returns:
            The code of the answer.

        Raises:
            Unreachable: no answer within ANSWER_TIMEOUT_S.
            Refused: it does not let us write.
            Nonsense: the answer is not one status or value per node.
        """
        nodes = self._nodes
        await self._write(session, {nodes.param: param, nodes.ticket: seq, nodes.code: request.code})
        await self._write(session, {nodes.seq: seq})
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._wait(session, seq)
        except TimeoutError:
            raise Unreachable(f"number {seq} has no answer within {ANSWER_TIMEOUT_S:g} s") from None

    async def beat(self, session: UaClient, count: int) -> None:
        """Write our heartbeat.

        Raises:
            Refused: it does not let us write.
            Nonsense: the answer is not one status.
        """
        await self._write(session, {self._nodes.beat: count % BEATS})

    async def _wait(self, session: UaClient, seq: int) -> int:
        """The answer, once it has been seen twice: a Read may fall between the PLC's number and its code."""
        before = await self._answer(session, seq)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            code = await self._answer(session, seq)
            if code is not None and code == before:
                return code
            before = code

    async def _write(self, session: UaClient, values: Mapping[Node, int]) -> None:
        data = [data_of(node, value) for node, value in values.items()]
        came = await session.write_attributes([self._node_id(node) for node in values], data)
        if len(came) != len(values):
            raise Nonsense(f"{len(came)} answers to a Write of {len(values)} nodes")
        for node, status in zip(values, came, strict=True):
            if not _is_good(status):
                raise Refused(f"{node.identifier}: {name_of(status.value)}")

    async def _answer(self, session: UaClient, seq: int) -> int | None:
        """The code of the answer to a number; None as long as the PLC shows another number, or none."""
        nodes = [self._nodes.ack_seq, self._nodes.ack_code]
        shown = await session.read_attributes([self._node_id(node) for node in nodes], AttributeIds.Value)
        if len(shown) != len(nodes):
            raise Nonsense(f"{len(shown)} values for {len(nodes)} nodes")
        taken, code = _numbers(shown)
        return code if taken == seq else None

    def _node_id(self, node: Node) -> NodeId:
        return NodeId(String(node.identifier), Int16(self._index))


def data_of(node: Node, value: int) -> DataValue:
    """A value as a node of this type takes it: alone, since a PLC may refuse one that comes with a status or a time."""
    return DataValue(Variant(value, VariantType[node.type]), None)


def _numbers(shown: Sequence[DataValue]) -> list[int | None]:
    """The whole numbers of a Read; None where there is no good one."""
    numbers = [
        one.Value.Value if one.Value is not None and _is_good(one.StatusCode) else None for one in shown
    ]
    return [number if isinstance(number, int) else None for number in numbers]


def _is_good(status: StatusCode | None) -> bool:
    code = status.value if status is not None else StatusCodes.Good
    return quality_of(code) is Quality.GOOD
