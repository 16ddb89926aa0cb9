# One command each: run, test, check, bench, serve. Everything stays in this folder.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
BIN := .venv/bin
FLASK := $(BIN)/flask --app app
SCRATCH := .tmp

export PORT HOST

.PHONY: run test check bench serve system-packages format requirements vendor clean

run: .venv/.installed ## Serve the demonstration on http://127.0.0.1:8000
	@$(BIN)/python -m app.operations.demonstration

test: .venv/.installed-dev ## Run the whole suite
	@mkdir -p $(SCRATCH)
	@TMPDIR=$(CURDIR)/$(SCRATCH) $(BIN)/pytest $(PYTEST_ARGS)

check: .venv/.installed-dev ## Format, lint, types, templates, import contracts, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/djlint --check --quiet app/templates
	$(BIN)/djlint --lint --quiet app/templates
	$(BIN)/lint-imports
	$(BIN)/python tools/vendor.py --check
	$(BIN)/python tools/check_data.py
	$(BIN)/python tools/check_migrations.py

bench: .venv/.installed-dev ## Benchmarks: ratios against a named peer, written under bench/results/
	@mkdir -p bench/results
	@for script in zone_checks places density hotspots map_page; do \
		echo; $(BIN)/python -m bench.$$script || exit 1; done

serve: .venv/.installed ## Production: settings come from the environment, see README.md
	@LEAD_MODE=production $(BIN)/python -m app.operations.production
	@LEAD_MODE=production exec $(BIN)/gunicorn --workers $(WORKERS) --threads 8 \
		--bind $(HOST):$(PORT) --no-control-socket "app.operations.production:application()"

system-packages: ## What the browser tests need from the distribution (root)
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium

format: .venv/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --reformat --quiet app/templates

requirements: .venv/.installed-dev ## Pin again what requirements.in asks for
	$(BIN)/uv pip compile -q --python-version 3.11 --no-emit-index-url --generate-hashes \
		--upgrade requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --python-version 3.11 --no-emit-index-url --generate-hashes \
		--upgrade requirements-dev.in -o requirements-dev.txt

vendor: .venv/.installed-dev ## Fetch the vendored scripts again and compare their hashes
	$(BIN)/python tools/vendor.py

clean:
	rm -rf .venv $(SCRATCH) .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed. Name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
