"""Acting as another user: the effective user of one thread, which SO_PEERCRED and file modes use."""

from __future__ import annotations

import ctypes
import os
import platform
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODY = 65534
_SETRESUID = {"x86_64": 117, "aarch64": 147, "armv7l": 208, "armv6l": 208}.get(platform.machine())

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or _SETRESUID is None, reason="needs root, to be somebody else (and a known architecture)"
)


def as_nobody(work: Callable[[], Any]) -> Any:
    """Return the work's result, or raise its exception, in a thread of the user ``nobody``."""
    outcome: list[Any] = []

    def run() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.syscall(_SETRESUID, NOBODY, NOBODY, NOBODY) == 0  # not libc's own, which changes all threads
        try:
            outcome.append(work())
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcome[0]
