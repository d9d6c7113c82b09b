"""The runner of plans that blocks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from ..ipc.streams import MergedStreams
from ..ipc.varlink import Client
from .plan import LIST_TIMEOUT_S, Call, Emit, Next, Open, Pause, Progress

if TYPE_CHECKING:
    from collections.abc import Generator

    from .plan import Plan, Series

T = TypeVar("T")


def run(plan: Plan[T]) -> T:
    """Perform a plan and return its result."""
    progress = Progress(plan)
    while (step := progress.next()) is not None:
        with progress.step():
            progress.outcome = _perform(step)
    return progress.result


def iterate(series: Series) -> Generator[Any, None, None]:
    """Perform a series, and yield the values that it emits.  The end of the iterator hangs up."""
    progress, streams = Progress(series), MergedStreams[int]({})
    try:
        while (step := progress.next()) is not None:
            if isinstance(step, Emit):
                yield step.value
                continue
            with progress.step():
                progress.outcome = _advance(step, streams)
    finally:
        streams.close()


def _perform(step: Call | Pause) -> Any:
    if isinstance(step, Call):
        return Client(step.path, step.timeout).call(step.method, step.parameters)
    return time.sleep(step.seconds)


def _advance(step: Call | Pause | Open | Next, streams: MergedStreams[int]) -> Any:
    match step:
        case Open(key, path, method, parameters):
            return streams.add(key, Client(path, LIST_TIMEOUT_S).open(method, parameters))
        case Next(seconds):
            if not streams.open:
                time.sleep(seconds or 0.0)
            return streams.next(seconds)
    return _perform(step)
