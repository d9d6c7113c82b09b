"""Tables of objects at a prompt and in a notebook."""

from __future__ import annotations

from i2cdrv.client import FoundChip, Table
from i2cdrv.client.table import MAX_WIDTH

CHIPS = Table([FoundChip(0x76, ["bme280"], True, "bound"), FoundChip(0x48, ["lm75", "tmp75"], False, "<b>")])


def test_a_prompt_shows_aligned_columns() -> None:
    assert repr(CHIPS).splitlines() == [
        "address  chips                note",
        "0x76     bme280               bound",
        "0x48     perhaps lm75, tmp75  <b>",
    ]
    assert repr(Table[FoundChip]()) == "[]"


def test_a_notebook_shows_a_table_without_foreign_tags() -> None:
    html = CHIPS._repr_html_()
    assert html.count("<tr>") == 3
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert Table[FoundChip]()._repr_html_() == "<p>none</p>"


def test_a_long_cell_is_cut_at_a_prompt_only() -> None:
    chips = Table([FoundChip(0x76, ["x" * 200], True, "")])
    assert max(map(len, repr(chips).splitlines())) < 2 * MAX_WIDTH
    assert "…" in repr(chips)
    assert "x" * 200 in chips._repr_html_()


def test_it_is_a_list() -> None:
    assert [one.address for one in CHIPS] == [0x76, 0x48]
    assert CHIPS[0].sure
