"""What a person asks of the collector, over its Unix socket."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from config.model import Occupancy, Text
from monitor.server.messages import ALARM_EXAMPLE, Alarm, shown
from monitor.server.protected import PROTECTION_EXAMPLE, Protection
from monitor.server.refusal import Refusal
from monitor.server.why import in_chinese

PATIENCE_S = 5.0

_log = structlog.get_logger()
T = TypeVar("T", bound=BaseModel)

_COLLECTOR_GONE = Text(
    en="The collector does not answer, so it may not be done; look at the list and try again.",
    zh="采集进程无响应，操作可能尚未执行，请查看列表后重试。",
)
_COLLECTOR_SILENT = Text(en="The collector does not answer.", zh="采集进程无响应。")
_REFUSED = {
    404: Text(en="There is no such thing.", zh="没有该项。"),
    409: Text(en="It may not be done, or is done already", zh="不允许该操作，或已执行"),
    422: Text(en="The collector cannot read it.", zh="采集进程无法识别该请求。"),
}


class OneAlarm(BaseModel):
    """The alarm as it stands after what was done."""

    model_config = shown(
        {"alarm": {**ALARM_EXAMPLE, "state": "ACKED", "acknowledged": True, "acknowledged_by": "li"}}
    )

    alarm: Alarm


class OneProtection(BaseModel):
    """The protective action as it stands after what was done."""

    model_config = shown({"protection": PROTECTION_EXAMPLE})

    protection: Protection


class OneZone(BaseModel):
    """What goes on in a zone from now on."""

    model_config = shown({"zone": "STM-L1-CORE", "occupancy": "at_rest"})

    zone: str
    occupancy: Occupancy


class Commands:
    """The way to the collector's commands. Its token is read at each, because a restart makes a new one."""

    def __init__(self, data: Path) -> None:
        self._token = data / "collector.token"
        self._client = httpx.AsyncClient(
            # A socket of this machine speaks no TLS: whom else to trust takes 20 ms to read.
            transport=httpx.AsyncHTTPTransport(
                uds=str(data / "collector.sock"), verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            ),
            base_url="http://collector",
            timeout=PATIENCE_S,
            trust_env=False,
        )

    async def ask(
        self, path: str, body: Mapping[str, Any], answer: type[T], patience_s: float = PATIENCE_S
    ) -> T:
        """Ask the collector for something, and return its answer.

        Raises:
            Refusal: 404 there is no such thing, 409 it may not be done or is done already, 503 the collector does not
                answer.
        """
        try:
            reply = await self._reply("POST", path, body, patience_s)
            if reply.status_code in _REFUSED:
                raise _refusal(reply)
            reply.raise_for_status()
            return answer.model_validate_json(reply.content)
        except (OSError, httpx.HTTPError, ValidationError) as error:
            _log.warning("command_failed", path=path, error=str(error) or type(error).__name__)
            raise Refusal(503, _COLLECTOR_GONE, {"Retry-After": "2"}) from error

    async def read(self, path: str, answer: type[T]) -> T:
        """Ask the collector what it knows of something.

        Raises:
            Refusal: 503, it does not answer.
        """
        try:
            reply = await self._reply("GET", path)
            return answer.model_validate_json(reply.raise_for_status().content)
        except (OSError, httpx.HTTPError, ValidationError) as error:
            raise Refusal(503, _COLLECTOR_SILENT, {"Retry-After": "2"}) from error

    async def metrics(self) -> bytes:
        """Ask the collector for its figures, as Prometheus reads them.

        Raises:
            Refusal: 503, it does not answer.
        """
        try:
            return (await self._reply("GET", "/metrics")).raise_for_status().content
        except (OSError, httpx.HTTPError) as error:
            # The link's own loss is logged by the relay.
            raise Refusal(503, _COLLECTOR_SILENT, {"Retry-After": "2"}) from error

    async def _reply(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, patience_s: float = PATIENCE_S
    ) -> httpx.Response:
        token = (await asyncio.to_thread(self._token.read_text)).strip()
        headers = {"Authorization": f"Bearer {token}"}
        return await self._client.request(method, path, json=body, headers=headers, timeout=patience_s)

    async def close(self) -> None:
        """Drop the connections."""
        await self._client.aclose()


def _refusal(reply: httpx.Response) -> Refusal:
    """Pass on why not, in the collector's own words where it gives a sentence, and in Chinese."""
    text, told = _REFUSED[reply.status_code], reply.json().get("detail")
    if reply.status_code != 409 or not isinstance(told, str):
        return Refusal(reply.status_code, text)
    return Refusal(reply.status_code, Text(f"{text.en}: {told}.", f"{text.zh}：{in_chinese(told)}。"))
