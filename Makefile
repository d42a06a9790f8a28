# make run: play.  make test: prove.  docs/development.md says more.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --constraint constraints.txt --editable

.PHONY: run test train-smoke soak fuzz clean

run: .venv/installed
	@$(BIN)/antiphon run $(ARGS)

test: .venv/installed-for-tests
	tests/setup-system.sh
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict daemon training tests
	$(BIN)/lint-imports
	$(BIN)/pytest $(ARGS)

# From a folder of MIDI files to a model that plays, in under two minutes.
train-smoke: .venv/installed-for-tests
	$(BIN)/pytest -s tests/training/test_smoke.py $(ARGS)

# A day of playing in virtual time, and an hour of a machine gun for a player.
soak: .venv/installed-for-tests
	tests/setup-system.sh
	ANTIPHON_SOAK_HOURS=24 ANTIPHON_SOAK_SECONDS=3600 ANTIPHON_SOAK_RESTARTS=20 ANTIPHON_FUZZ_EXAMPLES=100000 $(BIN)/pytest -s tests/soak tests/fuzz $(ARGS)

# Bytes of no meaning, guided by the code they reach. Atheris has wheels for Linux on x86-64.
fuzz: .venv/installed-for-tests
	$(BIN)/pip install --quiet --constraint constraints.txt atheris
	$(BIN)/python -m tests.fuzz.guided $(or $(SECONDS),600)

clean:
	rm -rf .venv

# pip is the last thing that venv makes: without python3-venv the folder appears, but not pip.
$(BIN)/pip:
	$(PYTHON) -m venv --clear .venv

.venv/installed: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Setting up .venv: a minute or two, the first time only."
	@$(INSTALL) .
	@touch $@

.venv/installed-for-tests: pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) ".[train,dev]"
	touch $@ .venv/installed
