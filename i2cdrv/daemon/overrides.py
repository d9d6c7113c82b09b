"""The parameters of a device of its own: from the state file, from a request, and from a changed configuration."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ..ipc.varlink import raw, text
from ..lib.log.logger import log
from ..lib.rundir import is_simulated
from .statefile import Override

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..core.i2cclient import I2cClient
    from ..driver.moduleparam import Own
    from .desired import DesiredDevice
    from .statefile import State, StateFile


def set_own(state: State, device: str, name: str, own: Own) -> None:
    """Keep the value that a device has for a parameter since run time, or drop it."""
    kept = {key: one for key, one in state.device_parameters.pop(device, {}).items() if key != name}
    if name in own.runtime:
        configured = own.configured.get(name)
        kept[name] = Override(text(own.runtime[name]), None if configured is None else text(configured))
    if kept:
        state.device_parameters[device] = kept


def restore(client: I2cClient, one: DesiredDevice | None, file: StateFile) -> None:
    """Give a new client the values set at run time, unless the configuration has changed since."""
    device = client.overrides.key = str(client) if one is None else _key(client, one.bus)
    own = client.overrides.own
    kept = file.state.device_parameters.get(device, {})
    configured = {name: text(value) for name, value in own.configured.items()}
    late = [name for name, one in kept.items() if configured.get(name) != one.configured_value]
    for name in late:
        log("info", "configured value replaces run-time value", device=device, parameter=name)
        file.try_change(partial(set_own, device=device, name=name, own=own.of(name)._replace(runtime={})))
    runtime = {name: raw(one.value) for name, one in kept.items() if name not in late}
    client.overrides.own = own._replace(runtime={**runtime, **own.runtime})


def _key(client: I2cClient, bus: str) -> str:
    """Return the name of a device in the state file: of a bus that was named, the number may change."""
    return str(client) if bus.isdigit() or is_simulated(bus) else f"{bus}-{client.addr:04x}"


@contextmanager
def overriding(devices: Sequence[DesiredDevice], texts: Mapping[str, bytes]) -> Iterator[None]:
    """Give the devices without a driver further values of their own; take them back if the block fails."""
    before = [(one.overrides, one.overrides.own) for one in devices if not one.bound]
    for overrides, own in before:
        overrides.own = own._replace(runtime={**own.runtime, **texts})
    try:
        yield
    except BaseException:
        for overrides, own in before:
            overrides.own = own
        raise
