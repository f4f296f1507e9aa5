# make help    lists the targets

# The first of these that is Python 3.11 or newer builds .venv; "make PYTHON=/path/to/python3 ..." chooses another.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
READY  := $(VENV)/ready
# JupyterLab is fetched by "make lab": no test needs its forty packages
PINNED := book test tools bench cluster dev
CHAPTERS := $(sort $(wildcard book/*.ipynb))

# Inside the kernels matplotlib must draw inline, and nothing may leak in from another environment.
unexport MPLBACKEND PYTHONPATH PYTHONHOME JUPYTER_PATH
# Python keeps what it has compiled: without it each of the thirty kernels would compile all packages, for seven seconds.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONWARNINGS :=
export IPYTHONDIR := $(CURDIR)/$(VENV)/ipython
export PYDEVD_DISABLE_FILE_VALIDATION := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# the matrices here are small: threads of the linear algebra would only get into each other's way
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help book test pages bench derive notebooks environment exports lab lint lock package clean again

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1 ~\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '~' 2>/dev/null \
	  || sed -n 's/^\([a-z]*\):.*## */make \1: /p' $(firstword $(MAKEFILE_LIST))

book: $(READY)  ## run the chapters that changed and build the book: _build/html/index.html
	@# after a failure Sphinx must read again what it would take for read, with its warnings
	$(VENV)/bin/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@echo "The book: _build/html/index.html"

test: $(READY)  ## test the package, then run every notebook and compare it with its stored outputs
	$(RUN) -m pytest -n logical --durations=15 --nbval tests $(CHAPTERS)

pages: $(READY)  ## look at every page of the built book in headless Chromium, as on a phone, light and dark (after make book)
	$(RUN) -m pytest tests/pages -o python_files="check_*.py"

bench: $(READY)  ## time the package against hand-written references and write data/benchmarks.csv (then: make notebooks)
	OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest tests/benchmarks -o python_files="bench_*.py" --record data/benchmarks.csv \
	  --benchmark-timer=time.process_time --benchmark-columns=min,median,rounds --benchmark-disable-gc

derive: $(READY)  ## derive the coefficients of moments and cross-sections again and write companion/derived.py
	$(RUN) -m companion.symbolic.derive

notebooks: $(READY)  ## run the chapters that changed and write their .ipynb (every chapter: make notebooks ALL=1)
	$(RUN) book/_scripts/notebooks.py $(if $(ALL),--all)

exports: $(READY)  ## spectra, limits and likelihoods of all experiments as CSV, HEPData YAML and JSON: _build/exports
	rm -rf _build/exports
	$(RUN) -m companion export _build/exports

lab: $(READY)  ## the chapters as notebooks in the browser (fetches JupyterLab once)
	@$(RUN) -c 'import jupyterlab' 2>/dev/null || $(RUN) -m uv pip install --quiet --constraint $(VENV)/pins.txt jupyterlab
	$(VENV)/bin/jupyter lab book

environment: $(READY)  ## only the pinned packages, in .venv

lint: $(READY)  ## ruff and mypy
	$(RUN) -m ruff check .
	$(RUN) -m mypy

lock: $(READY)  ## write requirements.txt from pyproject.toml (newest versions: make lock UPGRADE=1)
	$(RUN) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 $(PINNED:%=--extra %) --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) --output-file requirements.txt
	@{ echo "# The whole environment, exactly pinned; 'make lock' writes it from pyproject.toml."; \
	   cat requirements.txt; echo "-e ."; } > requirements.tmp && mv requirements.tmp requirements.txt

package: $(READY)  ## wheel and sdist, installed into a bare environment and tried there: _build/dist
	rm -rf _build/dist _build/bare
	$(RUN) -m hatchling build --directory _build/dist
	$(RUN) -m venv --without-pip _build/bare
	cd _build && ../$(RUN) ../.ci/bare.py > here.json
	set -e; for file in _build/dist/*.whl _build/dist/*.tar.gz; do \
	  $(RUN) -m uv pip install --quiet --python _build/bare/bin/python --reinstall-package transition-moments-companion $$file; \
	  (cd _build && bare/bin/python ../.ci/bare.py here.json); done

clean:  ## remove the built book and the caches (the environment stays: rm -r .venv)
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache
	find companion tests book -name __pycache__ -type d -prune -exec rm -r {} +

# ---- the environment: made once, again when requirements.txt changes, from scratch when the folder has moved

ifneq ($(shell $(RUN) -c 'print(open("$(READY)").read().strip())' 2>/dev/null),$(CURDIR))
$(READY): again
endif

$(READY): requirements.txt
	@python=; for p in "$(PYTHON)" python3.13 python3.12 python3.11; do \
	  if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$p"; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer is needed, '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1 | tail -n 1); try: make PYTHON=/path/to/python3" >&2; \
	  exit 1; fi; \
	$(if $(filter again,$^),rm -rf $(VENV);) \
	if [ ! -x $(RUN) ] && ! "$$python" -m venv $(VENV) >/dev/null 2>&1; then rm -rf $(VENV); \
	  echo "'$$python -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi
	@echo "Installing the pinned packages into $(VENV) (once, half a minute on a good line) ..."
	@grep -v '^-e' requirements.txt > $(VENV)/pins.txt
	@# the pins are complete, so there is nothing to resolve; uv takes a fifth of the time, pip knows more mirrors
	@$(RUN) -m pip install --quiet $$(grep '^uv==' $(VENV)/pins.txt) && $(RUN) -m uv pip install --quiet --no-deps -r $(VENV)/pins.txt \
	  || $(RUN) -m pip install --quiet --progress-bar on --no-deps -r $(VENV)/pins.txt
	@$(RUN) -m pip install --quiet --no-build-isolation --no-deps -e .
	@mkdir -p $(VENV)/ipython/profile_default
	@printf '%s\n' 'c.IPKernelApp.log_level = "ERROR"' 'c.HistoryManager.hist_file = ":memory:"' \
	  > $(VENV)/ipython/profile_default/ipython_kernel_config.py
	@printf '%s\n' '$(CURDIR)' > $@
