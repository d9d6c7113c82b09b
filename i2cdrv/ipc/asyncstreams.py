"""The streams of several processes as one, for asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import Error
from .streams import End
from .varlink.aio import AsyncStream

if TYPE_CHECKING:
    from .varlink.client import Exchange

K = TypeVar("K")


class AsyncMergedStreams(Generic[K]):
    """As ``MergedStreams``: several streams, in the order of their replies; a task for each waits for the next one."""

    def __init__(self) -> None:
        self._streams: dict[K, AsyncStream] = {}
        self._tasks: dict[asyncio.Task[dict[str, Any] | None], K] = {}

    async def add(self, key: K, exchange: Exchange) -> None:
        """Make the call of another stream."""
        self._streams[key] = stream = AsyncStream(exchange)
        self._tasks[asyncio.ensure_future(_first(stream))] = key

    async def next(self, seconds: float | None) -> tuple[K, dict[str, Any] | End] | None:
        """Return the next reply or end, with its stream's key; None after the time, or if all have ended."""
        if not self._tasks:
            return None
        done, _ = await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return self._taken(next(task for task in self._tasks if task in done)) if done else None

    def _taken(self, task: asyncio.Task[dict[str, Any] | None]) -> tuple[K, dict[str, Any] | End]:
        key = self._tasks.pop(task)
        error = task.exception()
        if isinstance(error, Error):
            return key, self._end(key, error)
        if (reply := task.result()) is None:
            return key, self._end(key, None)
        self._tasks[asyncio.ensure_future(self._streams[key].next())] = key  # behind those of the other streams
        return key, reply

    def _end(self, key: K, error: Error | None) -> End:
        self._streams.pop(key).close()
        return End(error)

    async def close(self) -> None:
        """Hang up on all processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stream in self._streams.values():
            stream.close()
        self._tasks.clear()
        self._streams.clear()


async def _first(stream: AsyncStream) -> dict[str, Any] | None:
    await stream.start()
    return await stream.next()
