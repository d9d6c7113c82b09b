"""The tests below `booted/` need a machine that has booted: ``python -m tests.system.systemd``."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("I2CDRV_MACHINE") else ["booted"]
