# The front door of this repository. One profile (dev) serves running, testing and checking,
# so that a fresh machine builds the dependencies once.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test test-clients check bench

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

test-clients: ## Runs the tests of clients in other languages.
	@echo 'There are no clients in other languages yet, so there is nothing to test.'

check: ## Checks formatting, lints, documentation and that golden files only ever grow.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	@$(ROOT)/deploy/check-golden.sh

bench: ## Runs the benchmarks beside their peers and prints a table (ONLY=name for one of them).
	@$(ROOT)/deploy/install.sh
	cargo run --release -p benches -- $(ONLY)
