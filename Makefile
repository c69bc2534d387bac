# SPDX-License-Identifier: Apache-2.0
#
# The front door. Each target makes what it needs by itself: the Python environment in .venv and,
# for a cloud, two Debian packages. "make" alone says what there is.

PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check cloud horizon cloud-down bench docs nightly venv packages

help: ## say what there is
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14 | sed 's/^/  /'

demo: venv packages ## a reservation takes a GPU host back, on a real cloud (UPSTREAM=1: without us; KEEP=1: leave it up)
	@$(VENV)/python -m blazar_spot.demo $(if $(UPSTREAM),--upstream) $(if $(KEEP),--keep)

test: ## everything that CI runs, the real cloud included
	@$(PYTHON) tools/phases.py test

check: ## lint, types, import contracts, unit and property tests: eight minutes
	@$(PYTHON) tools/phases.py check

cloud: venv packages ## start a real OpenStack here, and say how to use it (UPSTREAM=1)
	@$(VENV)/blazar-spot-devcloud up --plugin $(if $(UPSTREAM),upstream,spot)

horizon: venv packages ## the same with Horizon and something to look at in it; says where, and who may log in
	@$(VENV)/python -m blazar_spot.demo.horizon

cloud-down: venv ## stop it and leave nothing behind
	@$(VENV)/blazar-spot-devcloud down

bench: venv ## measure the planner, the engine, the API, the commands and Horizon's pages
	@$(VENV)/python -m bench

docs: venv ## build the documentation into doc/build
	@$(VENV)/sphinx-build -W --keep-going -q -b html doc/source doc/build/html
	@echo "doc/build/html/index.html"

nightly: ## what is too long for CI, to its end whatever fails (ONLY="crowd,tempest": these phases)
	@$(PYTHON) tools/phases.py nightly "$(ONLY)"

venv: ## make or refresh .venv, nothing else
	@$(PYTHON) tools/environment.py

packages: ## install RabbitMQ and MariaDB for the cloud, nothing else
	@$(PYTHON) tools/packages.py devcloud
