"""Readings as a Python program uses them: a value, or the error in its place, never a number for an error."""

from __future__ import annotations

import copy
import errno
import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv import errors
from i2cdrv.client import Channel, Reading
from i2cdrv.errors import BadChecksum, Error, Nack, NotMeasured, OutOfRange, Unknown
from tests.support.replies import HARMFUL, READING

if TYPE_CHECKING:
    from collections.abc import Callable

TEMP = {"value": 21.4731, "unit": "°C", "digits": 2}
OPEN = {"unit": "V", "error": "ERANGE", "message": "the input is open"}


def reading(now: float = 7.5, **members: Any) -> Reading:
    return Reading({**READING, "channels": {"temp": TEMP, "ain0": OPEN}, **members}, now)


def failed(name: str = "ENXIO", message: str = "no answer") -> Reading:
    return reading(status="error", error=name, message=message, channels=None)


def test_a_channel_is_a_number_with_a_unit() -> None:
    temp = reading()["temp"]
    assert temp is reading().temp or temp.value == 21.4731
    assert (temp.unit, temp.label, temp.error, float(temp)) == ("°C", "temp", None, 21.4731)
    assert f"{temp}" == str(temp) == "21.47 °C"
    assert f"{temp:.1f}" == "21.5"
    assert repr(temp) == "<Channel temp: 21.47 °C>"


def test_a_word_is_shown_as_its_text() -> None:
    found = Channel("present", {"value": 1, "unit": "", "digits": 0, "text": "yes"})
    assert (found.value, found.text, str(found)) == (1, "yes", "yes")


def test_a_channel_without_a_value_raises_its_error_wherever_a_number_is_needed() -> None:
    ain0 = reading()["ain0"]
    assert isinstance(ain0.error, Error)
    assert ain0.error.errno == errno.ERANGE
    for use in (lambda: ain0.value, lambda: float(ain0), lambda: f"{ain0:.1f}"):
        with pytest.raises(Error, match="the input is open") as caught:
            use()
        assert caught.value.errno == errno.ERANGE
    assert str(ain0) == "no value: the input is open (ERANGE)"
    assert list(reading().faults) == ["ain0"]


@pytest.mark.parametrize("missing", [{"unit": "V"}, {"unit": "V", "value": None}, {"unit": "V", "error": "EODD"}])
def test_a_channel_with_neither_value_nor_error_has_no_value(missing: dict[str, Any]) -> None:
    with pytest.raises(NotMeasured, match="no reason is given"):
        _ = Channel("x", missing).value


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ENXIO", Nack), ("EBADMSG", BadChecksum), ("ERANGE", Error), ("EIO", Error), ("ENOENT", Unknown)],
)
def test_a_reading_without_a_value_raises_the_error_of_its_errno(name: str, kind: type[Error]) -> None:
    one = failed(name)
    uses: list[Callable[[], Any]] = [lambda: one["temp"], lambda: one.temp, lambda: one.get("temp"), one.check]
    for use in uses:
        with pytest.raises(Error, match="no answer") as caught:
            use()
        assert type(caught.value) is kind
        assert caught.value.name == name
    assert not one
    assert len(one) == 0
    assert "temp" not in one
    assert isinstance(one.error, kind)


def test_an_unknown_channel_is_named_with_the_known_ones() -> None:
    text = r"1-0076 has no channel 'tmp' \(did you mean temp\?\); it has: temp, ain0"
    with pytest.raises(AttributeError, match=text):
        _ = reading().tmp
    with pytest.raises(KeyError, match=text):
        _ = reading()["tmp"]
    assert reading().get("tmp") is None
    assert not hasattr(reading(), "tmp")


def test_a_reading_is_a_mapping_of_its_channels() -> None:
    one = reading()
    assert list(one) == ["temp", "ain0"]
    assert [channel.name for channel in one.values()] == ["temp", "ain0"]
    assert {"temp", "ain0", "age", "device"} <= set(dir(one))
    assert one == one  # noqa: PLR0124
    assert one != reading()
    assert len({one, reading()}) == 2


def test_the_age_grows_from_the_process_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.client.reading.boottime", lambda: 100.0)
    one = reading(now=9.0)
    monkeypatch.setattr("i2cdrv.client.reading.boottime", lambda: 102.0)
    assert one.age == 3.5


def test_a_row_for_pandas_has_no_number_for_an_error() -> None:
    when = datetime(2026, 11, 21, 20, 18, 15, 720000, tzinfo=UTC)
    assert reading(time=when.timestamp(), name="garden").as_dict() == {
        "time": when, "device": "1-0076", "name": "garden", "error": "ain0: the input is open (ERANGE)", "temp": 21.4731
    }  # fmt: skip
    assert failed().as_dict() | {"time": None} == {
        "time": None, "device": "1-0076", "name": "1-0076", "error": "no answer (ENXIO)",
    }  # fmt: skip
    good = reading(channels={"temp": TEMP})
    assert good.as_dict()["error"] is None


def test_its_texts() -> None:
    one = reading(name="garden")
    assert str(one) == "garden bme280: temp 21.47 °C, ain0 no value: the input is open (ERANGE)"
    assert repr(failed()) == "<Reading of 1-0076 bme280: no value: no answer (ENXIO)>"
    html = one._repr_html_()
    assert html.startswith("<table>")
    assert "21.47 °C" in html
    assert "no answer" in failed()._repr_html_()


def test_texts_of_other_programs_steer_neither_a_terminal_nor_a_page() -> None:
    harmful = f"<script>{HARMFUL}</script>"
    one = reading(name=harmful, chip=harmful, channels={harmful: {**TEMP, "label": harmful, "unit": harmful}})
    for text in (str(one), repr(one), repr(one[harmful]), str(failed(message=harmful))):
        assert text.isprintable()
    assert "<script>" not in one._repr_html_()
    assert one._repr_html_().isprintable()


def test_a_time_outside_the_calendar_is_an_error() -> None:
    with pytest.raises(Error, match=r"the service has sent an invalid time, 1e\+300") as caught:
        reading(time=1e300)
    assert caught.value.errno == errno.EPROTO


def test_it_can_be_copied_and_sent_to_another_process() -> None:
    for one in (copy.copy(reading()), copy.deepcopy(reading()), pickle.loads(pickle.dumps(reading()))):
        assert one.as_dict() == reading().as_dict()
    assert issubclass(OutOfRange, errors.Error)
