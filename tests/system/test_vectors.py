"""The answers of real kernels, and ours: everything recorded, in one go."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.system.vectors import __main__ as command
from tests.system.vectors.deviations import DEVIATIONS, verdict
from tests.system.vectors.recorded import FILES, cases

PAGE = (ROOT / "docs/parameters.md").read_text()
COUNTS = {
    "cpulist.jsonl.xz": {"agree": 131},
    "params.jsonl.xz": {"agree": 8061, "deviates by design": 996},
    "rust-params.jsonl.xz": {"agree": 1734, "deviates by design": 50},
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_we_answer_as_the_kernel_did(file: Path) -> None:
    verdicts = [(verdict(case), case) for case in cases(file)]
    assert [(case, answers) for (kind, *answers), case in verdicts if kind == "disagree"] == []
    assert Counter(kind for (kind, *_), _ in verdicts) == COUNTS[file.name]


def test_all_recorded_files_are_there() -> None:
    assert {file.name for file in FILES} == COUNTS.keys()


def test_the_page_of_parameters_lists_each_deviation() -> None:
    for case, kernel, ours, _ in DEVIATIONS:
        assert f"| {case} | {kernel} | {ours} |" in PAGE


def test_a_disagreement_is_printed_with_both_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(
        '{"type": "byte", "how": "sysfs", "param": "p_byte", "input": "256", "before": "42", "errno": 0,'
        ' "readback": "0\\\\n", "kernels": ["7.2.12"]}\n'
        '{"type": "byte", "how": "sysfs", "param": "p_byte", "input": "1", "errno": 5, "kernels": ["6.1.176"]}\n'
    )
    monkeypatch.setattr("sys.argv", ["vectors", str(wrong)])
    assert command.main() == 1
    shown = capsys.readouterr().out
    assert "kernel Answer(errno=0, values=b'0\\n', log=(), written=3)" in shown
    assert "i2cdrv Answer(errno='ERANGE', values=b'42\\n', log=(), written=None)" in shown
    assert shown.endswith("wrong.jsonl: 0 agree, 0 deviates by design, 1 disagree\n")


@pytest.mark.parametrize(
    "answer",
    [
        '"errno": "EINVAL", "readback": "1\\\\n"',  # not the kernel's errno
        '"errno": "ERANGE", "readback": "2\\\\n"',  # nor the content that a file could have had before
    ],
)
def test_a_deviation_explains_only_its_own_difference(tmp_path: Path, answer: str) -> None:
    file = tmp_path / "array.jsonl"
    question = '{"type": "array[4] of int", "how": "sysfs", "param": "a_int", "input": "1,4294967296", '
    file.write_text(f'{question}"before": "11,12", {answer}, "kernels": ["7.2.12"]}}\n')
    (case,) = cases(file)
    assert verdict(case)[0] == ("disagree" if "EINVAL" in answer else "deviates by design")
