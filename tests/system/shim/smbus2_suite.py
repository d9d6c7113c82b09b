"""Run smbus2's own tests with i2cdrv's SMBus in the place of theirs: ``smbus2_suite.py FOLDER``.

Their ``open`` and ``ioctl`` give the register N the value N, refuse a quick write and know no PEC.  The link here does
the same.
"""

from __future__ import annotations

import sys
import unittest
from typing import TYPE_CHECKING
from unittest import mock

from i2cdrv import shim
from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Functionality, Read, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.i2c.adapter import Message

RASPBERRY_PI_3 = 0x0EFF0001  # without I2C_FUNC_SMBUS_PEC, as their mock has it


class Registers:
    """A bus on which the register N of any chip is N."""

    functionality = Functionality(RASPBERRY_PI_3)
    is_local = False

    def __init__(self, *_: object) -> None:
        pass

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        del force
        first, *rest = messages
        if not isinstance(first, Write) or not first.data:
            raise Nack("the quick write is refused")
        return [bytes(range(first.data[0], first.data[0] + one.length)) for one in rest if isinstance(one, Read)]

    def fileno(self) -> int:
        return sys.stdin.fileno()

    def close(self) -> None:
        pass

    def after_fork(self) -> None:
        pass


def main() -> int:
    shim.install()
    suite = unittest.defaultTestLoader.discover(sys.argv[1])
    with mock.patch("i2cdrv.client.link._open", Registers):
        result = unittest.TextTestRunner(stream=sys.stderr).run(suite)
    print(f"{result.testsRun} tests, {len(result.skipped)} skipped")
    return not result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
