"""Listeners of an event, and how they unsubscribe."""

from __future__ import annotations

from i2cdrv.lib.listeners import Listeners


def test_each_listener_is_called_in_order_until_it_unsubscribes() -> None:
    calls: list[tuple[str, int]] = []
    event: Listeners[[int]] = Listeners()
    first = event.add(lambda number: calls.append(("first", number)))
    event.add(lambda number: calls.append(("second", number)))
    event(1)
    first()
    event(2)
    assert calls == [("first", 1), ("second", 1), ("second", 2)]
    assert len(event) == 1


def test_a_listener_may_unsubscribe_while_it_is_called() -> None:
    calls: list[str] = []
    event: Listeners[[]] = Listeners()

    def once() -> None:
        calls.append("once")
        unsubscribe()

    unsubscribe = event.add(once)
    event.add(lambda: calls.append("always"))
    event()
    event()
    assert calls == ["once", "always", "always"]
    unsubscribe()  # a second time does nothing
    assert len(event) == 1
