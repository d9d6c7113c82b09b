"""A record instead of a bus: the driver gets the same answers, or an error where it differs."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.cli import main as cli
from i2cdrv.cli.recording import recorded
from i2cdrv.errors import BadChecksum, EndOfRecord, Error, Invalid, Nack, NotRecorded, TimedOut
from i2cdrv.i2c import record
from i2cdrv.i2c.adapter import Functionality, Read, Size, Write
from i2cdrv.i2c.event import Bound, Event, Operation, Transfer
from i2cdrv.i2c.record import Header, Record
from i2cdrv.i2c.replay import ReplayAdapter
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.sim import Chip

VECTOR = Path(__file__).parent / "records" / "bme280.record"
PLAIN = Functionality.I2C | Functionality.SMBUS_EMUL
SMBUS = Functionality.SMBUS_EMUL
BYTES = SMBUS & ~Functionality.SMBUS_I2C_BLOCK


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "it.record"


def outcomes(device: Any, count: int = 4) -> Iterator[object]:
    """That many samples, or the errno's name where there is none."""
    for _ in range(count):
        try:
            yield device.sample()
        except Error as error:
            yield type(error), error.name


def make(path: Path, chips: dict[int, Chip], name: str, functionality: Functionality = PLAIN, **params: Any) -> Any:
    """A record of four samples, for the second of which there is no chip; returns them."""
    adapter = SimAdapter(chips, nr=7, functionality=functionality)
    with recorded(path, adapter, None), i2cdrv.open(name, bus=adapter, **params) as device:
        first = list(outcomes(device, 1))
        addr = device.client.addr
        chip = adapter.detach(addr)
        missing = list(outcomes(device, 1))
        adapter.attach(addr, chip)
        chip.set(**{chip_input: 19.75 for chip_input in chip.inputs if chip_input == "temp"})
        return [*first, *missing, *outcomes(device, 2)]


CONVERSATIONS = [
    ("bme280", 0x76, {"osrs_p": "x16", "filter": "x4"}),
    ("ina226", 0x41, {"average": "x16"}),
    ("sht4x", 0x44, {}),
    ("lm75", 0x49, {}),
]


@pytest.mark.parametrize(("name", "addr", "params"), CONVERSATIONS)
@pytest.mark.parametrize("functionality", [PLAIN, SMBUS, BYTES], ids=["plain", "smbus", "bytes"])
def test_a_record_gives_the_same_samples_to_the_bit(
    path: Path, name: str, addr: int, params: dict[str, Any], functionality: Functionality
) -> None:
    if name == "sht4x" and not functionality & Functionality.I2C:
        pytest.skip("it needs plain I2C")
    made = make(path, {addr: CHIPS[name]()}, name, functionality, **params)
    assert made[1] == (Nack, "ENXIO")
    assert len({type(one) for one in made}) == 2, "samples and one error"
    with i2cdrv.open(name, bus=f"replay:{path}") as device:
        assert str(device) == f"7-{addr:04x}"
        assert list(outcomes(device)) == made
        with pytest.raises(EndOfRecord, match=f"{path} ends here for {addr:#04x}: line \\d+ unbinds it"):
            device.sample()
    if not functionality & Functionality.I2C:
        assert '"smbus": ' in path.read_text()


def test_the_record_in_the_tests_has_its_samples() -> None:
    """Make it again when the driver talks otherwise to the chip, which had 25.08 °C, was away, and had -12.5 °C."""
    with i2cdrv.open("bme280", bus=f"replay:{VECTOR}") as device:
        samples = list(outcomes(device))
    assert samples == [
        (25.07997141193482, 100653.05346144899, 45.00304360712956),
        (Nack, "ENXIO"),
        (-12.49949453145382, 100653.07402879372, 44.99505694900117),
        (-12.49949453145382, 100653.07402879372, 44.99505694900117),
    ]


def test_another_driver_gets_the_recorded_and_its_own_transfer_in_the_error(path: Path) -> None:
    make(path, {0x76: CHIPS["bme280"]()}, "bme280", osrs_p="x16")
    with (
        pytest.raises(NotRecorded) as caught,
        i2cdrv.open("bme280", bus=f"replay:{path}", osrs_p="x8") as device,
    ):
        device.sample()
    number = next(n for n, line in enumerate(path.read_text().splitlines(), 1) if '"f435"' in line)
    assert (
        f"{path}, line {number}: recorded for 0x76 is 'write f4-35', requested is 'write f4-31'" in caught.value.message
    )
    assert "made with bme280" in caught.value.message
    assert "osrs_p=x16" in caught.value.message


def test_parameters_are_those_of_the_record_unless_they_are_given(path: Path) -> None:
    made = make(path, {0x76: CHIPS["bme280"]()}, "bme280", osrs_p="x16")
    with i2cdrv.open("bme280", bus=f"replay:{path}", debug=True) as device:
        assert device.param("osrs_p").name == "X16"
        assert device.sample() == made[0]


def test_each_device_of_a_record_has_its_own_parameters(path: Path) -> None:
    shunts = {0x40: 0.1, 0x41: 0.01}
    adapter = SimAdapter({addr: CHIPS["ina219"](current=1.0, shunt_ohms=ohms) for addr, ohms in shunts.items()})
    with recorded(path, adapter, None):
        for addr, ohms in shunts.items():
            with i2cdrv.open("ina219", bus=adapter, addr=addr, shunt_ohms=ohms) as device:
                device.sample()
    for addr in shunts:
        with i2cdrv.open("ina219", bus=f"replay:{path}", addr=addr) as device:
            assert device.sample().current == pytest.approx(1.0, abs=0.01)


def test_debug_is_not_taken_from_a_record(path: Path) -> None:
    make(path, {0x49: CHIPS["lm75"]()}, "lm75", debug=True)
    assert '"debug": "Y"' in path.read_text()
    with i2cdrv.open("lm75", bus=f"replay:{path}") as device:
        assert device.param("debug") is False


def test_a_driver_that_stops_early_releases_the_chip_all_the_same(path: Path) -> None:
    made = make(path, {0x76: CHIPS["bme280"]()}, "bme280")
    with i2cdrv.open("bme280", bus=f"replay:{path}") as device:
        assert device.sample() == made[0]


def test_a_record_that_was_killed_before_the_removal_can_be_closed(path: Path) -> None:
    made = make(path, {0x76: CHIPS["bme280"]()}, "bme280")
    text = path.read_text()
    path.write_text(text[: text.index('"unbound"')])  # in the middle of that line
    with i2cdrv.open("bme280", bus=f"replay:{path}") as device:
        assert list(outcomes(device)) == made
        with pytest.raises(EndOfRecord, match="ends here for 0x76"):
            device.sample()


def test_a_probe_that_failed_fails_again_in_the_same_way(path: Path) -> None:
    adapter = SimAdapter({0x76: CHIPS["bmp280"](temp=20.0)})
    failures = []
    for bus in (adapter, f"replay:{path}"):
        with (
            recorded(path if bus is adapter else None, bus, None),
            pytest.raises(Error) as caught,
        ):
            i2cdrv.open("bme280", bus=bus, addr=0x76)
        failures.append((type(caught.value), caught.value.message))
    assert failures[0] == failures[1]


def test_a_search_that_found_nothing_finds_nothing_again(path: Path) -> None:
    adapter = SimAdapter({}, nr=3)
    for bus in (adapter, f"replay:{path}"):
        with (
            recorded(path if bus is adapter else None, bus, None),
            pytest.raises(i2cdrv.NoDevice, match="no bme280 found on i2c-3"),
        ):
            i2cdrv.open("bme280", bus=bus)


def test_a_search_with_other_transfers_is_no_search_without_success(path: Path) -> None:
    adapter = SimAdapter({0x76: CHIPS["bmp280"]()})
    with recorded(path, adapter, None), pytest.raises(i2cdrv.NoDevice):
        i2cdrv.open("bme280", bus=adapter)
    path.write_text(path.read_text().replace('"write": "d0"', '"write": "d1"'))
    with pytest.raises(NotRecorded, match="recorded for 0x76 is 'write d1, read 1', requested is 'write d0, read 1'"):
        i2cdrv.open("bme280", bus=f"replay:{path}")


def test_an_hour_is_over_at_once_and_no_sample_is_late(path: Path) -> None:
    adapter = SimAdapter({0x44: CHIPS["sht4x"](temp=20.0)})
    with recorded(path, adapter, None), i2cdrv.open("sht4x", bus=adapter) as device:
        made = []
        for _ in range(60):
            made.append(device.sample())
            adapter.clock.sleep(60.0)
    with i2cdrv.open("sht4x", bus=f"replay:{path}") as device:
        assert [device.sample() for _ in range(60)] == made


# Transfer by transfer.


def adapter_of(*events: Event, functionality: Functionality = PLAIN, devices: tuple[Bound, ...] = ()) -> ReplayAdapter:
    header = Header(1, "a bus", functionality, devices)
    return ReplayAdapter(Record(Path("it.record"), header, list(enumerate(events, 2))))


def write(time: float, addr: int, data: bytes, error: str = "") -> Transfer:
    return Transfer(time, addr, None, (Write(addr, data),), (), error, 0.0)


def test_each_address_has_its_own_sequence() -> None:
    adapter = adapter_of(write(0.0, 0x10, b"a"), write(0.1, 0x20, b"b"), write(0.2, 0x10, b"c"))
    adapter.xfer([Write(0x10, b"a")])
    adapter.xfer([Write(0x10, b"c")])
    adapter.xfer([Write(0x20, b"b")])
    with pytest.raises(EndOfRecord):
        adapter.xfer([Write(0x20, b"b")])


def test_time_follows_the_record() -> None:
    adapter = adapter_of(write(0.0, 0x10, b"a"), write(0.75, 0x10, b"b")._replace(duration=0.125))
    adapter.xfer([Write(0x10, b"a")])
    assert adapter.clock.monotonic() == 0.0
    adapter.xfer([Write(0x10, b"b")])
    assert adapter.clock.monotonic() == 0.875
    adapter.clock.sleep(10.0)
    assert adapter.clock.monotonic() == 10.875


def test_a_pause_without_a_waiting_driver_is_left_out() -> None:
    adapter = adapter_of(write(0.0, 0x10, b"a"), write(3600.0, 0x10, b"b"), write(3600.5, 0x10, b"c"))
    for data in (b"a", b"b", b"c"):
        adapter.xfer([Write(0x10, data)])
    assert adapter.clock.monotonic() == 0.5


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ENXIO", Nack), ("EREMOTEIO", Nack), ("ETIMEDOUT", TimedOut), ("EBADMSG", BadChecksum), ("EAGAIN", Error)],
)
def test_a_recorded_error_comes_again(name: str, kind: type[Error]) -> None:
    adapter = adapter_of(write(0.0, 0x10, b"a", name))
    with pytest.raises(Error) as caught:
        adapter.xfer([Write(0x10, b"a")])
    assert (type(caught.value), caught.value.errno) == (kind, getattr(errno, name))
    assert caught.value.message == f"i2c-1 0x10: {name}, as recorded in line 2"


def test_an_smbus_operation_is_not_the_transfer_with_the_same_bytes() -> None:
    operation = Transfer(0.0, 0x10, Operation(Size.BYTE_DATA, 5), (Read(0x10, 1),), (b"\x07",), "", 0.0)
    adapter = adapter_of(operation, functionality=SMBUS)
    with pytest.raises(
        NotRecorded, match=r"line 2: recorded for 0x10 is 'BYTE_DATA 0x05, read 1', requested is 'read 1'"
    ):
        adapter.xfer([Read(0x10, 1)])
    with pytest.raises(NotRecorded, match=r"requested is 'BYTE_DATA 0x06, read 1'"):
        adapter.smbus_xfer(0x10, Size.BYTE_DATA, 6, 1)
    assert adapter.smbus_xfer(0x10, Size.BYTE_DATA, 5, 1) == b"\x07"


def test_an_address_without_transfers_names_the_recorded_ones() -> None:
    adapter = adapter_of(Bound(0.0, 0x76, "bme280", "bmp280", {}), write(0.0, 0x76, b"a"))
    with pytest.raises(NotRecorded) as caught:
        adapter.xfer([Write(0x44, b"")])
    assert caught.value.message == (
        "it.record has no transfer to 0x44 (request: write nothing); it has 0x76, of i2cdrv load bmp280 --addr 0x76"
    )


def test_a_record_without_the_probe_explains_how_to_make_one_with_it() -> None:
    device = Bound(0.0, 0x76, "bme280", "bme280", {})
    adapter = adapter_of(write(0.0, 0x76, b"a"), devices=(device,))
    with pytest.raises(NotRecorded, match="no probe in it; record one: i2cdrv load bme280 --record FILE"):
        i2cdrv.open("bme280", bus=adapter)


def test_of_two_such_chips_the_address_selects_one() -> None:
    adapter = adapter_of(Bound(0.0, 0x48, "lm75", "lm75", {}), Bound(0.0, 0x49, "lm75", "lm75", {}))
    with pytest.raises(Invalid, match=r"it\.record has lm75 at 0x48, 0x49: choose with --addr"):
        i2cdrv.open("lm75", bus=adapter)


# On the command line.


def say(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.main(words)
    out, err = capsys.readouterr()
    return status, out, err


def test_load_prints_the_recorded_values_and_ends_well(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = say(capsys, "load", "lm75", "--bus", "sim", "--addr", "0x48", "--count", "3", "--interval", "0.01",
                 "--record", str(path))  # fmt: skip
    assert wanted[0] == 0
    assert wanted[1].count("\n") == 3
    status, out, err = say(capsys, "load", "lm75", "--bus", f"replay:{path}")
    assert (status, out) == wanted[:2]
    assert f"the record {path} ends here for 0x48" in err
    once = say(capsys, "load", "lm75", "--bus", f"replay:{path}", "--once")
    assert once[:2] == (0, wanted[1].splitlines(keepends=True)[0])
    status, out, _ = say(capsys, "read", "lm75", "temp", "--bus", f"replay:{path}")
    assert status == 0
    assert f"temp {float(out):.2f}" in wanted[1]


def test_load_of_a_driver_that_differs_fails_with_the_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "load", "bme280", "osrs_t=x2", "--bus", "sim", "--once", "--record", str(path))
    status, out, err = say(capsys, "load", "bme280", "osrs-t=x4", "--bus", f"replay:{path}")
    assert (status, out) == (1, "")
    assert "'write f4-45', requested is 'write f4-65'" in err.splitlines()[-1]


def test_load_of_a_driver_that_differs_later_fails_after_the_equal_part(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["load", "bme280", "--bus", "sim", "--count", "2", "--interval", "0.06", "--record", str(path)]
    _, wanted, _ = say(capsys, *words)
    before, sample, after = path.read_text().rpartition('{"write": "f425"}')
    assert sample
    path.write_text(f'{before}{{"write": "f445"}}{after}')
    status, out, err = say(capsys, "load", "bme280", "--bus", f"replay:{path}")
    assert (status, out) == (1, wanted.splitlines(keepends=True)[0])
    assert "recorded for 0x76 is 'write f4-45', requested is 'write f4-25'" in err.splitlines()[-1]


def test_a_load_that_fails_leaves_its_record(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, _ = say(capsys, "load", "bme280", "--addr", "0x77", "--bus", "sim", "--record", str(path))  # a bmp280
    assert status == 1
    got = record.read(path)
    assert [one.addr for one in got.bindings()] == [0x77]
    assert any(isinstance(event, Transfer) and event.answers == (b"\x58",) for _, event in got.events)  # its chip id
    failed = say(capsys, "load", "bme280", "--addr", "0x77", "--bus", f"replay:{path}")
    assert failed[0] == 1
    assert "is not a bme280" in failed[2]


def test_detection_can_be_recorded_and_played(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = say(capsys, "detect", "--bus", "sim", "--record", str(path))
    assert "0x76  bme280" in there[1]
    assert say(capsys, "detect", "--bus", f"replay:{path}") == there


def test_detection_on_the_record_of_a_load_names_its_content(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "load", "lm75", "--addr", "0x48", "--bus", "sim", "--once", "--record", str(path))
    status, _, err = say(capsys, "detect", "--bus", f"replay:{path}")
    assert status == 1
    assert err.endswith("it has 0x48, of i2cdrv load lm75 --addr 0x48\n")


@pytest.mark.parametrize("command", [["load", "lm75"], ["read", "lm75"], ["detect"]])
def test_no_record_is_one_line(command: list[str], path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, *command, "--bus", f"replay:{path}") == (
        1, "", f"i2cdrv: there is no record {path}; i2cdrv load MODULE --record FILE makes one\n"
    )  # fmt: skip


def test_the_last_reading_of_another_process_is_no_conversation(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = say(capsys, "read", "1-0076", "--record", str(path))
    assert (status, err) == (1, f"i2cdrv: another process reads 1-0076: i2cdrv trace 1-0076 --record {path}\n")
    assert not path.exists()
