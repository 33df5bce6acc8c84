# A thin face over meson and ninja; `make help` lists the targets.

prefix ?= /usr/local
BUILD = build

.PHONY: all deps demo test bench proof fuzz install deb deb-test coverage clean format check-format abi reference help

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) program

$(BUILD)/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || \
		{ echo "make: meson and ninja are missing: run 'make deps' first" >&2; exit 1; }
	@log=$$(meson setup $(BUILD) --prefix=$(prefix) 2>&1) || { echo "$$log" >&2; exit 1; }

deps:
	@.ci/deps build demo test bench

demo:
	@.ci/deps build demo
	@$(MAKE) --no-print-directory all
	@pipelines/examples/demo.sh

test:
	@.ci/deps build test
	@.ci/deps office || echo "make: without LibreOffice, what it makes of an export isn't tested" >&2
	@tests/run-suites

coverage:
	@.ci/deps build test coverage
	@tests/coverage

bench:
	@.ci/deps build bench
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@ninja -C $(BUILD)
	@tests/bench/run.sh

proof:
	@.ci/deps build test
	@tests/proof.sh

fuzz:
	@.ci/deps build fuzz
	@tests/fuzz/run.sh 60

install: $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dprefix=$(prefix)
	@ninja -C $(BUILD) program
	@meson install -C $(BUILD) --no-rebuild --quiet $(if $(DESTDIR),--destdir=$(abspath $(DESTDIR)))

deb:
	@.ci/deps build deb
	@.ci/package

deb-test: deb
	@.ci/deps root
	@tests/package.sh

clean:
	@rm -rf build build-* .demo tests/supabase/node_modules tests/editor/node_modules

format:
	@tests/tree/format.sh --fix

check-format:
	@tests/tree/format.sh

abi:
	@tests/abi/layout.py --add $(CC) include tests/abi/layout.txt

reference: all
	@rm -f docs/reference/*.md
	@$(BUILD)/docs/pages/reference md docs/reference $(BUILD)/plugins
	@$(BUILD)/docs/pages/contract md docs/reference include

help:
	@echo "make            build/sluice and build/plugins/*.so"
	@echo "make demo       install what is missing, build, and watch a CSV become orders (no account needed)"
	@echo "make test       install what is missing, run every test: plain, address and thread sanitizer"
	@echo "make coverage   which lines of core and plugins the tests run: a table, and build-coverage/lines.html"
	@echo "make bench      install what is missing, measure, print the figures beside their bars"
	@echo "make proof      install what is missing, kill and break runs of 20,000 orders, write docs/proof.md"
	@echo "make fuzz       install what is missing, run each fuzz target for 60 s"
	@echo "make install    into prefix (/usr/local), below DESTDIR"
	@echo "make deb        Debian packages of what is committed, looked at by lintian, in build/deb"
	@echo "make deb-test   install them on a clean root, run the demo there, remove them (as root)"
	@echo "make deps       install the Debian packages that are missing"
	@echo "make format     clang-format over the C sources; make check-format only looks"
	@echo "make abi        take new members of include/sluice into tests/abi/layout.txt"
	@echo "make reference  write docs/reference anew from the tables of the program"
	@echo "make clean      remove what the targets above made in the checkout"
