"""Other authors' scripts on ``python -m i2cdrv.shim``, and smbus2's own tests: ``python -m tests.system.shim``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.system.verify.install import NotInstalled

from . import packages


def main() -> int:
    try:
        packages.install()
    except NotInstalled as error:
        print(error, file=sys.stderr)
        return 2
    return pytest.main(["-q", str(Path(__file__).parent)])


if __name__ == "__main__":
    sys.exit(main())
