"""The client's errors when there is no answer, or a strange one."""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from i2cdrv import errors
from i2cdrv.errors import Error, TimedOut
from i2cdrv.ipc.varlink import Client, NoServer, raw, text

from .desk import DESK, PATIENCE, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.ipc.varlink import Server


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """Serve this answer to the first client, whatever it requests, and hang up; yield the request."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                if answer:
                    connection.sendall(answer)

        thread = threading.Thread(target=run)
        thread.start()
        yield asked
        thread.join()


def test_the_bytes_of_a_call(path: Path) -> None:
    with answering(path, b'{"parameters":{"a":1}}\0') as asked:
        assert Client(path).call("x.y.Do", {"text": "\udcffé"}) == {"a": 1}
    assert asked == [rb'{"method":"x.y.Do","parameters":{"text":"\udcff\u00e9"}}' + b"\0"]


def test_the_bytes_of_a_call_for_more(path: Path) -> None:
    with answering(path, b'{"continues":true,"parameters":{"a":1}}\0{"parameters":{}}\0') as asked:
        assert list(Client(path).stream("x.y.Do")) == [{"a": 1}]
    assert asked == [b'{"method":"x.y.Do","parameters":{},"more":true}\0']


def test_empty_replies_that_continue_are_replies(path: Path) -> None:
    with answering(path, b'{"continues":true}\0{"continues":true,"parameters":null}\0{}\0'):
        assert list(Client(path).stream("x.y.Do")) == [{}, {}]


@pytest.mark.parametrize("value", [b"", b"plain", "é€😀".encode(), bytes(range(256)), b"\xed\xb2\x80", b"\xf0\x9f\x98"])
def test_any_bytes_go_there_and_back(server: Server, path: Path, value: bytes) -> None:
    assert raw(Client(path).call(f"{DESK}.Echo", {"text": text(value)})["text"]) == value


@pytest.mark.parametrize(
    "kind",
    ["Nack", "NoDevice", "Busy", "TimedOut", "BadChecksum", "NotSupported", "Invalid", "Unknown", "ConfigLost"],
)
def test_an_error_is_raised_again_as_its_own_type(server: Server, path: Path, kind: str) -> None:
    expected: Error = getattr(errors, kind)("1-0076: what happened")
    with pytest.raises(Error, match="1-0076: what happened") as caught:
        Client(path).call(f"{DESK}.Fail", {"errno": expected.errno, "message": expected.message})
    assert type(caught.value) is type(expected)
    assert caught.value.errno == expected.errno
    assert caught.value.message == expected.message


@pytest.mark.parametrize("number", [errno.EEXIST, errno.ERANGE, 4711])
def test_an_error_of_no_class_of_its_own_keeps_its_errno(server: Server, path: Path, number: int) -> None:
    with pytest.raises(Error) as caught:
        Client(path).call(f"{DESK}.Fail", {"errno": number, "message": "m"})
    assert (type(caught.value), caught.value.errno, caught.value.message) == (Error, number, "m")


def test_an_error_in_a_stream_comes_after_its_replies(server: Server, path: Path) -> None:
    replies = Client(path).stream(f"{DESK}.Count", {"to": 3, "fail": True})
    assert [next(replies)["number"] for _ in range(2)] == [0, 1]
    with pytest.raises(Error, match="counted too far") as caught:
        next(replies)
    assert caught.value.errno == errno.ERANGE


@pytest.mark.parametrize(
    ("call", "number", "said"),
    [
        ("io.i2cdrv.Desk.Nothing", errno.ENOSYS, "no io.i2cdrv.Desk.Nothing: .* restart"),
        ("io.i2cdrv.Nothing.Do", errno.ENOSYS, "no io.i2cdrv.Nothing.Do"),
        ("io.i2cdrv.Desk.Absent", errno.ENOSYS, "no io.i2cdrv.Desk.Absent"),
        ("io.i2cdrv.Desk.Echo", errno.EINVAL, "io.i2cdrv.Desk.Echo: text is missing"),
        ("io.i2cdrv.Desk.Follow", errno.EINVAL, "many replies"),
    ],
)
def test_the_standard_errors(server: Server, path: Path, call: str, number: int, said: str) -> None:
    with pytest.raises(Error, match=said) as caught:
        Client(path).call(call)
    assert caught.value.errno == number


def test_no_server(path: Path) -> None:
    with pytest.raises(NoServer, match=f"no daemon runs .{path} is missing.*systemctl start i2cdrv") as caught:
        Client(path).call("x.y.Do")
    assert caught.value.errno == errno.ENOENT
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    with pytest.raises(NoServer, match=f"the daemon of {path} is gone.*systemctl restart") as caught:
        next(Client(path).stream("x.y.Do"))
    assert caught.value.errno == errno.ECONNREFUSED


def test_a_file_that_is_no_such_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(Error, match=f"{path} is not the socket of a daemon.*--run-dir"):
            Client(path).call("x.y.Do")


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(Error, match=r"too long.*--run-dir"):
        Client(tmp_path / ("x" * 200)).call("x.y.Do")


def test_no_answer_in_time(path: Path) -> None:
    """Connected, but never accepted; then not even connected, for the queue is full."""
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen(0)
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(str(path))
            with pytest.raises(TimedOut, match=f"{path} did not answer within 0.02 s.*systemctl restart"):
                Client(path, 0.02).call("x.y.Do")
    path.unlink()
    with answering(path, b'{"parameters":{"a'), pytest.raises(Error, match="closed the connection without an answer"):
        Client(path).call("x.y.Do")


def test_the_time_is_for_the_whole_answer(server: Server, desk: Desk, path: Path) -> None:
    with pytest.raises(TimedOut, match=r"within 0.05 s"):
        Client(path, 0.05).call(f"{DESK}.Wait")
    desk.go.set()


def test_a_stream_may_be_silent_as_long_as_permitted(server: Server, path: Path) -> None:
    replies = Client(path).stream(f"{DESK}.Follow", silence=0.05)
    assert next(replies) == {"number": 0}
    with pytest.raises(TimedOut, match=r"within 0.05 s"):
        next(replies)


def test_a_stream_that_is_closed_ends_the_handler(server: Server, desk: Desk, path: Path) -> None:
    replies = Client(path).stream(f"{DESK}.Follow")
    assert next(replies) == {"number": 0}
    assert not desk.ended.is_set()
    replies.close()
    assert desk.ended.wait(PATIENCE)


def test_a_call_that_is_too_long_for_the_server(desk: Desk, path: Path) -> None:
    with desk.server(path, message_bytes=1000), pytest.raises(Error, match=f"{path}: the daemon closed") as caught:
        Client(path).call(f"{DESK}.Echo", {"text": "x" * 5_000_000})
    assert caught.value.errno == errno.ECONNRESET
    assert "too long" in caught.value.message


def test_a_value_that_cannot_travel_is_the_callers_mistake(server: Server, path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        Client(path).call(f"{DESK}.Echo", {"text": float("nan")})


@pytest.mark.parametrize(
    "answer",
    [
        b"\0",
        b"HTTP/1.1 400 Bad Request\r\n\r\n\0",
        b"[]\0",
        b'{"parameters":[]}\0',
        b'{"parameters":1}\0',
        b'{"error":1}\0',
        b'{"continues":1}\0',
        b'{"parameters":{},"continues":true}\0',
        b'{"parameters":{"x":NaN}}\0',
        b'{"error":"x.y.Error","parameters":{"errno":"EBUSY"}}\0',
        b'{"error":"x.y.Error","parameters":{"errno":1,"message":2}}\0',
        b"[" * 100_000 + b"\0",
    ],
)
def test_nonsense(path: Path, answer: bytes) -> None:
    with answering(path, answer), pytest.raises(Error, match=f"{path} sent an invalid reply.*ss -xlp") as caught:
        Client(path).call("x.y.Do")
    assert caught.value.errno == errno.EPROTO


def test_an_answer_without_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.ipc.varlink.client.MAX_REPLY_BYTES", 1000)
    with answering(path, b"x" * 100_000), pytest.raises(Error, match=r"invalid reply .more than 1000 bytes"):
        Client(path).call("x.y.Do")


@pytest.mark.parametrize("error", ["x.z.Error", "x.y.Other", "org.varlink.service.New", "word"])
def test_an_undeclared_error(path: Path, error: str) -> None:
    with (
        answering(path, b'{"error":"%s"}\0' % error.encode()),
        pytest.raises(Error, match=f"x.y.Do: {error}") as caught,
    ):
        Client(path).call("x.y.Do")
    assert caught.value.errno == errno.EPROTO
