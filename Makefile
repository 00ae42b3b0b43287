# What a newcomer and CI call. A recipe longer than three lines is a program of its own under integration/ground/.
ground := integration/ground
scripts := .ci/run $(shell find integration devcontainers -name '*.sh')

.DEFAULT_GOAL := help
FOLDER ?= devcontainers
.PHONY: help setup build demo test bench compare lint clean cargo shellcheck

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-7s %s\n", $$1, $$2}'

setup: ## Find or install a Docker Engine, and make the base images be there
	@$(ground)/engine.sh
	@$(ground)/images.sh

build: cargo ## Build target/release/localspace
	cargo build --locked --release

demo: setup build ## Watch codespaces go through their life, with a private image
	@$(ground)/demo.sh

test: cargo setup ## Run every test, on a real engine
	$(ground)/with-engine.sh cargo test --locked --all-targets
	cargo test --locked --doc

bench: setup build ## Measure beside the reference CLI and the bare Docker API
	@$(ground)/bench.sh

compare: build ## Compare the configurations in FOLDER with what the reference CLI makes of them
	@integration/compare-configurations.sh $(FOLDER)

lint: cargo shellcheck ## Check format, lints, documentation and scripts
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps

clean: cargo ## Remove what was built
	cargo clean --locked

cargo:
	@command -v cargo >/dev/null || { echo "error: there is no cargo; install Rust from https://rustup.rs" >&2; exit 3; }

shellcheck:
	@if command -v shellcheck >/dev/null; then shellcheck --external-sources --source-path=SCRIPTDIR $(scripts); \
	else echo "warning: there is no shellcheck: the scripts are not checked" >&2; fi
