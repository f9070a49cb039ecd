#!/usr/bin/env bash
# From the publishers' files to both tables, on the older corpora and on aida_open, the study of the loss, of depth, the
# ablations, and the learning curve.
#
#   examples/tables/run.sh DATA WORK [BASE]
#
# DATA and WORK as in examples/prepare_data.sh; BASE is a pretrained model, by default the one that train_mini.sh leaves
# in WORK/base (which it makes where there is none). The tables of aida_open start from WORK/fourth, which has seen its names
# but not its types, unless BASE is given. About two hours on 2 cores with a base at hand.
set -euo pipefail
DATA=$1 WORK=$2 BASE=${3:-$2/base} HERE=$(dirname "$0")
if [ ! -f "$BASE/config.json" ]; then
  "$HERE/../train_mini.sh" "$DATA" "$WORK"
elif [ ! -f "$WORK/wnut_train.jsonl" ]; then
  "$HERE/../prepare_data.sh" "$DATA" "$WORK"
fi
if [ ! -f "$WORK/types/title_types.parquet" ]; then
  ousianer prepare types "$DATA"/types/title_to_* -o "$WORK/types"
fi
python "$HERE/tables.py" "$BASE" "$WORK" -o "$HERE/../../docs/results"
python "$HERE/ablations.py" "$WORK" "$BASE" -o "$HERE/../../docs/results"
python "$HERE/aida_open.py" "${3:-$WORK/fourth}" "$WORK/aida" -o "$HERE/../../docs/results"
