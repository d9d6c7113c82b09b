"""The base class of the varlink services: from an interface's text to the functions behind its methods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ..names import TEXTS
from ..varlink import Interface

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def changes(handler: F) -> F:
    """Mark a handler that changes something: only root and the user of this process may call it; it may wait."""
    handler.changes = True  # type: ignore[attr-defined]
    return handler


def waits(handler: F) -> F:
    """Mark a handler that may wait for a chip."""
    handler.waits = True  # type: ignore[attr-defined]
    return handler


def upgrades(handler: F) -> F:
    """Mark a handler that returns an Upgrade; it may wait."""
    handler.upgrades = True  # type: ignore[attr-defined]
    return waits(handler)


class Handlers:
    """The functions behind one interface: ``list_devices`` for its method ``ListDevices``.

    Each takes a Call and returns the reply or an Upgrade, or yields replies.  Errors travel as the interface's Error.
    """

    name: ClassVar[str]

    def interface(self) -> Interface:
        """Return the interface with these functions behind its methods."""
        interface = Interface(TEXTS[self.name])
        for method in interface.inputs:
            handler = getattr(self, re.sub("(?<=[a-z])(?=[A-Z])", "_", method).lower())
            marks = {mark: getattr(handler, mark, False) for mark in ("changes", "waits", "upgrades")}
            interface.add(method, handler, **marks)
        return interface
