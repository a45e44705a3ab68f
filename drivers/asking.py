"""Asks by handshake over OPC UA: writes the request, then its number, then waits for the answer."""

import asyncio
from collections.abc import Mapping, Sequence

from asyncua.client.ua_client import UaClient
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uatypes import DataValue, Int16, NodeId, StatusCode, String, Variant, VariantType

from config.model import Handshake, Node, Quality, Request
from drivers.bounded import bounded
from drivers.driver import Nonsense, Refused, Unreachable
from drivers.handshake import ANSWER_TIMEOUT_S, BEATS
from drivers.status import name_of, quality_of

LOOK_EVERY_S = 0.05
"""How often its answer is looked for."""


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
            async with bounded(ANSWER_TIMEOUT_S):
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
