#!/usr/bin/env bash
# From the publishers' files to the project's own lines: what training, validation and the tables read.
#
#   examples/prepare_data.sh DATA WORK
#
# DATA holds the publishers' files: fewnerd/{dev,test,big_test}.txt (INTER split), crossner/*/{train,dev}.txt,
# wikigold/wikigold.conll.txt, uner_ewt/en_ewt-ud-dev.iob2, wnut17/wnut17train.conll, wnut17/emerging.dev.conll,
# wfbg/fner_dev.json, silver/silver_cap30.jsonl.gz, wikipedia/*.bz2 (MediaWiki dumps), types/title_to_* (tables of
# Wikipedia titles with their classes), and the label tables mappings/*_to_aida.tsv. The corpus aida_open stands beside
# this script. WORK takes what comes out, about 1 GB. Needs `pip install 'ousianer[wikipedia]'`. About ten minutes on 2 cores.
set -euo pipefail
DATA=$1 WORK=$2 OPEN=$(dirname "$0")/aida_open
mkdir -p "$WORK/aida"
FEWNERD=("$DATA"/fewnerd/{dev,test,big_test}.txt)
corpus() { ousianer prepare corpus "$@"; }
aida() { corpus "${@:2}" --map "$DATA/mappings/$1_to_aida.tsv" --taxonomy aida-edl; }

# Validation: CrossNER dev, a slice of the clean Few-NERD sentences (by a hash of the sentence), wikigold and WNUT17 dev.
# Gold stops at different depths in them; none of them trains the model. The 1k-WFB-g sentences are feedback alone.
aida crossner "$DATA"/crossner/*/dev.txt --supervises both -o "$WORK/crossner_dev.jsonl"
aida coarse "$DATA/wikigold/wikigold.conll.txt" -o "$WORK/wikigold.jsonl"
aida coarse "$DATA/wnut17/emerging.dev.conll" -o "$WORK/wnut_dev.jsonl"
aida fewnerd "${FEWNERD[@]}" --clean --supervises both --split-by-hash 0.06 \
  --held-out "$WORK/fewnerd_held.jsonl" -o "$WORK/fewnerd_clean_aida.jsonl"
aida figer "$DATA/wfbg/fner_dev.json" --supervises both -o "$WORK/wfbg.jsonl"

# The task's own guidelines: all of aida_open, its files one by one (AIDA types, and nouns as WordNet classes), and dev.
open=("$OPEN"/{train,rare,web}*.jsonl.gz)
corpus "${open[@]}" --map-to wordnet:nouns -o "$WORK/aida_train_wn.jsonl"
corpus "$OPEN/dev.jsonl.gz" --taxonomy aida-edl -o "$WORK/aida/dev.jsonl"
corpus "$OPEN/dev.jsonl.gz" --map-to wordnet:nouns -o "$WORK/aida_dev_wn.jsonl"
for file in "${open[@]}"; do
  name=$(basename "$file" .jsonl.gz)
  corpus "$file" --taxonomy aida-edl -o "$WORK/aida/$name.jsonl"
  corpus "$file" --map-to wordnet:nouns -o "$WORK/aida/${name}_wn.jsonl"
done

# Detection, and typing in WordNet classes. A corpus line says which of the two it supervises.
exclude=(); for file in "$DATA"/crossner/*/dev.txt; do exclude+=(--exclude "$file"); done
corpus "$DATA"/crossner/*/train.txt --map-to wordnet:crossner --supervises both "${exclude[@]}" -o "$WORK/crossner_train_wn.jsonl"
corpus "${FEWNERD[@]}" --clean --map-to wordnet:fewnerd --supervises both \
  --exclude "$WORK/fewnerd_held.jsonl" -o "$WORK/fewnerd_clean_wn.jsonl"
corpus "${FEWNERD[@]}" --map-to wordnet:fewnerd --supervises typing \
  --exclude "$WORK/fewnerd_held.jsonl" --exclude "$WORK/fewnerd_clean_wn.jsonl" -o "$WORK/fewnerd_rest_wn.jsonl"
aida coarse "$DATA/uner_ewt/en_ewt-ud-dev.iob2" -o "$WORK/uner.jsonl"
aida coarse "$DATA/uner_ewt/en_ewt-ud-dev.iob2" --clean -o "$WORK/uner_clean.jsonl" # names of other classes are O in it
aida coarse "$DATA/wnut17/wnut17train.conll" -o "$WORK/wnut_train.jsonl"

# Silver: ready-made, and our own from the dumps, of whose links a slice is held out to score the typing head.
SILVER=$DATA/silver/silver_cap30.jsonl.gz
ousianer prepare silver "$SILVER" --tiers link -o "$WORK/silver_link.jsonl"
ousianer prepare silver "$SILVER" --tiers self --limit 24000 --seed 1 -o "$WORK/silver_self.jsonl"
types=(); for file in "$DATA"/types/title_to_*; do types+=(--types "$file"); done
unseen=(); for name in crossner_dev wikigold fewnerd_held wnut_dev wfbg; do unseen+=(--exclude "$WORK/$name.jsonl"); done
wikipedia() { ousianer prepare wikipedia "$DATA"/wikipedia/*.bz2 "${types[@]}" "${unseen[@]}" --format jsonl "$@"; }
wikipedia --how link -o "$WORK/wikipedia_links"
corpus "$WORK/wikipedia_links/typing.jsonl" --split-by-hash 0.2 --held-out "$WORK/links_held.jsonl" -o "$WORK/links_train.jsonl"
wikipedia --exclude "$WORK/links_held.jsonl" -o "$WORK/wikipedia"

# Fine-tuning to AIDA.
aida crossner "$DATA"/crossner/*/train.txt --supervises both "${exclude[@]}" -o "$WORK/crossner_train.jsonl"
# Few-NERD marks national adjectives and peoples (French, Danes) as places: the adjectives stay, as the guidelines want
# it, and peoples and languages are put outside, but for the files *_places, which keep its own labels for comparison.
before=(--exclude "$WORK/fewnerd_held.jsonl")
for part in dev test big_test; do
  fine() { aida fewnerd "$DATA/fewnerd/$part.txt" --supervises typing "${before[@]}" "$@"; }
  fine --demonyms guidelines -o "$WORK/fewnerd_$part.jsonl"
  fine -o "$WORK/fewnerd_${part}_places.jsonl"
  before+=(--exclude "$DATA/fewnerd/$part.txt")
done
