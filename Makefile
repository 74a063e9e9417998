PYTHON ?= python3
export PYTHON PORT DEMO AFTERCARE_HOME AFTERCARE_CHROMIUM DATABASE_URL

.PHONY: help run test check bench bench-growth torture overload screenshots lock sbom audit install lighthouse
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## serve the site on http://127.0.0.1:8000 (PORT=8001, DEMO=0 to start empty, AFTERCARE_HOME=DIR to keep it elsewhere)
	@exec .venv/bin/python -m app.worker.serve

test: install ## every test, browser journeys included (TEST='-k sync' to choose)
	@AFTERCARE_CHROMIUM="$$(.venv/bin/python scripts/chromium.py)" .venv/bin/python -m pytest -n auto --dist loadfile $(TEST)

check: install ## style, format, types, import direction
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/python -m pytest -n auto --dist loadfile tests/house

bench: install ## speed and relevance, each a table
	@for each in pages search; do .venv/bin/python "benchmarks/$$each.py" || exit 1; done

torture: install ## kill the site 200 times while people use it; nothing may be lost (ARGS='--kills 20 --postgres')
	@.venv/bin/python benchmarks/torture.py $(ARGS)

overload: install ## what people hear when four times as many come as the site can serve (ARGS='--seconds 60')
	@.venv/bin/python benchmarks/overload.py $(ARGS)

bench-search: install ## how well search finds and how fast, beside other engines (pip install tantivy bm25s for all rows)
	@.venv/bin/python benchmarks/search.py && .venv/bin/python benchmarks/search_speed.py

lighthouse: install ## what Lighthouse says of the running site (PORT=8001), as a table; needs Node
	@.venv/bin/python scripts/lighthouse.py

bench-growth: install ## what pages, search and writing cost from 1,000 to 1,000,000 posts (ARGS='--sizes 1k,10k')
	@.venv/bin/python benchmarks/growth.py $(ARGS)

screenshots: install ## twelve pages of the running site (PORT=8001), light and dark, phone and desktop
	@.venv/bin/python scripts/screenshots.py

lock: ## choose the newest allowed versions anew and write requirements.lock (ARGS=--upgrade to leave the old ones)
	@sh scripts/lock.sh $(ARGS)

sbom: install ## write sbom.json: every library with version and licence, as CycloneDX
	@sh scripts/sbom.sh

audit: ## ask whether a hole is known in any locked library (needs a network)
	@sh scripts/audit.sh

install: ## make .venv and install what requirements.lock lists; at once when nothing changed
	@$(PYTHON) scripts/install.py
