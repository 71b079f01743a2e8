#!/bin/sh
# Golden files are what lies on customers' disks for ever: they may be added, never modified,
# renamed or deleted. Looks at every commit that this clone has, and at the working tree.
# In a shallow clone the oldest commit has no parent here, so it counts as adding its files.
set -eu
cd "$(dirname -- "$0")/.."
golden=eventstore-schema/golden

command -v git >/dev/null 2>&1 || exit 0
git rev-parse --git-dir >/dev/null 2>&1 || exit 0
# No commit yet: nothing is fixed yet.
git rev-parse --verify --quiet HEAD >/dev/null || exit 0

# -m: a merge is compared with each parent, so that an edit made while merging is seen too. What
# a merge merely brings from the other side is an addition, which is allowed.
# --no-renames: a rename is a deletion here.
past=$(git log --no-renames -m --diff-filter=MDT --name-status --format= HEAD -- "$golden" | sort -u)
now=$(git diff --no-renames --diff-filter=MDT --name-status HEAD -- "$golden")

if [ -n "$past$now" ]; then
    echo "golden files may only be added; these were changed (M, T) or deleted (D):" >&2
    printf '%s\n%s\n' "$past" "$now" | sed '/^$/d' | sort -u >&2
    exit 1
fi
