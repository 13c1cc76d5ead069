# The daily way; each recipe is one command you can type yourself. `just` alone lists them.

# List the recipes.
default:
    @just --list --unsorted

# Train what is new in an experiment file, and write its report: `just sweep experiments/xor.toml`.
sweep FILE *ARGS:
    cargo run --release --quiet -- sweep {{ FILE }} {{ ARGS }}

# Any command: `just tallow plan experiments/xor.toml`.
tallow *ARGS:
    cargo run --release --quiet -- {{ ARGS }}

# Run the tests.
test *ARGS:
    cargo test --release {{ ARGS }}

# Train what is new in all experiments, and write their reports.
report:
    for file in experiments/*.toml; do cargo run --release --quiet -- sweep --quiet "$file" || exit; done

# Run the benchmarks, or one: `just bench --bench engine`, `just bench --bench sweep -- cores`.
bench *ARGS:
    cargo bench --benches {{ ARGS }}

# Measure whether the statistics hold their level, on fresh seeds: coverage, false claims, power, bias.
calibrate *ARGS:
    cargo bench --bench calibrate -- {{ ARGS }}

# Format the code; rustfmt by itself does not see the files of modules that a macro declares.
fmt:
    cargo fmt -- $(git ls-files '*.rs')

# Check format, lints and docs; nothing is let pass.
lint:
    cargo fmt --check -- $(git ls-files '*.rs')
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# Everything that continuous integration does.
ci:
    .ci/run
