"""Conversations typed from a datasheet, as the pytest plugin plays them for a user's driver."""

from i2cdrv.sim.conversation import conversation as conversation  # noqa: PLC0414
