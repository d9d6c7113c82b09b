"""Adapters and chips that come and go while the daemon runs: the kernel's changes in /sys and /dev are real.

The kernel ends the removal of an adapter only when no process has its node open.  The module of an adapter whose
node is open cannot be removed at all, so here the virtio adapter goes by its driver's `unbind`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.vm.guest.chips import MCP9808
from tests.system.vm.guest.daemon import Daemon, daemon
from tests.system.vm.guest.host import ask
from tests.system.vm.guest.kernel import bus, modprobe, rmmod
from tests.system.vm.guest.stub import put_bytes, put_words

SOON = 3.0  # s; a tenth of that where nothing else runs
STUB, VIRTIO = "SMBus stub", "virtio"
LM75 = 0x48
DEVICES = [
    {"module": "mcp9808", "bus": VIRTIO, "addr": "auto", "interval": 0.2},
    {"module": "lm75", "bus": STUB, "addr": hex(LM75), "interval": 0.2},
]
SIMULATED = f"0-{MCP9808.addr:04x}"  # the host's name for the chip behind the virtio adapter
DRIVER, ON_VIRTIO = Path("/sys/bus/virtio/drivers/i2c_virtio"), Path("/sys/bus/virtio/devices")
VIRTIO_ID_I2C = "0x0022"


@pytest.fixture(autouse=True)
def _no_adapter() -> Iterator[None]:
    """No test finds an adapter, nor leaves one."""
    modprobe("i2c-virtio")
    remove_virtio()
    yield
    remove_virtio()
    if Path("/sys/module/i2c_stub").exists():
        rmmod("i2c-stub")


@pytest.fixture
def served(_no_adapter: None, tmp_path: Path) -> Iterator[Daemon]:
    with daemon(tmp_path, {"devices": DEVICES}) as running:
        yield running


def virtio() -> str:
    """The name of the device that the host's simulator is."""
    (found,) = (one.name for one in ON_VIRTIO.iterdir() if (one / "device").read_text().strip() == VIRTIO_ID_I2C)
    return found


def add_virtio() -> int:
    (DRIVER / "bind").write_text(virtio())
    return bus(VIRTIO)


def remove_virtio() -> float:
    """Take the adapter away; how long the kernel waited for its users."""
    began = time.monotonic()
    if (DRIVER / virtio()).exists():
        # nothing interrupts the kernel while it waits
        thread = threading.Thread(target=(DRIVER / "unbind").write_text, args=(virtio(),), daemon=True)
        thread.start()
        thread.join(SOON)
        assert not thread.is_alive(), "somebody does not let the adapter go"
    return time.monotonic() - began


def add_stub(chip: int) -> int:
    modprobe("i2c-stub", f"chip_addr={chip:#x}")
    return bus(STUB)


def add_lm75() -> str:
    """An i2c-stub with an LM75 at 25.5 °C, for the daemon its device."""
    number = add_stub(LM75)
    put_words(number, LM75, {0: 0x1980, 2: 0x4B00, 3: 0x5000})
    return f"{number}-{LM75:04x}"


def on(number: int) -> str:
    """The device of the simulated chip, on the adapter of this number."""
    return f"{number}-{MCP9808.addr:04x}"


def test_chips_of_adapters_that_are_not_there_are_listed_as_missing(served: Daemon) -> None:
    missing = {one["module"]: one["reason"] for one in served.says("missing")}
    assert missing.keys() == {"mcp9808", "lm75"}
    assert VIRTIO in missing["mcp9808"]
    assert STUB in missing["lm75"]
    assert served.says("devices") == []


def test_chip_of_an_adapter_that_comes_is_driven(served: Daemon, say: Callable[[str], None]) -> None:
    device = on(add_virtio())
    took = served.until(lambda: served.values(device) == MCP9808.values, SOON)
    say(f"from the adapter to the sample: {took:.2f} s")
    assert served.missing().keys() == {"lm75"}
    device = add_lm75()
    took = served.until(lambda: served.values(device) == {"temp": 25.5}, SOON)
    say(f"from a late i2c-stub to the sample: {took:.2f} s")
    assert served.missing() == {}


def test_adapter_is_released_and_its_chip_comes_back_with_another(served: Daemon, say: Callable[[str], None]) -> None:
    first = on(add_virtio())
    served.until(lambda: served.values(first) == MCP9808.values, SOON)
    took = remove_virtio()
    say(f"until the kernel could remove the adapter: {took:.2f} s")
    served.until(lambda: "mcp9808" in served.missing(), SOON)
    assert first not in served.devices()
    add_lm75()  # takes the number
    second = on(add_virtio())
    assert second != first
    took = served.until(lambda: served.values(second) == MCP9808.values, SOON)
    say(f"from the new adapter to the sample: {took:.2f} s")
    assert first not in served.devices()
    served.until(lambda: served.missing() == {}, SOON)


def test_adapter_that_goes_and_comes_at_once_is_another(served: Daemon) -> None:
    """The same number again, before any process could have looked."""
    device = on(add_virtio())
    served.until(lambda: served.values(device) == MCP9808.values, SOON)
    for _ in range(5):
        remove_virtio()
        assert on(add_virtio()) == device
    since = time.time()
    served.until(lambda: served.reading(device).get("time", 0) > since and served.values(device), SOON)


def test_chip_that_is_plugged_into_a_bus_is_driven(served: Daemon, say: Callable[[str], None]) -> None:
    ask("fault", f"{SIMULATED} unplug")
    try:
        device = on(add_virtio())
        served.until(lambda: VIRTIO not in served.missing().get("mcp9808", VIRTIO), SOON)
        assert device not in served.devices()  # it is looked for at eight addresses
    finally:
        ask("fault", f"{SIMULATED} clear")
    took = served.until(lambda: served.values(device) == MCP9808.values, SOON)
    say(f"from the chip to the sample: {took:.2f} s")


def test_chip_that_is_pulled_is_no_value_and_comes_back(served: Daemon, say: Callable[[str], None]) -> None:
    device = on(add_virtio())
    served.until(lambda: served.values(device) == MCP9808.values, SOON)
    ask("fault", f"{SIMULATED} unplug")
    try:
        served.until(lambda: served.reading(device)["status"] == "error", SOON)
    finally:
        ask("fault", f"{SIMULATED} clear")
    took = served.until(lambda: served.values(device) == MCP9808.values, SOON)
    say(f"from the chip's return to the sample: {took:.2f} s")


def test_chip_that_is_another_until_now_is_driven(tmp_path: Path) -> None:
    """Registers of i2c-stub, without an identity first."""
    number = add_stub(MCP9808.addr)
    with daemon(tmp_path, {"devices": [{**DEVICES[0], "bus": STUB}]}) as served:
        assert "mcp9808" in served.missing()
        put_words(number, MCP9808.addr, {1: 0, 5: 0x0191, 6: 0x0054, 7: 0x0400})
        put_bytes(number, MCP9808.addr, {8: b"\x03"})
        served.until(lambda: served.values(on(number)) == {"temp": 25.0625}, SOON)
