"""The client for asyncio: its replies and errors are those of the other one, and its waits block no other task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.errors import Error, TimedOut
from i2cdrv.ipc.asyncstreams import AsyncMergedStreams
from i2cdrv.ipc.streams import End
from i2cdrv.ipc.varlink import NoServer
from i2cdrv.ipc.varlink.aio import call
from i2cdrv.ipc.varlink.client import Exchange, NoAnswer

from .desk import DESK, PATIENCE, Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from i2cdrv.ipc.varlink import Server


async def turned(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.001)


def count(path: Path, **parameters: Any) -> Exchange:
    return Exchange(path, f"{DESK}.Count", parameters, more=True)


def test_a_call_returns_its_reply(server: Server, path: Path) -> None:
    assert asyncio.run(call(path, f"{DESK}.Echo", {"text": "é"}, PATIENCE)) == {"text": "é"}


def test_an_error_is_raised_again_as_its_own_type(server: Server, path: Path) -> None:
    with pytest.raises(TimedOut, match="1-0076: no conversion") as caught:
        asyncio.run(call(path, f"{DESK}.Fail", {"errno": 110, "message": "1-0076: no conversion"}, PATIENCE))
    assert type(caught.value) is TimedOut  # which is a TimeoutError, but not that of the call


def test_a_call_without_a_server_or_an_answer_is_an_error(server: Server, path: Path, desk: Desk) -> None:
    with pytest.raises(NoServer, match="no daemon runs"):
        asyncio.run(call(path.with_name("none"), f"{DESK}.Echo", {"text": ""}, PATIENCE))
    with pytest.raises(NoAnswer, match=r"control did not answer within 0\.05 s: see journalctl"):
        asyncio.run(call(path, f"{DESK}.Wait", {}, 0.05))


def test_other_tasks_run_during_a_call(server: Server, path: Path, desk: Desk) -> None:
    async def both() -> Any:
        waiting = asyncio.create_task(call(path, f"{DESK}.Wait", {}, PATIENCE))
        await turned(lambda: desk.waiting.acquire(blocking=False))
        assert await call(path, f"{DESK}.Echo", {"text": "meanwhile"}, PATIENCE) == {"text": "meanwhile"}
        desk.go.set()
        return await waiting

    assert asyncio.run(both()) == {"word": "done"}


def test_a_full_queue_of_the_server_is_waited_for(path: Path) -> None:
    """Unix sockets refuse further clients with EAGAIN, which asyncio's sock_connect takes for success."""

    async def many() -> list[Any]:
        calls = [asyncio.create_task(call(path, f"{DESK}.Echo", {"text": str(n)}, PATIENCE)) for n in range(40)]
        return list(await asyncio.gather(*calls))

    desk = Desk()
    server = desk.server(path)
    server.start()
    server._address.sock.listen(1)  # the queue of the listening socket
    try:
        assert asyncio.run(many()) == [{"text": str(n)} for n in range(40)]
    finally:
        server.stop()


def test_streams_become_one_and_each_end_is_reported(server: Server, path: Path) -> None:
    async def collect() -> list[Any]:
        streams = AsyncMergedStreams[str]()
        streams.add("good", count(path, to=2))
        streams.add("bad", count(path, to=1, fail=True))
        streams.add("none", count(path.with_name("none"), to=1))
        found = []
        while (item := await streams.next(PATIENCE)) is not None:
            found.append(item)
        await streams.close()
        return found

    found = asyncio.run(collect())
    assert [reply for key, reply in found if key == "good"] == [{"number": 0}, {"number": 1}, End(None)]
    ends = {key: reply.describe("it") for key, reply in found if isinstance(reply, End)}
    assert ends == {"good": "it has ended", "bad": "counted too far", "none": "it has ended"}


def test_closed_or_cancelled_streams_hang_up(server: Server, path: Path, desk: Desk) -> None:
    async def cancelled() -> None:
        streams = AsyncMergedStreams[int]()
        streams.add(1, Exchange(path, f"{DESK}.Follow", {}, more=True))
        assert await streams.next(PATIENCE) == (1, {"number": 0})
        assert await streams.next(0.01) is None
        waiting = asyncio.create_task(streams.next(None))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await streams.close()

    asyncio.run(cancelled())
    assert desk.ended.wait(PATIENCE)


def test_a_cancelled_call_hangs_up(server: Server, path: Path, desk: Desk) -> None:
    async def cancelled() -> None:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await call(path, f"{DESK}.Wait", {}, PATIENCE)
        assert not isinstance(caught.value, Error)  # the caller's own limit

    asyncio.run(cancelled())
