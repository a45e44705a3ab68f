"""H26: devices share a process, and not their fate."""

from contextlib import AsyncExitStack
from datetime import timedelta

from tests.collector.clock import START
from tests.drivers.nouns import qualities
from tests.faulty.polling import polling
from tests.faulty.truth import read_nodes, read_registers, serve_nodes, serve_registers
from tests.proxy import MBAP, OPCUA, Fault, Proxy

SECONDS = 10
TIMEOUT_S = 10.0
NEVER_S = 600.0
"""A timeout that does not end within the test: were anything waiting for it, its own row would not come."""


async def test_h26_one_bad_device_does_not_delay_the_others() -> None:
    """One is black-holed before and one after it was connected, one takes longer for an answer than it may."""
    async with AsyncExitStack() as servers:
        nodes = await servers.enter_async_context(serve_nodes())
        ports = [(await servers.enter_async_context(serve_registers())).port for _ in range(6)]
        cut = await _proxy(servers, Proxy(ports[0], MBAP))
        lost = await _proxy(servers, Proxy(nodes.port, OPCUA))
        slow = await _proxy(servers, Proxy(ports[1], MBAP, delay_s=1.2 * TIMEOUT_S))
        others = {f"modbus {port}": read_registers(port, timeout_s=TIMEOUT_S) for port in ports[2:]}
        others["opcua"] = read_nodes(nodes.port, timeout_s=TIMEOUT_S)
        bad = {
            "cut": read_registers(cut.port, timeout_s=NEVER_S),
            "lost": read_nodes(lost.port, timeout_s=NEVER_S),
            "slow": read_registers(slow.port, timeout_s=TIMEOUT_S),
        }
        lost.hole = True
        async with polling({**bad, **others}) as polls:
            await polls.tick("cut", "slow", *others)
            assert polls.is_good("cut")
            assert polls.is_good("slow")
            cut.hole = True
            slow.faults = iter(lambda: Fault.DELAY, Fault.NONE)
            for _ in range(SECONDS - 1):
                await polls.tick(*others)
            assert len(polls.rows["cut"]) == 1
            assert "lost" not in polls.rows
    every_second = [START + timedelta(seconds=second) for second in range(1, SECONDS + 1)]
    for name in others:
        assert [row.at for row in polls.rows[name]] == every_second
        assert {quality for row in polls.rows[name] for quality in qualities(row)} == {0}


async def _proxy(servers: AsyncExitStack, proxy: Proxy) -> Proxy:
    await servers.enter_async_context(proxy.listener)
    return proxy
