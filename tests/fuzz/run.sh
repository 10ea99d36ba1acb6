#!/usr/bin/env bash
# Every parser's fuzz program for a while, several at a time: from the seeds in the repository and what earlier runs kept.
# run.sh BUILD SECONDS JOBS; a finding lies in BUILD afterwards, and its report is shown.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")

one() {
  local build=$1 seconds=$2 name=${3##*/} log
  log=$build/$name.log
  local corpora=("$build/corpus/$name")
  mkdir -p "${corpora[0]}"
  [ ! -d "$here/corpus/$name" ] || corpora+=("$here/corpus/$name")
  if "$3" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$build/$name-" "${corpora[@]}" >"$log" 2>&1; then
    sed -nE "s/^stat::number_of_executed_units: *([0-9]+)/  $name \1 runs/p" "$log"
  else
    printf '  %s FOUND something:\n' "$name"
    tail -n 40 "$log"
  fi
}

if [ "$1" = one ]; then shift; one "$@"; exit; fi
results=$(mktemp)
printf '%s\0' "$1"/fuzz/*_fuzz | xargs -0 -P "$3" -I{} "$0" one "$1" "$2" {} | tee "$results"
awk '/ FOUND something:$/ {found++} / runs$/ {targets++; runs += $2}
     END {printf "fuzz: %d targets, %d runs, %d findings\n", targets + found, runs, found; exit found > 0 || targets == 0}' "$results"
