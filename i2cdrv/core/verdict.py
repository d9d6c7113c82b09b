"""Tests whether the chip at an address is of a kind; they only read registers and send read commands."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NamedTuple

from ..driver.driver import Driver
from ..driver.regmap import RegMap
from ..errors import NOT_ACKNOWLEDGED, Error, Invalid, NoDevice, NotRecorded, mistake
from ..i2c.client import Client, Sleep
from ..i2c.contention import two_chips
from ..i2c.presence import OUTPUT_ENABLE, PCF8591
from ..lib.accounting import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from ..driver.regfield import RegField
    from ..i2c.adapter import Adapter
    from .module import Module

RECOGNISE_TIMEOUT_S = 1.0  # that the bus waits for a chip during a search

NOT_READ_TEXT = (
    "its ID was not read, for register number {number:#04x} would switch on the output of a PCF8591, which can be "
    "there; --addr {addr:#04x} reads it"
)


class Verdict(NamedTuple):
    """The verdict for one name.  ``fits``: None if nothing read identifies the chip.  ``why``: the evidence."""

    name: str
    fits: bool | None
    why: str = ""


def verdicts(adapter: Adapter, addr: int, module: Module, *, in_survey: bool = False) -> Iterator[Verdict]:
    """Yield a verdict for each name of the module.  ``in_survey``: the user has not named such a chip."""
    driver = module.driver
    for name, identity in driver.identity.items():
        yield _of_identity(adapter, addr, name, identity)
    nameless = [name for name in module.chips if name not in driver.identity]
    if nameless:
        name = module.chip if module.chip in nameless else nameless[0]
        common = _recognised(adapter, addr, module, name, in_survey)
        yield from (common._replace(name=name) for name in nameless)


def _of_identity(adapter: Adapter, addr: int, name: str, identity: Mapping[RegField[Any], object]) -> Verdict:
    for field in identity:
        if addr in PCF8591 and field.addr & OUTPUT_ENABLE:
            return Verdict(name, None, NOT_READ_TEXT.format(number=field.addr, addr=addr))
    regmap = RegMap(Client(adapter, addr, name))
    for field, expected in identity.items():
        try:
            found = regmap.read(field)
        except NotRecorded:
            raise
        except Error as error:
            return Verdict(name, _fits_after(error), _evidence(error, str(field)))
        if found != expected:
            why = f"{field} reads {found:#04x}, not {expected:#04x}{two_chips(found, expected)}"
            return Verdict(name, False, why)
    return Verdict(name, True)


def recognises(module: Module) -> bool:
    """Return whether the driver has a way to recognise a chip without an identity."""
    return module.driver.recognise is not Driver.recognise


def _recognised(adapter: Adapter, addr: int, module: Module, name: str, in_survey: bool) -> Verdict:
    """Run the reads that the driver makes before it writes.  A chip without an identity fits perhaps, at best."""
    if not recognises(module):
        return Verdict(name, None)
    client = Client(adapter, addr, name)
    client.recognised, client.in_survey = False, in_survey or addr in PCF8591
    try:
        _run(module.instance(client, {}).recognise(), client)
    except NotRecorded:
        raise
    except Error as error:
        return Verdict(name, _fits_after(error), _evidence(error, "the first read of its driver"))
    except Exception as error:  # noqa: BLE001, RUF100  # the binding that may follow reports it as well
        return Verdict(name, None, f"its driver failed: {mistake(error, module.path)}")
    return Verdict(name, None)


def _evidence(error: Error, what: str) -> str:
    return f"{what} is not acknowledged" if error.errno in NOT_ACKNOWLEDGED else error.message


def _fits_after(error: Error) -> bool | None:
    """Return False where the chip answered, or refused to; None where the bus or the adapter is the reason."""
    answered = isinstance(error, NoDevice) or error.errno in (*NOT_ACKNOWLEDGED, errno.EBADMSG, errno.EIO)
    return False if answered else None


def _run(work: Coroutine[Sleep, None, None], client: Client) -> None:
    """Run a driver's hook to its end on this thread, while the bus waits."""
    left = RECOGNISE_TIMEOUT_S
    try:
        while True:
            left -= (pause := work.send(None).seconds)
            if left < 0:
                raise Invalid(f"{client.name} takes more than {RECOGNISE_TIMEOUT_S} s to be recognised")
            with ACCOUNT.framework:
                client.adapter.clock.sleep(pause)
    except StopIteration:
        return
    finally:
        work.close()
