"""Log lines: for a person, for a program, and of transfers."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import subprocess
import sys
import threading

import pytest

from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.i2c.transferlog import transfer_log
from i2cdrv.lib.limits import LEVELS
from i2cdrv.lib.log.logger import log, printk


def text(captured: pytest.CaptureFixture[str]) -> str:
    out, err = captured.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_a_line_for_a_person_begins_with_time_level_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    log("warning", "driver failed", device="1-0076", count=3)
    line = text(capsys)
    assert re.fullmatch(
        r'timestamp=\d\d:\d\d:\d\d\.\d{6} level=warning event="driver failed" device=1-0076 count=3\n', line
    )


def test_a_program_that_configures_nothing_logs_text(capsys: pytest.CaptureFixture[str]) -> None:
    type(log)()("warning", "driver failed")
    assert text(capsys).endswith(' level=warning event="driver failed"\n')


def test_a_bound_value_is_in_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    bound = log.bind(device="1-0076")
    bound("info", "live", was="suspect")
    assert text(capsys).endswith(" level=info event=live device=1-0076 was=suspect\n")
    assert log.ring.since(log.ring.next - 1)[0].values == {"device": "1-0076", "was": "suspect"}


@pytest.mark.parametrize("format", ["text", "journal"])
def test_values_look_the_same_for_a_person_and_in_the_journal(capsys: pytest.CaptureFixture[str], format: str) -> None:
    log.configure(format)
    log("info", "said", good=True, bad=False, none=None, quoted='a "b"', number=0.5)
    assert text(capsys).endswith(' good=true bad=false none= quoted="a \\"b\\"" number=0.5\n')


def test_a_line_for_a_program_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    log("error", "driver failed", device="1-0076", error='a "quote", two\nlines, 21 °C')
    line = text(capsys)
    found = json.loads(line)
    assert list(found) == ["timestamp", "level", "event", "device", "error"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", found.pop("timestamp"))
    assert found == {
        "level": "error",
        "event": "driver failed",
        "device": "1-0076",
        "error": 'a "quote", two\nlines, 21 °C',
    }
    assert "°" in line


def test_a_value_with_a_line_break_stays_on_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    log("info", "two\nlines", error="a\nb")
    text(capsys)


@pytest.mark.parametrize(("format", "first"), [("text", "t"), ("json", "{"), (None, "{")])
def test_the_format_is_json_where_no_person_reads_it(
    capsys: pytest.CaptureFixture[str], format: str | None, first: str
) -> None:
    log.configure(format)
    log("info", "hello")
    assert text(capsys)[0] == first


def test_on_a_terminal_the_format_is_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    log.configure(None)
    log("info", "hello")
    assert text(capsys).startswith("timestamp=")


def test_a_traced_write_shows_its_bytes_and_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    transfer_log("1-0076")([Write(0x76, b"\xf4\x35")], [], 0.000296)
    assert text(capsys).partition(" ")[2] == "level=debug event=transfer device=1-0076 write=f4-35 us=296\n"


def test_a_traced_read_shows_both_directions(capsys: pytest.CaptureFixture[str]) -> None:
    transfer_log("1-0076")([Write(0x76, b"\xd0"), Read(0x76, 2)], [b"\x60\x01"], 0.0005)
    assert text(capsys).endswith("event=transfer device=1-0076 write=d0 read=60-01 us=500\n")


def test_a_traced_read_alone_has_no_write(capsys: pytest.CaptureFixture[str]) -> None:
    transfer_log("1-0044")([Read(0x44, 3)], [b"\xbe\xef\x92"], 0.0001)
    assert text(capsys).endswith("device=1-0044 read=be-ef-92 us=100\n")


def test_a_traced_error_shows_its_errno(capsys: pytest.CaptureFixture[str]) -> None:
    transfer_log("1-0076")([Write(0x76, b"\xd0"), Read(0x76, 1)], Nack("no answer"), 0.0001)
    assert text(capsys).endswith("device=1-0076 write=d0 error=ENXIO us=100\n")


def test_a_line_goes_to_the_present_stderr_and_a_closed_stderr_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    log("info", "one")
    monkeypatch.setattr(sys, "stderr", second)
    log("info", "two")
    second.close()
    log("info", "three")
    assert first.getvalue().count("\n") == 1
    assert "event=one" in first.getvalue()


@pytest.mark.parametrize(("level", "name"), [(3, "error"), (4, "warning"), (5, "notice"), (6, "info"), (7, "debug")])
def test_a_line_of_the_kernel_has_its_level(capsys: pytest.CaptureFixture[str], level: int, name: str) -> None:
    printk(level, b"Setting dangerous option x\xff - tainting kernel")  # include/linux/kern_levels.h
    assert f' level={name} event="Setting dangerous option x' in capsys.readouterr().err


def test_lines_below_the_level_do_not_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("text", "notice")
    for level in LEVELS:
        log(level, f"one of {level}")
    written = re.findall(r"level=(\w+)", capsys.readouterr().err)
    assert written == ["emerg", "alert", "critical", "error", "warning", "notice"]
    kept = log.ring.since(log.ring.next - len(LEVELS))
    assert [line.event for line in kept] == [f"one of {level}" for level in LEVELS]


# The journal: sd-daemon(3) for the prefixes, systemd.exec(5) for $JOURNAL_STREAM.


@pytest.mark.parametrize(
    ("level", "prefix"),
    [("emerg", "<0>"), ("alert", "<1>"), ("critical", "<2>"), ("error", "<3>"), ("warning", "<4>"), ("notice", "<5>"),
     ("info", "<6>"), ("debug", "<7>")],
)  # fmt: skip
def test_a_line_for_the_journal_has_its_level_in_front_and_no_time(
    capsys: pytest.CaptureFixture[str], level: str, prefix: str
) -> None:
    log.configure("journal")
    log(level, "driver failed", device="1-0076", count=3, good=True, none=None)
    assert text(capsys) == f"{prefix}driver failed device=1-0076 count=3 good=true none=\n"


def test_a_line_for_the_journal_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("journal")
    log("error", "two\nlines", stack='File "x"\n  call()', order="\x1b[2J", said="a=b")
    assert text(capsys) == '<3>two\\nlines stack="File \\"x\\"\\n  call()" order=\\x1b[2J said="a=b"\n'


@pytest.mark.parametrize(("inode", "format"), [(0, "<6>"), (1, "{")], ids=["of stderr", "of something else"])
def test_where_stderr_is_the_journal_its_format_is_used(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, inode: int, format: str
) -> None:
    there = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino + inode}")
    log.configure(None)
    log("info", "hello")
    assert capfd.readouterr().err.startswith(format)


# Readers that do not read.


def test_an_unread_stderr_blocks_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that do not fit into the pipe are left out, and counted when it has space again."""
    there, here = os.pipe()
    size = fcntl.fcntl(here, fcntl.F_GETPIPE_SZ)
    monkeypatch.setattr(sys, "stderr", os.fdopen(here, "w"))
    before = log.ring.next
    done = threading.Event()

    def many() -> None:
        for number in range(2000):
            log("info", f"line {number}")
        done.set()

    threading.Thread(target=many, daemon=True).start()
    assert done.wait(10.0), "a line waited for its reader"
    assert [line.event for line in log.ring.since(before)] == [f"line {number}" for number in range(2000)]
    written = os.read(there, size).decode().splitlines()
    log("info", "the last")
    told, last = os.read(there, size).decode().splitlines()
    assert 0 < len(written) < 2000
    assert f"lines={2000 - len(written)}" in told
    assert 'event="the last"' in last
    sys.stderr.close()
    os.close(there)


def test_a_thread_that_hangs_in_its_line_blocks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the kernel does not end: other threads find the stderr taken, and continue."""
    begun, go_on = threading.Event(), threading.Event()

    class Hangs(io.StringIO):
        def write(self, text: str) -> int:
            begun.set()
            go_on.wait(10.0)
            return super().write(text)

    stderr = Hangs()
    monkeypatch.setattr(sys, "stderr", stderr)
    hanging = threading.Thread(target=log, args=("info", "one"))
    hanging.start()
    assert begun.wait(10.0)
    log("info", "two")
    go_on.set()
    hanging.join()
    assert "event=one" in stderr.getvalue()
    assert "event=two" not in stderr.getvalue()
    log("info", "three")
    _, told, last = stderr.getvalue().splitlines()
    assert "lines=1" in told
    assert "event=three" in last


def test_a_line_loads_no_asyncio_openssl_or_uuid_and_they_work_afterwards() -> None:
    code = """
import sys
from i2cdrv.daemon import stateformat
from i2cdrv.lib.log.pipeline import renderer
print(renderer("journal").render("info", "ready", {"pid": 1}))
print(stateformat.head(b"").decode().rpartition(":")[2])
by_attrs = {"platform"} if "attr" in sys.modules else set()  # where attrs is installed, rich imports it
print(sorted({"asyncio", "ssl", "hashlib", "_hashlib", "uuid", "platform"} & set(sys.modules) - by_attrs))
import structlog
print(structlog._native.asyncio.Lock is sys.modules["asyncio"].Lock)
import asyncio
print(asyncio.run(asyncio.sleep(0, "done")), asyncio.__spec__.name)
import uuid
print(structlog.threadlocal.uuid.uuid4().version, uuid.__spec__.name)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # FIPS 180-4: SHA-256 of no byte
    assert shown.splitlines() == ["<6>ready pid=1", empty, "[]", "True", "done asyncio", "4 uuid"]
