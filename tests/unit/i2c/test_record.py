"""The file of a recorded conversation: its text, the data it leaves out, and the effect of damage."""

from __future__ import annotations

import errno
import getpass
import json
import shutil
import socket
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import i2cdrv
from i2cdrv import __version__
from i2cdrv.cli.recording import recorded
from i2cdrv.errors import Error, Invalid, NotSupported, Unknown
from i2cdrv.i2c import eventjson, record
from i2cdrv.i2c.adapter import Functionality, Read, Size, Write
from i2cdrv.i2c.event import Bound, Event, Lost, Operation, Transfer, Unbound
from i2cdrv.i2c.record import Header, Recorder, Writer, anonymous
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.checkout import ROOT

HEADER = Header(1, "bcm2835 (i2c@7e804000)", Functionality.I2C)
EVENTS: list[Event] = [
    Bound(10.0, 0x76, "bme280", "bmp280", {"osrs_p": "x16"}),
    Transfer(10.5, 0x76, None, (Write(0x76, b"\xd0"), Read(0x76, 1)), (b"\x58",), "", 0.000312),
    Transfer(11.0, 0x76, Operation(Size.BYTE_DATA, 0xF4), (Write(0x76, b"\x35"),), (), "EREMOTEIO", 0.0001),
    Unbound(12.25, 0x76),
]
TEXT = f"""\
{{"format": "i2cdrv record", "version": 1, "i2cdrv": "{__version__}", "bus": 1, "adapter": "bcm2835 (i2c@7e804000)", \
"functionality": "0x1", "devices": []}}
{{"time": 0.0, "bound": "0x76", "module": "bme280", "chip": "bmp280", "parameters": {{"osrs_p": "x16"}}}}
{{"time": 0.5, "addr": "0x76", "messages": [{{"write": "d0"}}, {{"read": 1}}], "answers": ["58"], "duration": 0.000312}}
{{"time": 1.0, "addr": "0x76", "smbus": "BYTE_DATA", "command": "0xf4", "messages": [{{"write": "35"}}], \
"error": "EREMOTEIO", "duration": 0.0001}}
{{"time": 2.25, "unbound": "0x76"}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "it.record"


def written(path: Path, events: list[Event]) -> str:
    with closing(Writer(path, HEADER)) as writer:
        for one in events:
            writer.write(one)
    return path.read_text("utf-8")


def test_the_text_of_a_record(path: Path) -> None:
    assert written(path, EVENTS) == TEXT


def test_a_file_reads_back_as_written_with_times_from_0(path: Path) -> None:
    written(path, EVENTS)
    got = record.read(path)
    assert got.header == HEADER._replace(devices=[])
    assert got.events == [(number, one._replace(time=one.time - 10.0)) for number, one in enumerate(EVENTS, 2)]
    assert got.warning == ""


def test_each_line_is_in_the_file_at_once(path: Path) -> None:
    with closing(Writer(path, HEADER)) as writer:
        writer.write(EVENTS[1])
        assert path.read_text().count("\n") == 2


def test_lines_for_a_person() -> None:
    assert [one.as_line("1-0076").strip() for one in EVENTS] == [
        "10.000000 1-0076 bound to bme280: osrs_p=x16",
        "10.500000 1-0076 write d0, read 58: ok, 312 µs",
        "11.000000 1-0076 BYTE_DATA 0xf4, write 35: EREMOTEIO, 100 µs",
        "12.250000 1-0076 unbound",
    ]
    assert Lost(1.0, 7).as_line("i2c-1").strip().startswith("1.000000 i2c-1 7 events were lost")


# The data it leaves out.


@pytest.mark.parametrize(
    "name",
    [
        "bcm2835 (i2c@7e804000)",
        "107d508200.i2c",
        "i2c-1-mux (chan_id 0)",
        "i2c-tiny-usb at bus 001 device 004",
        "CP2112 SMBus Bridge on hidraw3",
        "MCP2221 usb-i2c bridge",
        "SMBus I801 adapter at efa0",
        "SMBus stub driver",
        "NVIDIA i2c adapter 1 at 1:00.0",
        "AUX D/DDI D/PHY D",
        "Synopsys DesignWare I2C adapter",
        "i915 gmbus dpa",
        "i2cdrv simulated bus",
    ],
)
def test_the_names_that_kernel_drivers_give_are_kept(name: str) -> None:
    assert anonymous(name) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("0A1B2C3D4E5F", "adapter"),  # i2c-cp2615.c: the USB device's serial number is the name
        ("usb bridge 0001A2B3C4D5", "usb bridge …"),
        ("fake (/home/bob/bus)", "fake (…)"),
        ("at home/bob/bus", "at …"),
        ("red \x1b[31m", "red …"),
    ],
)
def test_serial_numbers_and_paths_are_not(name: str, kept: str) -> None:
    assert anonymous(name) == kept
    assert Header(1, name, Functionality.I2C).as_dict()["adapter"] == kept


def test_a_record_does_not_contain_its_place_or_author(path: Path, tmp_path: Path) -> None:
    driver = tmp_path / "mychip.py"
    shutil.copy(ROOT / "drivers/mcp9808.py", driver)
    adapter = SimAdapter({0x18: CHIPS["mcp9808"](temp=20.0)}, name=str(tmp_path))
    with recorded(path, adapter, None), i2cdrv.open(f"{driver}:mcp9808", bus=adapter) as device:
        device.sample()
    text = path.read_text()
    assert '"module": "mychip"' in text
    assert "/" not in text
    assert socket.gethostname() not in text
    assert f'"{getpass.getuser()}"' not in text


# Damage.


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"time": 0.5', '"time": -1', "line 3: time is not a time in s: -1"),
        ('"time": 0.5', '"time": 1e999', "line 3: time is not a time in s: inf"),
        ('"time": 0.5', '"time": true', "line 3: time is not a time in s: True"),
        ('"time": 0.5', '"time": NaN', "line 3: time is not a time in s: nan"),
        ('"addr": "0x76", "m', '"addr": "0x80", "m', "line 3: addr is not 0x0 … 0x7f: '0x80'"),
        ('"addr": "0x76", "m', '"addr": 118, "m', "line 3: addr is not 0x0 … 0x7f: 118"),
        ('{"write": "d0"}', '{"write": "d"}', "line 3: not bytes as hexadecimal digits: 'd'"),
        ('{"write": "d0"}', '{"writes": "d0"}', "line 3: a message is not {'write': DATA} or {'read': LENGTH}"),
        ('{"read": 1}', '{"read": 8193}', "line 3: read is not 0 … 8192: 8193"),
        ('{"read": 1}', '{"read": 2}', "line 3: answers do not match the reads in number and length"),
        ('"answers": ["58"]', '"answers": []', "line 3: answers do not match"),
        ('"answers": ["58"], ', "", "line 3: there are neither answers nor an error"),
        ('"EREMOTEIO"', '"EVIL"', "line 4: error is not the name of an errno: 'EVIL'"),
        ('"BYTE_DATA"', '"BYTES"', "line 4: smbus is none of QUICK, BYTE"),
        ('"command": "0xf4"', '"command": "0x100"', "line 4: command is not 0x0 … 0xff: '0x100'"),
        ('{"osrs_p": "x16"}', '{"osrs_p": 16}', "line 2: parameters is not an object of texts"),
        ('"chip": "bmp280"', '"chip": "\\u001b"', "line 2: chip is not a text"),
        ('{"time": 2.25, "unbound": "0x76"}', "[" * 100_000, "line 5: not a JSON object"),
        ('{"time": 2.25, "unbound": "0x76"}', "9" * 5000, "line 5: not a JSON object"),
        ('{"time": 2.25, "unbound": "0x76"}', '"x"', "line 5: not a JSON object"),
        ('{"time": 2.25, "unbound": "0x76"}', " " * 1_100_000, "line 5: a line of more than 1048576 bytes"),
        ('"format": "i2cdrv record"', '"format": "pcap"', "line 1: no header of a record: it begins with"),
        ('"bus": 1', '"bus": -1', "line 1: no header of a record: bus is not a number"),
        ('"devices": []', '"devices": [1]', "line 1: no header of a record: devices is not a list of objects"),
        ('"functionality": "0x1"', '"functionality": 1', "line 1: no header of a record: functionality is not"),
    ],
)
def test_damage_is_reported_with_its_line(path: Path, old: str, new: str, sentence: str) -> None:
    assert TEXT.count(old) == 1
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(Invalid) as caught:
        record.read(path)
    assert caught.value.message.startswith(f"{path}, {sentence}")
    assert caught.value.message.endswith("; the file is damaged, or is no record")


def test_another_version_names_the_i2cdrv_that_can_play_it(path: Path) -> None:
    path.write_text(TEXT.replace('"version": 1, "i2cdrv": "', '"version": 2, "i2cdrv": "9.'))
    with pytest.raises(NotSupported, match=f"version 2 of the format, .* the i2cdrv that made it, 9.{__version__}"):
        record.read(path)


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unknown, match=r"there is no record .*; i2cdrv load MODULE --record FILE makes one"):
        record.read(tmp_path / "nix")
    with pytest.raises(Error, match="cannot be read: Is a directory"):
        record.read(tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(Invalid, match="line 1: no header of a record"):
        record.read(tmp_path / "empty")


def test_a_record_that_was_cut_is_good_up_to_there(path: Path) -> None:
    whole = TEXT.encode()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(ends[0], len(whole)):
        path.write_bytes(whole[:size])
        got = record.read(path)
        complete = sum(end - 1 <= size for end in ends) - 1  # a line without its end is complete
        assert len(got.events) == complete
        assert bool(got.warning) == (size not in ends and size + 1 not in ends)
        if got.warning:
            assert got.warning == f"{path} is cut off in line {complete + 2}: it is replayed up to there"


def test_a_record_that_lost_something_ends_there(path: Path) -> None:
    written(path, [EVENTS[1], Lost(10.6, 17), EVENTS[3]])
    got = record.read(path)
    assert len(got.events) == 1
    assert got.warning == f"{path}, line 3: 17 events were lost here; it is replayed up to there"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("0x7f\n", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["write", "read", "x"]), inner),
    max_leaves=4,
)
FIELDS = ["time", "addr", "bound", "unbound", "lost", "smbus", "command", "messages", "answers", "error", "duration",
          "module", "chip", "parameters"]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(["0x76", 1.0, 1, []])))
def test_any_object_is_an_event_or_invalid(line: dict[str, object]) -> None:
    with suppress(Invalid):
        parsed = eventjson.parse(line)
        assert eventjson.parse(json.loads(json.dumps(parsed.as_dict()))).as_dict() == parsed.as_dict()


@given(st.binary(max_size=200), st.integers(0, len(TEXT)))
def test_any_file_is_a_record_or_an_error(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.record"
    whole = TEXT.encode()
    path.write_bytes(whole[:at] + noise + whole[at:])
    with suppress(Error):
        record.read(path)


# A disk that is full.


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_full_at_the_start_is_an_error() -> None:
    with pytest.raises(Error, match="/dev/full cannot be written: No space left on device"):
        Writer(Path("/dev/full"), HEADER)


def test_a_recorder_that_fails_is_reported_once(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Full(Writer):
        """Its disk is."""

        def write(self, event: Event) -> None:
            raise Error(f"no room for {event}", errno.ENOSPC)

    with closing(Full(path, HEADER)) as writer:
        recorder = Recorder(writer)
        recorder(EVENTS[0])
        recorder(EVENTS[1])
    assert capsys.readouterr().err.count("record ended") == 1


def test_a_file_that_cannot_be_written_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    adapter = SimAdapter({})
    with (
        pytest.raises(Error, match="cannot be written: No such file or directory; choose another file with --record"),
        recorded(tmp_path / "no" / "dir", adapter, None),
    ):
        pytest.fail("not reached")
    assert adapter.transactions == 0
