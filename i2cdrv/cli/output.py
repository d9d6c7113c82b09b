"""The output of commands: printable text, and no traceback where it cannot be written."""

from __future__ import annotations

import errno
import os
import sys

from ..lib.printable import as_json, printable

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO


class NotWritten(Exception):
    """Standard output cannot be written: its disk is full, or its reader is gone (EPIPE).

    It is not an OSError: only the end of the command may catch it.
    """

    def __init__(self, fault: OSError) -> None:
        super().__init__(f"cannot write to standard output: {fault.strerror}; redirect it to another file")
        self.errno = fault.errno


class writing:
    """A block that writes to standard output: its OSError becomes NotWritten.

    So does the ValueError of a stream that a driver has closed.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, fault: object, _trace: object) -> None:
        if isinstance(fault, OSError):
            raise NotWritten(fault) from None
        if isinstance(fault, ValueError) and sys.stdout.closed:
            raise NotWritten(OSError(errno.EBADF, "a driver has closed it")) from None


def write(text: str) -> None:
    """Write text to standard output as it is, at once.  Errors: NotWritten."""
    with writing():
        sys.stdout.write(text)
        sys.stdout.flush()


def check_reader() -> None:
    """Check that standard output, if it is a pipe, still has a reader.  Errors: NotWritten if it is gone."""
    import select

    standard_output = select.poll()
    try:
        standard_output.register(sys.stdout.fileno(), 0)
        gone = any(event & select.POLLERR for _, event in standard_output.poll(0))
    except (OSError, ValueError):  # it is not a file
        return
    if gone:
        raise NotWritten(OSError(errno.EPIPE, os.strerror(errno.EPIPE)))


def print_lines(*lines: str) -> None:
    """Print lines for a person, at once.  Errors: NotWritten."""
    write("".join(f"{printable(line)}\n" for line in lines))


def print_json(*values: Any) -> None:
    """Print a line of JSON for each value, at once.  Errors: NotWritten."""
    write("".join(f"{as_json(value)}\n" for value in values))


def print_error(message: str) -> None:
    """Print an error to standard error, if that can be written."""
    print_note(f"i2cdrv: {message}")


def print_note(line: str) -> None:
    """Print a line to standard error, if that can be written."""
    write_to_stderr(f"{printable(line)}\n")


def write_to_stderr(text: str) -> None:
    """Write text to standard error as it is, if that can be written."""
    try:
        sys.stderr.write(text)
    except (OSError, ValueError):
        pass
    finally:
        _flush_stderr()


def _flush_stderr() -> None:
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _abandon(sys.stderr)


def prepare() -> None:
    """Prepare both streams: closed ones write to /dev/null, and characters outside the encoding are escaped."""
    _open_missing_std_fds()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # they are files


def _open_missing_std_fds() -> None:
    """Open /dev/null in place of a closed stdin, stdout or stderr, whose number the next file would get."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
            setattr(sys, name, os.fdopen(fd, "w" if fd else "r", closefd=False))


def finished(command: Callable[[], int | None]) -> int:
    """Run the command and flush its output; return the exit status.

    The status is 1, with a line of the reason, if standard output cannot be written.  A reader that is gone, as after
    ``head``, is not a failure.  Raises the command's SystemExit with that status.
    """
    status = 0
    try:
        status = command() or 0
        with writing():
            sys.stdout.flush()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
        raise SystemExit(finished(lambda: status)) from None
    except NotWritten as error:
        _abandon(sys.stdout)
        if error.errno != errno.EPIPE:
            print_error(str(error))
            status = 1
    _flush_stderr()
    return status


def _abandon(stream: TextIO) -> None:
    """Send buffered and later output to /dev/null: Python would fail to flush it at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, stream.fileno())
    except (OSError, ValueError):  # it is not a file
        pass
    finally:
        os.close(null)
