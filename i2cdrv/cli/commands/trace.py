"""``i2cdrv trace``: the transfers of a running i2cdrv, for a person, a program, or a file."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ...errors import Invalid, Unknown
from ...i2c import eventjson, inventory
from ...i2c.event import FromZero, Lost, Transfer
from ...i2c.record import Writer, parsed_header
from ...ipc import peers
from ...ipc.names import TRACE
from ...lib.log.logger import log
from ...lib.printable import as_json
from ...lib.signals import ended_by_interruption
from ..console import search_dir
from ..output import print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from ...i2c.event import Event
    from ...i2c.record import Header
    from ...ipc.varlink import Client

T = TypeVar("T")

_DEVICE = re.compile(r"([0-9]{1,7})-([0-9a-f]{4})")  # 1-0076


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv trace``; ``limit``: transfers to show."""

    target: str
    limit: int | None = None
    json: bool = False
    record: str | None = None
    run_dir: str | None = None


class ServedBus(NamedTuple):
    """A bus that a process serves."""

    client: Client
    nr: int
    name: str
    devices: Sequence[str]


def run(options: Options) -> int:
    """Print the transfers until the limit, a signal, or the end of the process that serves the bus."""
    bus, addr = find(search_dir(options.run_dir), options.target)
    with ended_by_interruption():
        _show(bus, addr, options)
    return 0


def _show(bus: ServedBus, addr: int | None, options: Options) -> None:
    left = options.limit
    show = _as_json if options.json else _as_line
    with ExitStack() as stack:
        replies = stack.enter_context(closing(_replies(bus, addr)))
        header = _parsed(bus, parsed_header, next(replies, {}).get("header"))
        write = _writer(options.record, header, stack)
        from_zero = FromZero()
        for line, names in ((line, reply.get("names") or {}) for reply in replies for line in reply.get("lines") or ()):
            one = _parsed(bus, eventjson.parse, line)
            write(one)
            print_lines(show(from_zero(one), bus.nr, names))
            left = left - 1 if left and isinstance(one, Transfer) else left
            if left == 0:
                return
    log("info", f"the process that served i2c-{bus.nr} has ended")


def _parsed(bus: ServedBus, parse: Callable[[Any], T], value: Any) -> T:
    """Parse an object of a reply.  Raises Invalid naming the bus if it is not part of a record."""
    try:
        return parse(value)
    except Invalid as error:
        raise Invalid(
            f"the trace of i2c-{bus.nr} is not valid: {error.message}; its process may be of another version of "
            "i2cdrv: restart it"
        ) from None


def _replies(bus: ServedBus, addr: int | None) -> Generator[dict[str, Any], None, None]:
    where = {"bus": bus.nr} if addr is None else {"bus": bus.nr, "address": addr}
    yield from bus.client.stream(f"{TRACE}.Trace", where)


def _writer(path: str | None, header: Header, stack: ExitStack) -> Callable[[Event], None]:
    if path is None:
        return lambda _: None
    return stack.enter_context(closing(Writer(Path(path), header))).write


def _as_json(one: Event, nr: int, names: Mapping[str, str]) -> str:
    name = names.get(_source(one, nr))
    return as_json(one.as_dict() | ({"name": name} if name else {}))


def _as_line(one: Event, nr: int, names: Mapping[str, str]) -> str:
    source = _source(one, nr)
    return one.as_line(f"{names[source]} ({source})" if source in names else source)


def _source(one: Event, nr: int) -> str:
    return f"i2c-{nr}" if isinstance(one, Lost) else f"{nr}-{one.addr:04x}"


def find(run_dir: Path | None, wanted: str) -> tuple[ServedBus, int | None]:
    """Return the bus with the given name or device, and the address if it is a device.

    Errors: Unknown if no process serves it; Invalid if several buses fit; Busy if several processes serve it.
    """
    served = [
        ServedBus(client, one["bus"], one["adapter"], one["devices"])
        for client, reply in peers.call_all(run_dir, f"{TRACE}.ListBuses")
        for one in reply["buses"]
    ]
    if not (re.fullmatch(inventory.NUMBER, wanted) or _DEVICE.fullmatch(wanted)):
        wanted = peers.device_named(run_dir, wanted) or wanted
    device = _DEVICE.fullmatch(wanted)
    fitting = [bus for bus in served if wanted in bus.devices] if device else _by_name(served, wanted)
    if not fitting:
        raise Unknown(f"{wanted} is not served by a running i2cdrv ({_listed(served)}); start it with i2cdrv load")
    if len({bus.nr for bus in fitting}) > 1:
        raise Invalid(f"{wanted} fits several buses: name one ({_listed(fitting)})")
    return peers.sole(wanted, fitting), int(device[2], 16) if device else None


def _by_name(served: Sequence[ServedBus], wanted: str) -> list[ServedBus]:
    """Return the buses of a number, a name, or part of a name, as inventory.parse_bus does."""
    if number := re.fullmatch(inventory.NUMBER, wanted):
        return [bus for bus in served if bus.nr == int(number[1])]
    exact = [bus for bus in served if bus.name == wanted]
    part = wanted.casefold()
    return exact or [bus for bus in served if part in bus.name.casefold() and any(map(str.isalpha, wanted))]


def _listed(served: Sequence[ServedBus]) -> str:
    shown = [f"i2c-{bus.nr} ({bus.name}) with {', '.join(bus.devices) or 'no device'}" for bus in served]
    return f"served: {'; '.join(shown)}" if shown else "no bus is served"
