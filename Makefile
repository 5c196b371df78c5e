# `make help` lists what there is. Each target installs what it needs (Debian: through apt-get) and only if it is missing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build test test-aws crash flips fuzz lint bench screenshots deb install-for-window install-for-tests clean

target := $(abspath $(or $(CARGO_TARGET_DIR),target))
tools := $(target)/tools
export SEALKEEP_TOOLS := $(tools)

# A C compiler, for SQLite and AWS-LC; both are compiled in.
packages_to_build := gcc libc6-dev
# The window loads these at run-time: OpenGL, and what winit needs of X11 and Wayland.
packages_for_window := libgl1 libgl1-mesa-dri libegl1 libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 \
	libxkbcommon0 libxkbcommon-x11-0 libwayland-client0 libwayland-egl1
# A screen, a window manager and hands for it; the keyring and the accessibility bus; strace, to record what is written and to fail
# it; Python for AWS's emulator and peer.
packages_for_tests := $(packages_to_build) $(packages_for_window) xvfb openbox xdotool x11-utils xclip imagemagick \
	dbus dbus-bin gnome-keyring at-spi2-core strace python3 python3-venv python3-gi gir1.2-atspi-2.0 gir1.2-gtk-3.0

cargo_deny_version := 0.20.2
cargo_fuzz_version := 0.13.2

help: ## This list.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## Build Sealkeep and open its window.
	@if [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
		echo "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open." >&2; \
		echo "On a server, use the command line: make build, then $(target)/release/sealkeep-cli --help" >&2; \
		exit 1; \
	fi
	@packaging/install-packages "build and open the window" $(packages_to_build) $(packages_for_window)
	cargo run --locked --release --bin sealkeep

build: ## Build both programs into target/release.
	@packaging/install-packages "build" $(packages_to_build)
	cargo build --locked --release --bins

test: install-for-tests ## Run every test; starts the parts that they need by itself.
	tests/support/with-sudo cargo test --locked

test-aws: ## Hold the provider contract against a real AWS account; says what to set and what it costs, and asks first.
	@packaging/install-packages "build" $(packages_to_build)
	tests/support/test-aws cargo test --locked --test sealkeep -- --ignored --exact --nocapture \
		providers::account::the_contract_holds_in_a_real_account

crash: install-for-tests ## Try every power cut, full disk and kill, and write docs/durability.md (tens of minutes).
	cargo test --locked --test sealkeep -- --ignored --test-threads 1 crash::sweep::in_full crash::faults::in_full \
		crash::moves::in_full

flips: ## Change every byte of a small vault in turn, and write docs/integrity.md (takes long).
	@packaging/install-packages "build" $(packages_to_build)
	@# Optimised: it opens a document of 256 KiB a quarter of a million times.
	cargo test --locked --config profile.dev.package.sealkeep.opt-level=3 --test sealkeep -- --ignored --exact vault::flips::in_full

fuzz: ## Fuzz what reads other people's bytes, ten minutes each, or FUZZ_SECONDS=N.
	@packaging/install-packages "fuzz" $(packages_to_build) g++
	@tests/fuzz/run $(cargo_fuzz_version) $(tools)/fuzz $(target)/fuzz

lint: ## Format, lints, and the licences, sources and advisories of dependencies.
	@packaging/install-packages "build" $(packages_to_build)
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --bin sealkeep-cli -- -D warnings
	@packaging/check-dependencies $(cargo_deny_version) $(tools)/deny

bench: install-for-tests ## Measure, and write docs/figures.md (about 25 minutes; 12 GB of disk).
	@packaging/install-packages "compare with age and KeePassXC" age keepassxc
	cargo bench --locked --bench figures

screenshots: install-for-tests ## Take the pictures in docs/screenshots anew.
	cargo test --locked --test sealkeep -- --ignored --exact window::screenshots::take

deb: ## Build a Debian package into target/deb.
	@packaging/install-packages "build a package" $(packages_to_build) dpkg-dev
	packaging/deb/build $(target)

install-for-tests:
	@packaging/install-packages "run the tests" $(packages_for_tests)
	@tests/support/install-python-tools $(tools)

clean: ## Remove everything that was built.
	cargo clean
