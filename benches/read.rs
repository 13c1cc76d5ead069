//! What reading a table costs, beside pandas and polars where `TALLOW_PYTHON` names a Python that has them:
//! `cargo bench --bench read [-- ROWS]`, 60,000 rows of 784 pixels and a class (the size of MNIST) unless told.
//!
//! All on one thread, the least processor time of three rounds that take turns. Readers of text only: what follows
//! (understanding, the matrix) is timed apart.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

use tallow::rng::{Purpose, Stream};
use tallow::table::{Reading, Scaling, fit, read_file, understand};

#[path = "support/clock.rs"]
mod clock;

const PIXELS: usize = 784;
const ROUNDS: usize = 3;

const PYTHON: &str = r#"
import sys, time
which, path = sys.argv[1:]
if which == "pandas":
    import pandas
    read = lambda: pandas.read_csv(path)
else:
    import polars
    read = lambda: polars.read_csv(path)
began = time.process_time()
read()
print(time.process_time() - began)
"#;

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(60_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pixels.csv");
    write(&path, rows);
    let bytes = path.metadata().expect("written").len();
    println!("{rows} rows × {PIXELS} pixels and a class, {:.0} MB of CSV", bytes as f64 / 1e6);
    let reading = Reading::default();
    let mut least = [("tallow", f64::INFINITY), ("pandas", f64::INFINITY), ("polars", f64::INFINITY)];
    for _ in 0..ROUNDS {
        for (which, seconds) in &mut least {
            let taken = match *which {
                "tallow" => Some(clock::seconds(|| drop(read_file(&path, &reading).expect("reads")))),
                other => python(other, &path),
            };
            *seconds = seconds.min(taken.unwrap_or(f64::INFINITY));
        }
    }
    let ours = least[0].1;
    for (which, seconds) in least.into_iter().filter(|(_, seconds)| seconds.is_finite()) {
        println!("{which:<12} {seconds:8.3} s   {:.2} of tallow's", seconds / ours);
    }
    let table = read_file(&path, &reading).expect("reads");
    if let Some(peak) = peak() {
        println!("peak memory  {:8.1} MB  {:.2} of the columns", peak / 1e6, peak / table.bytes() as f64);
    }
    let mut understood = None;
    let seconds = clock::seconds(|| understood = Some(understand(&table, &reading).expect("understood")));
    println!("understood   {seconds:8.3} s");
    let understood = understood.expect("just made");
    let train: Vec<u32> = (0..table.rows as u32).collect();
    let mut fitted = None;
    let seconds = clock::seconds(|| fitted = Some(fit(&table, &understood, &train, Scaling::Standard, true)));
    println!("fitted       {seconds:8.3} s");
    let seconds = clock::seconds(|| drop(fitted.expect("just made").transform(&table, None).expect("transformed")));
    println!("transformed  {seconds:8.3} s");
}

/// Four of five pixels are 0 and the others anything up to 255, as in pictures of digits.
fn write(path: &Path, rows: usize) {
    let mut file = BufWriter::new(std::fs::File::create(path).expect("created"));
    let mut stream = Stream::new(Purpose::Data, "bench", 0);
    let mut line = (0..PIXELS).map(|i| format!("p{i},")).collect::<String>() + "class";
    for row in 0..=rows {
        writeln!(file, "{line}").expect("written");
        line.clear();
        for _ in 0..PIXELS {
            let bits = stream.bits();
            let pixel = if bits % 5 < 3 { 0 } else { (bits >> 8) % 256 };
            write!(line, "{pixel},").expect("written to memory");
        }
        write!(line, "{}", row % 10).expect("written to memory");
    }
    file.flush().expect("written");
}

/// Seconds that a reader of Python's takes on one thread; `None` without it.
fn python(which: &str, path: &Path) -> Option<f64> {
    let python = std::env::var_os("TALLOW_PYTHON")?;
    let mut command = Command::new(python);
    command.args(["-c", PYTHON, which]).arg(path).env("POLARS_MAX_THREADS", "1");
    String::from_utf8(command.output().ok()?.stdout).ok()?.trim().parse().ok()
}

/// The most bytes of memory this process held, where the system tells.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix(" kB")?.parse::<f64>().ok().map(|kib| 1024.0 * kib)
}
