# The front door of this repository. One profile (dev) serves running, testing and checking,
# so that a fresh machine builds the dependencies once.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test test-clients contract check processes torture bench

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
HOLDFAST_DATA ?= $(ROOT)/.holdfast
DATA ?= $(HOLDFAST_DATA)
ONLY ?=

# $(ROOT)/.tools/bin holds what deploy/install.sh had to bring; cargo may not be on PATH yet.
export PATH := $(ROOT)/.tools/bin:$(PATH):$(HOME)/.cargo/bin

help: ## Lists these targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1#\2/p' $(ROOT)/Makefile | column -t -s '#' 2>/dev/null \
		|| sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' $(ROOT)/Makefile

run: ## Installs what is missing, builds, starts everything with the demo flights; Ctrl-C stops it (data: HOLDFAST_DATA, by default .holdfast).
	@$(ROOT)/deploy/install.sh
	cargo build --bin holdfast
	@exec target/debug/holdfast up --demo --data "$(DATA)"

test: ## Installs what is missing and runs every test.
	@$(ROOT)/deploy/install.sh
	cargo build --workspace --bins
	@if cargo nextest --version >/dev/null 2>&1; then \
		echo 'cargo nextest run --workspace'; cargo nextest run --workspace; \
	else \
		echo 'cargo test --workspace'; cargo test --workspace; \
	fi

test-clients: ## Runs the vendor's EventStoreDB clients (Rust, Python, Node) against the event store (ONLY=name for some of them).
	@$(ROOT)/deploy/install.sh clients
	cargo build --bin holdfast
	@$(ROOT)/tests/clients/run.sh $(ONLY)

contract: ## Runs the event stores' contract suite on a real cluster (EVENTSTORE_URL=esdb://user:password@host:2113; EVENTSTORE_MAX_APPEND bytes, by default 1 MiB).
	@test -n "$$EVENTSTORE_URL" || { echo 'EVENTSTORE_URL names no cluster, so there is nothing to test.'; exit 1; }
	cargo test -p contract --features cluster --test cluster

check: ## Checks formatting, lints, documentation and that golden files only ever grow.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	@$(ROOT)/deploy/check-golden.sh

processes: ## Runs every service as a process of its own and kills one every 2 s while 10,000 holds are placed (HOLDS=n, HOLDFAST_SEED=n repeats a run).
	@$(ROOT)/deploy/install.sh
	cargo build --workspace --bins
	HOLDFAST_HOLDS=$(or $(HOLDS),10000) cargo test -p scenarios --test processes -- --nocapture --exact kills_and_lost_answers_lose_no_hold_and_sell_no_seat_twice

torture: ## Kills the event store's engine 1,000 times, cuts its power, fills and damages its disk; prints a table (TORTURE_SEED=n repeats a run).
	@$(ROOT)/deploy/install.sh
	cargo run -p torture -- all

bench: ## Runs the benchmarks beside their peers and prints a table (ONLY=name for one of them; docs/benchmarks.md has the names).
	@$(ROOT)/deploy/install.sh bench
	cargo run --release -p benches -- $(ONLY)
