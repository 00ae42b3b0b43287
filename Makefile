# What CI and a newcomer call. `make demo` shows the main job, `make test` proves it.
CARGO ?= cargo
GROUND := integration/ground

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: ## find or install a Docker Engine, and make the base images be there
	@$(GROUND)/engine.sh
	@$(GROUND)/images.sh

build: ## the program, optimised, as target/release/localspace
	$(CARGO) build --release --locked

demo: setup build ## a codespace's whole life, with a private image in it
	@$(GROUND)/demo.sh

test: setup ## every test, against the real engine
	$(CARGO) test --locked --all-targets
	$(CARGO) test --locked --doc

bench: setup build ## localspace beside the reference CLI and the bare Docker API
	@$(GROUND)/bench.sh

lint: ## formatting, clippy and documentation, warnings as errors
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps

clean: ## what was built; images and containers stay
	$(CARGO) clean

.PHONY: help setup build demo test bench lint clean
