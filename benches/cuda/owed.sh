#!/usr/bin/env bash
# What only a GPU can show, in one command on a machine that has one and needs neither cargo nor a network.
#
#   benches/cuda/owed.sh pack FOLDER          where tallow is built: put what is needed into FOLDER
#   benches/cuda/owed.sh run FOLDER [PART…]   where the GPU is, in the repository's root
#
# The parts are tests, memory, races, barriers, speed and bounds; all of them by default. What has no tool is skipped with a
# word. Reports go to $OUT where that is set, else to FOLDER.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

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
# tiles and groups with and without a rest; all losses; kept pre-activations; every optimizer's slots.
shapes() {
    cat <<'TOML'
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
hidden = [[64, 64, 64], [150, 170]]
batch_size = [50, 130]
optimizer = "adam"
TOML
}

find_tool() { # In FOLDER, on the path, or in the toolkit.
    local path
    for path in "$folder/$1" "$(command -v "$1" || true)" "${CUDA_HOME:-/usr/local/cuda}/bin/$1"; do
        [ -x "$path" ] && echo "$path" && return
    done
    echo "skipped: no $1 on this machine" >&2
    return 1
}

sanitize() {
    local sanitizer
    sanitizer=$(find_tool compute-sanitizer) || return 0
    "$sanitizer" --tool "$1" --error-exitcode 9 "$folder/tallow" sweep "$scratch/shapes.toml" \
        --device cuda --jobs 2 --no-report --quiet --store "$scratch/$1.db"
}

part() {
    echo "== $1 ($SECONDS s)"
    case $1 in
    tests)
        local chosen=()
        # The tests of faults have a driver of their own, which is compiled.
        command -v "${CXX:-c++}" >/dev/null || chosen=(bits_of_the_cpu candle_s_kernels within_two_seconds)
        "$folder/tests" --nocapture --test-threads 1 "${chosen[@]}"
        ;;
    memory) sanitize memcheck && sanitize initcheck ;;
    races) sanitize racecheck ;;
    barriers) sanitize synccheck ;;
    speed) "$folder/bench" | tee "$out/speed.md" ;;
    bounds)
        local ncu
        ncu=$(find_tool ncu) || return 0
        printf 'seeds = 5000\n[train]\ndataset = "xor"\npoints = 2500\nhidden = [6]\nbatch_size = 50\n' >"$scratch/w1.toml"
        # One worker's launches fill the GPU.
        "$ncu" --set full --kernel-name train_shared --launch-count 2 --export "$out/bounds" --force-overwrite \
            "$folder/tallow" sweep "$scratch/w1.toml" --device cuda --jobs 1 --no-report --quiet --store "$scratch/ncu.db" &&
            "$ncu" --import "$out/bounds.ncu-rep" --page details >"$out/bounds.txt"
        ;;
    *) usage ;;
    esac
}

run() {
    out=${OUT:-$folder}
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    shapes >"$scratch/shapes.toml"
    # Python's packages bring CUDA's libraries where there is no toolkit.
    local packages
    packages=$(python3 -c 'import nvidia; print(*nvidia.__path__, sep="\n")' 2>/dev/null | head -1 || true)
    export LD_LIBRARY_PATH="${packages:+$packages/cu13/lib:}/usr/local/nvidia/lib64:${LD_LIBRARY_PATH:-}"
    export TALLOW="$folder/tallow"
    "$TALLOW" train --epochs 1 --device cuda >/dev/null
    [ $# -gt 0 ] || set -- tests memory races barriers speed bounds
    local name failed=()
    for name in "$@"; do
        part "$name" || failed+=("$name")
    done
    echo "== done ($SECONDS s)${failed:+, failed: ${failed[*]}}"
    [ ${#failed[@]} -eq 0 ]
}

case $does in
pack) pack ;;
run) run "$@" ;;
*) usage ;;
esac
