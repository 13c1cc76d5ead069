#!/usr/bin/env bash
# What only a GPU can show, in one command on a machine that has one and needs neither cargo nor a network.
#
#   benches/cuda/owed.sh pack FOLDER          where tallow is built: put what is needed into FOLDER
#   benches/cuda/owed.sh run FOLDER [PART…]   where the GPU is, in the repository's root
#
# The parts, all of them by default: tests ptx repeat two neighbour long memory races barriers start speed timeline bounds.
# Each ends with pass, fail, or skipped where there is no tool or second GPU. The summary, with the card, its driver and clocks,
# is summary.txt; it and the other reports go to $OUT where that is set, else to FOLDER.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PARTS="tests ptx repeat two neighbour long memory races barriers start speed timeline bounds"
SKIPPED=77

usage() {
    sed -n '4,5s/^# *//p' "$0" >&2
    exit 2
}
[ $# -ge 2 ] || usage
does=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2

built() { # The executable that cargo builds by these arguments, stripped.
    local name=$1 path
    shift
    path=$(cargo "$@" --no-run --features cuda --message-format=json | grep -o '"executable":"[^"]*/deps/cuda-[^"]*"' | tail -1 | cut -d'"' -f4)
    strip -o "$folder/$name" "$path"
}

pack() {
    cargo build --release --features cuda
    strip -o "$folder/tallow" "${CARGO_TARGET_DIR:-target}/release/tallow"
    built tests test --release --test cuda
    built bench bench --bench cuda
    ls -l "$folder"
}

# Every path of the kernels: networks of one warp and of several, four in a block and one, in shared and in global memory;
# tiles and groups with and without a rest; all losses; kept pre-activations; every optimizer's slots; what is done beside plain
# training. Five of each, so that a block of four is full and another is not.
shapes() {
    cat <<'TOML'
seeds = 5
[train]
points = 130
test = 0.0
epochs = 2
shuffle = true
[[grid]]
dataset = ["xor", "prod", "quadrants"]
hidden = [[], [6], [7, 5], [33, 40]]
batch_size = [1, 33, 64]
activation = ["relu", "gelu"]
optimizer = ["adam", { name = "rmsprop", centered = true, momentum = 0.5 }, "sgd"]
[[grid]]
dataset = "quadrants"
hidden = [[6], [33, 40]]
batch_size = 33
optimizer = { name = "adamw", weight_decay = 0.1 }
dropout = 0.3
input_noise = 0.1
label_smoothing = 0.1
clip_norm = 0.1
decay_biases = false
[[grid]]
dataset = "quadrants"
hidden = [[64, 64, 64], [150, 170]]
batch_size = [50, 130]
optimizer = "adam"
TOML
}

# Networks of seeds 1 to N of this kind, as an experiment.
experiment() { # N, then lines of the experiment
    local networks=$1
    shift
    printf 'seeds = %s\n[train]\n' "$networks"
    printf '%s\n' "$@"
}

find_tool() { # In FOLDER, on the path, or in the toolkit.
    local path
    for path in "$folder/$1" "$(command -v "$1" || true)" "${CUDA_HOME:-/usr/local/cuda}/bin/$1"; do
        [ -x "$path" ] && echo "$path" && return
    done
    echo "skipped: no $1 on this machine" >&2
    return $SKIPPED
}

sweep() { # EXPERIMENT STORE ARGUMENTS…
    local experiment=$1 store=$2
    shift 2
    "$TALLOW" sweep "$experiment" --no-report --quiet --store "$store" "$@"
}

digest() { # STORE
    "$TALLOW" store info --store "$1" | awk '/digest/ { print $NF }'
}

same() { # The sweep on a GPU, with these arguments, has the digest that it has on the CPU: EXPERIMENT NAME ARGUMENTS…
    local experiment=$1 name=$2 ours
    shift 2
    [ -e "$experiment.db" ] || sweep "$experiment" "$experiment.db"
    rm -f "$scratch/$name.db"
    sweep "$experiment" "$scratch/$name.db" "$@"
    ours=$(digest "$scratch/$name.db")
    echo "$name: $ours on the GPU, $(digest "$experiment.db") on the CPU"
    [ "$ours" = "$(digest "$experiment.db")" ]
}

sanitize() {
    local sanitizer
    sanitizer=$(find_tool compute-sanitizer)
    "$sanitizer" --tool "$1" --error-exitcode 9 "$TALLOW" sweep "$scratch/shapes.toml" \
        --device cuda --jobs 2 --no-report --quiet --store "$scratch/$1.db"
}

seconds() { # What a command takes.
    local began=$EPOCHREALTIME
    "$@" >/dev/null
    awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f s\n", to - from }'
}

# W1 of the engine's bench.
W1=("dataset = 'xor'" "points = 2500" "hidden = [6]" "batch_size = 50")

part() {
    case $1 in
    tests)
        local chosen=()
        # The tests of faults have a driver of their own, which is compiled.
        command -v "${CXX:-c++}" >/dev/null || chosen=(bits_of_the_cpu candle_s_kernels within_two_seconds)
        "$folder/tests" --nocapture --test-threads 1 "${chosen[@]}"
        ;;
    ptx) # Compiled by the driver from the PTX, as for a GPU that is not listed.
        CUDA_FORCE_PTX_JIT=1 CUDA_CACHE_DISABLE=1 same "$scratch/shapes.toml" ptx --device cuda
        ;;
    repeat) # Races of networks in global memory, which racecheck does not see, and what load brings about.
        local turn
        for turn in 1 2 3 4 5; do
            sweep "$scratch/shapes.toml" "$scratch/load.$turn.db" --device cuda --jobs 4 &
        done
        same "$scratch/shapes.toml" repeat --device cuda
        wait
        for turn in 1 2 3 4 5; do
            [ "$(digest "$scratch/load.$turn.db")" = "$(digest "$scratch/shapes.toml.db")" ]
        done
        ;;
    two)
        [ "$(nvidia-smi --list-gpus | wc -l)" -ge 2 ] || { echo "skipped: one GPU" && return $SKIPPED; }
        same "$scratch/shapes.toml" two --device cuda:0,1
        ;;
    neighbour) # Another process takes all memory but 300 MB while the sweep starts, and then what is left.
        python3 -c 'import torch' 2>/dev/null || { echo "skipped: no torch to take memory with" && return $SKIPPED; }
        python3 - <<'PYTHON' &
import time, torch
free, _ = torch.cuda.mem_get_info()
most = torch.empty(free - (300 << 20), dtype=torch.uint8, device="cuda")
time.sleep(30)
PYTHON
        local neighbour=$! kept=0
        sleep 8
        same "$scratch/shapes.toml" neighbour --device cuda --jobs 4 || kept=$?
        kill "$neighbour" 2>/dev/null || true
        return $kept
        ;;
    long) # Epochs of many seconds beside small cohorts; a stop is noticed within two seconds.
        experiment 1 "dataset = 'quadrants'" "points = 400000" "test = 0.0" "hidden = [64, 64, 64]" "batch_size = 20" \
            "epochs = 50" "shuffle = true" >"$scratch/long.toml"
        sweep "$scratch/long.toml" "$scratch/long.db" --device cuda &
        local long=$!
        same "$scratch/shapes.toml" beside --device cuda
        kill -INT "$long"
        seconds bash -c "while kill -0 $long 2>/dev/null; do sleep 0.05; done" | tee "$out/long.txt"
        awk '{ exit !($1 < 2.5) }' "$out/long.txt"
        ;;
    memory)
        sanitize memcheck
        sanitize initcheck
        ;;
    races) sanitize racecheck ;;
    barriers) sanitize synccheck ;;
    start)
        {
            echo "the loader and the libraries: $(seconds "$TALLOW" --version)"
            echo "and a training on the CPU: $(seconds "$TALLOW" train --epochs 1)"
            echo "and on the GPU: $(seconds "$TALLOW" train --epochs 1 --device cuda)"
            echo "and with candle's kernels: $(seconds "$TALLOW" train --lib candle-nn --epochs 1 --device cuda)"
        } | tee "$out/start.txt"
        ;;
    speed) "$folder/bench" | tee "$out/speed.md" ;;
    timeline) # The kernels' time apart from the host's.
        local nsys
        nsys=$(find_tool nsys)
        experiment 10000 "${W1[@]}" "shuffle = true" >"$scratch/timeline.toml"
        "$nsys" profile --trace cuda --force-overwrite true --output "$out/timeline" "$TALLOW" sweep "$scratch/timeline.toml" \
            --device cuda --no-report --quiet --store "$scratch/timeline.db"
        "$nsys" stats --report cuda_gpu_kern_sum,cuda_gpu_mem_time_sum "$out/timeline.nsys-rep" | tee "$out/timeline.txt"
        ;;
    bounds)
        local ncu
        ncu=$(find_tool ncu)
        # One worker's cohort is what the GPU trains at once. The clocks are left as they are.
        experiment 10000 "${W1[@]}" >"$scratch/bounds.toml"
        "$ncu" --set full --clock-control none --kernel-name train_plain --launch-count 2 --export "$out/bounds" \
            --force-overwrite "$TALLOW" sweep "$scratch/bounds.toml" --device cuda --jobs 1 --no-report --quiet \
            --store "$scratch/ncu.db"
        "$ncu" --import "$out/bounds.ncu-rep" --page details >"$out/bounds.txt"
        ;;
    *) usage ;;
    esac
}

surroundings() {
    # Python's packages bring CUDA's libraries where there is no toolkit.
    local packages
    packages=$(python3 -c 'import nvidia; print(*nvidia.__path__, sep="\n")' 2>/dev/null | head -1 || true)
    export LD_LIBRARY_PATH="${packages:+$packages/cu13/lib:}/usr/local/nvidia/lib64:${LD_LIBRARY_PATH:-}"
    export TALLOW="$folder/tallow" out=${OUT:-$folder}
}

clocks() {
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,power.limit,temperature.gpu --format=csv ||
        echo "no nvidia-smi on this machine"
}

run() {
    surroundings
    scratch=$(mktemp -d)
    export scratch
    trap 'rm -rf "$scratch"' EXIT
    shapes >"$scratch/shapes.toml"
    local name status failed=0 verdict summary=$out/summary.txt
    # shellcheck disable=SC2086
    [ $# -gt 0 ] || set -- $PARTS
    { date -u +%FT%TZ && "$TALLOW" --version && clocks; } | tee "$summary"
    "$TALLOW" train --epochs 1 --device cuda >/dev/null
    for name in "$@"; do
        local began=$SECONDS
        echo "== $name"
        status=0
        # A process of its own, so that the first command that fails ends it.
        bash benches/cuda/owed.sh part "$folder" "$name" || status=$?
        case $status in
        0) verdict=pass ;;
        "$SKIPPED") verdict=skipped ;;
        *) verdict=fail failed=1 ;;
        esac
        echo "$name: $verdict ($((SECONDS - began)) s)" | tee -a "$summary"
    done
    clocks | tail -n +2 | tee -a "$summary"
    return $failed
}

case $does in
pack) pack ;;
run) run "$@" ;;
part) part "$@" ;;
*) usage ;;
esac
