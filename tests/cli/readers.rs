//! What a report's CSV files are to the tools that read them: pandas and polars find the types that the columns have.
//!
//! Skipped with a word where Python has not both; `TALLOW_PYTHON` names another Python.

use std::process::Command;

use crate::command::said;

const EXPERIMENT: &str = "\
seeds = 60
[train]
points = 50
hidden = [3]
epochs = 4
batch_size = 25
[grid]
dataset = ['xor', 'prod']
optimizer = ['adam', { name = 'sgd', momentum = [0.0, 0.9] }]
learning_rate = [0.01, 0.1]
";

/// Of every file, each column's cells as text, and the types that the readers infer.
const READ: &str = r#"
import glob, sys
import pandas, polars

def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True

wrong, columns = [], 0
for file in sorted(glob.glob(sys.argv[1] + "/**/*.csv", recursive=True)):
    cells = polars.read_csv(file, infer_schema=False)
    inferred, frame = polars.read_csv(file), pandas.read_csv(file)
    for name in cells.columns:
        filled = [cell for cell in cells[name].to_list() if cell]
        numbers = all(is_number(cell) for cell in filled)
        columns += 1
        if inferred[name].dtype.is_numeric() != numbers and inferred[name].dtype != polars.Boolean:
            wrong.append(f"polars: {file} {name} is {inferred[name].dtype}")
        if pandas.api.types.is_numeric_dtype(frame[name]) != numbers and not pandas.api.types.is_bool_dtype(frame[name]):
            wrong.append(f"pandas: {file} {name} is {frame[name].dtype}")
print(columns, "columns read")
sys.exit("\n".join(wrong) or 0)
"#;

#[test]
fn pandas_and_polars_find_the_types_of_all_columns() {
    let python = std::env::var("TALLOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_both = Command::new(&python).args(["-c", "import pandas, polars"]).output();
    if !has_both.is_ok_and(|output| output.status.success()) {
        println!("skipped: no Python with pandas and polars");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("small.toml"), EXPERIMENT).expect("writes");
    said(folder.path(), "sweep small.toml --quiet");
    let read = Command::new(&python).args(["-c", READ, "reports"]).current_dir(folder.path()).output().expect("runs");
    let (out, err) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success(), "{out}{err}");
}
