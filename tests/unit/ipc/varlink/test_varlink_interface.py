"""The interface text: its grammar, and which values its types accept (https://varlink.org/Interface-Definition)."""

from __future__ import annotations

import re
from threading import Event
from typing import Any

import pytest

from i2cdrv.errors import Invalid
from i2cdrv.ipc.varlink import Call, Interface, Peer, Server

TYPES = """
interface org.example.types-1.x2 # names may have - and digits
type Pair (first: int, second: string)
method Take( v :
   {} ) -> (anything: Later)
type Later (next: ?Later, pairs: []Pair, empty: ())
error Error (errno: int, name: string, message: string)
"""


def accepts(type: str, value: Any) -> bool:
    interface = Interface(TYPES.replace("{}", type))
    return interface.inputs["Take"].wrong({"v": value}) is None


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("bool", [True, False], [0, 1, "true", None]),
        ("int", [0, -(2**63), 2**64 - 1], [True, 1.0, "1", None, -(2**63) - 1, 2**64, 10**400]),
        ("float", [0, 1.5, -3, 1e308], [True, "1.5", None, float("inf"), float("-inf"), 10**400]),
        ("string", ["", "é", "\0", "\udc80\udcff"], [1, None, b"", [], "\ud800", "\udc7f", "\udfff"]),
        ("object", [{}, {"a": [1, None]}], [[], "x", None]),
        ("(one, two)", ["one", "two"], ["three", "", None, 1, ["one"]]),
        ("(first: int, second: ?string)", [{"first": 1}, {"first": 1, "second": None}], [{}, {"first": 1, "x": 1}, []]),
        ("()", [{}], [{"a": 1}, None, []]),
        ("[]int", [[], [1, 2]], [[1, "2"], [None], {}, "12", None]),
        ("[][]int", [[[]], [[1], []]], [[1], [["1"]]]),
        ("[string]int", [{}, {"a": 1}], [{"a": "1"}, [], {"\ud800": 1}]),
        ("[string]()", [{"a": {}, "b": {}}], [{"a": 1}, ["a"]]),
        ("?string", ["x", None], [1]),
        ("?[]string", [None, []], [[None]]),
        ("[]?string", [[None, "x"]], [None]),
        ("Pair", [{"first": 1, "second": "x"}], [{"first": 1}, {"first": "x", "second": "x"}]),
        (
            "Later",
            [{"pairs": [], "empty": {}, "next": {"pairs": [{"first": 1, "second": ""}], "empty": {}}}],
            [{"pairs": [], "empty": {}, "next": {"pairs": [1], "empty": {}}}],
        ),
    ],
)
def test_types(type: str, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not accepts(type, value)] == []
    assert [value for value in bad if accepts(type, value)] == []


def test_the_field_that_is_wrong_is_named() -> None:
    struct = Interface("interface a.b method M(x: int, y: ?int) -> ()").inputs["M"]
    assert struct.wrong({"x": 1}) is None
    assert struct.wrong({}) == "x"
    assert struct.wrong({"x": 1, "y": "z"}) == "y"
    assert struct.wrong({"x": 1, "Y": 1}) == "Y"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "too early"),
        ("# nothing", "too early"),
        ("method M() -> ()", "'method' instead of interface"),
        ("interface a.b function F() -> ()", "'function' instead of method or error or type"),
        ("interface a.b method M()", "too early"),
        ("interface a.b method M() ()", "instead of ->"),
        ("interface a.b method M -> ()", "instead of ("),
        ("interface a.b method M(x) -> ()", "words instead of fields"),
        ("interface a.b method M(x: ) -> ()", "')' instead of a name"),
        ("interface a.b method M(x: Nothing) -> ()", "type Nothing is not declared"),
        ("interface a.b method M(x: int y: int) -> ()", "'y' instead of , or )"),
        ("interface a.b method M(x: int, y) -> ()", "instead of :"),
        ("interface a.b method 1M() -> ()", "instead of a name"),
        ("interface a.b type T () error T ()", "T is declared twice"),
        ("interface a.b method M(x: [int]) -> ()", "'[' instead of a name"),
    ],
)
def test_a_text_that_does_not_follow_the_grammar(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)):
        Interface(text)


def test_a_handler_needs_a_declared_method() -> None:
    interface = Interface("interface a.b method Load() -> ()")
    with pytest.raises(Invalid, match=r"interface a.b declares no method Lod \(did you mean Load\?\)"):
        interface.add("Lod", lambda call: {})


def test_an_interface_without_the_error_that_its_handlers_raise_is_not_served(tmp_path: Any) -> None:
    with pytest.raises(Invalid, match=r"interface a.b declares no error Error"):
        Server(tmp_path / "s", [Interface("interface a.b method M() -> ()")])


def test_the_users_that_may_change_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 990)
    may = {uid: Call({}, False, Peer(1, uid, 990), Event()).is_privileged for uid in (0, 990, 1000, 65534)}
    assert may == {0: True, 990: True, 1000: False, 65534: False}
