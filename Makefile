# What is typed in this folder. `make run` needs Python 3.11 or later and make, nothing else.

SPEC ?= specs/two_moons.net
JOBS ?= 2
PROGRAMS ?= 100000

# Expanded only where an environment is made, so that a second `make run` does not pay for it.
PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
INSTALLED_DEV := $(VENV)/installed-dev

.DEFAULT_GOAL := run
.PHONY: run test fuzz lint format reference gallery benchmarks clean

run: $(INSTALLED) ## train a spec: make run SPEC=specs/rings.net
	@$(BIN)/netspec run $(SPEC)

# The tests run side by side, and their models are small: more threads would only wait.
test: export OMP_NUM_THREADS ?= 1
test: $(INSTALLED_DEV) ## run every test
	@$(BIN)/python -m pytest -n $(JOBS)

fuzz: export OMP_NUM_THREADS ?= 1
fuzz: $(INSTALLED_DEV) ## check many random programs against torch: make fuzz PROGRAMS=100000
	@echo "$(PROGRAMS) programs take about $$(( $(PROGRAMS) / 10000 / $(JOBS) + 1 )) minutes"
	@NETSPEC_PROGRAMS=$(PROGRAMS) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal \
		tests/property/test_random_nets.py tests/property/test_random_scans.py tests/property/test_functions.py

lint: $(INSTALLED_DEV) ## rules, layout and types, changing nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(INSTALLED_DEV) ## lay the code out, mend what is safe to mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

reference: $(INSTALLED) ## write the pages of the reference that are made: catalogue and errors
	@$(BIN)/python -c "import pathlib; from netspec.catalog import reference; reference.write(pathlib.Path('grammar'))"
	@$(BIN)/python -c "import pathlib; from netspec.cli.explain import all_codes; from netspec.diagnostics import reference; reference.write(pathlib.Path('grammar'), all_codes())"

gallery: $(INSTALLED_DEV) ## write specs/README.md: every spec, those of the zoo beside their references
	@$(BIN)/python tests/zoo/gallery.py

benchmarks: $(INSTALLED) ## print the figures that the docs show
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[benchmarks]'
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/scale.py
	@$(BIN)/python benchmarks/training.py

clean: ## take away the environment and everything that tools left
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "netspec needs Python 3.11 or later, and found none" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

# A development environment is a running one too.
$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(INSTALLED) $@
