"""``python -m tests.system.tree``: record the operations on this machine's sysfs, as root."""

from __future__ import annotations

from .kernel import record

record()
