# Every target works from a fresh clone and creates its virtual environment.
PYTHON ?= python3
VENV ?= .venv
PREFIX ?= /usr/local
DAYS ?= 7
BIN := $(VENV)/bin
CASES ?=
PYTEST := $(BIN)/python -m pytest -q $(if $(CASES),--cases $(CASES))
THOROUGH := --hypothesis-profile thorough  # all cases of the unit tests that vary bits, bytes and moments
VIRTUAL := tests/system/peers tests/system/harm tests/system/test_fuzz.py  # in virtual time: on all processors, too

unexport PYTHONDONTWRITEBYTECODE  # compiling the tests takes a third of the time of `make quick`

.PHONY: help run quick test check bench verify shim faults harm service starved vm vm-packages freethreaded sid arm systemd install uninstall deb dist docs clean

help:
	@echo "make run           ten readings of a simulated BME280, no hardware needed (ARGS=debug=1 also shows each transfer)"
	@echo "make quick         the unit tests, on all processors, with a sample of the cases that vary bits, bytes and moments"
	@echo "make test          all tests, with all cases (CASES=3 runs three cases of each test, by chance)"
	@echo "make check         all tests, types, style and layers, as in CI"
	@echo "make bench         cost beside bare smbus2 and other drivers: wire, instructions, time (ARGS=goals: beside the goals)"
	@echo "make verify        datasheets, other authors' drivers and the kernel's judge every chip (the first run takes long)"
	@echo "make shim          smbus2's own tests and other authors' scripts on i2cdrv.SMBus, beside a service (the first run downloads them)"
	@echo "make harm          each driver against memories, clocks, expanders and random registers at its addresses"
	@echo "make faults        every driver and every fault at many moments, and ten chips with faults for a virtual week (minutes)"
	@echo "make service       the daemon under SIGKILL at any moment, garbage on its socket, and hundreds of clients (minutes)"
	@echo "make starved       all drivers with 2 % of a processor for a minute; no driver may be ejected (root)"
	@echo "make vm            the tests on real kernels in virtual machines (the first run takes long)"
	@echo "make systemd       the Debian package under the systemd of Debian 12 and 13 (root; the first run downloads both)"
	@echo "make freethreaded  the tests and longer litmus tests on CPython without a GIL (the first run compiles it)"
	@echo "make sid           the tests on the Python of Debian sid (root)"
	@echo "make arm           the unit tests on 32-bit ARM, emulated (root)"
	@echo "make docs          the documentation, in build/docs"
	@echo "make deb           a Debian package, in build/"
	@echo "make dist          a source archive and a wheel, in dist/, both checked and installed by pip"
	@echo "make install       the program and its service (PREFIX=/usr/local, DESTDIR= for packagers); also: make uninstall"

run: $(VENV)/.run
	@echo "A simulated BME280, once a second: temperature, air pressure and relative humidity."
	$(BIN)/i2cdrv load bme280 --bus sim --time --count 10 $(ARGS)

quick: $(VENV)/.test
	$(BIN)/python -m pytest -q -n auto --cases 2 tests/unit $(ARGS)

test: $(VENV)/.test
	$(PYTEST) -n auto $(THOROUGH) tests/unit $(VIRTUAL)
	$(PYTEST) tests/system $(VIRTUAL:%=--ignore=%)

check: $(VENV)/.check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy i2cdrv drivers tests config
	$(BIN)/lint-imports
	$(PYTEST) -n auto $(THOROUGH) tests/unit $(VIRTUAL)
	$(PYTEST) tests/system $(VIRTUAL:%=--ignore=%)

bench: $(VENV)/.test
	$(BIN)/python -m tests.system.bench $(ARGS)

verify: $(VENV)/.test
	$(BIN)/python -m tests.system.verify $(ARGS)

shim: $(VENV)/.test
	$(BIN)/python -m tests.system.shim

faults: $(VENV)/.test
	$(BIN)/python -m tests.system.faults $(SEED)
	$(BIN)/python -m tests.system.faults --soak $(DAYS) --interval 20 $(SEED)

harm: $(VENV)/.test
	$(BIN)/python -m tests.system.harm

service: $(VENV)/.test
	$(BIN)/python -m tests.system.service

starved: $(VENV)/.test
	$(BIN)/python -m tests.system.starved

vm: $(VENV)/.test
	$(BIN)/python -m tests.system.vm

sid: $(VENV)/.test
	$(BIN)/python -m tests.system.chroot sid

arm: $(VENV)/.test
	$(BIN)/python -m tests.system.chroot arm

freethreaded: $(VENV)/.test
	$(BIN)/python -m tests.system.freethreaded

systemd: $(VENV)/.test
	$(BIN)/python -m tests.system.systemd

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs
	@echo "build/docs/index.html"

install uninstall:
	$(PYTHON) -m config.install $@ --prefix "$(PREFIX)" --destdir "$(DESTDIR)"

deb:
	$(PYTHON) -m config.deb

dist: $(VENV)/.dist
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*
	set -e; for file in dist/*; do \
	    $(PYTHON) -m venv --clear build/fresh; \
	    build/fresh/bin/python -m pip install --quiet --disable-pip-version-check $$file; \
	    build/fresh/bin/i2cdrv load bme280 --bus sim --once; \
	done
	rm -r build/fresh

vm-packages:  # the packages that `make vm` needs on Debian, for apt-get install
	@$(PYTHON) -m tests.system.vm --packages

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A stamp for each set of dependencies.  Each set contains the set before it.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check --editable ".[test]"
	@touch $@ $(VENV)/.run

$(VENV)/.check: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check --editable ".[check]"
	@touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.dist: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check build twine
	@touch $@

$(VENV)/.docs: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	@touch $@ $(VENV)/.run
