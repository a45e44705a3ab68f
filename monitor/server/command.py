"""What a person asks of the collector, over its Unix socket."""

import asyncio
from datetime import datetime
from pathlib import Path

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from config.model import Text
from monitor.server.messages import ALARM_EXAMPLE, Alarm, shown
from monitor.server.refusal import Refusal

PATIENCE_S = 5.0

_log = structlog.get_logger()

_COLLECTOR_GONE = Text(
    en="The collector does not answer, so the alarm may not be acknowledged; look at the list and try again.",
    zh="采集进程无响应，报警可能尚未确认，请查看报警列表后重试。",
)
_REFUSED = {
    404: Text(en="There is no such alarm.", zh="没有该报警。"),
    409: Text(
        en="That occurrence of the alarm is over, or somebody has acknowledged it; look at the list again.",
        zh="该次报警已结束或已被确认，请重新查看报警列表。",
    ),
}


class Acknowledged(BaseModel):
    """The alarm after it was acknowledged."""

    model_config = shown(
        {"alarm": {**ALARM_EXAMPLE, "state": "ACKED", "acknowledged": True, "acknowledged_by": "li"}}
    )

    alarm: Alarm


class Commands:
    """The way to the collector's commands. Its token is read at each, because a restart makes a new one."""

    def __init__(self, data: Path) -> None:
        self._token = data / "collector.token"
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(data / "collector.sock")),
            base_url="http://collector",
            timeout=PATIENCE_S,
            trust_env=False,
        )

    async def acknowledge(self, alarm: str, raised_at: datetime, who: str, comment: str) -> Acknowledged:
        """Tell the collector that a person has seen one occurrence of an alarm.

        Raises:
            Refusal: 404 no such alarm, 409 that occurrence is over or was acknowledged, 503 the collector
                does not answer.
        """
        body = {"alarm": alarm, "raised_at": raised_at.isoformat(), "who": who, "comment": comment}
        try:
            token = (await asyncio.to_thread(self._token.read_text)).strip()
            reply = await self._client.post(
                "/acknowledge", json=body, headers={"Authorization": f"Bearer {token}"}
            )
            if reply.status_code in _REFUSED:
                raise Refusal(reply.status_code, _REFUSED[reply.status_code])
            reply.raise_for_status()
            return Acknowledged.model_validate_json(reply.content)
        except (OSError, httpx.HTTPError, ValidationError) as error:
            _log.warning("acknowledge_failed", alarm=alarm, error=str(error) or type(error).__name__)
            raise Refusal(503, _COLLECTOR_GONE, {"Retry-After": "2"}) from error

    async def close(self) -> None:
        """Drop the connections."""
        await self._client.aclose()
