#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Resolve every extra at once, for every Python we support, into constraints.txt.
# Versions already there are kept where they still fit; "--upgrade" moves them.
set -eu
cd "$(dirname "$0")/.."
target=constraints.txt
touch $target
uv=.venv/bin/uv
[ -x $uv ] || uv=uv
$uv pip compile setup.cfg --quiet --all-extras --universal --python-version 3.11 \
    --fork-strategy fewest --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
    --output-file $target "$@"
{
    echo "# OpenStack 2026.2 and the tools: one set for all extras and for Python 3.11 to 3.13."
    echo "# Made by tools/constraints.sh; do not edit."
    cat $target
} >$target.new
mv $target.new $target
rm -rf blazar_spot.egg-info # left by asking setup.cfg, and soon out of date
