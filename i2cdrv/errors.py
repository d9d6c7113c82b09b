"""Every failure that this package reports: an OSError with the kernel's errno and a message.

The message names the thing, the cause and, if there is one, the next step.
The meanings of the numbers: Documentation/i2c/fault-codes.rst.
"""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

MAX_LISTED = 12  # names in an error that advises the nearest one


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean temp?)`` for a word that resembles a known one, else an empty text."""
    from difflib import get_close_matches  # imported only after a mistake: it is slow

    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), names, n=3)
    best = min(close, key=lambda one: abs(len(one) - len(word)), default="")  # x17 is rather x16 than x1
    return f" (did you mean {names[best]}?)" if best else ""


def choice(word: str, known: Collection[str], heading: str) -> str:
    """Return the nearest name, and behind the heading the known names; a long list only if no name is near."""
    near = nearest(word, known)
    return near if near and len(known) > MAX_LISTED else f"{near}; {heading}: {', '.join(known) or 'none'}"


def mistake(error: BaseException, path: Path) -> str:
    """Return a programmer's mistake in one line: its line in the file, its type and its message."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{'' if line is None else f'line {line}: '}{named(error)}{_nearest_import(error)}"


def _nearest_import(error: BaseException) -> str:
    """Return the name that ``from module import name`` meant; an empty text for another error."""
    text = "cannot import name '"
    if not isinstance(error, ImportError) or not error.msg.startswith(text) or error.name not in sys.modules:
        return ""
    return nearest(error.msg.removeprefix(text).partition("'")[0], dir(sys.modules[error.name]))


def named(error: BaseException) -> str:
    """Return type and message of an error, as ``ValueError: no number``; a foreign ``__str__`` may fail."""
    try:
        message = f"{error}"
    except Exception:  # noqa: BLE001, RUF100  # of its __str__
        message = ""
    return f"{type(error).__name__}{message and ': '}{message}"


class Error(OSError):
    """The base of all; ``number`` is the default errno of the class, an instance may carry another.

    ``log``: the kernel's log line of it, where the message for users has other words.
    """

    number = errno.EIO
    log = ""

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(self.number if number is None else number, message)

    def __reduce__(self) -> tuple[type[Error], tuple[str, int | None]]:
        return type(self), (self.message, self.errno)  # OSError's own swaps the two arguments

    @property
    def message(self) -> str:
        """The message without the errno."""
        return str(self.strerror)

    @property
    def name(self) -> str:
        """The errno's symbol, for example ``ENXIO``."""
        return errno.errorcode.get(self.errno or 0, str(self.errno))


NOT_ACKNOWLEDGED = (errno.ENXIO, errno.EREMOTEIO)  # the errnos of adapters; only a working bus reports it


class Nack(Error):
    """The chip did not acknowledge its address or a data byte (ENXIO; many adapters report EREMOTEIO)."""

    number = errno.ENXIO


class NoDevice(Error):
    """No chip, or a chip that the driver is not for (ENODEV)."""

    number = errno.ENODEV


class Busy(Error):
    """Another driver or process owns the address (EBUSY)."""

    number = errno.EBUSY


class TimedOut(Error, TimeoutError):
    """A wait reached its limit (ETIMEDOUT)."""

    number = errno.ETIMEDOUT


class DriverFault(Error):
    """The driver broke its contract, which no chip can cause; it is not run again (ENOTRECOVERABLE)."""

    number = errno.ENOTRECOVERABLE


class Overrun(DriverFault, TimedOut):
    """A driver waited beyond its time limit (ETIMEDOUT)."""

    number = errno.ETIMEDOUT


class Stalled(Overrun):
    """A driver was ejected because it did not release the bus, or never ended (ETIMEDOUT)."""


class Ejected(BaseException):
    """Raised in the code of a driver that has lost its device; not an Exception, so ``except Exception`` misses it.

    ``why``: the error raised in callers that wait for the driver.
    """

    def __init__(self, why: Error | None = None) -> None:
        super().__init__("the driver has been ejected" if why is None else why.message)
        self.why = why


class BadChecksum(Error):
    """A CRC or PEC does not match its data (EBADMSG)."""

    number = errno.EBADMSG


class NotSupported(Error):
    """The adapter cannot do the requested operation (EOPNOTSUPP)."""

    number = errno.EOPNOTSUPP


class Invalid(Error):
    """A value that is not accepted (EINVAL; ERANGE for a number that does not fit)."""

    number = errno.EINVAL

    def __init__(self, message: str, number: int | None = None, log: str = "") -> None:
        super().__init__(message, number)
        self.log = log


class Unknown(Error):
    """No module, parameter, attribute or bus of that name (ENOENT)."""

    number = errno.ENOENT


class OutOfRange(Error):
    """The chip's result is outside its range: an input is saturated, shorted or open (ERANGE)."""

    number = errno.ERANGE


class Disagreement(Error):
    """Two reads of the same bytes differ (EIO)."""


class NotConverted(Error):
    """The chip has no conversion newer than the last one (EAGAIN)."""

    number = errno.EAGAIN


class BusFault(Error):
    """The bus itself fails for every chip; the errno is the controller's."""


class ConfigLost(Error):
    """The chip no longer has its settings: it lost power, or another chip took its place (ENODATA).

    Its measurement cannot be verified, so there is no value.
    """

    number = errno.ENODATA


class NotMeasured(ConfigLost):
    """A channel that no conversion has filled (ENODATA)."""


class NotRecorded(Error):
    """The record that replaces a bus does not contain the requested transfer (EBADRQC)."""

    number = errno.EBADRQC


class EndOfRecord(NotRecorded):
    """The record that replaces a bus is at its end (ESHUTDOWN)."""

    number = errno.ESHUTDOWN
