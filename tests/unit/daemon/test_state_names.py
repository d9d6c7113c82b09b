"""The names of devices in the state file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from i2cdrv.daemon.statefile import MALFORMED, Override, State


def stored(**changes: Any) -> dict[str, Any]:
    """Return the object of a file with changes."""
    found: dict[str, Any] = json.loads(json.dumps(State().as_dict()))
    return {**found, **changes}


def test_a_name_is_stored_with_the_configured_one() -> None:
    state = State()
    state.names["1-0076"] = Override("garden", "hut")
    found = json.loads(json.dumps(state.as_dict()))
    assert found["names"] == {"1-0076": {"value": "garden", "over": "hut"}}
    assert State.of(found).names == {"1-0076": Override("garden", "hut")}


def test_a_file_of_an_earlier_version_has_no_names() -> None:
    found = stored()
    del found["names"]
    assert State.of(found).names == {}


@pytest.mark.parametrize("names", [[], {"1-0076": "garden"}, {"1-0076": {"value": 3, "over": ""}}, {"1-0076": {}}])
def test_a_malformed_name_makes_the_file_a_damaged_one(names: object) -> None:
    with pytest.raises(MALFORMED):
        State.of(stored(names=names))
