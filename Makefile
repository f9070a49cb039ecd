# make demo: tag the example documents with the shipped model and score the run.
# make test: every check there is. Both make .venv first, once.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt
DEMO_RUN := runs/demo.tab

.PHONY: demo test clean

demo: .venv/.installed
	@mkdir -p $(dir $(DEMO_RUN))
	HF_HUB_OFFLINE=1 $(BIN)/ousianer tag examples/ltf -o $(DEMO_RUN)
	@echo
	head -n 8 $(DEMO_RUN)
	@echo
	$(BIN)/ousianer score examples/gold.tab $(DEMO_RUN)

# A process a core. Those that the tests start would each compile the package anew if none kept what it compiled.
test: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n logical --maxprocesses 4 --max-worker-restart 0 --dist loadfile

clean:
	rm -rf .venv build runs/demo.tab

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

# Installed in place, so that the checkout's own code and models run, and a stamp says that it is done.
.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e .
	@touch $@

.venv/.installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e '.[dev]'
	@touch .venv/.installed $@
