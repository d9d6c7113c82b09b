"""Where we answer otherwise on purpose: the whole list, each with the cases it explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .recorded import Case
from .replay import Answer, ask, recorded


class Deviation(NamedTuple):
    """``explains``: whether this case is answered as the deviation states; it looks at both answers."""

    case: str
    kernel: str
    ours: str
    explains: Callable[[Case], bool]


def unknown_refused(case: Case) -> bool:
    """Refused, with ENOENT or a later argument's errno; exactly the kernel's answer with the option to ignore it."""
    theirs, ours = recorded(case), ask(case)
    refused = ours.errno == "ENOENT" or (ours.errno == theirs.errno and theirs.errno != 0)
    return refused and ask(case, ignore_unknown=True) == theirs


def array_kept(case: Case) -> bool:
    """The kernel's errno and log, and the values from before."""
    if not case.get("type", "").startswith("array") or case["how"] != "sysfs" or not case["errno"]:
        return False
    theirs, before = recorded(case), ask({**case, "input": case["before"]})
    return ask(case) == theirs._replace(values=before.values)


def without_dynamic_debug(case: Case) -> bool:
    """The kernel's answer, with the warning of a kernel built without CONFIG_DYNAMIC_DEBUG."""
    theirs, ours = recorded(case), ask(case)
    warning = "<4>dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds"
    return "dyndbg" in case.get("input", "") and ours == theirs._replace(log=(warning, *theirs.log))


def never(case: Case) -> bool:
    """No recorded case needs it."""
    return False


DEVIATIONS = (
    Deviation(
        "unknown parameter",
        "warns, loads",
        "refuses to load (ENOENT), names the nearest known one; `--ignore-unknown` gives the kernel's way",
        unknown_refused,
    ),
    Deviation("array with a bad element", "keeps the good head", "all or nothing", array_kept),
    Deviation(
        "arguments for a module already loaded",
        "dropped silently",
        "refused (EEXIST); the error shows how to set them",
        never,
    ),
    Deviation(
        "`dyndbg=…`",
        "switches on the module's debug messages",
        "ignored, with the warning of a kernel without CONFIG_DYNAMIC_DEBUG; `debug=1` logs each transfer",
        without_dynamic_debug,
    ),
    Deviation("`async_probe`", "the chip is probed by another thread", "ignored: the bus thread probes anyway", never),
    Deviation("text", "bytes", "the same bytes; printing is UTF-8 with escapes", never),
)


def verdict(case: Case) -> tuple[str, Answer, Answer]:
    """``agree``, ``deviates by design`` or ``disagree``, with the kernel's answer and ours."""
    theirs, ours = recorded(case), ask(case)
    if theirs == ours:
        return "agree", theirs, ours
    explained = any(deviation.explains(case) for deviation in DEVIATIONS)
    return "deviates by design" if explained else "disagree", theirs, ours
