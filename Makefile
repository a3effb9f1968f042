# The one definition of every check: people, hooks and CI call only these targets. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
LLM_BIN := .venv-llm/bin
WORKERS ?= $(shell nproc)
CODE := libs services tests tools deploy conftest.py
export PYTHON

.PHONY: help setup setup-trainer constraints fmt lint types layers protos protos-check check test test-services test-trainer \
        coverage conformance conformance-full conformance-container fuzz agreement helm helm-schema helm-schema-check test-cluster test-real-node bench images images-offline demo cluster-demo cluster-down kafka kafka-down clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  %-16s %s\n", $$1, $$2}'

setup: ## Make .venv: the services, the command and every check
	@tools/setup.sh services

setup-trainer: setup ## Make .venv-llm: training and the LLM of one machine (torch, trl, vllm)
	@tools/setup.sh trainer

constraints: setup ## Resolve constraints/*.in anew
	@tools/constraints.sh

fmt: setup ## Format the code
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)
	cd protos && ../$(BIN)/buf format -w

lint: setup ## Check style, format and protos
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	cd protos && ../$(BIN)/buf lint && ../$(BIN)/buf format -d --exit-code

types: setup ## Check types, strictly
	$(BIN)/mypy $(CODE)

layers: setup ## Check who may import whom
	$(BIN)/lint-imports

protos: setup ## Generate the stubs of protos/
	$(BIN)/python tools/gen_protos.py

protos-check: setup ## Check that the stubs are fresh and that no contract is broken against main
	$(BIN)/python tools/gen_protos.py --check
	@tools/protos_breaking.sh

helm-schema: setup ## Generate the chart's schema of values and its dashboards
	$(BIN)/python -m tools.chart

helm-schema-check: setup ## Check that both are fresh
	$(BIN)/python -m tools.chart --check

check: lint types layers protos-check helm-schema-check ## Every check but the tests

test: setup-trainer test-services test-trainer ## Set up and run every test

test-services: setup ## Run the tests that need no torch, WORKERS files at a time
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

test-trainer: setup-trainer ## Run the tests of the training process and of sampling from a checkpoint
	$(LLM_BIN)/python -m pytest -m llm libs/llm services/trainer services/evaluator $(PYTEST_ARGS)

helm: helm-schema-check ## Check the chart: lint, schemas, invariants; no cluster
	$(BIN)/pytest tests/helm $(PYTEST_ARGS)

test-real-node: setup ## Test our images on a real kubelet, with Kafka and MongoDB in the cluster: root, docker, half an hour
	MICROCODER_TEST_REAL_NODE=1 $(BIN)/pytest tests/cluster/real_node $(PYTEST_ARGS)

test-cluster: setup ## Test the chart and training runs on a real API server: MICROCODER_TEST_KUBECONFIG, KUBEBUILDER_ASSETS, else a local one
	$(BIN)/pytest tests/cluster --timeout=600 $(PYTEST_ARGS)

coverage: setup ## Run the tests that need no torch and report coverage
	$(BIN)/pytest --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

conformance: setup ## Judge other judges' suites and compare the verdicts; CONFORMANCE_ARGS="--suite kth-2019" chooses
	$(BIN)/python -m tests.conformance $(CONFORMANCE_ARGS)

agreement: setup ## Compare verdicts with LiveCodeBench's grades; AGREEMENT_ARGS="--sample 50 --json" chooses
	$(BIN)/python -m tests.conformance.agreement $(AGREEMENT_ARGS)

conformance-full: setup ## Every trap, hostile program and channel in every isolation tier that this machine allows
	MICROCODER_TEST_FULL=1 $(BIN)/pytest services/judge/tests/test_traps.py services/judge/tests/test_hostile.py services/judge/tests/test_attacks.py

conformance-container: setup ## The judge in an unprivileged container: tiers, traps, hostile programs (Docker, images)
	MICROCODER_TEST_CONTAINER=1 $(BIN)/pytest tests/container $(PYTEST_ARGS)

fuzz: setup ## Random requests to a real judge, with known programs between them; FUZZ_ARGS="--minutes 60" soaks
	$(BIN)/python -m tests.fuzz.judge $(FUZZ_ARGS)

bench: setup ## Measure; figures and how to read them: docs/benchmarks.md
	$(BIN)/python -m tests.bench

images: setup ## Build the images with docker or buildah (IMAGE_ARGS="--large" adds those with torch)
	$(BIN)/python -m tools.images $(IMAGE_ARGS)

images-offline: setup ## The same where no registry is reached: on a base made by debootstrap, as root
	$(BIN)/python -m tools.images --offline $(IMAGE_ARGS)

demo: setup-trainer ## Take the sample contest the whole way: problems, release, training, evaluation
	$(BIN)/microcoder demo

cluster-demo: setup ## The same on Kubernetes: the cluster of KUBECONFIG, else one of this machine (CLUSTER_ARGS="--registry …")
	$(BIN)/python -m tools.cluster demo $(CLUSTER_ARGS)

cluster-down: setup ## Take away what `make cluster-demo` made
	$(BIN)/python -m tools.cluster down $(CLUSTER_ARGS)

kafka: setup ## Bring a real single-node Kafka from Maven Central and start it
	$(BIN)/python -m microcoder.bus.local_kafka up

kafka-down: setup ## Stop the Kafka that `make kafka` started
	$(BIN)/python -m microcoder.bus.local_kafka down

clean: ## Remove environments, caches and local state
	rm -rf .venv .venv-llm .microcoder .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
