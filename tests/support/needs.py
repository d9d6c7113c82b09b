"""Features that a machine may lack, for example a container: tests that need them are skipped with a reason."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess

import pytest


def no_fuse() -> str:
    """Why no tree can be mounted; nothing if it can."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as fault:
        return f"/dev/fuse: {fault.strerror}"
    return "" if os.geteuid() == 0 or shutil.which("fusermount3") else "neither root nor fusermount3"


FUSE = pytest.mark.skipif(bool(no_fuse()), reason=no_fuse())


def fuse() -> None:
    """Skip the test that calls it where no tree can be mounted."""
    if why := no_fuse():
        pytest.skip(why)  # a bare container has no /dev/fuse; the tests in it are those of the README


def mounting() -> None:
    """Skip the test that calls it where this process may not mount."""
    done = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True, text=True)
    if os.geteuid() or done.returncode:
        pytest.skip(f"may not mount: {done.stderr.strip() or 'not root'}")


def terminal() -> tuple[int, int]:
    """Both ends of one; the test that calls it is skipped where there is none."""
    try:
        return pty.openpty()
    except OSError as fault:
        pytest.skip(f"no terminal: {fault.strerror or fault}")  # a bare chroot has no /dev/pts
