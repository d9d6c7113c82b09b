"""Two chips at one address: both receive every write, and a 0 bit from either wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_

from .chip import Chip, Value


class SharedAddress(Chip):
    """Chips at one address, which answer together; its inputs are the first chip's."""

    def __init__(self, *chips: Chip) -> None:
        self._parts: Sequence[Chip] = ()
        super().__init__()
        self._parts = chips
        self._answering: list[Chip] = []

    def connect(self, now: Callable[[], float], powered: float = 0.0) -> None:
        for part in self._parts:
            part.connect(now, powered)

    def power_cycle(self, moment: float) -> None:
        for part in self._parts:
            part.power_cycle(moment)

    def slow_down(self, factor: float, moment: float) -> None:
        for part in self._parts:
            part.slow_down(factor, moment)

    def power_on(self) -> None:
        for part in self._parts:
            part.power_on()

    def catch_up(self, now: float) -> None:
        for part in self._parts:
            part.catch_up(part.now())

    def set(self, **inputs: Value) -> None:
        self._parts[0].set(**inputs)

    def value(self, name: str, at: float | None = None) -> float:
        return self._parts[0].value(name, at)

    def start(self, read: bool) -> bool:
        self._answering = [part for part in self._parts if part.start(read)]
        return bool(self._answering)

    def write(self, byte: int) -> bool:
        self._answering = [part for part in self._answering if part.write(byte)]
        return bool(self._answering)

    def read(self) -> int:
        return reduce(and_, [part.read() for part in self._answering], 0xFF)

    def stop(self) -> None:
        for part in self._parts:
            part.stop()
