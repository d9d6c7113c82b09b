"""Python's own messages on threads that run drivers go to the log: warnings and unraisable exceptions.

Python would show the source line, for which it imports modules and reads files: a bus thread must not wait for a disk.
A coroutine that a driver did not await and a finaliser that raises are the usual causes.
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


class _ThisThread(threading.local):
    """A flag of each thread: whether its messages go to the log."""

    is_logged = False


_this_thread = _ThisThread()
_hooks: WeakSet[Hook] = WeakSet()  # of this module


def install() -> None:
    """Install the hooks.  They affect only threads that call ``log_this_thread``."""
    if warnings.showwarning not in _hooks:  # for the first time, or because catch_warnings has restored another
        warnings.showwarning = _remember(_make_showwarning(warnings.showwarning))
    if sys.unraisablehook not in _hooks:
        sys.unraisablehook = _remember(_make_unraisablehook(sys.unraisablehook))


def _remember(hook: Hook) -> Hook:
    _hooks.add(hook)
    return hook


def log_this_thread() -> None:
    """Send Python's messages on the calling thread to the log from now on."""
    _this_thread.is_logged = True


def _make_showwarning(previous: Hook) -> Hook:
    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any) -> None:
        if not _this_thread.is_logged:
            previous(message, category, filename, lineno, *rest)
            return
        log("warning", "Python warning", warning=f"{category.__name__}: {message}", file=filename, line=lineno)

    return show


def _make_unraisablehook(previous: Hook) -> Hook:
    def ignored(unraisable: sys.UnraisableHookArgs) -> None:
        if not _this_thread.is_logged:
            previous(unraisable)
            return
        if issubclass(unraisable.exc_type, Ejected):
            return  # it was raised in a finaliser of the driver's thread, and the watchdog checks again
        error = unraisable.exc_value
        log(
            "error", UNRAISABLE, where=_name(unraisable.object),
            error=unraisable.exc_type.__name__ if error is None else named(error),
            stack="".join(map(str, stack.of_traceback(unraisable.exc_traceback)[-stack.DEPTH :])),
        )  # fmt: skip

    return ignored


def _name(thing: object) -> str:
    """Return the name of an object without calling its code."""
    name = getattr(thing, "__qualname__", None) if callable(thing) else None
    return name if isinstance(name, str) else type(thing).__qualname__
