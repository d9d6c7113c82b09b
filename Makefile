# Every target but clean works from a fresh clone: the virtual environment makes itself.
PYTHON ?= python3
VENV ?= .venv
PREFIX ?= /usr/local
BIN := $(VENV)/bin

.PHONY: help run quick test check bench faults harm service starved vm vm-packages freethreaded sid arm systemd install uninstall deb dist docs clean

help:
	@echo "make run    ten readings of a simulated BME280, no hardware needed (ARGS=debug=1 also shows each transfer)"
	@echo "make quick  the unit tests, on all processors"
	@echo "make test   the tests"
	@echo "make check  the tests, types, style and layers: what CI runs"
	@echo "make bench  wire cost, CPU and start-up, beside bare smbus2 and other people's drivers"
	@echo "make harm   each driver against memories, clocks, expanders and random registers at its addresses"
	@echo "make faults every driver, every fault, at many moments, and a virtual week of ten chips with faults (minutes)"
	@echo "make service the daemon: kill -9 at any moment, nonsense on its socket, hundreds of clients (minutes)"
	@echo "make starved  all drivers with 2 % of a processor for a minute; none may be ejected (root)"
	@echo "make vm     the tests on real kernels in virtual machines (slow the first time)"
	@echo "make systemd  the Debian package under real systemds, of Debian 12 and 13 (root; the first run fetches these)"
	@echo "make install, make uninstall  the program and its service (PREFIX=/usr/local, DESTDIR= for packagers)"
	@echo "make docs   the documentation, in build/docs"
	@echo "make deb    a Debian package, in build/"
	@echo "make dist   a source archive and a wheel, in dist/, each checked and installed by pip"
	@echo "make freethreaded  the tests, and the litmus tests for longer, on a CPython without a GIL (built the first time)"

run: $(VENV)/.run
	@echo "A simulated BME280, once a second: temperature, air pressure and relative humidity."
	$(BIN)/i2cdrv load bme280 --bus sim --time --count 10 $(ARGS)

quick: $(VENV)/.test
	$(BIN)/python -m pytest -q -n auto tests/unit

test: $(VENV)/.test
	$(BIN)/python -m pytest -q

check: $(VENV)/.check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy i2cdrv drivers tests config
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q

bench: $(VENV)/.test
	$(BIN)/python -m tests.system.bench

faults: $(VENV)/.test
	$(BIN)/python -m tests.system.faults $(SEED)
	$(BIN)/python -m tests.system.faults --soak 7 --interval 20 $(SEED)

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

vm-packages:  # what `make vm` needs on Debian, for apt-get install
	@$(PYTHON) -m tests.system.vm --packages

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A stamp for each set of dependencies; each contains the one before.
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
