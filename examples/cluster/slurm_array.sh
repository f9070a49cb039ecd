#!/bin/bash
# Tag a corpus with a SLURM array, a shard a task, and merge the shards when all are done.
#
#     sbatch examples/cluster/slurm_array.sh CORPUS RUN.tab [OPTIONS OF ousianer tag]
#
# Documents, model and output lie where every node sees them. A task that was killed (preemption, time limit) is put back
# into the queue and goes on with its finished parts. The number of tasks is the number of shards.
#SBATCH --job-name=ousianer
#SBATCH --array=0-15
#SBATCH --cpus-per-task=4
#SBATCH --mem=6G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
corpus=$1 run=$2
shift 2
shards=$run.shards
mkdir -p "$shards"
index=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN))
if [ "$index" = 0 ] && [ "${SLURM_RESTART_COUNT:-0}" = 0 ]; then
    # Runs once every task of the array has ended well.
    sbatch --job-name=ousianer-merge --mem=4G --dependency="afterok:$SLURM_ARRAY_JOB_ID" \
        --wrap="ousianer merge '$shards'/shard.* -o '$run'"
fi
exec ousianer tag "$corpus" -o "$shards/shard.$index" --shard "$index/$SLURM_ARRAY_TASK_COUNT" \
    --threads "${SLURM_CPUS_PER_TASK:-1}" --resume "$@"
