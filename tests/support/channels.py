"""The channels of a driver, by the type of its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from i2cdrv import Driver

if TYPE_CHECKING:
    from i2cdrv.driver.channel import Channel


def channels_of(kind: Any) -> tuple[Channel, ...]:
    """Return the channels of a driver that returns samples of a class, or of one of several.  Raises its TypeError."""

    async def sample(_self: Driver) -> Any: ...

    sample.__annotations__ = {"return": kind}
    driver: Any = type("Sensor", (Driver,), {"sample": sample})
    found: tuple[Channel, ...] = driver.channels
    return found
