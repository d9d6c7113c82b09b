"""A device of the service, as it was when it was listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..lib.age import boottime
from ..lib.printable import printable
from .reading import Reading
from .table import as_html

if TYPE_CHECKING:
    from collections.abc import Mapping


class DeviceInfo:
    """A device, as it was when it was listed.

    ``device``: the kernel's name, such as ``1-0076``.  ``name``: the user's name of it; ``device`` if it has none.
    ``bus``, ``adapter``, ``address``, ``chip``.  ``module``: of the driver, None without a driver.  ``state``: absent,
    probing, live, suspect, failed, or unbound without a driver.  ``reason``: why it is not live.  ``interval``: seconds
    between samples, None if it is sampled on request.  ``reading``: the latest one, None before the first.  ``taint``:
    the options that override a check of the device.
    """

    def __init__(self, found: Mapping[str, Any]) -> None:
        """Keep an object of ``ListDevices``."""
        self.device: str = found["device"]
        self.name: str = found.get("name") or self.device
        self.bus: int = found["bus"]
        self.adapter: str = found["adapter"]
        self.address: int = found["address"]
        self.chip: str = found["chip"]
        self.module: str | None = found.get("module")
        self.state: str = found["state"]
        self.reason: str = found["reason"]
        self.interval: float | None = found.get("interval")
        self.taint: str = found.get("taint") or ""
        self.reading = None if found.get("reading") is None else Reading(_named(found), boottime())

    def row(self) -> Mapping[str, str]:
        """Return its row in a table."""
        shown = "" if self.reading is None else self.reading.summary()
        name = "" if self.name == self.device else self.name
        return {"device": self.device, "name": name, "chip": self.chip, "state": self.state,
                "reading": shown if self.state == "live" else self.reason}  # fmt: skip

    def __str__(self) -> str:
        return printable(self.name)

    def __repr__(self) -> str:
        name = "" if self.name == self.device else f"{self.name}, "
        why = f" ({self.reason})" if self.reason else ""
        return printable(f"<{type(self).__name__} {self.device}: {name}{self.chip}, {self.state}{why}>")

    def _repr_html_(self) -> str:
        return as_html(list(self.row()), [list(self.row().values())])


def _named(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the reading of a device with the chip and the state of the device."""
    return {**{name: found.get(name) for name in ("chip", "state", "reason", "name")}, **found["reading"]}
