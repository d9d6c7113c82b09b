"""Where the value of one parameter is, for who sets it and who reads it at the same time."""

from __future__ import annotations

from typing import Any

from ..atomic import Acquire, Atomic, Release, SetOnce

_UNSET: Any = object()


class Slot:
    """Empty until the parameter is set; it shows the old value or the new one whole."""

    def __init__(self) -> None:
        self._value = Atomic(_UNSET)

    def get(self, default: Any) -> Any:
        value = self._value.load(Acquire)
        return default if value is _UNSET else value

    def set(self, value: Any) -> bool:
        """Whether it could be set."""
        self._value.store(value, Release)
        return True


class OnceSlot:
    """The same for a parameter that is set only once, as those of Rust drivers are."""

    def __init__(self) -> None:
        self._value: SetOnce[tuple[Any]] = SetOnce()

    def get(self, default: Any) -> Any:
        value = self._value.as_ref()
        return default if value is None else value[0]

    def set(self, value: Any) -> bool:
        """Whether it could be set: the first time."""
        return self._value.populate((value,))
