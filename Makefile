# What each target does is in scripts/, a few lines each.

.PHONY: help setup serve test test-fast lint bench lock clean

help: ## Say what there is
	@grep -E '^[a-z-]+: .*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

setup: ## Create .venv with all that Tallygate and its tests need
	@scripts/setup dev

serve: ## Set up, create ./var with a demo provider, and start everything
	@scripts/serve

test: ## Set up and run all tests
	@scripts/test

test-fast: ## Run the tests that start no process and no browser, and walk through no table
	@scripts/test fast

lint: ## Set up and check style, types and the arrows between the rooms
	@scripts/lint

bench: ## Set up and measure
	@scripts/bench

lock: ## Write the locked, hashed sets of dependencies anew
	@scripts/lock

clean: ## Remove .venv and caches; your data in ./var stays
	@scripts/clean
