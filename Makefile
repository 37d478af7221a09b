# What you can do here. Every target makes its own environment first; bare `make` prints this table.

PYTHON  ?= python3
VENV    := .venv
PY      := $(VENV)/bin/python
DATA    ?= fashion_small
NET     ?= mlp
SEED    ?= 0
SCRIPT  ?= vae
ARGS    ?=
WORKERS ?= 2
RUN     ?= $(wildcard runs/*/*/config.json)
N       ?= 200
RUNS_DIR ?= runs

# What the sweeps go through. EACH="epochs=10 latent_dim=8" is for every point.
BETA       ?= 0.25 0.5 1 2 4 8
LATENT     ?= 2 4 8 16 32 64
LR         ?= 1e-4 3e-4 1e-3 3e-3 1e-2
DEPTH      ?= [512] [512,256] [512,256,128] [512,256,128,64]
NOISE      ?= 0.1 0.2 0.4 0.8
OCCLUSION  ?= 0.1 0.25 0.5
NETS       ?= mlp conv lstm transformer
SEEDS      ?= 0 1 2
EACH       ?=
POPULATION ?=

# Compiled programs are kept between runs of the tests, inside the checkout.
TEST_ENV := JAX_COMPILATION_CACHE_DIR=$(CURDIR)/.cache/jax
# Neighbours stay in one process, with their fixtures and compiled programs; one that has no more steals from the other.
PYTEST   := $(PY) -m pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help docs install train verify reproduce chaos peers saelens bench bench-quick ladder test test-ci test-all test-cluster onnx mutants check format lint types clean task-reduce task-classify task-denoise task-occlusion task-quadrants task-detect task-generate task-conditional tasks-quick family tokenizers generators sparse defaults

help:  ## print this table
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Variables: DATA=$(DATA) NET=$(NET) SEED=$(SEED) SCRIPT=$(SCRIPT) RUN=runs/vae/… N=$(N) ARGS='--epochs 30 --beta 4'"

install: $(VENV)/installed  ## make .venv with everything that is needed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

train: install  ## train SCRIPT (vae) on DATA (fashion_small), score it, draw it
	$(PY) -m experiments.$(SCRIPT) --data $(DATA) --net $(NET) --seed $(SEED) $(ARGS)

task-reduce: install  ## codes of several widths against PCA (MNIST): a table
	$(PY) -m experiments.reduce --workers $(WORKERS) $(ARGS)

task-denoise: install  ## take noise away: autoencoders beside classical methods
	$(PY) -m experiments.denoise --workers $(WORKERS) $(ARGS)

task-occlusion: install  ## fill holes: autoencoders beside their strongest simple rivals
	$(PY) -m experiments.occlusion --workers $(WORKERS) $(ARGS)

task-quadrants: install  ## quadrants of MNIST from the others: the published nets again, seed 0
	$(PY) -m experiments.quadrants --workers $(WORKERS) --seeds 0 $(ARGS)

task-classify: install  ## what codes know of classes (MNIST): a table
	$(PY) -m experiments.classify --workers $(WORKERS) $(ARGS)

task-generate: install  ## table: random codes through autoencoder and VAE
	$(PY) -m experiments.generate --workers $(WORKERS) $(ARGS)

task-conditional: install  ## table: is a sample of the class that was asked for? (MNIST)
	$(PY) -m experiments.conditional --workers $(WORKERS) $(ARGS)

task-detect: install  ## tables: anomalies found by nets and by classical detectors
	$(PY) -m experiments.detect --workers $(WORKERS) $(ARGS)
	$(PY) -m experiments.one_class --data tfds:mnist --workers $(WORKERS)
	$(PY) -m experiments.one_class --data tfds:fashion_mnist --workers $(WORKERS)

family: install  ## table: every member of the family on MNIST, goes on where it was stopped (ARGS=--quick)
	$(PY) -m experiments.family --workers $(WORKERS) $(ARGS)

tokenizers: install  ## table: quantised codes of Fashion-MNIST by the number of their codes, goes on where it was stopped
	$(PY) -m experiments.tokenizers --data tfds:fashion_mnist --epochs 1 --seeds 0 1 2 --workers $(WORKERS) $(ARGS)

generators: install  ## table: what VAE, VAE-GAN and quantised codes with a prior draw (fashion_small)
	$(PY) -m experiments.generators --workers $(WORKERS) $(ARGS)

defaults: install  ## table: a first run of ten small sets against random settings, goes on where it was stopped
	$(PY) -m experiments.defaults $(ARGS)

sparse: install  ## table: six kinds of sparse dictionaries of word vectors (ARGS='--wheel wordllama-….whl')
	$(PY) -m experiments.dictionaries $(ARGS)

# Small enough for a first look at each table, all on sets that come with the package.
SMALL := --data fashion_small --epochs 10

tasks-quick: install  ## all tasks on small slices, in minutes
	$(PY) -m experiments.reduce --workers $(WORKERS) $(SMALL) --codes 2 32
	$(PY) -m experiments.denoise --workers $(WORKERS) $(SMALL) --seeds 0 --corruptions gaussian --per-level --validation-images 50
	$(PY) -m experiments.occlusion --workers $(WORKERS) $(SMALL) --seeds 0 --holes quadrants masking --biharmonic-images 50
	$(PY) -m experiments.quadrants --workers $(WORKERS) --data digits --widths 64 64 --latent-dim 8 --epochs 20 --seeds 0
	$(PY) -m experiments.classify --workers $(WORKERS) $(SMALL) --seeds 0 --kinds autoencoder masking --draws 2 --tuning-steps 100
	$(PY) -m experiments.generate --workers $(WORKERS) $(SMALL) --samples 1000 --seeds 0
	$(PY) -m experiments.conditional --workers $(WORKERS) $(SMALL) --seeds 0
	$(PY) -m experiments.detect --workers $(WORKERS) $(SMALL) --anomalous 8 --nets mlp --latent-dim 32 --batch-size 128 --seeds 0

verify: install  ## hold RUN (all below runs/) against their own records
	$(VENV)/bin/aelab verify $(RUN:/config.json=)

reproduce: install  ## train RUN again and compare it bit for bit
	$(VENV)/bin/aelab reproduce $(RUN:/config.json=)

chaos: install  ## kill, stop, damage and starve runs, N kills in all; goes on where it was stopped
	$(PY) -m experiments.bench.chaos --kills $(N) $(ARGS)

PEERS := .peers
SAELENS := .saelens

peers: $(PEERS)/installed  ## make .peers, the environment of what aelab is raced against

saelens: $(SAELENS)/installed  ## make .saelens, the environment that sparse dictionaries are raced against

$(PEERS)/installed: experiments/bench/peers/requirements.txt
$(SAELENS)/installed: experiments/bench/peers/saelens.txt

$(PEERS)/installed $(SAELENS)/installed: %/installed:
	$(PYTHON) -m venv $*
	$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

bench: install peers  ## race aelab against its peers: results/bench.json, RESULTS.md (ARGS='--rows fc conv')
	$(PY) -m experiments.bench.race $(ARGS)

ladder: install peers  ## speed and memory from small events to large ones, beside PyTorch: results/ladder.json
	$(PY) -m experiments.bench.ladder $(ARGS)

bench-quick: install  ## a few rows again: has a ratio of results/bench.json fallen?
	$(PY) -m experiments.bench.quick $(ARGS)

# $(call sweep,NAME,TERMS): each point is a file target runs/sweeps/NAME/<point>.done, the table comes last. Its rules are
# made by the sweep itself, so that a value that does not fit is found before anything runs. With POPULATION=N, points
# that differ in seeds and traced numbers train together, N in a program.
comma := ,
list = $(subst $() ,$(comma),$(strip $(1)))
sweep = $(PY) -m experiments.sweep $(SCRIPT) "data=$(DATA) $(strip $(2)) seed=$(call list,$(SEEDS)) $(EACH)" --name $(1) \
	--runs-dir $(RUNS_DIR) $(ARGS)
points = $(if $(POPULATION),$(sweep) --population $(POPULATION),@+rules=$$($(sweep) --rules) && \
	echo "$$rules" | $(MAKE) --no-print-directory -f - PY=$(PY))

.PHONY: sweep-latent sweep-beta sweep-lr sweep-depth sweep-noise sweep-occlusion sweep-nets sweep-seeds

sweep-latent: install  ## numbers in a code: LATENT, for each of SEEDS
	$(call points,latent,net=$(NET) latent_dim=$(call list,$(LATENT)))

sweep-beta: install  ## weight of the rate: BETA
	$(call points,beta,net=$(NET) beta=$(call list,$(BETA)))

sweep-lr: install  ## learning rate: LR
	$(call points,lr,net=$(NET) lr=$(call list,$(LR)))

sweep-depth: install  ## hidden layers of the mlp: DEPTH
	$(call points,depth,net=mlp widths=$(call list,$(DEPTH)))

sweep-noise: install  ## normal noise on the inputs: NOISE, standard deviations
	$(call points,noise,net=$(NET) corruption=gaussian noise=$(call list,$(NOISE)))

sweep-occlusion: install  ## boxes over the inputs: OCCLUSION, their share
	$(call points,occlusion,net=$(NET) corruption=occlusion noise=$(call list,$(OCCLUSION)))

sweep-nets: install  ## architectures: NETS
	$(call points,nets,net=$(call list,$(NETS)))

sweep-seeds: install  ## nothing but SEEDS
	$(call points,seeds,net=$(NET))

# Most tests compile as quickly as XLA can (tests/conftest.py). What is promised about bits is tested as users compile,
# and so is everything in `make test-all`.
AS_USERS := XLA_FLAGS=--xla_force_host_platform_device_count=8

test: install  ## the fast tests: every promise in its short form
	$(TEST_ENV) $(PYTEST) --durations 40 -m "not ci and not long"

test-ci: install  ## the middle tier: every promise about bits, compiled as users compile, and longer tests
	$(TEST_ENV) $(AS_USERS) $(PYTEST) --durations 20 -m "bits and not long"
	$(TEST_ENV) $(PYTEST) --durations 40 -m "ci and not bits and not long"

test-all: install  ## all tests, compiled as users compile
	$(TEST_ENV) $(AS_USERS) $(PYTEST)

test-cluster: install  ## one run under Slurm and under Open MPI, on loopback; installs them on Debian, as root
	tools/install_engines.sh
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[clusters]'
	$(TEST_ENV) $(PY) -m pytest tests/cluster

onnx: install  ## install what ONNX needs, and hold ONNX Runtime against the nets
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[onnx]'
	$(TEST_ENV) $(PY) -m pytest tests/export/test_onnx.py

mutants: install  ## do the fast tests notice faults? plants those of tools/faults/ (ARGS='--only "log k"')
	$(TEST_ENV) $(PY) tools/mutants.py --workers $(WORKERS) $(ARGS)

DOCS := $(VENV)/installed-docs

$(DOCS): $(VENV)/installed
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

docs: $(DOCS)  ## build the documentation site in site/; a warning fails
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

check: format lint types test  ## what must pass before a commit

format: install  ## is the code formatted? (FIX=1 formats it)
	$(PY) -m ruff format $(if $(FIX),,--check --diff) .

lint: install  ## is it well-formed? (FIX=1 mends what can be)
	$(PY) -m ruff check $(if $(FIX),--fix,) .

types: install  ## do the types fit?
	$(PY) -m ty check --python $(VENV) aelab experiments

clean:  ## remove the environment and caches, never runs/
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache .hypothesis build dist site
	find aelab experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +
