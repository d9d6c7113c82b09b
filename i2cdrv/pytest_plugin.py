"""Fixtures for pytest: a simulated bus, conversations typed from a datasheet, and a way to open drivers on them.

With a simulated chip::

    def test_temp(sim_bus, i2cdrv_open):
        sim_bus.attach(0x18, "mcp9808", temp=-12.5)
        assert i2cdrv_open("./mychip.py").sample().temp == -12.5

With the bytes of the datasheet, one transfer a line::

    def test_probe(i2cdrv_conversation):
        talk = '''
            07 > 04 00
            08 00
            wait 30 ms
        '''
        with i2cdrv_conversation("./mychip.py", talk) as device:
            assert device.param("resolution").name == "HALF"

pytest loads this module wherever i2cdrv is installed.  It imports nothing else until a test uses a fixture.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from .core.device import Device
    from .core.session import Samples
    from .sim import SimAdapter

S = TypeVar("S")

BOOT_S = 1.0  # between power and drivers, as on a machine: attached chips have started and measured


class Open(Protocol):
    """The type of ``i2cdrv_open``: i2cdrv.open on the test's bus."""

    @overload
    def __call__(self, driver: type[Samples[S]], addr: int | None = None, **params: Any) -> Device[S]: ...
    @overload
    def __call__(self, driver: str, addr: int | None = None, **params: Any) -> Device[Any]: ...


class Converse(Protocol):
    """The type of ``i2cdrv_conversation``."""

    @overload
    def __call__(
        self, driver: type[Samples[S]], text: str, addr: int | None = None, **params: Any
    ) -> AbstractContextManager[Device[S]]: ...
    @overload
    def __call__(
        self, driver: str, text: str, addr: int | None = None, **params: Any
    ) -> AbstractContextManager[Device[Any]]: ...


@pytest.fixture
def sim_bus() -> SimAdapter:
    """Give a simulated I2C bus without chips, at 100 kHz on virtual time.

    ``attach(0x18, "mcp9808")`` plugs in a chip of i2cdrv, ``attach(0x18, MyChip())`` one of your own, and
    ``attach(0x18, "./mychip_sim.py:MyChip")`` one from a file.  ``chips[0x18].set(temp=40)`` warms it.
    ``faults.inject("nack after=3 count=1", 0x18)`` makes the fourth transfer fail; ``i2cdrv sim --help`` lists faults.
    ``clock.sleep(3600)`` lets an hour pass at once.  ``transactions``, ``bytes`` and ``bus_time`` count its cost.
    """
    from .sim import SimAdapter

    return SimAdapter({})


@pytest.fixture
def i2cdrv_open(sim_bus: SimAdapter) -> Iterator[Open]:
    """Open a driver on ``sim_bus``: ``i2cdrv_open(driver, addr=None, **params)``, as ``i2cdrv.open``.

    ``driver``: a class, a file, or a name.  First, a second passes on the bus.  The end of the test clears the faults
    and closes the devices; an error of that fails the test.
    """
    from .core.session import open

    with ExitStack() as opened:

        def on_bus(driver: Any, addr: int | None = None, **params: Any) -> Device[Any]:
            sim_bus.clock.sleep(BOOT_S)
            device: Device[Any] = open(driver, sim_bus, addr, **params)
            opened.callback(device.close)
            return device

        yield on_bus
        sim_bus.faults.clear()


@pytest.fixture
def i2cdrv_conversation() -> Converse:
    """Open a driver on a bus that plays a conversation.

    ``with i2cdrv_conversation(driver, text, addr=None, **params) as device: …``.  ``text`` has one line for each
    transfer: ``F4 25`` is written, ``F3 > 00`` is written and read, ``> 0F 1A`` is read, ``wait 9.3 ms`` passes without
    a transfer, ``F4 25 !`` is not acknowledged, ``F4 25 ! ETIMEDOUT`` fails so.  Text behind ``#`` is a comment.
    The test fails at any other transfer or wait, and if lines are left when the device is closed.  ``addr``: by default
    the first of the driver.
    """
    from .core.session import open
    from .sim.conversation import conversation

    @contextmanager
    def converse(driver: Any, text: str, addr: int | None = None, **params: Any) -> Iterator[Device[Any]]:
        place = _first_address(driver) if addr is None else addr
        with conversation(place, text) as bus, open(driver, bus, place, **params) as device:
            yield device

    return converse


def _first_address(driver: Any) -> int:
    from .core import module as modules
    from .errors import Invalid

    module = modules.of_class(driver) if isinstance(driver, type) else modules.load(driver)
    if not module.driver.addresses:
        raise Invalid(f"{module.driver.__name__} declares no addresses: give the addr of the conversation")
    return module.driver.addresses[0]
