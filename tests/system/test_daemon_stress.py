"""The work of ``make service`` for a few seconds: kills, malformed calls, a crowd.  And that it can fail."""

from __future__ import annotations

import pytest

from tests.support import needs
from tests.system.service import crowd, kills, malformed
from tests.system.service.ledger import Ledger
from tests.system.service.odd import methods

SEED = 20261121


@needs.FUSE
def test_acknowledged_writes_survive_a_kill() -> None:
    outcome = kills.run(3, SEED, writing=0.5)
    assert outcome.wrong == []
    assert outcome.kills == 3
    assert outcome.acknowledged > 0


@needs.FUSE
def test_malformed_calls_are_answered_or_hung_up_on_and_change_nothing() -> None:
    outcome = malformed.run(400, SEED)
    assert outcome.wrong == []
    assert outcome.errors > 100
    assert outcome.hung_up > 50


def test_a_crowd_does_not_keep_an_honest_client_waiting() -> None:
    outcome = crowd.run(20, 0.7)
    assert [wrong for wrong in outcome.wrong if "sampling" not in wrong] == []  # a second is too short for that


def test_after_an_acknowledged_write_an_older_one_is_wrong() -> None:
    ledger = Ledger()
    for value in ("x1", "x2"):
        ledger.done([ledger.begin("filter", value)])
    assert ledger.possible("filter") == {"x2"}
    ledger.begin("filter", "x4")  # under way when the daemon is killed
    assert ledger.possible("filter") == {"x2", "x4"}
    assert ledger.look({"filter": "x1"}) == ["filter is 'x1', and can only be one of ['x2', 'x4']"]
    assert ledger.possible("filter") == {"x1"}


def test_of_two_writes_at_once_either_may_be_the_last() -> None:
    ledger = Ledger()
    first, second = ledger.begin("filter", "x1"), ledger.begin("filter", "x2")
    ledger.done([second])
    ledger.done([first])
    assert ledger.possible("filter") == {"x1", "x2"}


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("interface a.b\nmethod Nothing() -> ()\n", {}),
        ("interface a.b\nmethod Load(module: string,\n  words: []string, at: ?int) -> ()\n",
         {"module": "string", "words": "[]string", "at": "?int"}),
    ],
)  # fmt: skip
def test_the_types_of_a_method_are_those_of_the_text(text: str, types: dict[str, str]) -> None:
    (method,) = methods("a.b", text)
    assert method.types == types
