"""One recorded case put to our code, and the answer in the words of the record."""

from __future__ import annotations

from typing import Any, NamedTuple

from i2cdrv.driver.moduleparam import Parameters
from i2cdrv.errors import Error
from i2cdrv.lib import cpumask

from .oracle import ParamOracle, RustParamOracle
from .recorded import Case, escaped, text

LONGEST = 200  # a longer log line was cut by the recorder, and often ended up in the next case
MOST = 6  # log lines recorded of one case


class Answer(NamedTuple):
    """The result: the errno's name or 0, the values afterwards, the log lines, the bytes a write took."""

    errno: str | int
    values: Any = None
    log: tuple[str, ...] = ()
    written: int | None = None


class Oracle:
    """A module's parameters, and the log."""

    def __init__(self, name: str, *, ignore_unknown: bool = False) -> None:
        self.log: list[str] = []
        driver = RustParamOracle if name.startswith("rust") else ParamOracle
        self.parameters = Parameters(name, driver.params, self._printk, ignore_unknown=ignore_unknown)

    def _printk(self, level: int, line: bytes) -> None:
        self.log.append(f"<{level}>{escaped(line)}")

    def show(self, name: str) -> Any:
        try:
            return self.parameters.show(name)
        except Error as error:
            return error.name


def ask(case: Case, *, ignore_unknown: bool = False) -> Answer:
    """Our answer.  ``ignore_unknown``: as ``--ignore-unknown`` makes us answer."""
    if "list" in case:
        return _cpulist(case)
    if case["how"] == "sysfs":
        return _write(case)
    if "value" in case:
        return _load(Oracle("rust_param_oracle", ignore_unknown=ignore_unknown), case)
    return _load(Oracle("paramoracle", ignore_unknown=ignore_unknown), case)


def _load(oracle: Oracle, case: Case) -> Answer:
    try:
        oracle.parameters.load(_line(case))
    except Error as error:
        return Answer(error.name, None, _comparable(oracle.log))
    return Answer(0, _values(oracle, case), _comparable(oracle.log))


def _line(case: Case) -> bytes:
    if case["type"] == "args":
        return text(case["input"])
    name = case.get("param") or f"r_{case['type'].removeprefix('rust ')}"
    values = text(case["input"]).split(b" then ")  # how the record writes one assignment after the other
    return b" ".join(b"%b=%b" % (name.split(",")[0].encode(), value) for value in values)


def _values(oracle: Oracle, case: Case) -> Any:
    """Return the values read, of all the parameters that were recorded."""
    if "value" in case:
        return _rust_values(oracle, case)
    recorded = case["readback"]
    if isinstance(recorded, dict) and "err" not in recorded:
        return {name: oracle.show(name) for name in recorded}
    return oracle.show(case["param"])


def _rust_values(oracle: Oracle, case: Case) -> Any:
    """Rust's parameters have no files; the module printed them."""
    params, show = oracle.parameters.params, oracle.parameters.value
    if isinstance(case["value"], dict):
        return {name: params[name].get(show(params[name])) for name in case["value"]}
    param = params[f"r_{case['type'].removeprefix('rust ')}"]
    return param.get(show(param))


def _write(case: Case) -> Answer:
    oracle = Oracle("paramoracle")
    if "before" in case:
        oracle.parameters.store(case["param"], text(case["before"]))
        oracle.log.clear()
    try:
        written = oracle.parameters.store(case["param"], text(case["input"]))
    except Error as error:
        return Answer(error.name, _values(oracle, case), _comparable(oracle.log))
    return Answer(0, _values(oracle, case), _comparable(oracle.log), written)


def _cpulist(case: Case) -> Answer:
    if not case["input"]:
        return Answer(0, case["list"].encode())  # nothing was parsed: see the note of that case
    try:
        return Answer(0, cpumask.print_list(cpumask.parse_list(text(case["input"]), case["bits"])))
    except Error as error:
        return Answer(error.name)


def recorded(case: Case) -> Answer:
    """The kernel's answer."""
    values = next(case[key] for key in ("list", "value", "readback") if key in case)
    written = case.get("written", len(text(case["input"])) if case.get("how") == "sysfs" else None)
    return Answer(
        case["errno"], _decoded(values), _comparable(case.get("dmesg") or ()), None if case["errno"] else written
    )


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return value["err"].split()[-1] if "err" in value else {key: _decoded(one) for key, one in value.items()}
    return value if value is None else text(value)


def _comparable(lines: Any) -> tuple[str, ...]:
    return tuple(line for line in lines if len(line) < LONGEST)[:MOST]
