# Dirchain: build, try, test. `make demo` is the way in.
#
# One profile (release) serves everything: building RocksDB takes minutes, and is then done once.
# CARGO_TARGET_DIR is honoured.

SHELL := /bin/sh
TARGET := $(or $(CARGO_TARGET_DIR),target)
DATA ?= data/demo
# More for `dirchain devnet`, such as DEVNET='--nodes 7 --http-base 9080'.
DEVNET ?=

# More for `dirchain-sim`, such as SIM='--family seven'.
SEEDS ?= 1000
FIRST_SEED ?= 1
SIM ?=

# Where the second verifier's two packages are, outside the checkout.
VERIFIER_PY := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dirchain/verifier-py
# And the tools that judge the interface from outside.
PROGRAMS_PY := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dirchain/programs-py

# Where cargo-mutants, and the copy with every mutant of the rules, are.
MUTANTS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dirchain/mutants
CARGO_MUTANTS_VERSION := 27.1.0

# Random inputs begin with one seed, so that a commit's tests come to the same each time;
# `make histories` plays fresh ones.
export PROPTEST_RNG_SEED ?= 1
CASES ?= 1000

# How long `make torture` kills and freezes nodes.
SECONDS ?= 600

.PHONY: help demo demo-clean build test sim histories mutants torture lint bench tools verifier-py programs-py

help:
	@echo 'make demo        build, start four departments of the sample city, print where to look'
	@echo 'make demo-clean  forget the data of the demonstration'
	@echo 'make test        every test'
	@echo 'make sim         the round under simulated faults: SEEDS=1000 FIRST_SEED=1'
	@echo 'make histories   fresh random histories beside the reference model of the rules: CASES=1000'
	@echo 'make mutants     what the tests of the rules do not notice: each mutant of cargo-mutants, judged'
	@echo 'make torture     nodes killed and frozen under load: SECONDS=600'
	@echo 'make lint        formatting and lints'
	@echo 'make bench       measurements'

demo: build
	@$(TARGET)/release/dirchain devnet --data $(DATA) $(DEVNET)

demo-clean:
	rm -rf '$(DATA)'

# The whole workspace each time: another selection of packages would unify other features, and build
# RocksDB once more.
build: tools
	@cargo build --release --workspace

# Binaries and tests in one selection: each selection of targets has features of its own, and what
# depends on the ledger is compiled once for each.
test: tools verifier-py programs-py
	cargo build --release --workspace --bins --tests --examples
	cargo test --release --workspace

# Pure: it needs neither RocksDB nor libp2p.
sim:
	@cargo build --release -p dirchain-sim
	@$(TARGET)/release/dirchain-sim --seeds $(SEEDS) --first-seed $(FIRST_SEED) $(SIM)

# Another seed each time; a history that the two tell differently is printed with its seed.
histories:
	@seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); echo "PROPTEST_RNG_SEED=$$seed"; \
		PROPTEST_RNG_SEED=$$seed PROPTEST_CASES=$(CASES) cargo test --release -p dirchain-ledger --test histories

# Every mutant that cargo-mutants lists (.cargo/mutants.toml), in one build behind switches. It goes on
# where it was stopped; MUTANT='--again' begins anew, MUTANT='--only access.rs' judges a part.
mutants:
	@PATH="$(MUTANTS)/bin:$$PATH"; cargo mutants --version >/dev/null 2>&1 || \
		cargo install --quiet --locked --root '$(MUTANTS)' cargo-mutants@$(CARGO_MUTANTS_VERSION)
	$(call python,$(MUTANTS)/python,tests/mutants_py)
	@PATH="$(MUTANTS)/bin:$$PATH" '$(MUTANTS)/python/bin/python' -B tests/mutants_py/judge.py --work '$(MUTANTS)/work' $(MUTANT)

# As the test of a minute does, for longer; DIRCHAIN_TORTURE_SEED repeats the blows.
torture: tools
	cargo build --release --workspace --bins --tests
	DIRCHAIN_TORTURE_SECONDS=$(SECONDS) cargo test --release --workspace --test system -- --nocapture torture

lint: tools
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings

bench: tools
	@cargo build --release --workspace --bins --examples
	@$(TARGET)/release/dirchain-bench
	@$(TARGET)/release/examples/evidence_speed
	@$(TARGET)/release/dirchain-proof-bench
	@$(TARGET)/release/dirchain-bench-load

# Python tools from PyPI, in an environment outside the checkout: $(1) the environment, $(2) the
# folder here with its requirements.
define python
	@cmp -s $(2)/requirements.txt '$(1)/requirements.txt' || { \
		if ! python3 -c 'import ensurepip' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing python3-venv'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; \
		fi; \
		python3 -m venv '$(1)' || { \
			echo 'error: python3 with its venv module is missing. On Debian: sudo apt-get install python3-venv' >&2; exit 1; }; \
		'$(1)/bin/pip' install -q -r $(2)/requirements.txt && \
		cp $(2)/requirements.txt '$(1)/requirements.txt'; \
	}
endef

# The second verifier of evidence files.
verifier-py:
	$(call python,$(VERIFIER_PY),tests/verifier_py)

# What judges the explorer from outside: RDF and its shapes, requests made from the document, a browser.
programs-py:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing chromium chromium-driver fonts-noto-cjk'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-noto-cjk; \
		else \
			echo 'error: missing: chromium chromium-driver. On Debian: sudo apt-get install chromium chromium-driver fonts-noto-cjk' >&2; exit 1; \
		fi; }
	$(call python,$(PROGRAMS_PY),tests/programs_py)

# What compiling RocksDB and its bindings takes: a C++ compiler and libclang (libclang-cpp, which
# other packages bring, is another library); and curl, which the README's commands use. Root gets what is missing from apt; anybody else is told.
tools:
	@command -v cargo >/dev/null || { \
		echo 'error: there is no Rust toolchain. Install one from https://rustup.rs (1.90 or later), then run make again' >&2; \
		exit 1; }
	@missing=; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v c++ >/dev/null || command -v clang++ >/dev/null || missing="$$missing g++"; \
	{ [ -n "$$LIBCLANG_PATH" ] || find /usr/lib /usr/local/lib -name 'libclang.so*' -o -name 'libclang-[0-9]*.so*' 2>/dev/null \
		| grep -q .; } || missing="$$missing libclang-dev"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing$$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	else \
		echo "error: missing:$$missing. Install it (on Debian: sudo apt-get install$$missing), then run make again" >&2; \
		exit 1; \
	fi
