#!/bin/bash
# Tag a corpus with the processes that torchrun starts, a shard each, and merge the shards.
#
#     examples/cluster/torchrun.sh PROCESSES CORPUS RUN.tab [OPTIONS OF ousianer tag]
#
# On one machine. On several, start torchrun on each with its --nnodes and --rdzv-endpoint (the ranks are those of all
# machines), and merge once. torchrun restarts all processes when one fails; each goes on with its finished parts.
set -euo pipefail
processes=$1 corpus=$2 run=$3
shift 3
export SHARDS=$run.shards CORPUS=$corpus
mkdir -p "$SHARDS"
torchrun --no-python --nproc-per-node "$processes" --max-restarts 3 bash -c '
    device=()
    if command -v nvidia-smi > /dev/null && nvidia-smi -L > /dev/null 2>&1; then
        device=(--device "cuda:$LOCAL_RANK")
    fi
    exec ousianer tag "$CORPUS" -o "$SHARDS/shard.$RANK" --shard "$RANK/$WORLD_SIZE" "${device[@]}" --resume "$@"
' ousianer "$@"
ousianer merge "$SHARDS"/shard.* -o "$run"
