"""OPC UA: one session per device, all channels in one Read, every value with its own status and source time.

The session's life is ours: asyncua neither reconnects nor retries, and after any failure the client is thrown
away and built anew, with the namespace index looked up again (a PLC download may have moved it). Values are read
with `read_attributes`: the simpler calls hide the status, so that a doubtful value looks good.
"""

import math
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from asyncua.ua.uatypes import DataValue, Int16, NodeId, String
from cryptography.exceptions import InvalidSignature

from config.model import Channel, Command, Device, Node, Quality, Sample
from drivers.asking import Asking
from drivers.bounded import bounded
from drivers.driver import DriverError, Nonsense, Now, Refused, Unreachable
from drivers.handshake import ANSWER_TIMEOUT_S, allowed, check_answer
from drivers.heartbeat import heartbeat_of
from drivers.keys import Keys
from drivers.row import Row
from drivers.secure import check_security, hint_of, secure, shown_certificate
from drivers.status import SESSION_LOST, name_of, quality_of

CONNECT_TIMEOUT_S = 2.0
"""For the whole of connecting: socket, channel, session, namespaces. A PLC takes longer for that than for a Read."""

SECURE_CONNECT_TIMEOUT_S = 4.0
"""With two more questions, and four operations with a private key, which cost a PLC a second."""

CLOSE_TIMEOUT_S = 0.2
"""For saying goodbye, so that the PLC frees the session's place; longer is not worth holding up the next try."""

SESSION_TIMEOUT_S = 30.0
"""After which a server forgets a session that was cut off. PLCs have few places for sessions."""

WATCHDOG_S = 5.0
"""How often asyncua probes the server; it keeps the session alive where a device is polled more rarely."""

UNDECODABLE = (
    UaError,
    InvalidSignature,
    struct.error,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
)
"""What asyncua raises when a server's answer is not what it should be: it decodes without checking first."""

VALUE_KEPT = frozenset({Quality.GOOD, Quality.UNCERTAIN, Quality.STALE, Quality.SIMULATED})
"""With any other quality the value that came along must be ignored (OPC UA Part 4, 7.11)."""


class OpcUaDriver:
    """A device whose channels are nodes of an OPC UA server."""

    def __init__(self, device: Device, now: Now, keys: Keys | None = None) -> None:
        """Check what can be checked without the device.

        Args:
            device: whose channels are nodes.
            now: the service's clock.
            keys: for a device with security.

        Raises:
            ValueError: a channel that is no node, or a policy that nobody speaks.
            KeysError: the device has security, and there is no certificate of ours.
        """
        check_security(device, keys)
        (self._series,) = device.series
        self._device = device
        self._now = now
        self._keys = keys
        self._identifiers = [_identifier(channel) for channel in self._series.channels]
        self._heartbeat = heartbeat_of(device)
        self._node_ids: list[NodeId] = []
        self._asking: Asking | None = None
        self._client: Client | None = None

    async def connect(self) -> None:
        """Make a new session and look up the namespace.

        Raises:
            Unreachable: nothing answers in time.
            Refused: it will not have us, or it has not the profile's namespace.
            Nonsense: what answers does not speak OPC UA.
        """
        await self.close()
        is_secure = self._device.security is not None
        async with self._deadline(SECURE_CONNECT_TIMEOUT_S if is_secure else CONNECT_TIMEOUT_S, "connect"):
            certificate = await self._introduce()
            client = self._client = self._new_client()
            if self._keys is not None:
                await secure(client, self._device, self._keys, certificate, self._now())
            await self._open(client)
            index = self._namespace_index(await client.get_namespace_array())
            self._node_ids = [NodeId(String(identifier), Int16(index)) for identifier in self._identifiers]
            handshake = self._device.profile.handshake
            self._asking = Asking(handshake, index) if handshake is not None else None

    async def read(self, at: datetime) -> list[Sample]:
        """Read all nodes once, within the device's timeout.

        Raises:
            Unreachable: no answer in time, or the session is gone.
            Refused: the server refuses the whole Read; a single bad node only makes its own channel bad.
            Nonsense: the answer is not one value per node.
        """
        if self._client is None:
            raise Unreachable(f"{self._device.address}: not connected")
        async with self._deadline(self._device.timeout_s, "read"):
            answers = await self._client.uaclient.read_attributes(self._node_ids, AttributeIds.Value)
            if len(answers) != len(self._node_ids):
                raise Nonsense(f"{len(answers)} values for {len(self._node_ids)} nodes")
        row = Row(self._series)
        for channel, answer in zip(self._series.channels, answers, strict=True):
            put(row, channel, answer)
        if self._heartbeat is not None:
            self._heartbeat.watch(row, at)
        times = [answer.SourceTimestamp for answer in answers if answer.SourceTimestamp is not None]
        return [row.sample(at, self._now(), source_at=max(times, default=None))]

    async def command(self, command: Command) -> None:
        """Ask the device for a request, by handshake, and wait for its answer.

        Raises:
            Refused: not on the profile's allow-list (nothing was sent), or the device said no.
            Unreachable: no answer in time; `Busy` if it answers that it has no time, and then the session lives on.
            Nonsense: the answer is not one for each node.
        """
        request = allowed(self._device, command)
        doing = f"request {request.key} {command.param}, number {command.seq}"
        client, asking = self._at_hand()
        async with self._deadline(self._device.timeout_s + ANSWER_TIMEOUT_S, doing):
            code = await asking.ask(client.uaclient, request, command.param, command.seq)
        check_answer(f"{self._device.address}: {doing}", code)

    async def beat(self, count: int) -> None:
        """Let the device hear that the monitoring lives.

        Args:
            count: one more each second; it goes round at 65536.

        Raises:
            Refused: the device has no handshake, or does not let us write.
            Unreachable: nothing answers.
            Nonsense: the answer is not one.
        """
        client, asking = self._at_hand()
        async with self._deadline(self._device.timeout_s, "heartbeat"):
            await asking.beat(client.uaclient, count)

    async def close(self) -> None:
        """Say goodbye to the server if it still listens, and drop the connection."""
        await self._drop(is_dead=False)

    def _at_hand(self) -> tuple[Client, Asking]:
        """The session, and the handshake's nodes in it."""
        if self._device.profile.handshake is None:
            raise Refused(f"{self._device.id}: the profile has no handshake")
        if self._client is None or self._asking is None:
            raise Unreachable(f"{self._device.address}: not connected")
        return self._client, self._asking

    def _new_client(self) -> Client:
        timeout_s = max(CONNECT_TIMEOUT_S, SECURE_CONNECT_TIMEOUT_S)
        client = Client(self._device.address, timeout=timeout_s, watchdog_intervall=WATCHDOG_S)
        client.name = client.description = "Gradewatch"  # as it stands in the server's own list of sessions
        client.session_timeout = int(SESSION_TIMEOUT_S * 1000)
        return client

    async def _introduce(self) -> bytes:
        """Ask a server with security for its certificate, on a connection of its own that carries nothing else."""
        if self._device.security is None:
            return b""
        client = self._client = self._new_client()
        await client.connect_sessionless()
        certificate = shown_certificate(await client.get_endpoints(), self._device.security)
        await self._drop(is_dead=False)
        return certificate

    async def _open(self, client: Client) -> None:
        try:
            await client.connect()
        except AssertionError:
            if self._device.security is None:
                raise
            # A server may refuse within its answer to OpenSecureChannel, which asyncua cannot read.
            refused = StatusCodes.BadSecurityChecksFailed
            raise Refused(f"no encrypted channel is opened for us{hint_of(refused)}") from None

    def _namespace_index(self, uris: Sequence[str] | None) -> int:
        uri = self._device.profile.namespace_uri
        if not uris or uri not in uris:
            raise Refused(f"no namespace {uri!r}, only {', '.join(uris or ())}")
        return list(uris).index(uri)

    @asynccontextmanager
    async def _deadline(self, timeout_s: float, doing: str) -> AsyncIterator[None]:
        """Bound what is inside, tell what went wrong in our own words, and drop the client if anything did."""
        where = f"{self._device.address}: {doing}"
        try:
            async with bounded(timeout_s):
                yield
        except TimeoutError:
            await self._drop(is_dead=True)
            raise Unreachable(f"{where}: no answer within {timeout_s} s") from None
        except OSError as error:
            await self._drop(is_dead=True)
            raise Unreachable(f"{where}: {error}") from error
        except UaStatusCodeError as error:
            await self._drop(is_dead=False)
            cause = Unreachable if error.code in SESSION_LOST else Refused
            hint = hint_of(error.code) if doing == "connect" else ""
            raise cause(f"{where}: {name_of(error.code)}{hint}") from error
        except DriverError as error:
            await self._drop(is_dead=False)
            raise type(error)(f"{where}: {error}") from error
        except UNDECODABLE as error:
            await self._drop(is_dead=True)
            raise Nonsense(f"{where}: {type(error).__name__}: {error}") from error
        except BaseException:
            await self._drop(is_dead=True)
            raise

    async def _drop(self, *, is_dead: bool) -> None:
        """Let go of the client: its socket, and every task that it started.

        Args:
            is_dead: the server does not answer, so there is nobody to say goodbye to.
        """
        client, self._client = self._client, None
        if client is None:
            return
        protocol = client.uaclient.protocol
        if is_dead and protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
        try:
            async with bounded(CLOSE_TIMEOUT_S):
                await client.disconnect()
        except (OSError, *UNDECODABLE):
            pass  # the goodbye was a courtesy; its socket goes in any case
        finally:
            if protocol is not None and protocol.transport is not None:
                protocol.transport.abort()


def put(row: Row, channel: Channel, answer: DataValue) -> None:
    """Put one node's answer into its channel's place, with the quality that its status and value earn."""
    code = answer.StatusCode.value if answer.StatusCode is not None else StatusCodes.Good
    quality = quality_of(code)
    value = answer.Value.Value if answer.Value is not None else None
    if quality not in VALUE_KEPT:
        row.blank(channel, quality, _told(channel, code))
    elif not isinstance(value, int | float) or not math.isfinite(value):
        row.blank(channel, Quality.UNAVAILABLE, f"{_identifier(channel)}: no number ({value!r})")
    else:
        row.put(channel.place, float(value), quality)
        if quality is not Quality.GOOD:
            row.note(f"{channel.id}: {_told(channel, code)}")


def _told(channel: Channel, code: int) -> str:
    return f"{_identifier(channel)}: {name_of(code)}"


def _identifier(channel: Channel) -> str:
    node = channel.model.address
    if not isinstance(node, Node):
        raise ValueError(f"{channel.id}: has a register, not a node")  # noqa: TRY004 - a fault of the profile
    return node.identifier
