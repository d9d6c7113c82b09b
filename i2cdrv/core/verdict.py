"""Whether the chip at an address is of a kind, from reading registers and sending read commands only."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NamedTuple

from ..driver.driver import Driver
from ..driver.regmap import RegMap
from ..errors import NOT_ACKNOWLEDGED, Error, Invalid, NoDevice, NotRecorded
from ..i2c.client import Client, Sleep
from ..i2c.contention import two_chips
from ..i2c.presence import OUTPUT_ENABLE, PCF8591
from ..lib.accounting import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from ..driver.register import RegField
    from ..i2c.adapter import Adapter
    from .module import Module

PATIENCE = 1.0  # s that the bus waits for an answer of a chip that is looked for

NOT_READ = (
    "its ID was not read, for register number {number:#04x} would switch on the output of a PCF8591, which can be "
    "there; --addr {addr:#04x} reads it"
)


class Verdict(NamedTuple):
    """The verdict for one name.  ``fits``: None if nothing read identifies the chip.  ``why``: the evidence."""

    name: str
    fits: bool | None
    why: str = ""


def verdicts(adapter: Adapter, addr: int, module: Module) -> Iterator[Verdict]:
    """Yield one for each name of the module."""
    driver = module.driver
    for name, identity in driver.identity.items():
        yield _of_identity(adapter, addr, name, identity)
    nameless = [name for name in module.aliases if name not in driver.identity]
    if nameless:
        common = _recognised(adapter, addr, module)
        yield from (common._replace(name=name) for name in nameless)


def _of_identity(adapter: Adapter, addr: int, name: str, identity: Mapping[RegField[Any], object]) -> Verdict:
    for field in identity:
        if addr in PCF8591 and field.addr & OUTPUT_ENABLE:
            return Verdict(name, None, NOT_READ.format(number=field.addr, addr=addr))
    regmap = RegMap(Client(adapter, addr, name))
    for field, expected in identity.items():
        try:
            found = regmap.read(field)
        except NotRecorded:
            raise
        except Error as error:
            return Verdict(name, _says_no(error), _why(error, str(field)))
        if found != expected:
            why = f"{field} reads {found:#04x}, not {expected:#04x}{two_chips(found, expected)}"
            return Verdict(name, False, why)
    return Verdict(name, True)


def recognises(module: Module) -> bool:
    """Return whether the driver has a way to recognise a chip without an identity."""
    return module.driver.recognise is not Driver.recognise


def _recognised(adapter: Adapter, addr: int, module: Module) -> Verdict:
    """Ask what the driver asks before it writes; a chip without an identity fits perhaps, at best."""
    if not recognises(module):
        return Verdict(module.chip, None)
    client = Client(adapter, addr, module.chip)
    client.recognised = False
    try:
        _run(module.instance(client, {}).recognise(), client)
    except NotRecorded:
        raise
    except Error as error:
        return Verdict(module.chip, _says_no(error), _why(error, "what its driver reads first"))
    return Verdict(module.chip, None)


def _why(error: Error, what: str) -> str:
    return f"{what} is not acknowledged" if error.errno in NOT_ACKNOWLEDGED else error.message


def _says_no(error: Error) -> bool | None:
    """Return False where the chip answered, or refused to; None where the bus or the adapter is the reason."""
    answered = isinstance(error, NoDevice) or error.errno in (*NOT_ACKNOWLEDGED, errno.EBADMSG, errno.EIO)
    return False if answered else None


def _run(work: Coroutine[Sleep, None, None], client: Client) -> None:
    """Run a driver's hook to its end on this thread; the bus waits as well."""
    left = PATIENCE
    try:
        while True:
            left -= (pause := work.send(None).seconds)
            if left < 0:
                raise Invalid(f"{client.name} takes more than {PATIENCE} s to be recognised")
            with ACCOUNT.framework:
                client.adapter.clock.sleep(pause)
    except StopIteration:
        return
    finally:
        work.close()
