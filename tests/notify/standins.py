"""Stand-ins of the services that carry notices: real sockets on loopback, answers as publicly documented.

Each checks signatures with arithmetic of its own. Nothing of the code under test is used here.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """One request."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def query(self, name: str) -> str:
        return parse_qs(urlsplit(self.target).query).get(name, [""])[0]


Handler = Callable[[Asked], Awaitable[bytes]]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def http(status: int, body: bytes | dict[str, Any], **headers: str) -> bytes:
    """An answer as it goes over the wire."""
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A port of loopback at which each connection is served so. All of them end with it."""
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        writers.append(writer)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other end has gone, or the test is over
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(3):  # what was taken on at the last moment begins, so that it can be ended
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:  # one whose reader left before the end would stay open for what nobody takes
            writer.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def service(handler: Handler) -> AsyncIterator[str]:
    """An HTTP service; gives its address, `http://127.0.0.1:port`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        writer.write(await handler(Asked(first.split(" ")[1], headers, body)))
        await writer.drain()

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}"


def saying(answer: bytes) -> Handler:
    """Whatever it is asked, it says the same."""

    async def handler(asked: Asked) -> bytes:
        return answer

    return handler


async def silent(asked: Asked) -> bytes:
    """It hears and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


def mac(key: str, content: str) -> str:
    made = hmac.new(key.encode(), digestmod="sha256")
    made.update(content.encode())
    return base64.b64encode(made.digest()).decode()


@dataclass
class DingTalkRobot:
    """`POST /robot/send?access_token=…&timestamp=…&sign=…`; see "Custom robot access" and "Security settings"."""

    now: Callable[[], datetime]
    token: str = "5f0e1d2c3b4a59687766554433221100"
    key: str = "SECa1b2c3d4e5f60718293a4b5c6d7e8f90"
    keyword: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    minute: list[datetime] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/robot/send?access_token={self.token}"

    async def __call__(self, asked: Asked) -> bytes:
        code, message = self._judge(asked)
        if code == 0:
            self.taken.append(asked.json)
        return http(200, {"errcode": code, "errmsg": message}, Content_Type="application/json")

    def _judge(self, asked: Asked) -> tuple[int, str]:
        if asked.query("access_token") != self.token:
            return 300005, "token is not exist"
        sent = asked.query("timestamp")
        if abs(self.now().timestamp() * 1000 - int(sent or "0")) > HOUR.total_seconds() * 1000:
            return 310000, "invalid timestamp"
        if asked.query("sign") != mac(self.key, f"{sent}\n{self.key}"):
            return 310000, "sign not match"
        return self._content(asked)

    def _content(self, asked: Asked) -> tuple[int, str]:
        at = self.now()
        if len(asked.body) > 20_000:
            return 460101, "message too long, exceed 20000 bytes"
        if self.keyword not in asked.json["markdown"]["text"]:
            return 310000, "keywords not in content"
        self.minute = [one for one in self.minute if at - one < timedelta(minutes=1)] + [at]
        if len(self.minute) > 20:
            return 130101, "send too fast, exceed 20 times per minute"
        return 0, "ok"


@dataclass
class WeComRobot:
    """`POST /cgi-bin/webhook/send?key=…`; see document 91770 and the global error codes."""

    key: str = "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
    left: int = 20
    taken: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/cgi-bin/webhook/send?key={self.key}"

    async def __call__(self, asked: Asked) -> bytes:
        code, message = self._judge(asked)
        if code:
            message += f", hint: [1755605200056773468916791], from ip: 127.0.0.1, more info at devtool/query?e={code}"
        else:
            self.taken.append(asked.json)
        return http(200, {"errcode": code, "errmsg": message})

    def _judge(self, asked: Asked) -> tuple[int, str]:
        if asked.query("key") != self.key:
            return 93000, "invalid webhook url"
        kind = asked.json["msgtype"]
        if len(asked.json[kind]["content"].encode()) > {"markdown": 4096, "text": 2048}[kind]:
            return 40058, f"{kind}.content exceed max length"
        if not self.left:
            return 45009, "api freq out of limit"
        self.left -= 1
        return 0, "ok"


@dataclass
class FeishuRobot:
    """`POST /open-apis/bot/v2/hook/…`; see "Custom bot usage guide"."""

    now: Callable[[], datetime]
    hook: str = "c1d2e3f4-0a1b-4c2d-8e3f-a4b5c6d7e8f9"
    key: str = "Kq3vT8sXw1Zr5Yb7"
    keyword: str = ""
    left: int = 100
    taken: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/open-apis/bot/v2/hook/{self.hook}"

    async def __call__(self, asked: Asked) -> bytes:
        code, message = self._judge(asked)
        if code:
            return http(400 if code == 9499 else 200, {"code": code, "data": {}, "msg": message})
        self.taken.append(asked.json)
        done = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
        return http(200, done)

    def _judge(self, asked: Asked) -> tuple[int, str]:
        if urlsplit(asked.target).path != self.path:
            return 19001, "param invalid: incoming webhook access token invalid"
        if len(asked.body) > 20 * 1024 or asked.json.get("msg_type") != "interactive":
            return 9499, "Bad Request"
        sent = asked.json.get("timestamp", "0")
        is_late = abs(self.now().timestamp() - int(sent)) > HOUR.total_seconds()
        if is_late or asked.json.get("sign") != mac(f"{sent}\n{self.key}", ""):
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if self.keyword not in asked.body.decode():
            return 19024, "Key Words Not Found"
        if not self.left:
            return 11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"
        self.left -= 1
        return 0, "success"


@dataclass
class Gateway:
    """The other end of a signed webhook, which takes each key once."""

    now: Callable[[], datetime]
    key: str = "9b1f6c2a7d8e4f50a1b2c3d4e5f60718"
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: int = 0

    async def __call__(self, asked: Asked) -> bytes:
        self.heard += 1
        seconds = asked.headers["gradewatch-timestamp"]
        content = seconds.encode() + b"." + asked.body
        signed = hmac.new(self.key.encode(), content, hashlib.sha256).hexdigest()
        if asked.headers["gradewatch-signature"] != f"sha256={signed}":
            return http(401, {"detail": "wrong signature"})
        if abs(self.now().timestamp() - int(seconds)) > 300:
            return http(401, {"detail": "too old"})
        self.taken.setdefault(asked.headers["idempotency-key"], asked.json)
        return http(202, b"")
