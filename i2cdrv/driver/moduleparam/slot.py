"""Where the value of one parameter is, for who sets it and who reads it at the same time."""

from __future__ import annotations

from typing import Any

from ...atomic import Acquire, Atomic, Release, SetOnce

Value = tuple[Any]  # in a tuple, because None is a value too


class Slot:
    """Empty until the parameter is set; it shows the old value or the new one whole."""

    def __init__(self) -> None:
        self._value: Atomic[Value | None] = Atomic(None)

    def get(self) -> Value | None:
        return self._value.load(Acquire)

    def set(self, value: Any) -> None:
        self._value.store((value,), Release)


class OnceSlot:
    """The same for a parameter that is set only once, as those of Rust drivers are; a second time changes nothing."""

    def __init__(self) -> None:
        self._value: SetOnce[Value] = SetOnce()

    def get(self) -> Value | None:
        return self._value.as_ref()

    def set(self, value: Any) -> None:
        self._value.populate((value,))
