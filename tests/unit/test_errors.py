"""Errors are OSErrors with the kernel's numbers."""

from __future__ import annotations

import copy
import errno
import pickle

import pytest

from i2cdrv import errors
from i2cdrv.errors import Error, Invalid, Nack, TimedOut

NUMBERS = [  # Documentation/i2c/fault-codes.rst; Invalid and Unknown as for module parameters
    ("Error", errno.EIO),
    ("Nack", errno.ENXIO),
    ("NoDevice", errno.ENODEV),
    ("Busy", errno.EBUSY),
    ("TimedOut", errno.ETIMEDOUT),
    ("Overrun", errno.ETIMEDOUT),
    ("Stalled", errno.ETIMEDOUT),
    ("BadChecksum", errno.EBADMSG),
    ("NotSupported", errno.EOPNOTSUPP),
    ("Invalid", errno.EINVAL),
    ("Unknown", errno.ENOENT),
    ("ConfigLost", errno.ENODATA),
    ("NotMeasured", errno.ENODATA),
    ("NotConverted", errno.EAGAIN),
    ("OutOfRange", errno.ERANGE),
    ("Disagreement", errno.EIO),
    ("BusFault", errno.EIO),
    ("DriverFault", errno.ENOTRECOVERABLE),
    ("NotRecorded", errno.EBADRQC),
    ("EndOfRecord", errno.ESHUTDOWN),
]


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_each_class_has_its_errno_and_is_an_oserror(name: str, number: int) -> None:
    error = getattr(errors, name)("what happened")
    assert isinstance(error, Error)
    assert isinstance(error, OSError)
    assert error.errno == number
    assert error.name == errno.errorcode[number]
    assert error.message == "what happened"


def test_every_class_is_in_this_test() -> None:
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Error)}
    assert classes == {name for name, _ in NUMBERS}


def test_an_instance_may_carry_another_errno() -> None:
    error = Nack("no answer", errno.EREMOTEIO)
    assert error.errno == errno.EREMOTEIO
    assert error.name == "EREMOTEIO"
    assert isinstance(error, Nack)
    assert Invalid("too large", errno.ERANGE).name == "ERANGE"


def test_a_number_without_a_symbol_is_shown_as_it_is() -> None:
    assert Error("defer", 517).name == "517"


def test_a_program_may_catch_it_as_pythons_own() -> None:
    with pytest.raises(TimeoutError):
        raise TimedOut("too slow")
    with pytest.raises(OSError, match="what happened"):
        raise Error("what happened")


@pytest.mark.parametrize("error", [Nack("no answer", errno.EREMOTEIO), TimedOut("too slow"), Invalid("wrong")])
def test_an_error_survives_being_copied_and_sent_to_another_process(error: Error) -> None:
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert (twin.errno, twin.message) == (error.errno, error.message)
