# SPDX-License-Identifier: MIT
# make            build/winalux                    make demo       set up this machine and show the main job
# make test       set up, then every test          make test SUITE=host|trixie    one of the two Podman versions
# make unit       unit and fake-server tests only  make fuzz       every fuzzer for FUZZ_SECONDS
# make lint       style and layers (tidy: clang-tidy and cppcheck)   make bench      the table of docs/results/bench.md
# make install PREFIX=/usr/local   make uninstall   make deb
# V=1 shows commands. CI=1 or WERROR=1 turns warnings into errors.

PREFIX ?= /usr/local
BUILD ?= build
SUITE ?= all
FUZZ_SECONDS ?= 10
ARCH := $(shell uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || cat VERSION)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

CC ?= gcc
PKGS := libcjson yaml-0.1 libsodium libseccomp
WARN := -std=c11 -D_GNU_SOURCE -pedantic -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wformat=2 -Wundef -Wvla -Wpointer-arith -Wwrite-strings -Wcast-qual \
	-Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference $(if $(CI)$(WERROR),-Werror)
COMMON := $(WARN) -Iinclude -Isrc -pthread -MMD -MP
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINK_release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LINK_asan := -fsanitize=address,undefined
GUEST_FLAGS := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fno-PIE -ffunction-sections -fdata-sections
GUEST_LINK := -s -static -no-pie -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,--build-id=none -Wl,-e,shortcut_entry
# The other architecture's guest is embedded too where there is what to compile it with (tools/setup.sh build).
OTHER := $(filter-out $(ARCH),amd64 arm64)
CROSS := $(shell tools/cross.sh $(OTHER) 2>/dev/null)
GUEST_CC_amd64 := $(if $(filter amd64,$(ARCH)),$(CC),x86_64-linux-gnu-gcc -I$(CROSS)/include -L$(CROSS)/lib)
GUEST_CC_arm64 := $(if $(filter arm64,$(ARCH)),$(CC),aarch64-linux-gnu-gcc -I$(CROSS)/include -L$(CROSS)/lib)
GUEST_ARCHS ?= $(ARCH) $(if $(CROSS),$(OTHER))
# Asked once, and only when something is compiled: set-up may have to install pkg-config first.
CFLAGS_PKG = $(eval CFLAGS_PKG := $(shell pkg-config --cflags $(PKGS)))$(CFLAGS_PKG)
LIBS_PKG = $(eval LIBS_PKG := $(shell pkg-config --libs $(PKGS)))$(LIBS_PKG)

# Layers, lowest first. Each folder is an archive; a folder links only what stands before it.
LAYERS := base format telemetry inventory podman image plan workspace doctor cli
sources = $(filter-out src/cli/main.c,$(wildcard src/$(1)/*.c))
objects = $(patsubst src/%.c,$(BUILD)/$(2)/%.o,$(call sources,$(1)))
archives = $(foreach l,$(1),$(BUILD)/$(2)/lib$(l).a)
reverse = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
$(foreach l,$(LAYERS),$(eval seen += $(l))$(eval upto_$(l) := $(call reverse,$(seen))))

UNIT_SOURCES := $(wildcard tests/unit/*/*_test.c)
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
EMBEDDED := $(sort $(wildcard profiles/*.yml profiles/*/*.yml profiles/stacks/*/* Containerfiles/*/* data/*.* data/*/*))
GUESTS := $(foreach a,$(GUEST_ARCHS),$(BUILD)/guest/$(a)/winalux-guest)

.PHONY: FORCE all demo test unit fuzz lint tidy format bench install uninstall deb clean test-fresh test-long static-guest asan programs
.PRECIOUS: %.o
all: $(BUILD)/winalux
asan: $(BUILD)/winalux-asan
static-guest: $(GUESTS)

$(BUILD)/winalux: $(BUILD)/release/cli/main.o $(call archives,$(upto_cli),release) $(BUILD)/release/embed.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) $(LINK_release) -pthread -o $@ $^ $(LIBS_PKG)
$(BUILD)/winalux-asan: $(BUILD)/asan/cli/main.o $(call archives,$(upto_cli),asan) $(BUILD)/release/embed.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) $(LINK_asan) -pthread -o $@ $^ $(LIBS_PKG)

define mode_rules
$(BUILD)/$(1)/%.o: src/%.c
	$$(call say,CC,$$<)
	$(Q)mkdir -p $$(@D)
	$(Q)$(2) $$(CFLAGS) $$(COMMON) $$(FLAGS_$(1)) $$(CFLAGS_PKG) -c -o $$@ $$<
$(foreach l,$(LAYERS),$(eval $(BUILD)/$(1)/lib$(l).a: $(call objects,$(l),$(1))))
$(eval $(BUILD)/$(1)/libplan.a: $(BUILD)/$(1)/guest/wire.o)
$(BUILD)/$(1)/lib%.a:
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(eval $(call mode_rules,release,$(CC)))
$(eval $(call mode_rules,asan,$(CC)))
$(eval $(call mode_rules,fuzz,clang))

FORCE:
# Only the version's own object is compiled again when the version changes.
$(BUILD)/version: FORCE
	$(Q)mkdir -p $(@D) && echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@
VERSION_OBJECTS := $(foreach d,release asan fuzz guest/amd64 guest/arm64,$(BUILD)/$(d)/base/version.o)
$(VERSION_OBJECTS): $(BUILD)/version VERSION
$(VERSION_OBJECTS): COMMON += -DWINALUX_VERSION='"$(VERSION)"' -DWINALUX_RELEASE='"$(shell cat VERSION)"'

# The guest: static, one per architecture, of its own sources, the warden's, telemetry, base and some of format.
# The hash needs of libsodium what sodium_misuse() would drag in all of: it is told to be abort().
guest_sources := $(call sources,guest) $(call sources,warden) $(call sources,telemetry) $(call sources,base) src/format/token_hash.c src/format/json_cursor.c \
	src/format/ledger.c src/format/ledger_line.c
define guest_rules
$(BUILD)/guest/$(1)/winalux-guest: $(patsubst src/%.c,$(BUILD)/guest/$(1)/%.o,$(guest_sources))
	$$(call say,GUEST,$$@)
	$(Q)$(GUEST_CC_$(1)) $$(GUEST_LINK) -Wl,--defsym=sodium_misuse=abort -o $$@ $$^ -lsodium
$(BUILD)/guest/$(1)/%.o: src/%.c
	$$(call say,CC,"$$< ($(1))")
	$(Q)mkdir -p $$(@D)
	$(Q)$(GUEST_CC_$(1)) $$(COMMON) $$(GUEST_FLAGS) -c -o $$@ $$<
endef
$(foreach a,amd64 arm64,$(eval $(call guest_rules,$(a))))
# These run before the C library has begun (src/guest/shortcut.c): nothing of it may come in by the compiler.
$(foreach f,shortcut shell_name,$(BUILD)/guest/amd64/guest/$(f).o $(BUILD)/guest/arm64/guest/$(f).o): \
	GUEST_FLAGS += -ffreestanding -fno-stack-protector -fno-tree-loop-distribute-patterns

# The seccomp profile is embedded only when libseccomp can compile it for both architectures.
$(BUILD)/seccomp-check: tools/seccomp-check.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(COMMON) $(CFLAGS_PKG) -o $@ $< $(LIBS_PKG)
$(BUILD)/data/seccomp-strict.json: data/seccomp.json
	$(Q)mkdir -p $(@D)
	$(Q)sed '/"names": \["execve", "execveat"\]/,/"action"/s/SCMP_ACT_ALLOW/SCMP_ACT_NOTIFY/' $< >$@.new
	$(Q)grep -q SCMP_ACT_NOTIFY $@.new && mv $@.new $@
$(BUILD)/seccomp.ok: data/seccomp.json $(BUILD)/data/seccomp-strict.json $(BUILD)/seccomp-check
	$(Q)$(BUILD)/seccomp-check $< && $(BUILD)/seccomp-check $(BUILD)/data/seccomp-strict.json && touch $@
$(BUILD)/embed.S: tools/embed.sh $(BUILD)/seccomp.ok $(EMBEDDED) $(GUESTS)
	$(call say,EMBED,$@)
	$(if $(filter $(OTHER),$(GUEST_ARCHS)),,@echo "no cross compiler for $(OTHER): only the $(ARCH) guest is embedded (tools/setup.sh build gets it)")
	$(Q)tools/embed.sh $@ $(BUILD) $(EMBEDDED) $(BUILD)/data/seccomp-strict.json $(GUESTS)
$(BUILD)/release/embed.o: $(BUILD)/embed.S
	$(Q)mkdir -p $(@D) && $(CC) -c -o $@ $<

# tests/unit/FOLDER/x_test.c links that folder and the ones below; tests/fake helps podman and above.
FAKE_OBJECTS := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/fake/*.c))
$(BUILD)/tests/%.o: tests/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(COMMON) -Itests $(FLAGS_asan) $(CFLAGS_PKG) -c -o $@ $<
$(BUILD)/tests/fake-libpod: $(BUILD)/tests/fake/main/fake_libpod.o $(FAKE_OBJECTS) $(call archives,podman format base,asan)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_asan) -pthread -o $@ $^ $(LIBS_PKG)
$(BUILD)/tests/fake-pages: $(BUILD)/tests/fake/main/fake_pages.o $(call archives,telemetry format base,asan)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_asan) -pthread -o $@ $^ $(LIBS_PKG)
define unit_rules
$(BUILD)/tests/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(filter-out %_test.c,$(wildcard tests/unit/$(1)/*.c))) $(if $(filter-out base format telemetry inventory guest warden,$(1)),$(FAKE_OBJECTS)) $(call archives,$(upto_$(1)),asan) $(BUILD)/release/embed.o
	$$(call say,LINK,$$@)
	$(Q)$$(CC) $$(LINK_asan) -pthread -o $$@ $$^ $$(LIBS_PKG) -lcmocka
endef
upto_guest := guest telemetry format base
upto_warden := warden guest telemetry format base
$(foreach m,asan fuzz,$(eval $(BUILD)/$(m)/libguest.a: $(filter-out %/main.o,$(call objects,guest,$(m)))))
$(foreach m,asan fuzz,$(eval $(BUILD)/$(m)/libwarden.a: $(call objects,warden,$(m))))
$(foreach l,$(LAYERS) guest warden,$(eval $(call unit_rules,$(l))))
# The guest has names of its own for what podman/ does too, so no fuzzer links both.
define fuzz_rules
$(BUILD)/fuzz/$(1): tests/fuzz/$(1).c $(call archives,$(if $(filter gate_%,$(1)),warden guest telemetry,$(if $(filter key_%,$(1)),workspace,podman inventory)) format base,fuzz) $(BUILD)/release/embed.o
	$$(call say,LINK,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)clang $$(COMMON) -g -fsanitize=fuzzer,address,undefined $$(CFLAGS_PKG) -o $$@ $$(filter-out %.h,$$^) $$(LIBS_PKG)
endef
$(foreach f,$(notdir $(FUZZERS)),$(eval $(call fuzz_rules,$(f))))

$(BUILD)/bench/%: tests/bench/%.c $(call archives,telemetry base,release)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(COMMON) $(FLAGS_release) $(LINK_release) -o $@ $^

programs: $(BUILD)/winalux $(BUILD)/winalux-asan $(BUILD)/tests/fake-libpod $(BUILD)/tests/fake-pages $(UNIT_TESTS)
unit: $(UNIT_TESTS)
	$(Q)tests/unit/run $(UNIT_TESTS)
fuzz: $(FUZZERS)
	$(Q)tests/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)
demo:
	$(Q)tools/demo.sh
test:
	$(Q)tests/run $(SUITE)
test-long:
	$(Q)tests/run-long
test-fresh:
	$(Q)tests/fresh
bench: all
	$(Q)tests/bench/run
lint:
	$(Q)tools/lint.sh
tidy:
	$(Q)tools/lint.sh tidy cppcheck
format:
	$(Q)clang-format -i $(shell git ls-files '*.c' '*.h')
install: all
	$(Q)tools/install.sh "$(DESTDIR)" "$(PREFIX)" install
uninstall:
	$(Q)tools/install.sh "$(DESTDIR)" "$(PREFIX)" uninstall
deb: all
	$(Q)tools/deb.sh $(VERSION) $(ARCH)
clean:
	$(Q)find $(BUILD) -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} + # what tools/setup.sh fetched stays

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
