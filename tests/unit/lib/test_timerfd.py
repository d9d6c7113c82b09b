"""The watchdog's timer: it expires only while it is armed, and a closed one leaves all others alone."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import closing

import pytest

from i2cdrv.lib.timerfd import TimerFd

PERIOD_S, MARGIN_S = 0.005, 10.0


@pytest.fixture
def timer() -> Iterator[TimerFd]:
    with closing(TimerFd(PERIOD_S)) as made:
        yield made


def expired(timer: TimerFd, seconds: float) -> bool:
    return bool(select.select([timer._fd], [], [], seconds)[0])


def test_an_armed_timer_expires_each_period(timer: TimerFd) -> None:
    timer.arm()
    for _ in range(2):
        assert expired(timer, MARGIN_S)
        timer.wait()


def test_a_timer_that_was_never_armed_does_not_expire(timer: TimerFd) -> None:
    assert not expired(timer, 4 * PERIOD_S)


def test_a_disarmed_timer_does_not_expire(timer: TimerFd) -> None:
    timer.arm()
    timer.disarm()
    assert not expired(timer, 4 * PERIOD_S)


def test_a_fired_timer_lets_no_wait_sleep() -> None:
    with closing(TimerFd(3600.0)) as timer:
        timer.fire()
        for _ in range(3):
            assert expired(timer, MARGIN_S)
            timer.wait()


def test_a_closed_timer_does_not_set_the_timer_that_got_its_number() -> None:
    closed = TimerFd(PERIOD_S)
    closed.close()
    with closing(TimerFd(3600.0)) as timer:  # the lowest number that is free
        for act in (closed.arm, closed.fire):
            act()
        assert not expired(timer, 4 * PERIOD_S)
