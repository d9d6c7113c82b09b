"""Failed assertions of the helpers show their values, as those of the tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.vm.guest.kernel", "tests.vm.guest.product", "tests.vm.guest.host")
