"""Calls that no honest client makes, made from the daemon's own description of its interfaces."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any, NamedTuple

METHOD = re.compile(r"^method (\w+)\((.*?)\) ->", re.MULTILINE | re.DOTALL)
LONG = 70_000  # bytes; a call may have 65,536
CHANGING = ("Load", "Unload", "Reload", "NewDevice", "DeleteDevice", "Bind", "Unbind", "StoreParameter", "ReloadModule",
            "InjectFault", "ClearFaults", "NameDevice", "UnsetParameter")  # fmt: skip

WORDS = ["", "\0", "a\0b", "\n", "bme280\n", "-", "../../etc/passwd", "../bme280", "/", ".", "..", "/dev/zero.py",
         "/proc/self/mem.py", "x.py:y", "\ud800", "\udcff", "\udc80\udc00", "é", "𝄞", "%s%n{0}", "x" * 5000, "a b", "=",
         "osrs_p", "osrs_p=x3", "=x1", "--", "debug=maybe", "sim", "sim\0", "SIM", "0", "-1", "99999999999999999999",
         "i2c-", "i2c-0x0", "/dev/i2c-99", "/dev/null", "replay:", "replay:/etc/passwd", "replay:/dev/zero", "1-0076",
         "0-0076 ", "0-76", "0-ffff", "bmp280", "BME280", "__init__", "os", "i2cdrv.core", "true", "null"]  # fmt: skip
NUMBERS = [0, -1, 1, 2, 0x76, 0x77, 0x80, 0x3FF, 0x400, 0xA076, 0xFFFF, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1,
           2**64, 2**70, -(2**63), -(2**63) - 1, 10**400]  # fmt: skip
FLOATS = [0, 0.0, -0.0, -1, -1.5, 1e-300, 5e-324, 1e-9, 0.0009, 86401, 1e9, 1e308, -1e308, 2**70, 1e15]
CONSTANTS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "01", "1.", "+1", "0x1", "'x'", "undefined", ""]
ANYTHING: list[Any] = [
    None,
    True,
    False,
    0,
    1.5,
    "x",
    [],
    {},
    [[]],
    {"a": {}},
    ["x", 1],
    [None] * 50,
    {"": ""},
    "\ud800",
]
HARMLESS: dict[str, list[Any]] = {  # so that the one odd value of a call is checked
    "module": ["bme280", "ina219", "lm75"],
    "parameters": [[]],
    "interval": [1.0],
    "address": [0x40, 0x48],
    "name": ["osrs_p"],
    "value": ["x4"],
    "device": ["0-0076"],
    "chip": ["lm75"],
    "target": ["i2c-0"],
    "words": [["nack", "count=1"]],
    "interface": ["io.i2cdrv.Modules"],
}
TAKES_AWAY = ("Unload", "Unbind", "DeleteDevice", "Bind", "ReloadModule")


ODD: dict[str, list[Any]] = {"string": WORDS, "int": NUMBERS, "float": FLOATS, "bool": [True, False]}


class Method(NamedTuple):
    """One method of an interface: the types of its parameters, as they are written."""

    name: str
    types: dict[str, str]

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


def methods(interface: str, text: str) -> list[Method]:
    """All of an interface's text."""
    return [Method(f"{interface}.{name}", _types(inside)) for name, inside in METHOD.findall(text)]


def _types(inside: str) -> dict[str, str]:
    pairs = (field.split(":") for field in inside.split(",") if field.strip())
    return {name.strip(): kind.strip() for name, kind in pairs}


class Message(NamedTuple):
    """Bytes to send.  ``method``: the method it calls, if any; ``whole``: not only a part of a message."""

    data: bytes
    method: str = ""
    whole: bool = True


class Odd:
    """A source of them; the same for the same seed."""

    def __init__(self, known: list[Method], seed: int) -> None:
        self._known, self._random = known, Random(seed)
        self._kinds = [self._noise, self._no_object, self._broken_json, self._deep, self._too_long, self._half,
                       self._strange_call, *[self._wrong_types] * 4, *[self._odd_values] * 9]  # fmt: skip

    def message(self) -> Message:
        """Another one."""
        return self._random.choice(self._kinds)()

    def _noise(self) -> Message:
        data = self._random.randbytes(self._random.choice((0, 1, 7, 300, 5000))).replace(b"\0", b"\1")
        return Message(data + b"\0")

    def _no_object(self) -> Message:
        return Message(json.dumps(self._random.choice(ANYTHING)).encode() + b"\0")

    def _broken_json(self) -> Message:
        """A call with a hole, or with a number that is none."""
        method = self._random.choice(self._known)
        whole = json.dumps({"method": method.name, "parameters": dict.fromkeys(method.types, 1)})
        if self._random.random() < 0.5:
            return Message(whole.replace("1", self._random.choice(CONSTANTS)).encode() + b"\0")
        at = self._random.randrange(len(whole))
        return Message((whole[:at] + whole[at + 1 :]).encode() + b"\0")

    def _deep(self) -> Message:
        depth, (begin, end) = self._random.choice((50, 990, 1001, 20_000)), self._random.choice(("[]", ('{"a":', "}")))
        inner = (begin * depth + ("1" if end == "}" else "") + end * depth)[: LONG - 5000]
        method = self._random.choice(self._known).name
        return Message(f'{{"method":"{method}","parameters":{{"x":{inner}}}}}'.encode() + b"\0")

    def _too_long(self) -> Message:
        method = self._random.choice(self._known).name
        return Message(json.dumps({"method": method, "parameters": {"x": "y" * LONG}}).encode() + b"\0")

    def _half(self) -> Message:
        whole = self._odd_values().data
        return Message(whole[: self._random.randrange(len(whole))], whole=False)

    def _strange_call(self) -> Message:
        """The frame of the call is odd."""
        name = self._random.choice(self._known).name
        frame: dict[str, Any] = {"method": self._random.choice((name, f"{name}x", f".{name}", "", ".", *WORDS))}
        for key in ("parameters", "more", "oneway", "upgrade", "method", "extra"):
            if self._random.random() < 0.3:
                frame[key] = self._random.choice((*ANYTHING, {}, {}))
        return self._call(frame)

    def _wrong_types(self) -> Message:
        """Each parameter is there or not, and anything."""
        method, choice = self._random.choice(self._known), self._random.choice
        given = {name: choice(ANYTHING) for name in method.types if self._random.random() < 0.8}
        if self._random.random() < 0.2:
            given[choice(WORDS)] = choice(ANYTHING)
        return self._call({"method": method.name, "parameters": given})

    def _odd_values(self) -> Message:
        """Each parameter is of its type; some are odd, or only one."""
        method, random = self._random.choice(self._known), self._random
        odd = random.choice(list(method.types)) if method.types and random.random() < 0.6 else None
        given = {}
        for name, kind in method.types.items():
            if not kind.startswith("?") or name == odd or random.random() < 0.6:
                plain = method.short not in TAKES_AWAY and odd not in (None, name)
                given[name] = self._harmless(name, kind) if plain else self._value(kind.removeprefix("?"))
        flags = {"more": True} if random.random() < 0.1 else {}
        return self._call({"method": method.name, "parameters": given, **flags})

    def _harmless(self, name: str, kind: str) -> Any:
        if name == "bus":
            return 0 if kind.endswith("int") else "sim"
        return self._random.choice(HARMLESS[name]) if name in HARMLESS else self._value(kind.removeprefix("?"))

    def _value(self, kind: str) -> Any:
        choice = self._random.choice
        if kind.startswith("[]"):
            return [self._value(kind[2:]) for _ in range(choice((0, 1, 1, 2, 2, 3, 1500)))]
        if kind in ODD:
            return choice(ODD[kind])
        return choice(ANYTHING)

    def _call(self, frame: dict[str, Any]) -> Message:
        method = frame.get("method")
        return Message(json.dumps(frame).encode() + b"\0", method if isinstance(method, str) else "")
