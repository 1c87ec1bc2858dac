# The commands a newcomer needs; each sets up what it lacks. Needs Python >= 3.11, git and make.
PYTHON ?= python3
VENV := .venv/bin
# More than there are cores: a third of the suite mostly waits.
TEST_WORKERS ?= 7
PYTEST = $(VENV)/pytest -n $(TEST_WORKERS) --dist loadscope --no-loadscope-reorder
# The inner loop never waits, and each worker has to collect everything first.
PYTEST_QUICK = $(VENV)/pytest -n logical --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: build/checkov build/ministack help python setup setup-test workshop demo check test test-quick test-long clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: python ## create or refresh .venv/ (quiet when nothing changed)
	@$(PYTHON) -I workshop/bootstrap.py

setup-test: python
	@$(PYTHON) -I workshop/bootstrap.py test

python:
	@command -v $(PYTHON) >/dev/null || { echo "Error: no program is called $(PYTHON); \
	install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 2; }

workshop: setup ## start the offline cloud and JupyterLab on the notebooks
	@$(VENV)/workshop start

demo: setup ## run both pipelines offline and compare their totals with the truth
	@$(VENV)/workshop demo

check: setup-test ## lint, types and generated files
	@$(VENV)/ruff format --check --quiet . && $(VENV)/ruff check --quiet .
	@$(VENV)/mypy --no-error-summary
	@$(VENV)/workshop build --check

test: setup-test ## the whole test suite, with lint, types and generated files
	@$(PYTEST)

test-quick: setup-test ## the inner loop: no browser, no notebooks
	@$(PYTEST_QUICK) -m "not slow"

test-long: setup-test build/checkov build/ministack ## the whole suite with many times the random cases; takes hours
	@PATH="$$PATH:$(CURDIR)/build/checkov/bin:$(CURDIR)/build/ministack/bin" WORKSHOP_LONG_TESTS=1 \
	$(PYTEST) --timeout 7200

# Programs of others that want other versions of our libraries: each in an environment of its own. ministack runs
# functions with the boto3 that is beside it.
checkov := checkov==3.3.30
ministack := ministack==1.5.33
build/checkov build/ministack: build/%: build/%/.installed

build/%/.installed: Makefile | python
	@rm -rf build/$* && $(PYTHON) -m venv build/$* && build/$*/bin/pip install --quiet $($*) boto3 && touch $@

clean: ## remove .venv/ and what builds and tests left behind; your work stays
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@if [ -d .workshop ]; then echo "Your progress, kept versions and the offline cloud's state stay in .workshop/;" \
	"rm -r .workshop removes them."; fi
