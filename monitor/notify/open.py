"""All ways of a plant, by id: what a notice is sent with."""

import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import assert_never

import httpx

from config import duty
from config.duty import WayKind
from monitor.notify.by_apprise import ByApprise, load
from monitor.notify.dingtalk import DingTalk
from monitor.notify.feishu import Feishu
from monitor.notify.post import HttpWay, open_client
from monitor.notify.secrets import Secrets
from monitor.notify.way import Answer, Letter, Way, failed, refused
from monitor.notify.webhook import Webhook
from monitor.notify.wecom import WeCom


class Ways:
    """Opened ways. Close them when the plant is no longer in force.

    Args:
        ways: the plant's, by id.
        secrets: where their addresses and keys are.
        now: the service's clock; signatures carry the time.
    """

    def __init__(self, ways: Mapping[str, duty.Way], secrets: Secrets, now: Callable[[], datetime]) -> None:
        self._client = open_client()
        self._ways = {way.id: _open(way, secrets, self._client, now) for way in ways.values()}

    async def send(self, way: str, letter: Letter) -> Answer:
        """Try once. Nothing but being cancelled is raised: what is wrong with one way must not end the others."""
        if way not in self._ways:
            return refused(f"the plant has no way '{way}'")
        try:
            return await self._ways[way].send(letter)
        except Exception as error:  # noqa: BLE001 - the outer edge of a way; its words may hold an address
            place = traceback.extract_tb(error.__traceback__)[-1]
            return failed(f"a fault of our own: {type(error).__name__} in {place.name}, line {place.lineno}")

    async def aclose(self) -> None:
        """Close all connections. What still hangs in a thread is left to itself."""
        await self._client.aclose()


def _open(way: duty.Way, secrets: Secrets, client: httpx.AsyncClient, now: Callable[[], datetime]) -> Way:
    match way.kind:
        case WayKind.DINGTALK:
            return HttpWay(way, DingTalk(), secrets, client, now)
        case WayKind.WECOM:
            return HttpWay(way, WeCom(), secrets, client, now)
        case WayKind.FEISHU:
            return HttpWay(way, Feishu("Feishu"), secrets, client, now)
        case WayKind.LARK:
            return HttpWay(way, Feishu("Lark"), secrets, client, now)
        case WayKind.WEBHOOK:
            return HttpWay(way, Webhook(), secrets, client, now)
        case WayKind.APPRISE:
            load()
            return ByApprise(way, secrets)
    assert_never(way.kind)
