"""The text of a conversation: its lines, and the place of each mistake."""

from __future__ import annotations

import errno

import pytest

from i2cdrv.errors import Invalid
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim.conversation import Conversation, conversation
from i2cdrv.sim.conversationtext import Transfer, Wait, parse


def test_each_line_is_a_transfer_or_a_wait() -> None:
    text = """
        F3 > 00 1A     # the status
        wait 250 … 300 µs
        F425 ! EIO
        > 0f
        wait 9.3 ms
    """
    status, short, failed, read, exact = parse(text)
    assert isinstance(status, Transfer)
    assert (status.line, status.text, status.shape, status.read) == (2, "F3 > 00 1A", "F3 > 2", b"\x00\x1a")
    assert isinstance(short, Wait)
    assert (short.shortest, short.longest) == pytest.approx((250e-6, 300e-6))
    assert isinstance(failed, Transfer)
    assert failed.error is not None
    assert (failed.written, failed.read, failed.error.errno) == ("F4 25", None, errno.EIO)
    assert isinstance(read, Transfer)
    assert (read.shape, read.read) == ("> 1", b"\x0f")
    assert isinstance(exact, Wait)
    assert exact.line == 6
    assert exact.shortest == pytest.approx(0.0093)


@pytest.mark.parametrize(
    ("line", "column", "fact"),
    [
        ("F4 2", 4, "'2' has an odd number of digits; write it as in: F4 25, or"),
        ("F3 > 00 1G", 9, "'1G' is no byte in hexadecimal"),
        ("0xF4 25", 1, "'0xF4' is no byte"),
        ("F4 25 < 00", 7, "'<' is no byte"),
        ("F3 >", 4, "no bytes are read"),
        ("F3 > 00 > 01", 9, "'>' is no byte"),
        ("F3 > # 00", 4, "no bytes are read"),
        ("F4 25 ! ETIMEDOT", 9, r"'ETIMEDOT' is no errno \(did you mean ETIMEDOUT\?\)"),
        ("F4 25 ! EIO 00", 13, "the line continues behind its error"),
        ("WAIT 9 ms", 1, "'WAIT' is no byte"),
        ("wait 9.3", 6, "the line ends behind '9.3'; write it as in: wait 9.3 ms, or"),
        ("wait 9.3 min", 10, "'min' is not expected here"),
        ("wait 9.3ms", 6, "'9.3ms' is not expected here"),
        ("wait nan ms", 6, "'nan' is not expected"),
        ("wait 250 …", 10, "the line ends behind '…'"),
        ("wait 250 … ms", 12, "'ms' is not expected here"),
        ("wait 250 300 ms", 10, "'300' is not expected here"),
        ("wait 300 … 250 ms", 12, "250 is shorter than 300"),
        ("wait 1 ms 00", 11, "'00' is not expected here"),
        ("waits 1 ms", 1, "'waits' is not expected here"),
    ],
)
def test_a_mistake_is_reported_with_line_and_column(line: str, column: int, fact: str) -> None:
    with pytest.raises(Invalid, match=rf"line 3, column {column} of the conversation: {fact}"):
        Conversation(0x48, f"\nD0 > 60\n{line}\nF4 25")


def play(seconds: float, *sent: bytes) -> None:
    with conversation(0x48, "\nD0 > 60\n\nwait 5 ms\nF4 25") as bus:
        bus.xfer([Write(0x48, b"\xd0"), Read(0x48, 1)])
        bus.clock.sleep(seconds)
        for data in sent:
            bus.xfer([Write(0x48, data)])


def test_a_departure_from_the_text_names_its_line() -> None:
    play(0.005, b"\xf4\x25")
    with pytest.raises(AssertionError, match=r"wait of 0\.0000 ms, expected 5\.0000 ms \(line 4\)"):
        play(0.0, b"\xf4\x25")
    with pytest.raises(AssertionError, match=r"transfer 'F4 26', expected 'F4 25' \(line 5\)"):
        play(0.005, b"\xf4\x26")
    with pytest.raises(AssertionError, match=r"did not make: \['wait 5 ms', 'F4 25'\], from line 4"):
        play(0.005)
