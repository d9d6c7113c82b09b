"""The streams of several processes as one, for asyncio."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import Error
from .streams import End
from .varlink.aio import AsyncStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .varlink.client import Exchange

    Reply = dict[str, Any]

K = TypeVar("K")


class AsyncMergedStreams(Generic[K]):
    """As ``MergedStreams``: several streams, in the order of their replies; a task for each waits for the next one."""

    def __init__(self) -> None:
        self._streams: dict[K, AsyncStream] = {}
        self._tasks: dict[asyncio.Task[Reply | None], K] = {}

    @property
    def open(self) -> set[K]:
        return set(self._tasks.values())

    def add(self, key: K, exchange: Exchange) -> None:
        """Make the call of another stream."""
        self._streams[key] = stream = AsyncStream(exchange)
        self._tasks[asyncio.ensure_future(_owning(stream, partial(_first, stream)))] = key

    async def next(self, seconds: float | None) -> tuple[K, Reply | End] | None:
        """Return the next reply or end, with its stream's key; None after the time, or if all have ended."""
        if not self._tasks:
            return None
        done, _ = await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return self._taken(next(task for task in self._tasks if task in done)) if done else None

    def _taken(self, task: asyncio.Task[Reply | None]) -> tuple[K, Reply | End]:
        key = self._tasks.pop(task)
        error = task.exception()
        if isinstance(error, Error):
            return key, self._end(key, error)
        if (reply := task.result()) is None:
            return key, self._end(key, None)
        stream = self._streams[key]
        self._tasks[asyncio.ensure_future(_owning(stream, stream.next))] = key  # behind those of the other streams
        return key, reply

    def _end(self, key: K, error: Error | None) -> End:
        self._streams.pop(key).close()
        return End(error)

    async def close(self) -> None:
        """Hang up on all processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stream in self._streams.values():  # a task that was cancelled before its first step has closed nothing
            stream.close()


async def _first(stream: AsyncStream) -> Reply | None:
    await stream.start()
    return await stream.next()


async def _owning(stream: AsyncStream, work: Callable[[], Awaitable[Reply | None]]) -> Reply | None:
    """Do the work, and close the stream if it fails or is cancelled: after that no reader of its socket is left."""
    try:
        return await work()
    except BaseException:
        stream.close()
        raise
