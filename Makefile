# `make` builds affiant and takes the dataset in seeds/ through it; `make help` lists what else there is.
# It needs Rust, make and Python 3. Withheld texts are checked too with `make TEXTS=DIR`.

target  := $(or $(CARGO_TARGET_DIR),target)
affiant := $(target)/release/affiant
preview := $(target)/preview
draft   := $(preview)/0.0.0-preview
newest  := $(lastword $(shell ls dist 2>/dev/null | grep -E '^[0-9]+\.[0-9]+\.[0-9]+$$' | sort -t. -k1,1n -k2,2n -k3,3n))
texts   := $(if $(TEXTS),--texts $(TEXTS))
TODAY   := $(shell date -u +%Y-%m-%d)
bench   := AFFIANT_TARGET=$(abspath $(target)) python3
sizes    = $(if $(STAGE),--stage $(STAGE)) $(if $(CLAIMS),--claims $(CLAIMS)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: all build production preview test conformance lint fuzz bench bench-peers bench-growth bench-micro bench-build dist clean help
.SILENT:

all: preview ## build, then check, release, verify and diff seeds/ (a preview, signed with a throwaway key)

build: ## build the tool: target/release/affiant
	cargo build --release --bins --example throwaway-key

production: ## build the tool as it is handed on, smaller and faster, in ten minutes: target/production/affiant
	RUSTFLAGS='$(RUSTFLAGS) -C force-unwind-tables=no' CFLAGS='$(CFLAGS) -fno-asynchronous-unwind-tables' \
	  cargo build --profile production --bins

preview: build
	rm -rf $(preview) && mkdir -p $(preview)
	$(target)/release/examples/throwaway-key $(preview)/key
	cat $(preview)/key.allowed_signers $(wildcard dist/allowed_signers) > $(preview)/allowed_signers
	echo "== check seeds"
	$(affiant) check seeds $(texts)
	echo; echo "== release, with a throwaway key"
	$(affiant) release seeds $(texts) --version $(notdir $(draft)) --date $(TODAY) --key $(preview)/key --out $(preview) > $(preview)/release.txt
	grep ^released $(preview)/release.txt
	echo; echo "== verify"
	$(affiant) verify $(draft) --no-state --trust $(preview)/key.allowed_signers $(texts) > $(preview)/verdict.txt; \
	  status=$$?; cat $(preview)/verdict.txt; exit $$status
ifdef newest
	echo; echo "== diff with dist/$(newest)"
	$(affiant) diff dist/$(newest) $(draft) --trust $(preview)/allowed_signers --stat
	$(affiant) diff dist/$(newest) $(draft) --trust $(preview)/allowed_signers --format markdown > $(preview)/diff.md
endif
	echo; echo "== in short"
	echo "made     $(draft), a preview that nobody else trusts"
	echo "verdict  $$(tail -n 1 $(preview)/verdict.txt), anchors: $$(sed -n 's/^ANCHORS *//p' $(preview)/verdict.txt)"
ifdef newest
	$(affiant) diff dist/$(newest) $(draft) --stat | sed -n 's/^ *claims  */changes  claims since dist\/$(newest): /p'
	echo "look at  $(preview)/diff.md and $(draft)/data/claims.jsonl"
else
	echo "changes  nothing to compare with: there is no release in dist/ yet"
	echo "look at  $(draft)/data/claims.jsonl"
endif

test: build ## every test; installs what the tests need, and names what could not run
	$(if $(TEXTS),AFFIANT_TEXTS=$(abspath $(TEXTS))) python3 tests/run.py

conformance: ## the public suites in ../shared/suites (or AFFIANT_SUITES)
	python3 tests/run.py conformance

lint: ## formatting, clippy and documentation, without a warning
	cargo fmt --check
	cargo clippy --release --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --release --no-deps --quiet
	echo "lint: clean"

fuzz: ## the property tests with 100,000 cases each
	PROPTEST_CASES=100000 cargo test --release --lib

bench: bench-build ## affiant raced against the peers that are there; STAGE=diff CLAIMS=100000 ROUNDS=3 THREADS=1 choose, REPORT=1 writes down
	$(bench) tests/bench/run.py --threads $(or $(THREADS),2) $(sizes) $(if $(REPORT),&& $(bench) tests/bench/report.py)

bench-peers: ## the same, after installing the peers
	sh tests/bench/install.sh $(target)/bench/peers
	$(MAKE) bench

bench-growth: bench-build ## time and memory of each stage against the number of claims, and of threads
	$(bench) tests/bench/growth.py $(sizes) $(if $(REPORT),&& $(bench) tests/bench/report.py)

bench-micro: ## the inner loops, by divan
	mkdir -p $(target)/bench/results
	cargo bench --quiet --bench micro | tee $(target)/bench/results/micro.txt

bench-build: production
	cargo build --release --quiet --example workload --example throwaway-key
	cargo build --profile peer --quiet --example crate-validate

dist: build ## make dist VERSION=X.Y.Z DATE=YYYY-MM-DD KEY=FILE [TEXTS=DIR]: cut and verify a real release
	test -n "$(VERSION)" && test -n "$(DATE)" && test -n "$(KEY)" || \
	  { echo "usage: make dist VERSION=X.Y.Z DATE=YYYY-MM-DD KEY=FILE [TEXTS=DIR]" >&2; exit 2; }
	$(affiant) release seeds $(texts) --version $(VERSION) --date $(DATE) --key $(KEY) --out dist
	$(affiant) verify dist/$(VERSION) --no-state --trust dist/allowed_signers $(texts)

clean: ## remove everything that was built
	cargo clean --quiet

help: ## this list
	sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "make %-13s %s\n", $$1, $$2 }'
