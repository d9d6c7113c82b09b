"""Python 3.14 with smbus2 before 0.6: opening a bus raised SystemError("buffer overflow"), which is simulated here.

Right: an OSError of i2cdrv, in one line that names the versions.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NoReturn

from smbus2 import smbus2 as uapi

from i2cdrv.i2c.i2cdev import I2cDevAdapter

from .common import verdict


def overflow(*_: object) -> NoReturn:
    raise SystemError("buffer overflow")


if __name__ == "__main__":
    setattr(uapi, "ioctl", overflow)  # noqa: B010  # smbus2's types do not declare it
    dev = Path(tempfile.mkdtemp())
    (dev / "i2c-1").touch()
    try:
        I2cDevAdapter(1, dev=dev)
    except OSError as error:
        verdict(False, str(error))
    except SystemError as error:
        verdict(True, f"traceback of SystemError: {error}")
    verdict(True, "no error")
