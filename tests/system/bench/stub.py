"""The rate of a driver's regmap against smbus2's on a kernel's adapter: i2c-stub in User Mode Linux.

Both make one ioctl for each read.  A regmap also reads the clock twice, so that the time of the transfer is not charged
to the driver.  User Mode Linux has no vDSO, so each of these is a system call of about 15 µs, as dear as the ioctl and
half of smbus2's time for a read.  Where the clock is read without a system call, both together take 0.1 µs.
"""

from __future__ import annotations

import functools
import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.system.vm import boot, cache, uml, uml_kernel

from .peers import say

RATIO = re.compile(r"a driver's regmap .*\((\d+\.\d+)\)")


@functools.cache
def ratio() -> float | None:
    """Boot the machine of ``make vm`` for its one test of speed; None if that kernel has not been built."""
    inputs = uml_kernel.SOURCE, uml_kernel.CONFIG.read_text()
    if not cache.entry_of("uml", uml_kernel.build_kernel, *inputs).is_dir():
        say("the kernel with i2c-stub is not there: make vm builds it")
        return None
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as shown:
        boot.boot(uml.machine("stub", Path(folder), environment={"PYTEST_ADDOPTS": "-k quick"}))
    found = RATIO.search(shown.getvalue())
    return float(found[1]) if found else None
