#!/usr/bin/env bash
# Make one virtual environment a peer, from the pinned lists beside this script.
#
#   benchmarks/peers/environments.sh FOLDER [PEER...]
#
# PEER is hf, flair, spanmarker, spacy or gliner (of which only the speed is measured); all but gliner where none is
# named. torch goes in first and by its exact version,
# since a bare `torch` behind another package may bring several gigabytes of CUDA. About 4.7 GB in all on a CPU machine.
# PYTHON names the interpreter (3.11 was used); an environment that is already whole is left as it is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: environments.sh FOLDER [PEER...]}
shift
peers=("$@")
[ ${#peers[@]} -gt 0 ] || peers=(hf flair spanmarker spacy)
mkdir -p "$folder"
for peer in "${peers[@]}"; do
  list=$here/requirements/$peer.txt
  [ -f "$list" ] || { echo "expected hf, flair, spanmarker, spacy or gliner, found '$peer'" >&2; exit 2; }
  if cmp -s "$list" "$folder/$peer/requirements.txt"; then
    echo "$peer: as it is"
    continue
  fi
  "${PYTHON:-python3}" -m venv --clear "$folder/$peer"
  pip=("$folder/$peer/bin/python" -m pip install -q --disable-pip-version-check)
  if grep -q '^torch==' "$list"; then "${pip[@]}" "$(grep '^torch==' "$list")"; fi
  "${pip[@]}" -r "$list"
  cp "$list" "$folder/$peer/requirements.txt"
  echo "$peer: $(du -sh "$folder/$peer" | cut -f1)"
done
df -h "$folder" | tail -n 1 | awk '{print "free on this disk: " $4}'
