"""Threads that run drivers send Python's own messages to the log: warnings and unraisable exceptions.

Python would show the source line, and for that import modules and read files: a bus thread must not wait for a disk.
A coroutine that a driver forgot to await and a finaliser that raises are the usual causes.
"""

from __future__ import annotations

import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ..errors import Ejected, named
from ..lib import stack
from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Callable

    Hook = Callable[..., Any]

UNRAISABLE = "unraisable exception"


class _Own(threading.local):
    """Whether the thread that looks is one of ours."""

    thread = False


_own = _Own()
_hooks: WeakSet[Hook] = WeakSet()  # those that this module has put in place


def install() -> None:
    """Hand over what Python says on the threads that call ``to_log``; on all others nothing changes."""
    if warnings.showwarning not in _hooks:  # for the first time, or because catch_warnings has put back another
        warnings.showwarning = _installed(_showing(warnings.showwarning))
    if sys.unraisablehook not in _hooks:
        sys.unraisablehook = _installed(_raising(sys.unraisablehook))


def _installed(hook: Hook) -> Hook:
    _hooks.add(hook)
    return hook


def to_log() -> None:
    """From now on, what Python says on the calling thread goes to the log."""
    _own.thread = True


def _showing(before: Hook) -> Hook:
    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any) -> None:
        if not _own.thread:
            before(message, category, filename, lineno, *rest)
            return
        log("warning", "a warning of Python", warning=f"{category.__name__}: {message}", file=filename, line=lineno)

    return show


def _raising(before: Hook) -> Hook:
    def ignored(unraisable: sys.UnraisableHookArgs) -> None:
        if not _own.thread:
            before(unraisable)
            return
        if issubclass(unraisable.exc_type, Ejected):
            return  # it hit a finaliser of the driver's thread, and the watchdog looks once more
        error = unraisable.exc_value
        log(
            "error", UNRAISABLE, where=_name(unraisable.object),
            error=unraisable.exc_type.__name__ if error is None else named(error),
            stack="".join(map(str, stack.of_traceback(unraisable.exc_traceback)[-stack.DEPTH :])),
        )  # fmt: skip

    return ignored


def _name(thing: object) -> str:
    """Return its name, without calling code of its own."""
    name = getattr(thing, "__qualname__", None) if callable(thing) else None
    return name if isinstance(name, str) else type(thing).__qualname__
