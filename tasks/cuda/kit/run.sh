#!/bin/sh
# Joins, verifies and runs the kit beside this file: `sh run.sh SECONDS [RESULTS [PART …]]`. Needs sh, tar, gzip and sha256sum; no
# network, no Node. Prints a JSON line after each part of what is checked, and keeps them in RESULTS, by default
# results.jsonl beside the kit. SECONDS count from here, unpacking included. With names of parts, only those are run.
# KIT_FOLDER is where it is unpacked.
set -eu
started=$(date +%s)
seconds=${1:?"usage: sh run.sh SECONDS [RESULTS [PART …]]"}
kit=$(cd "$(dirname "$0")" && pwd)
results=${2:-$kit/results.jsonl}
folder=${KIT_FOLDER:-${TMPDIR:-/tmp}/proximal-kit}
[ $# -lt 2 ] || shift
shift
: > "$results"
say() { printf '%s\n' "$1" | tee -a "$results"; }

# What was unpacked from the same parts is taken as it is.
if ! cmp -s "$kit/SHA256SUMS" "$folder/unpacked"; then
  if ! wrong=$(cd "$kit" && sha256sum -c --quiet SHA256SUMS 2>/dev/null | sed 's/:.*//' | tr '\n' ' '); then wrong=unknown; fi
  if [ -n "$wrong" ]; then
    say "{\"part\":\"verify\",\"ok\":false,\"wrong_parts\":\"${wrong% }\"}"
    exit 1
  fi
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$kit" && cut -d' ' -f3 SHA256SUMS | xargs cat) | tar -xzf - -C "$folder"
  cp "$kit/SHA256SUMS" "$folder/unpacked"
fi
say "{\"part\":\"verify\",\"ok\":true,\"seconds\":$(($(date +%s) - started))}"

cd "$folder"
export DENO_DIR="$folder/.deno_dir" DENO_NO_UPDATE_CHECK=1
exec ./deno run -A --cached-only tasks/cuda/kit/run.ts --deadline $((started + seconds)) --results "$results" "$@"
