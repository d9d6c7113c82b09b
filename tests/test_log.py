"""Log lines: for a person, for a program, and of transfers."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

from i2cdrv.adapter import Read, Write
from i2cdrv.errors import Nack
from i2cdrv.log import log, printk, tracer


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
def test_the_format_is_json_where_nobody_looks(
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
    tracer("1-0076")([Write(0x76, b"\xf4\x35")], [], 0.000296)
    assert text(capsys).partition(" ")[2] == "level=debug event=transfer device=1-0076 write=f4-35 us=296\n"


def test_a_traced_read_shows_both_directions(capsys: pytest.CaptureFixture[str]) -> None:
    tracer("1-0076")([Write(0x76, b"\xd0"), Read(0x76, 2)], [b"\x60\x01"], 0.0005)
    assert text(capsys).endswith("event=transfer device=1-0076 write=d0 read=60-01 us=500\n")


def test_a_traced_read_alone_has_no_write(capsys: pytest.CaptureFixture[str]) -> None:
    tracer("1-0044")([Read(0x44, 3)], [b"\xbe\xef\x92"], 0.0001)
    assert text(capsys).endswith("device=1-0044 read=be-ef-92 us=100\n")


def test_a_traced_error_shows_its_errno(capsys: pytest.CaptureFixture[str]) -> None:
    tracer("1-0076")([Write(0x76, b"\xd0"), Read(0x76, 1)], Nack("no answer"), 0.0001)
    assert text(capsys).endswith("device=1-0076 write=d0 error=ENXIO us=100\n")


def test_a_line_goes_to_what_stderr_is_now_and_a_closed_one_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
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
