# make run: play.  make test: prove.  docs/development.md says more.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
EDITABLE := --no-deps --no-build-isolation --editable .

DESKTOP := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))

.PHONY: run test train-smoke soak fuzz debian wine docs lock audit release clean

run: .venv/installed
	@$(BIN)/antiphon run $(if $(DESKTOP),--open) $(ARGS)

test: .venv/installed-for-tests
	tests/setup-system.sh
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict daemon training tests
	$(BIN)/mypy --strict --platform win32 daemon
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

# README.md, docs/start.md and the Dockerfile, to the letter, on a bare Debian 12. A quarter of an hour; as root.
debian: .venv/installed-for-tests
	tests/setup-system.sh
	$(BIN)/pytest tests/debian $(ARGS)

# Windows' own Python and wheels under Wine: plays through WinMM, is killed, and runs the tests that need no MIDI. A quarter
# of an hour.
wine: .venv/installed-for-tests
	tests/setup-system.sh wine wine64 gcc-mingw-w64-x86-64
	$(BIN)/pytest tests/windows $(ARGS)

# The user's guide as a site, in build/docs/index.html.
docs: .venv/installed-for-tests
	$(BIN)/sphinx-build -b html -W --keep-going --quiet docs build/docs
	@echo build/docs/index.html

# What locks/ says, anew: versions from constraints.txt, hashes from the package index.
lock: .venv/installed-for-tests
	locks/make.sh locks

# Whether a fault is known in any version that we lock. Needs a service that knows, on the network.
audit: .venv/installed-for-tests
	$(BIN)/pip-audit --strict --requirement locks/run.txt --require-hashes --disable-pip
	$(BIN)/pip-audit --strict --requirement locks/test.txt --require-hashes --disable-pip

# Everything that would be published, in dist/: built, checked, and played. Publishes nothing.
release: .venv/installed-for-tests
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/twine check --strict dist/*.whl dist/*.tar.gz
	locks/inventory.sh dist
	ANTIPHON_DIST=dist $(BIN)/pytest tests/package/test_wheel.py tests/package/test_installers.py tests/package/test_release.py $(ARGS)
	cd dist && sha256sum * > SHA256SUMS
	@cat dist/SHA256SUMS

clean:
	rm -rf .venv build dist

# pip is the last thing that venv makes: without python3-venv the folder appears, but not pip.
$(BIN)/pip:
	$(PYTHON) -m venv --clear .venv

.venv/installed: pyproject.toml locks/run.txt | $(BIN)/pip
	@echo "Setting up .venv: a minute or two, the first time only."
	@$(PIP) --require-hashes --requirement locks/run.txt
	@$(PIP) $(EDITABLE)
	@touch $@

# torch by its version only (locks/elsewhere.in), all else by hash.
.venv/installed-for-tests: pyproject.toml constraints.txt locks/test.txt | $(BIN)/pip
	$(PIP) --require-hashes --requirement locks/test.txt
	$(PIP) --constraint constraints.txt --no-build-isolation --editable ".[train,docs,dev]"
	touch $@ .venv/installed
