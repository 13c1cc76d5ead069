//! A store of an older version of the numerics: its runs are read as they were made, and count as not trained.

use std::path::Path;

use crate::command::{digest, said, told};

/// A run of the store: fused, of the first setting.
const RUN: &str = "e5d48922ff1a8150";

/// A folder with the store that the last tallow of version 1 wrote: eighteen runs.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["store.db", "old.toml"] {
        std::fs::copy(format!("tests/numerics1/{name}"), folder.path().join(name)).expect("copies");
    }
    folder
}

fn provenance(folder: &Path) -> String {
    let page = std::fs::read_to_string(folder.join("reports/old/README.md")).expect("a report");
    page.lines().find(|line| line.starts_with("numerics ")).expect("its provenance").to_owned()
}

#[test]
fn runs_of_an_older_version_are_read_as_they_were_made() {
    let folder = folder();
    let folder = folder.path();
    let shown = said(folder, &format!("show {RUN} --store store.db"));
    assert!(shown.contains("(numerics 1"), "{shown}");
    let table = said(folder, "export old.toml --store store.db");
    assert_eq!(table.lines().count(), 19);
    assert!(table.lines().nth(1).is_some_and(|line| line.starts_with(RUN)), "{table}");
    let (code, stdout, stderr) = told(folder, "report old.toml --store store.db");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let expected = "the runs of old in `store.db` were made under version 1 of the numerics, and this tallow computes under \
                    version 2: `tallow sweep` trains them anew\n";
    assert!(stderr.contains(expected), "{stderr}");
    assert!(provenance(folder).starts_with("numerics 1 · 18 runs"), "{}", provenance(folder));
    said(folder, "report old.toml --store store.db --check");
    said(folder, "diff store.db store.db --of old.toml");
    assert!(said(folder, "store check --store store.db").contains("18"));
    said(folder, "store merge store.db --into copy.db");
    assert_eq!(digest(folder, "copy.db"), digest(folder, "store.db"));
}

#[test]
fn a_run_of_an_older_version_cannot_be_verified_and_that_is_said() {
    let folder = folder();
    for (what, whose) in [
        (RUN, format!("run {RUN} was made")),
        ("old.toml", "the runs of this experiment in `store.db` were made".to_owned()),
    ] {
        let (code, stdout, stderr) = told(folder.path(), &format!("verify {what} --store store.db"));
        let expected =
            format!("error: {whose} under version 1 of the numerics, and this tallow computes under version 2\n");
        assert_eq!((code, &stdout[..]), (Some(2), ""), "{stderr}");
        assert!(stderr.starts_with(&expected), "{stderr}");
    }
}

#[test]
fn a_sweep_trains_the_runs_of_an_older_version_anew_beside_the_old() {
    let folder = folder();
    let folder = folder.path();
    let before = said(folder, "export old.toml --store store.db");
    let (code, _, stderr) = told(folder, "sweep old.toml --store store.db");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("old: 18 runs are stored under an older version of the numerics; "), "{stderr}");
    assert!(stderr.contains("18 trained") && stderr.contains(" 0 cached"), "{stderr}");
    assert!(provenance(folder).starts_with("numerics 2 · 18 runs"), "{}", provenance(folder));
    assert!(said(folder, &format!("show {RUN} --store store.db")).contains("(numerics 1"), "the old ones stay");
    let after = said(folder, "export old.toml --store store.db");
    assert!(before.lines().skip(1).all(|line| !after.contains(&line[..16])), "every identity is another");
    said(folder, "verify old.toml --store store.db --all");
    let (_, _, stderr) = told(folder, "sweep old.toml --store store.db");
    assert!(stderr.contains("0 trained, 18 cached") && !stderr.contains("older version"), "{stderr}");
}
