"""Every failure this package reports: an OSError with the kernel's errno and a sentence.

The sentence names the thing, the cause and, where there is one, the next step.
Meanings of the numbers: Documentation/i2c/fault-codes.rst.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean temp?)`` for a word that resembles a known one, else nothing."""
    from difflib import get_close_matches  # only who errs pays for it

    close = get_close_matches(word, list(known), n=3)
    best = min(close, key=lambda one: abs(len(one) - len(word)), default="")  # x17 is rather x16 than x1
    return f" (did you mean {best}?)" if best else ""


def mistake(error: BaseException, path: Path) -> str:
    """A programmer's mistake in one line: where in the file, what kind, what it says."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{'' if line is None else f'line {line}: '}{named(error)}"


def named(error: BaseException) -> str:
    """Return the kind of an error and what it says, as ``ValueError: no number``; a foreign one may fail to say it."""
    try:
        said = f"{error}"
    except Exception:  # noqa: BLE001, RUF100  # of its __str__
        said = ""
    return f"{type(error).__name__}{said and ': '}{said}"


class Error(OSError):
    """Base of all; ``number`` is the default errno of the class, an instance may carry another."""

    number = errno.EIO

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(self.number if number is None else number, message)

    def __reduce__(self) -> tuple[type[Error], tuple[str, int | None]]:
        return type(self), (self.message, self.errno)  # OSError's own has our arguments the wrong way round

    @property
    def message(self) -> str:
        """The sentence without the errno."""
        return str(self.strerror)

    @property
    def name(self) -> str:
        """The errno's symbol, for example ``ENXIO``."""
        return errno.errorcode.get(self.errno or 0, str(self.errno))


NOT_ACKNOWLEDGED = (errno.ENXIO, errno.EREMOTEIO)  # by what adapters say it; only a bus that works can


class Nack(Error):
    """The chip did not acknowledge its address or a data byte (ENXIO; many adapters say EREMOTEIO)."""

    number = errno.ENXIO


class NoDevice(Error):
    """No chip, or not the chip the driver is for (ENODEV)."""

    number = errno.ENODEV


class Busy(Error):
    """Somebody else owns the address (EBUSY)."""

    number = errno.EBUSY


class TimedOut(Error, TimeoutError):
    """A wait reached its limit (ETIMEDOUT)."""

    number = errno.ETIMEDOUT


class DriverFault(Error):
    """The driver did what no driver may, whatever the chip says; it is not run any more (ENOTRECOVERABLE)."""

    number = errno.ENOTRECOVERABLE


class Overrun(DriverFault, TimedOut):
    """A driver took longer than it may: it waited on after its limit (ETIMEDOUT)."""

    number = errno.ETIMEDOUT


class Stalled(Overrun):
    """A driver was ejected, because it did not give the bus back, or went on for ever (ETIMEDOUT)."""


class Ejected(BaseException):
    """Raised in the code of a driver that has lost its device; no Exception, or ``except Exception`` would catch it.

    ``why``: what those hear who wait for the driver.
    """

    def __init__(self, why: Error | None = None) -> None:
        super().__init__("the driver has been ejected" if why is None else why.message)
        self.why = why


class BadChecksum(Error):
    """A CRC or PEC does not fit its data (EBADMSG)."""

    number = errno.EBADMSG


class NotSupported(Error):
    """The adapter cannot do what was asked (EOPNOTSUPP)."""

    number = errno.EOPNOTSUPP


class Invalid(Error):
    """A value outside what is accepted (EINVAL; ERANGE when it is a number that does not fit).

    ``log``: what the kernel's setter of that type writes to its log before it refuses.
    """

    number = errno.EINVAL

    def __init__(self, message: str, number: int | None = None, log: str = "") -> None:
        super().__init__(message, number)
        self.log = log


class Unknown(Error):
    """No module, parameter, attribute or bus of that name (ENOENT)."""

    number = errno.ENOENT


class OutOfRange(Error):
    """What the chip says is no value that it can measure: an input is saturated, shorted or open (ERANGE)."""

    number = errno.ERANGE


class Disagreement(Error):
    """The same bytes, read twice, are not the same (EIO)."""


class NotConverted(Error):
    """The chip has no conversion that is newer than the last one (EAGAIN)."""

    number = errno.EAGAIN


class BusFault(Error):
    """The bus itself cannot be used, whichever chip is asked; the errno is the controller's."""


class ConfigLost(Error):
    """The chip no longer has the settings it was given: it lost power, or it is another one (ENODATA).

    What it measured cannot be vouched for, so there is no value.
    """

    number = errno.ENODATA


class NotMeasured(ConfigLost):
    """A channel that no conversion has filled (ENODATA)."""


class NotRecorded(Error):
    """A record that is played instead of a bus has something else than what is asked (EBADRQC)."""

    number = errno.EBADRQC


class EndOfRecord(NotRecorded):
    """A record that is played instead of a bus is at its end (ESHUTDOWN)."""

    number = errno.ESHUTDOWN
