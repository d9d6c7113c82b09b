"""Only for inside a machine, where there is nothing to break. The helpers' failed assertions show their values too."""

from __future__ import annotations

import os

import pytest

if not os.environ.get("I2CDRV_VM"):
    raise pytest.UsageError("these tests load kernel modules; they run inside a machine: python -m tests.vm")

pytest.register_assert_rewrite("tests.vm.guest.kernel", "tests.vm.guest.product", "tests.vm.guest.host")
