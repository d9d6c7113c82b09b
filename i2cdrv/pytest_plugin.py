"""For pytest: a simulated bus and a way to open drivers on it, for who tests a driver of their own.

``def test_temp(sim_bus, i2cdrv_open):``
``    sim_bus.attach(0x18, "mcp9808", temp=-12.5)``
``    assert i2cdrv_open("./mychip.py").sample().temp == -12.5``

pytest loads this wherever i2cdrv is installed: nothing else of it is imported until a test asks for a fixture.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .core.device import Device
    from .core.session import Samples
    from .sim import SimAdapter

S = TypeVar("S")

BOOT = 1.0  # s between power and drivers, as on a machine: what was attached has started up and measured


class Open(Protocol):
    """What ``i2cdrv_open`` is: i2cdrv.open on the test's bus."""

    @overload
    def __call__(self, driver: type[Samples[S]], addr: int | None = None, **params: Any) -> Device[S]: ...
    @overload
    def __call__(self, driver: str, addr: int | None = None, **params: Any) -> Device[Any]: ...


@pytest.fixture
def sim_bus() -> SimAdapter:
    """A simulated I2C bus at 100 kHz on virtual time, with no chip yet: ``attach`` some, let ``faults`` happen.

    ``clock.sleep(3600)`` lets an hour pass in no time; ``transactions``, ``bytes`` and ``bus_time`` count what a driver
    costs; ``chips[0x18].set(temp=40)`` warms a chip.
    """
    from .sim import SimAdapter

    return SimAdapter({})


@pytest.fixture
def i2cdrv_open(sim_bus: SimAdapter) -> Iterator[Open]:
    """Open a driver on ``sim_bus``: ``i2cdrv_open(driver, addr=None, **params)``, as ``i2cdrv.open``.

    ``driver``: a class, a file, or a name.  Before, a second passes on the bus.  At the end of the test faults are
    cleared, and what was opened is closed; what fails then fails the test.
    """
    from .core.session import open

    with ExitStack() as opened:

        def on_bus(driver: Any, addr: int | None = None, **params: Any) -> Device[Any]:
            sim_bus.clock.sleep(BOOT)
            device: Device[Any] = open(driver, sim_bus, addr, **params)
            opened.callback(device.close)
            return device

        yield on_bus
        sim_bus.faults.clear()
