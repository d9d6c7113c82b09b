"""A stuck bus is the bus's fault: found by an address that no chip has, reported once, checked again."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from i2cdrv.atomic import Relaxed
from i2cdrv.core.recovery.bus_health import UNUSED_ADDRESS, BusHealth
from i2cdrv.errors import BusFault, ConfigLost, Error, Nack, TimedOut
from i2cdrv.i2c import controllers
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Sequence


class Wire:
    """An adapter that answers every transfer with ``answer``: an error, or bytes."""

    nr = 1

    def __init__(self, name: str, answer: Error | bytes, functionality: Functionality = Functionality.I2C) -> None:
        self.name, self.answer, self.functionality = name, answer, functionality
        self.clock = VirtualClock()
        self.asked: list[object] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.asked.append(list(messages))
        return [self._answer()]

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        self.asked.append((addr, size, command, data))
        return self._answer()

    def _answer(self) -> bytes:
        if isinstance(self.answer, Error):
            raise self.answer
        return self.answer

    def claim(self, addr: int, *, force: bool = False) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


PI = "bcm2835 (i2c@7e804000)"
NOTHING = Nack("nobody answers", errno.EREMOTEIO)
LOST = ConfigLost("1-0076 lost its settings")


def test_an_unused_address_does_not_answer_on_a_working_bus() -> None:
    wire = Wire(PI, NOTHING)
    health = BusHealth(wire)
    health.blame_bus_if_stuck(LOST)
    assert wire.asked == [[Read(UNUSED_ADDRESS, 1)]]
    assert (health.state, health.faults.load(Relaxed)) == ("up", 0)
    health.check(1.0)


def test_a_nack_needs_no_test_it_shows_that_the_bus_works() -> None:
    wire = Wire(PI, TimedOut("timed out"))
    BusHealth(wire).blame_bus_if_stuck(NOTHING)
    assert wire.asked == []


@pytest.mark.parametrize(
    ("answer", "number", "says"),
    [
        (b"\x00", errno.EIO, "every address is acknowledged: SDA is held low"),
        (TimedOut("timed out"), errno.ETIMEDOUT, "timed out"),
        (Error("arbitration lost", errno.EAGAIN), errno.EAGAIN, "arbitration lost"),
        (Error("busy", errno.EBUSY), errno.EBUSY, "busy"),
        (Error("the clock was held", errno.EIO), errno.EIO, "the clock was held"),
    ],
)
def test_a_stuck_bus_is_found_and_reported_once_with_advice(
    answer: Error | bytes, number: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wire = Wire(PI, answer)
    health = BusHealth(wire)
    for _ in range(5):
        with pytest.raises(BusFault, match=r"i2c-1 \(bcm2835") as caught:
            health.blame_bus_if_stuck(LOST)
        assert caught.value.errno == number
        assert says in caught.value.message
        assert controllers.stuck_line_advice(PI) in caught.value.message
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert (health.state, health.faults.load(Relaxed)) == ("stuck", 1)


def test_some_adapters_report_a_nack_only_as_eio() -> None:
    wire = Wire("CP2112 SMBus Bridge on hidraw0", Error("input/output error", errno.EIO))
    BusHealth(wire).blame_bus_if_stuck(LOST)
    assert wire.asked


def test_a_stuck_bus_is_touched_by_one_check_in_each_interval_only(capsys: pytest.CaptureFixture[str]) -> None:
    wire = Wire(PI, TimedOut("timed out"))
    health = BusHealth(wire)
    with pytest.raises(BusFault):
        health.blame_bus_if_stuck(LOST)
    wire.clock.sleep(1)
    wire.asked.clear()
    for _ in range(10):  # ten devices, each second
        for _ in range(10):
            with pytest.raises(BusFault):
                health.check(1.0)
        wire.clock.sleep(1)
    assert len(wire.asked) == 10
    wire.answer = NOTHING
    health.check(1.0)
    assert health.state == "up"
    assert "works again" in capsys.readouterr().err


def test_fast_sampling_checks_often() -> None:
    wire = Wire(PI, b"\x00")
    health = BusHealth(wire)
    with pytest.raises(BusFault):
        health.blame_bus_if_stuck(LOST)
    with pytest.raises(BusFault):
        health.check(3600.0)
    wire.answer = NOTHING
    wire.clock.sleep(0.1)
    with pytest.raises(BusFault):
        health.check(3600.0)
    health.check(0.1)


def test_an_adapter_with_smbus_only_is_checked_by_smbus() -> None:
    wire = Wire("SMBus stub driver", Error("No such device", errno.ENODEV), Functionality.SMBUS_READ_BYTE)
    BusHealth(wire).blame_bus_if_stuck(LOST)
    assert wire.asked == [(UNUSED_ADDRESS, Size.BYTE, 0, 1)]
    wire = Wire("quick only", b"", Functionality.SMBUS_QUICK)
    BusHealth(wire).blame_bus_if_stuck(LOST)
    assert wire.asked == []


def test_the_silence_of_all_chips_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    health = BusHealth(Wire(PI, NOTHING))
    for name in ("1-0040", "1-0048", "1-0076"):
        health.add_device(name)
    health.mark_absent("1-0040")
    health.mark_absent("1-0048")
    assert capsys.readouterr().err == ""
    health.mark_absent("1-0076")
    assert 'event="no chip answers" bus=i2c-1 chips=3' in capsys.readouterr().err
    health.mark_present("1-0040")
    health.remove_device("1-0040")
    health.remove_device("1-0048")
    health.mark_absent("1-0076")
    assert capsys.readouterr().err == "", "one chip alone is its own fault"


@pytest.mark.parametrize(
    ("adapter", "says"),
    [
        (PI, "i2c-gpio"),
        ("Synopsys DesignWare I2C adapter", "nine times"),
        ("MCP2221 usb-i2c bridge", "plug the adapter out"),
        ("i2cdrv simulated bus", "i2cdrv sim fault"),
        ("i915 gmbus dpb", "pull-up"),
    ],
)
def test_advice_is_for_the_adapter(adapter: str, says: str) -> None:
    assert says in controllers.stuck_line_advice(adapter)
