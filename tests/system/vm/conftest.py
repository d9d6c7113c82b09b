"""The tests below `guest/` run inside a machine only: ``python -m tests.system.vm``."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("I2CDRV_VM") else ["guest"]
