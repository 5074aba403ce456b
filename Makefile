# Thin names for dev.py, which also works where make is missing.
PYTHON ?= python3

.PHONY: help run test test-long bench lint fmt env lock

help:
	@$(PYTHON) dev.py help

run test test-long bench lint fmt env lock:
	@$(PYTHON) dev.py $@
