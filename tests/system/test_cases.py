"""Faults of earlier versions stay fixed: each script in ``cases`` ends with 1 while its fault is present."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

CASES = sorted(
    path.stem for path in (Path(__file__).parent / "cases").glob("*.py") if path.stem not in {"__init__", "common"}
)


@pytest.mark.parametrize("case", CASES)
def test_a_fault_of_an_earlier_version_stays_fixed(case: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.system.cases.{case}", "--short"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.splitlines()[-1].startswith("fine: ")
