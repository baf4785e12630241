# SPDX-License-Identifier: Apache-2.0
# Convenience for developers and for a first look; ordinary use is meson alone (see README.md).

BUILD := build
PROGRAMS := garner garnerd garner-licensing garner-tenant

.PHONY: all build demo check unit system browser screenshots-orders sanitize lint format rules mutate-rules \
	histories fuzz mime-mutations \
	bench bench-mime bench-plan bench-armor bench-licensing bench-repo bench-primitives bench-profile \
	postgres s3 powercut kills prune-s3 \
	simulate clean

all: build

# Installs what is missing (as root) and leaves the four programs in build/bin/.
build:
	@tools/install-packages.sh build
	@tools/build.sh $(BUILD)

# The main job from end to end, on this machine; KEEP=1 leaves everything running.
demo:
	@tools/install-packages.sh demo
	@tools/build.sh $(BUILD)
	@KEEP=$(KEEP) tools/demo.sh $(BUILD)/bin

# Installs what is missing, builds, and passes every test.
check:
	@tools/install-packages.sh test
	@tools/check.sh

# Parts of "make check", for work in hand.
unit: build
	@meson test -C $(BUILD) --print-errorlogs

system: build
	@tools/system-tests.sh $(BUILD)/bin all

# The order form in a real browser.
browser: build
	@tools/install-packages.sh test
	@tools/browser-tests.sh $(BUILD)/bin

# Pictures of every page of the order form, in both themes and two widths.
screenshots-orders: build
	@tools/install-packages.sh test
	@SCREENSHOTS=$(CURDIR)/build-screenshots tools/browser-tests.sh $(BUILD)/bin
	@echo "The pictures are in build-screenshots/"

# The licensing service on PostgreSQL, on a server that is started for it.
postgres:
	@tools/install-packages.sh test
	@tools/check.sh postgres

# The storages on an S3 server, which is started for them.
s3:
	@tools/install-packages.sh test
	@tools/check.sh s3

sanitize:
	@tools/check.sh address thread

# A year of SEEDS simulated customers; prints the shortest history of a failure.
SEEDS := 100
simulate: build
	@$(BUILD)/tests/simulation/simulate --seeds 1-$(SEEDS) --days 365

# The power is cut at every moment of a repository's life, SEEDS states of each; "make check" does a few.
powercut: build
	@GARNER_SEEDS=$(SEEDS) $(BUILD)/tests/unit/repo/test_repo_powercut

# Four writers on one S3 bucket while a fifth prunes, 100 rounds; "make s3" does a few.
prune-s3: build
	@tools/prune-s3.sh $(abspath $(BUILD))/bin 100

# Backups, forgetting, prunes and repairs of one repository, three and more at once, killed at random moments in ROUNDS rounds;
# "make check" does 30. Prints the seed; GARNER_SEED repeats one.
ROUNDS := 1000
kills: build
	@GARNER_BIN=$(abspath $(BUILD))/bin GARNER_ROUNDS=$(ROUNDS) node --test tests/system/prune.test.mjs

lint:
	@tools/check.sh lint

format:
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

# Which tests prove which rule of the licensing.
rules:
	@node tools/rules.mjs

# Each rule's code is changed, and its test seen to fail.
mutate-rules:
	@tools/install-packages.sh test
	@node tools/mutate-rules.mjs

# A million claims on each database, with all faults; "make check" does 50,000.
histories: build
	@tools/install-packages.sh test
	@GARNER_BIN=$(BUILD)/bin node tests/histories/run.mjs --database sqlite --claims 1000000
	@GARNER_BIN=$(BUILD)/bin node tests/histories/run.mjs --database postgresql --claims 1000000

# Ten minutes of libFuzzer for each parser of what comes from outside; "make check" replays the corpora.
fuzz:
	@tools/install-packages.sh fuzz
	@tools/fuzz.sh 600

# Ten million mutated messages taken apart and rebuilt (needs the corpora beside the project, or GARNER_DATA=);
# "make check" does 200,000 made-up ones.
COUNT := 10000000
mime-mutations: build
	@tests/mime/run.sh $(BUILD) $(COUNT)

# How fast messages are taken apart and rebuilt, beside memcpy; never a test. FOLDERS: of messages of your own.
bench-mime: build
	@$(BUILD)/bench/bench-mime $(FOLDERS)

# How long a backup of real mail takes on this machine (needs the corpus beside the project).
bench: build
	@tools/install-packages.sh test
	@bench/mail.sh $(BUILD)/bin

# How long planning takes for a large organization, by shape; never a test.
bench-plan: build
	@$(BUILD)/bench/bench-plan

# How fast parity is made, looked at and used; never a test.
bench-armor: build
	@$(BUILD)/bench/bench-armor

# Claims and renewals a second on SQLite and PostgreSQL, beside the same statements by pgbench; never a test.
bench-licensing: build
	@tools/install-packages.sh test
	@node bench/licensing.mjs $(BUILD)

# The repository beside restic, borg and casync on four corpora, and the ratios to be reached; never a test.
# CORPUS=mail-plain,tiny and RUNS=3 choose; the corpora of mail lie beside the project or in GARNER_DATA.
RUNS := 1
bench-repo: build
	@tools/install-packages.sh bench
	@node bench/repo.mjs $(BUILD) --runs $(RUNS) $(if $(CORPUS),--corpus $(CORPUS))

# How fast each primitive of the repository is on this machine, as JSON; on the files of FOLDER, or on the corpus of mail.
bench-primitives: build
	@tools/install-packages.sh bench
	@bench/primitives.sh $(BUILD) $(FOLDER)

# Where the processor time of a phase goes (perf), by function and by stage beside the primitives' own speed.
PHASE := first
bench-profile: build
	@tools/install-packages.sh bench
	@node bench/profile.mjs $(BUILD) $(or $(CORPUS),mail-plain) $(PHASE)

clean:
	rm -rf build build-*
