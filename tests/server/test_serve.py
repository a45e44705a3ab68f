"""Running the server: its address, its certificate, its end."""

import asyncio
import socket
import ssl
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from bench.running import NO_TLS
from monitor.server.database import Database
from monitor.server.gate import API, COOKIE
from monitor.server.serve import ServerError, serve
from monitor.server.settings import Settings
from tests.patience import PATIENCE_S
from tests.server.conftest import PASSWORD, Running, running


class Certificate(NamedTuple):
    """Two PEM files."""

    file: Path
    key: Path


async def test_a_taken_address_is_one_clear_error(server: Running, settings: Settings) -> None:
    port = int(server.address.rstrip("/").rpartition(":")[2])
    with pytest.raises(ServerError, match=rf"127\.0\.0\.1:{port}.*in use.*--port"):
        await serve(replace(settings, port=port))


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0)])
async def test_an_address_that_is_not_ours_is_one_too(settings: Settings, host: str, port: int) -> None:
    with pytest.raises(ServerError, match="cannot listen on"):
        await serve(replace(settings, host=host, port=port))


async def test_a_certificate_that_is_none_is_one_too(settings: Settings) -> None:
    nowhere = settings.data / "missing.pem"
    with pytest.raises(ServerError, match=r"missing\.pem"):
        await serve(replace(settings, tls_certificate=nowhere, tls_key=nowhere))


async def test_a_cancelled_server_frees_its_address(settings: Settings) -> None:
    async with running(settings) as server:
        port = int(server.address.rstrip("/").rpartition(":")[2])
        async with server.screen(server.sign_in()) as screen:
            await screen.next()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_an_answer_waits_for_nothing_on_its_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[socket.socket] = []
    accept = socket.socket.accept

    def noted(listener: socket.socket) -> tuple[socket.socket, object]:
        connection, address = accept(listener)
        taken.append(connection)
        return connection, address

    monkeypatch.setattr(socket.socket, "accept", noted)
    async with (
        running(settings) as server,
        httpx.AsyncClient(base_url=server.address, verify=NO_TLS) as client,
    ):
        await client.get(f"{API}/health")
        assert [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in taken] == [1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made.file), "-keyout", str(made.key)]
    subprocess.run(["openssl", *kind.split(), *files], check=True, capture_output=True)
    return made


async def test_over_tls_the_cookie_is_for_tls_only(
    settings: Settings, keeping: Running, certificate: Certificate
) -> None:
    url = keeping.service.settings.database_url
    with_tls = replace(settings, database_url=url, tls_certificate=certificate.file, tls_key=certificate.key)
    trusted = ssl.create_default_context(cafile=str(certificate.file))
    async with running(with_tls) as server:
        await server.service.people.known.wait()
        assert server.address.startswith("https://")
        async with httpx.AsyncClient(base_url=server.address, verify=trusted, trust_env=False) as client:
            body = {"name": "admin", "password": PASSWORD}
            answer = await client.post(f"{API}/session", json=body)
            assert answer.status_code == 204
            assert "secure" in answer.headers["set-cookie"].lower().split("; ")
            assert f"__Host-{COOKIE}" in client.cookies


async def test_a_stop_does_not_wait_for_a_query_that_waits_for_the_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first cancellation of a query under way is spent on asking the database to end it, which may hang."""
    monkeypatch.setattr("monitor.server.app.CANCEL_AGAIN_S", 0.0)

    async def hangs(_: Database) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_future()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(Database, "run", hangs)
    async with asyncio.timeout(PATIENCE_S), running(settings):
        pass
