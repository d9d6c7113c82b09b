"""Bytes on the socket, written by hand from https://varlink.org/Method-Call, /Service and /Interface-Definition."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.ipc.varlink.wire import ProtocolError, Request
from tests.support.waiting import until

from .desk import TEXT, Raw

if TYPE_CHECKING:
    from pathlib import Path

    from i2cdrv.ipc.varlink import Server

    from .desk import Desk

ECHO = b'{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"%s"}}\0'
NO_ANSWER = b'{"method":"io.i2cdrv.Desk.Load","parameters":{"module":"%s"},"oneway":true}\0'


def test_a_call_and_its_reply(raw: Raw) -> None:
    raw.say(b'{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"hello"}}\0')
    assert raw.hear() == b'{"parameters":{"text":"hello"}}\0'


def test_the_service_describes_itself(raw: Raw) -> None:
    assert raw.ask(b'{"method":"org.varlink.service.GetInfo"}\0') == {
        "parameters": {
            "vendor": "i2cdrv",
            "product": "i2cdrv",
            "version": "1.2",
            "url": "u",
            "interfaces": ["org.varlink.service", "io.i2cdrv.Desk"],
        }
    }


def test_the_text_of_an_interface(raw: Raw) -> None:
    ask = b'{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"%s"}}\0'
    assert raw.ask(ask % b"io.i2cdrv.Desk") == {"parameters": {"description": TEXT}}
    standard = raw.ask(ask % b"org.varlink.service")["parameters"]["description"]
    assert "\nerror MethodNotImplemented (method: string)\n" in standard
    assert "Error (" not in standard.replace("MethodNotImplemented (", "")


@pytest.mark.parametrize(
    ("call", "error", "parameters"),
    [
        ('{"method":"org.nobody.Do"}', "InterfaceNotFound", {"interface": "org.nobody"}),
        ('{"method":"Do"}', "InterfaceNotFound", {"interface": ""}),
        ('{"method":""}', "InterfaceNotFound", {"interface": ""}),
        ('{"method":"io.i2cdrv.Desk.Do"}', "MethodNotFound", {"method": "io.i2cdrv.Desk.Do"}),
        ('{"method":"io.i2cdrv.Desk."}', "MethodNotFound", {"method": "io.i2cdrv.Desk."}),
        ('{"method":"io.i2cdrv.Desk.Error"}', "MethodNotFound", {"method": "io.i2cdrv.Desk.Error"}),
        ('{"method":"io.i2cdrv.Desk.Absent"}', "MethodNotImplemented", {"method": "io.i2cdrv.Desk.Absent"}),
        (
            '{"method":"io.i2cdrv.Desk.Who","upgrade":true}',
            "MethodNotImplemented",
            {"method": "io.i2cdrv.Desk.Who"},
        ),
        ('{"method":"io.i2cdrv.Desk.Echo"}', "InvalidParameter", {"parameter": "text"}),
        ('{"method":"io.i2cdrv.Desk.Echo","parameters":null}', "InvalidParameter", {"parameter": "text"}),
        ('{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":1}}', "InvalidParameter", {"parameter": "text"}),
        ('{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"\\ud800"}}', "InvalidParameter", {"parameter": "text"}),
        ('{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"","x":1}}', "InvalidParameter", {"parameter": "x"}),
        ('{"method":"io.i2cdrv.Desk.Count","parameters":{"to":3}}', "ExpectedMore", {}),
        (
            '{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}',
            "InterfaceNotFound",
            {"interface": "a.b"},
        ),
    ],
)
def test_the_standard_errors(raw: Raw, call: str, error: str, parameters: dict[str, str]) -> None:
    assert raw.ask(call.encode() + b"\0") == {"error": f"org.varlink.service.{error}", "parameters": parameters}


def test_the_error_of_a_handler(raw: Raw) -> None:
    call = b'{"method":"io.i2cdrv.Desk.Fail","parameters":{"errno":16,"message":"1-0076: taken"}}\0'
    assert raw.ask(call) == {
        "error": "io.i2cdrv.Desk.Error",
        "parameters": {"errno": 16, "name": "EBUSY", "message": "1-0076: taken"},
    }


def test_a_mistake_in_a_handler_is_an_error_and_a_line_in_the_log(raw: Raw, capsys: pytest.CaptureFixture[str]) -> None:
    answer = raw.ask(b'{"method":"io.i2cdrv.Desk.Crash"}\0')
    assert answer["error"] == "io.i2cdrv.Desk.Error"
    assert answer["parameters"]["name"] == "EIO"
    assert "ZeroDivisionError: in the handler" in answer["parameters"]["message"]
    assert "desk.py:" in capsys.readouterr().err
    assert raw.ask(ECHO % b"on") == {"parameters": {"text": "on"}}


def test_many_replies_continue_and_the_last_does_not(raw: Raw) -> None:
    raw.say(b'{"method":"io.i2cdrv.Desk.Count","parameters":{"to":3},"more":true}\0')
    assert [json.loads(raw.hear()[:-1]) for _ in range(3)] == [
        {"parameters": {"number": 0}, "continues": True},
        {"parameters": {"number": 1}, "continues": True},
        {"parameters": {"number": 2}},
    ]
    assert raw.ask(ECHO % b"next") == {"parameters": {"text": "next"}}


def test_an_error_ends_many_replies(raw: Raw) -> None:
    raw.say(b'{"method":"io.i2cdrv.Desk.Count","parameters":{"to":2,"fail":true},"more":true}\0')
    assert raw.hear() == b'{"parameters":{"number":0},"continues":true}\0'
    assert raw.hear() == (
        b'{"error":"io.i2cdrv.Desk.Error","parameters":{"errno":34,"name":"ERANGE","message":"counted too far"}}\0'
    )


def test_more_of_a_method_with_one_reply_is_a_simple_call(raw: Raw) -> None:
    assert raw.ask(ECHO.replace(b"}}", b'},"more":true}') % b"one") == {"parameters": {"text": "one"}}


def test_a_oneway_call_is_done_and_not_answered(raw: Raw, desk: Desk) -> None:
    raw.say(NO_ANSWER % b"lm75", b'{"method":"io.i2cdrv.Desk.Nothing","oneway":true}\0', ECHO % b"first answer")
    assert raw.hear() == b'{"parameters":{"text":"first answer"}}\0'
    assert desk.loaded == ["lm75"]


def test_oneway_calls_are_done_though_the_client_hangs_up_at_once(server: Server, path: Path, desk: Desk) -> None:
    with Raw(path) as raw:
        raw.say(b'{"method":"io.i2cdrv.Desk.Wait"}\0', *(NO_ANSWER % b"m%d" % number for number in range(50)))
        assert desk.waiting.acquire(timeout=10)
    desk.go.set()
    until(lambda: len(desk.loaded) == 50)
    assert desk.loaded == [f"m{number}" for number in range(50)]


def test_oneway_calls_are_done_though_an_answer_finds_the_client_gone(
    server: Server, path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is sent before the server has seen the client hang up."""
    seen, serve_ready = threading.Event(), server._serve_ready

    def late() -> None:
        if any(connection.busy for connection in server._connections.values()):
            seen.wait(10)
        serve_ready()

    monkeypatch.setattr(server, "_serve_ready", late)
    with Raw(path) as raw:
        raw.say(b'{"method":"io.i2cdrv.Desk.Wait"}\0', *(NO_ANSWER % b"m%d" % number for number in range(50)))
        assert desk.waiting.acquire(timeout=10)
    desk.go.set()
    until(lambda: server._ready)
    seen.set()
    until(lambda: len(desk.loaded) == 50)


def test_calls_are_answered_in_order_though_the_first_takes_long(raw: Raw, desk: Desk) -> None:
    raw.say(b'{"method":"io.i2cdrv.Desk.Wait"}\0', *(ECHO % b"%d" % number for number in range(100)))
    assert desk.waiting.acquire(timeout=10)
    desk.go.set()
    assert raw.hear() == b'{"parameters":{"word":"done"}}\0'
    assert [raw.hear() for _ in range(100)] == [b'{"parameters":{"text":"%d"}}\0' % number for number in range(100)]


def test_a_call_may_come_byte_by_byte(raw: Raw) -> None:
    for byte in ECHO % b"slow":
        raw.say(bytes([byte]))
    assert raw.hear() == b'{"parameters":{"text":"slow"}}\0'


def test_a_client_that_sends_no_more_still_gets_its_answers(raw: Raw) -> None:
    raw.say(ECHO % b"1", ECHO % b"2")
    raw.sock.shutdown(socket.SHUT_WR)
    assert [raw.hear() for _ in range(3)] == [b'{"parameters":{"text":"1"}}\0', b'{"parameters":{"text":"2"}}\0', b""]


def test_any_bytes_are_text(raw: Raw) -> None:
    """Not UTF-8 travels as lone surrogates, U+DC80 to U+DCFF, as PEP 383 has it; the answer is plain ASCII."""
    raw.say(ECHO % "a\xe9€😀".encode() + b"", ECHO % b"\xff\x80", ECHO % rb"\udcff\u0000\ud83d\ude00")
    assert raw.hear() == rb'{"parameters":{"text":"a\u00e9\u20ac\ud83d\ude00"}}' + b"\0"
    assert raw.hear() == rb'{"parameters":{"text":"\udcff\udc80"}}' + b"\0"
    assert raw.hear() == rb'{"parameters":{"text":"\udcff\u0000\ud83d\ude00"}}' + b"\0"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b" ",
        b"x",
        b"{",
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b"{}",
        b'{"method":1}',
        b'{"method":["io.i2cdrv.Desk.Who"]}',
        b'{"method":"io.i2cdrv.Desk.Who","parameters":[]}',
        b'{"method":"io.i2cdrv.Desk.Who","parameters":"x"}',
        b'{"method":"io.i2cdrv.Desk.Who","more":1}',
        b'{"method":"io.i2cdrv.Desk.Who","oneway":"true"}',
        b'{"method":"io.i2cdrv.Desk.Who","upgrade":[]}',
        b'{"method":"io.i2cdrv.Desk.Who","parameters":{"a":NaN}}',
        b'{"method":"io.i2cdrv.Desk.Who","parameters":{"a":-Infinity}}',
        b'{"method":"io.i2cdrv.Desk.Who"}{}',
        b'{"method":"io.i2cdrv.Desk.Who","x":' + b"9" * 5000 + b"}",
        b"[" * 60000,
        b'{"a":' * 10000,
        b"\xff\xfe",
    ],
)
def test_a_client_that_does_not_speak_varlink_is_disconnected_after_the_earlier_answers(
    raw: Raw, message: bytes
) -> None:
    raw.say(ECHO % b"before", message + b"\0", ECHO % b"after")
    assert raw.hear() == b'{"parameters":{"text":"before"}}\0'
    assert raw.hear() == b""


LIST = b'{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":[%s]}}\0'


def test_a_call_of_very_many_values_is_not_even_parsed(raw: Raw) -> None:
    """To parse it would block every other thread.  Braces inside a text do not count."""
    brackets = "[{," * 5000 + '\\"[[' * 1000
    assert raw.ask(ECHO % json.dumps(brackets)[1:-1].encode()) == {"parameters": {"text": brackets}}
    assert raw.ask(LIST % b",".join([b"1"] * 1990))["error"] == "org.varlink.service.InvalidParameter"
    raw.say(LIST % b",".join([b"1"] * 2010))
    assert raw.hear() == b""


@pytest.mark.parametrize("end", [b'"', b"", b"\\", b'\\"'])
def test_quotes_that_do_not_close_cost_no_time(end: bytes) -> None:
    began = time.process_time()
    with pytest.raises(ProtocolError):
        Request.parse(b'{"' + b'\\"' * 30_000 + end)
    assert time.process_time() - began < 0.1  # it takes 1 ms, and would take 10 s if each quote were looked at again


def test_unknown_fields_of_a_call_and_null_flags_are_no_matter(raw: Raw) -> None:
    call: dict[str, Any] = {
        "method": "io.i2cdrv.Desk.Echo",
        "parameters": {"text": "x"},
        "more": None,
        "com.x": {"y": 1},
    }
    assert raw.ask(json.dumps(call).encode() + b"\0") == {"parameters": {"text": "x"}}
