#!/usr/bin/env bash
# Drives `holdfast eventstore serve` with the vendor's official clients, one server and one process
# a client, and a second server with users and TLS. Says what each client did and fails if one of
# them failed, or left out one of the behaviours without a word.
#
#   tests/clients/run.sh             all six
#   tests/clients/run.sh NAME…       these (rust-eventstore rust-kurrentdb python-esdbclient
#                                    python-kurrentdbclient node-db-client node-kurrentdb-client)
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
holdfast=${HOLDFAST_BINARY:-$root/target/debug/holdfast}
installed=$root/target/clients
every=(rust-eventstore rust-kurrentdb python-esdbclient python-kurrentdbclient
    node-db-client node-kurrentdb-client)
clients=("${@:-${every[@]}}")

# A client that hangs is ended, so that a run is.
longest=240

work=$(mktemp -d)
server=''
stop_server() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=''
}
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# start_server NAME OPTION…: a server of its own on a free port; its ready file is $ready.
start_server() {
    local data=$work/$1
    shift
    ready=$data.json
    mkdir -p "$data"
    "$holdfast" eventstore serve --data "$data" --listen 127.0.0.1:0 --ready-file "$ready" "$@" \
        >"$data.log" 2>&1 &
    server=$!
    for _ in $(seq 600); do
        if ! kill -0 "$server" 2>/dev/null; then
            echo "  the server did not start; what it said:"
            sed 's/^/    /' "$data.log"
            return 1
        fi
        [ ! -s "$ready" ] || break
        sleep 0.05
    done
    local scheme=http
    [ "$1" = --insecure ] || scheme=https
    curl --silent --show-error --fail --retry 20 --retry-delay 1 --retry-connrefused \
        --cacert "$work/authority.pem" "$scheme://$(from_ready address)/health/live"
}

# from_ready KEY…: a value of the ready file.
from_ready() {
    python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[key]
print(value)' "$ready" "$@"
}

# An authority and the server's certificate, for 127.0.0.1 and localhost.
make_certificates() {
    local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2)
    (
        cd "$work"
        openssl req -x509 "${key[@]}" -subj '/CN=Holdfast test authority' \
            -keyout authority.key -out authority.pem
        openssl req "${key[@]}" -subj /CN=localhost -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >server.ext
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
            -days 2 -extfile server.ext -out server.pem
    ) >"$work/openssl.log" 2>&1 || {
        cat "$work/openssl.log"
        return 1
    }
}

# Names fail for a moment, and so do networks.
retry() { "$@" || { sleep 5 && "$@"; } || { sleep 15 && "$@"; }; }

install_client() {
    local package=${1#*-} target=$installed/$1
    case $1 in
    rust-*)
        cargo build --quiet --locked --manifest-path "$here/rust/Cargo.toml" \
            --target-dir "$root/target" -p "client-$package"
        ;;
    python-*)
        local list=$here/python/requirements/$package.txt
        cmp -s "$list" "$target/requirements.txt" && return
        rm -rf "$target"
        retry python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
            --only-binary=:all: --require-hashes --root-user-action=ignore \
            --target "$target" -r "$list"
        cp "$list" "$target/requirements.txt"
        ;;
    node-*)
        local lock=$here/node/packages/$package/package-lock.json
        cmp -s "$lock" "$target/package-lock.json" && [ -e "$target/complete" ] && return
        rm -rf "$target"
        mkdir -p "$target"
        cp "$here/node/packages/$package/"package*.json "$target"
        (cd "$target" && retry npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        touch "$target/complete"
        ;;
    *)
        echo "no client is called $1; there are: ${every[*]}"
        return 1
        ;;
    esac
}

run_client() {
    local package=${1#*-} target=$installed/$1
    local limit=(timeout --kill-after=5 "$longest")
    case $1 in
    rust-*) "${limit[@]}" "$root/target/debug/client-$package" ;;
    python-*)
        HOLDFAST_CLIENT=$package PYTHONPATH=$target PYTHONDONTWRITEBYTECODE=1 \
            "${limit[@]}" python3 "$here/python/main.py"
        ;;
    node-*)
        HOLDFAST_CLIENT=$package NODE_PATH=$target/node_modules \
            "${limit[@]}" node "$here/node/main.js"
        ;;
    esac
}

# Every behaviour of the list was said to be there or not to be offered, and nothing else was.
complete() {
    local names
    ! grep -q '^FAILED ' "$1" || return 1
    names=$(sed -n 's/^ok \([a-z_]*\).*/\1/p; s/^-- \([a-z_]*\):.*/\1/p' "$1")
    diff <(printf '%s\n' "$names" | sort) <(sort "$2") | sed -n 's/^< /  unknown: /p; s/^> /  missing: /p'
    [ "$(printf '%s\n' "$names" | sort)" = "$(sort "$2")" ]
}

# one_run NAME KIND LIST: a client against the server that stands; prints a row of the summary.
one_run() {
    local said=$work/$1.$2 outcome=passed began=$SECONDS
    run_client "$1" 2>"$said.errors" | tee "$said" | sed 's/^/  /' || outcome=FAILED
    complete "$said" "$3" || outcome=FAILED
    if [ "$outcome" = FAILED ]; then
        failures=$((failures + 1))
        tail -n 40 "$said.errors" | sed 's/^/    /'
        tail -n 20 "$work/$1-$2.log" | sed 's/^/    server: /'
    fi
    printf '%-24s %-9s %-7s %3d ok %3d not offered %4d s\n' "$1" "$2" "$outcome" \
        "$(grep -c '^ok ' "$said")" "$(grep -c '^-- ' "$said")" $((SECONDS - began)) >>"$work/summary"
}

[ -x "$holdfast" ] || {
    echo "$holdfast is not there; build it first: cargo build --bin holdfast"
    exit 1
}
failures=0
: >"$work/summary"
make_certificates

for client in "${clients[@]}"; do
    install_client "$client"

    echo "$client"
    start_server "$client-insecure" --insecure
    HOLDFAST_URL=$(from_ready event_store) one_run "$client" insecure "$here/behaviours.txt"
    stop_server

    echo "$client, with users and TLS"
    start_server "$client-users" --tls-certificate "$work/server.pem" --tls-key "$work/server.key"
    HOLDFAST_URL_SERVICE="$(from_ready connection_strings service)&tlsCAFile=$work/authority.pem" \
        HOLDFAST_URL_AUDITOR="$(from_ready connection_strings auditor)&tlsCAFile=$work/authority.pem" \
        one_run "$client" users "$here/behaviours-users.txt"
    stop_server
    rm -rf "${work:?}/$client"-*
done

echo
cat "$work/summary"
[ "$failures" -eq 0 ] || {
    echo "$failures of $((2 * ${#clients[@]})) runs failed."
    exit 1
}
