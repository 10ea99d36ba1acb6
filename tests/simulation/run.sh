#!/usr/bin/env bash
# Runs the whole-engine simulation over a range of seeds, split over processes. Prints the seeds that failed and how to
# replay them.
#   run.sh PROGRAM FIRST-LAST PROCESSES
set -eu
program=$1 first=${2%-*} last=${2#*-} processes=$3
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
started=$SECONDS
step=25
for ((seed = first; seed <= last; seed += step)); do
  end=$((seed + step - 1 < last ? seed + step - 1 : last))
  printf '%s\n' "$seed-$end"
done | xargs -P "$processes" -I{} sh -c \
  'TENAX_SIM_SEEDS={} "$1" --gtest_filter=Simulation.KeepsItsPromises --gtest_brief=1 >"$2/{}" 2>&1 || echo {} >>"$2/failed"' _ "$program" "$logs" || :
if [ -s "$logs/failed" ]; then
  while read -r range; do tail -n 60 "$logs/$range"; done <"$logs/failed"
  echo "simulation: seeds in these ranges failed: $(tr '\n' ' ' <"$logs/failed")"
  exit 1
fi
echo "simulation: seeds $first to $last, all promises hold ($((SECONDS - started)) s)"
