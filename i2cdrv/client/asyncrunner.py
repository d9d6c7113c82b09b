"""The runner of plans for asyncio: other tasks run during each step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from ..ipc.asyncstreams import AsyncMergedStreams
from ..ipc.varlink.aio import call
from ..ipc.varlink.client import Exchange
from .plan import Call, Emit, Next, Open, Pause, Progress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .plan import Plan, Series

T = TypeVar("T")


async def run(plan: Plan[T]) -> T:
    """Perform a plan and return its result."""
    progress = Progress(plan)
    while (step := progress.next()) is not None:
        with progress.step():
            progress.outcome = await _perform(step)
    return progress.result


async def iterate(series: Series) -> AsyncGenerator[Any, None]:
    """Perform a series, and yield the values that it emits.  The end of the iterator, or cancellation, hangs up."""
    progress, streams = Progress(series), AsyncMergedStreams[int]()
    try:
        while (step := progress.next()) is not None:
            if isinstance(step, Emit):
                yield step.value
                continue
            with progress.step():
                progress.outcome = await _advance(step, streams)
    finally:
        await streams.close()


async def _perform(step: Call | Pause) -> Any:
    if isinstance(step, Call):
        return await call(step.path, step.method, step.parameters, step.timeout)
    return await asyncio.sleep(step.seconds)


async def _advance(step: Call | Pause | Open | Next, streams: AsyncMergedStreams[int]) -> Any:
    match step:
        case Open(key, path, method, parameters):
            return streams.add(key, Exchange(path, method, parameters, more=True))
        case Next(seconds):
            if not streams.open:
                await asyncio.sleep(seconds or 0.0)
            return await streams.next(seconds)
    return await _perform(step)
