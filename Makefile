# The commands that always work. `make demo` and `make test` set up whatever they need.
SHELL := /bin/bash
PYTHON ?= python3
SERVE ?= 1
PORT ?= 8000
VENV := .venv
RUN := $(VENV)/bin/python
DEV := DJANGO_SETTINGS_MODULE=cms.settings.development
TEST := DJANGO_SETTINGS_MODULE=cms.settings.test

.PHONY: demo test check journeys bench lock messages setup setup-dev clean

demo: setup
	@echo "Preparing the database and the site"
	@$(DEV) $(RUN) manage.py migrate --verbosity 0
	@$(DEV) $(RUN) manage.py compilemessages --verbosity 0 --locale fr
	@$(DEV) $(RUN) manage.py collectstatic --noinput --verbosity 0
	@$(DEV) $(RUN) manage.py seed_demo
	@if [ "$(SERVE)" != 0 ]; then exec env $(DEV) $(RUN) manage.py serve_demo --port $(PORT); fi

setup: $(VENV)/.base
setup-dev: $(VENV)/.dev

# A stamp holds the digest of the lock file, so that a second run costs nothing.
$(VENV)/.base: requirements/base.txt
	@.ci/system-packages run
	@[ -x $(RUN) ] || { echo "Making the virtual environment"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing locked dependencies"
	@$(RUN) -m pip install --quiet --require-hashes -r requirements/base.txt 2> >(grep -v '^WARNING: Location' >&2)
	@touch $@

$(VENV)/.dev: requirements/dev.txt
	@.ci/system-packages test
	@[ -x $(RUN) ] || { echo "Making the virtual environment"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing locked dependencies"
	@$(RUN) -m pip install --quiet --require-hashes -r requirements/dev.txt 2> >(grep -v '^WARNING: Location' >&2)
	@touch $(VENV)/.base $@

test: setup-dev
	@$(TEST) $(RUN) manage.py compilemessages --verbosity 0 --locale fr
	$(RUN) -m pytest -n 2 --dist loadfile tests --ignore tests/journeys --ignore tests/benchmarks

check: setup-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(TEST) $(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint templates --lint --quiet --exclude templates/private
	$(VENV)/bin/djlint templates/private --profile jinja --lint --quiet
	$(TEST) $(RUN) manage.py makemigrations --check --dry-run
	$(TEST) $(RUN) manage.py check
	@.ci/deploy-check
	$(RUN) -m pytest -q tests/architecture

journeys: setup-dev
	@$(TEST) $(RUN) manage.py compilemessages --verbosity 0 --locale fr
	$(RUN) -m pytest tests/journeys

bench: setup-dev
	$(RUN) -m pytest -q -s tests/benchmarks

# For maintainers: make the lock files anew, and gather sentences to translate.
lock:
	$(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements/base.txt requirements/base.in
	$(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements/dev.txt requirements/dev.in

messages:
	$(TEST) $(RUN) manage.py makemessages --locale fr --no-obsolete --no-location --ignore '.venv/*' --ignore 'tests/*'

clean:
	rm -rf .demo build .pytest_cache .mypy_cache .ruff_cache
