#!/usr/bin/env bash
# Cuts the power after each step of as many days as asked for, in every way, split over processes. Prints the sum of what
# was counted, and the seeds that failed.
#   run.sh PROGRAM SEEDS PROCESSES
set -eu
program=$1 seeds=$2 processes=$3
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
started=$SECONDS
seq 1 "$seeds" | xargs -P "$processes" -I{} sh -c \
  'TENAX_POWER_SEED={} "$1" --gtest_filter=PowerLoss.LosesNothing* --gtest_brief=1 >"$2/{}" 2>&1 || echo {} >>"$2/failed"' \
  _ "$program" "$logs" || :
cat "$logs"/[0-9]* | awk -v seeds="$seeds" -v seconds=$((SECONDS - started)) '
  /^power loss:/ {
    for (i = 1; i <= NF; ++i) if ($i ~ /^[0-9]+$/) sum[i] += $i; else word[i] = $i
    fields = NF
  }
  END {
    for (i = 1; i <= fields; ++i) printf "%s ", i in word ? word[i] : sum[i]
    printf "(%d days, %d s)\n", seeds, seconds
  }'
[ -s "$logs/failed" ] || exit 0
while read -r seed; do tail -n 60 "$logs/$seed"; done <"$logs/failed"
echo "power loss: failed with these seeds (TENAX_POWER_SEED): $(tr '\n' ' ' <"$logs/failed")"
exit 1
