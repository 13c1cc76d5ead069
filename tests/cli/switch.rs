//! A report is whole at every moment: kills and signals while it is written, several at once, files that cannot be changed,
//! a disk without room, a power cut that loses what was not synced.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{end, files, said, tallow, told};
use crate::faults::{Project, traced};
use tallow::rng::{Purpose, Stream};

const KILLS: usize = 100;

/// What a report does to files.
const CALLS: &str = "mkdir,openat,write,fsync,linkat,rename,renameat2,unlink,rmdir";

/// A project with a report of 8 runs, and the files of that and of one of 12.
fn reported() -> (Project, [BTreeMap<String, Vec<u8>>; 2]) {
    let project = Project::new();
    said(project.folder(), "sweep small.toml --quiet --no-report --set seeds=6");
    let whole = ["seeds=6", "seeds=4"].map(|seeds| {
        said(project.folder(), &format!("report small.toml --set {seeds}"));
        files(&project.at("reports/small"))
    });
    (project, whole)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// The calls that a command made, as `strace -y` writes them, and that it succeeded.
fn calls(project: &Project, arguments: &str) -> Option<String> {
    let log = project.at("calls");
    let trace = format!("trace={CALLS}");
    let mut command =
        traced(&["-y", "-s", "0", "-o", log.to_str().expect("a path"), "-e", &trace], project.folder(), arguments)?;
    let (code, _, stderr) = end(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
    Some(std::fs::read_to_string(log).expect("a log"))
}

#[test]
fn a_report_killed_a_hundred_times_is_never_mixed_and_leaves_nothing() {
    let (project, whole) = reported();
    let Some(log) = calls(&project, "report small.toml --set seeds=6") else { return };
    std::fs::write(project.at("reports/small/notes.txt"), "mine").expect("writes");
    let begin = log.find(".tallow-").expect("a folder beside");
    let mut moments = Stream::new(Purpose::Sample, "report kills", 1);
    let mut below = |n: usize| (moments.uniform(0.0, n as f64) as usize).min(n - 1);
    let (mut old, mut new, mut left) = (0, 0, 0);
    for kill in 0..KILLS {
        // Any call that the writing makes, as likely as it is frequent there.
        let within: Vec<&str> = log[begin..].lines().filter_map(call).collect();
        let name = within[below(within.len())];
        let before = log[..begin].lines().filter_map(call).filter(|known| *known == name).count();
        let count = within.iter().filter(|known| **known == name).count();
        let signal = ["KILL", "TERM", "INT"][below(3)];
        let inject = format!("inject={name}:signal={signal}:when={}", before + 1 + below(count));
        let seeds = 4 + 2 * ((kill + 1) % 2);
        let options = ["-o", "/dev/null", "-e", &format!("trace={name}"), "-e", &inject];
        let mut command =
            traced(&options, project.folder(), &format!("report small.toml --set seeds={seeds}")).expect("traces");
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("starts");
        let mut found = files(&project.at("reports/small"));
        assert_eq!(found.remove("notes.txt").as_deref(), Some(&b"mine"[..]), "{inject}");
        let place = whole.iter().position(|whole| *whole == found);
        assert!(place.is_some(), "{inject}: mixed: {:?}", found.keys());
        if place == Some(usize::from(seeds == 4)) {
            new += 1
        } else {
            old += 1
        }
        left += usize::from(names(&project.at("reports")).len() > 2);
    }
    println!("{old} of {KILLS} left the older report, {new} the newer; {left} left something beside it");
    assert!(old > 5 && new > 5 && left > 5, "{old} {new} {left}");
    said(project.folder(), "report small.toml --set seeds=6");
    assert_eq!(names(&project.at("reports")), ["index.md", "small"].map(str::to_owned).into());
    assert!(said(project.folder(), "report small.toml --set seeds=6 --check").contains("as the store says"));
}

/// The name of the call in a line of a trace.
fn call(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    rest.split_once('(').map(|(name, _)| name).filter(|name| CALLS.split(',').any(|known| known == *name))
}

/// A disk that forgets in a power cut what was not synced: the bytes of files, and which names a folder has.
#[test]
fn whatever_is_switched_in_was_synced_before() {
    let (project, _) = reported();
    let reports = project.at("reports").canonicalize().expect("a folder");
    let Some(log) = calls(&project, "report small.toml --set seeds=6") else { return };
    let place = |name: &str| -> PathBuf { project.folder().canonicalize().expect("a folder").join(name) };
    let (mut unsynced, mut switched, mut placed) = (BTreeSet::<PathBuf>::new(), false, false);
    for line in log.lines().filter(|line| !line.contains(" = -1 ")) {
        let Some(name) = call(line) else { continue };
        let quoted: Vec<PathBuf> = line.split('"').skip(1).step_by(2).map(place).collect();
        // Descriptors come with their path.
        let open = line.split('<').nth(1).and_then(|rest| rest.split('>').next()).map(PathBuf::from);
        let changes = |path: &Path| [path.to_owned(), path.parent().expect("a folder").to_owned()];
        match name {
            "openat" if line.contains("O_CREAT") => unsynced.extend(changes(&quoted[0])),
            "mkdir" => unsynced.extend(changes(&quoted[0])),
            "linkat" => unsynced.extend(changes(&quoted[1])),
            "write" => unsynced.extend(open.filter(|path| path.starts_with(&reports))),
            "fsync" => _ = unsynced.remove(&open.expect("a descriptor")),
            "renameat2" => {
                let waiting: Vec<_> = unsynced.iter().filter(|path| path.starts_with(&reports)).collect();
                assert!(waiting.is_empty(), "not synced before the switch: {waiting:?}");
                (switched, _) = (true, unsynced.insert(reports.clone()));
            }
            "rename" if quoted[1].ends_with("index.md") => {
                assert!(!unsynced.contains(&quoted[0]), "{line}");
                (placed, _) = (true, unsynced.insert(reports.clone()));
            }
            "unlink" | "rmdir" if quoted[0].starts_with(&reports) => {
                assert!(switched && !unsynced.contains(&reports), "gone before the switch was on the disk: {line}");
            }
            _ => {}
        }
    }
    assert!(switched && placed && !unsynced.contains(&reports), "{log}");
}

#[test]
fn reports_written_at_once_are_each_whole_and_all_in_the_index() {
    let (project, whole) = reported();
    let texts = ["a", "b", "c"].map(|name| {
        std::fs::copy(project.at("small.toml"), project.at(format!("{name}.toml").as_str())).expect("copies");
        format!("report {name}.toml")
    });
    for round in 0..8 {
        let same = [4, 6, 4, 6].map(|seeds| format!("report small.toml --set seeds={seeds}"));
        let _ = std::fs::remove_file(project.at("reports/index.md"));
        let children = texts.iter().chain(&same).map(|arguments| {
            tallow(project.folder(), arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
        });
        for mut child in children.collect::<Vec<_>>() {
            assert!(child.wait().expect("ends").success(), "round {round}");
        }
        assert!(whole.contains(&files(&project.at("reports/small"))), "round {round}");
        let index = std::fs::read_to_string(project.at("reports/index.md")).expect("an index");
        assert_eq!(index.matches("/README.md)").count(), 4, "round {round}: {index}");
        assert_eq!(names(&project.at("reports")), ["a", "b", "c", "index.md", "small"].map(str::to_owned).into());
    }
}

#[test]
fn a_file_that_cannot_be_changed_keeps_the_whole_report_as_it_was() {
    let (project, whole) = reported();
    let chattr = |sign: &str, path: &str| Command::new("chattr").arg(sign).arg(project.at(path)).output();
    for path in ["reports/small/runs.csv", "reports/small/plots"] {
        if !chattr("+i", path).is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no file can be made immutable here");
            return;
        }
        let (code, stdout, stderr) = told(project.folder(), "report small.toml --set seeds=6");
        let found = files(&project.at("reports/small"));
        let released = chattr("-i", path);
        assert!(released.is_ok_and(|output| output.status.success()));
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.contains(&format!("cannot write `{path}`: it cannot be changed")), "{stderr}");
        assert!(found == whole[1], "{path}: the older report is whole");
        assert_eq!(names(&project.at("reports")), ["index.md", "small"].map(str::to_owned).into());
    }
    said(project.folder(), "report small.toml --set seeds=6");
    assert!(files(&project.at("reports/small")) == whole[0]);
}

#[test]
fn a_disk_without_room_keeps_the_report_as_it_was_and_has_nothing_left_over() {
    let (project, whole) = reported();
    let disk = project.at("disk");
    std::fs::create_dir(&disk).expect("creates");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=100m", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk cannot be mounted here");
        return;
    }
    said(project.folder(), "report small.toml --out disk");
    let used: usize = whole[1].values().map(|bytes| bytes.len().div_ceil(4096) * 4096).sum();
    let size = format!("remount,size={}", used + used / 2);
    let small = Command::new("mount").args(["-o", &size]).arg(&disk).status();
    let (code, _, stderr) = told(project.folder(), "report small.toml --set seeds=6 --out disk");
    let (found, left) = (files(&disk.join("small")), names(&disk));
    let gone = Command::new("umount").arg(&disk).status();
    assert!(small.is_ok_and(|status| status.success()) && gone.is_ok());
    assert!(code == Some(1) && stderr.contains("No space left on device"), "{stderr}");
    assert!(found == whole[1]);
    assert_eq!(left, ["index.md", "small"].map(str::to_owned).into());
}

#[test]
fn a_first_report_replaces_nothing_of_the_users_own() {
    let project = Project::new();
    said(project.folder(), "sweep small.toml --quiet --no-report");
    let folder = project.at("reports/small");
    std::fs::create_dir_all(&folder).expect("creates");
    for own in ["README.md", "runs.csv"] {
        std::fs::write(folder.join(own), "mine").expect("writes");
        let (code, _, stderr) = told(project.folder(), "report small.toml");
        assert!(code == Some(1) && stderr.contains(&format!("reports/small/{own}")), "{stderr}");
        assert_eq!(files(&folder), BTreeMap::from([(own.to_owned(), b"mine".to_vec())]));
        std::fs::remove_file(folder.join(own)).expect("removes");
    }
    std::fs::create_dir(project.at("elsewhere")).expect("creates");
    std::os::unix::fs::symlink(project.at("elsewhere"), folder.join("plots")).expect("links");
    let (code, _, stderr) = told(project.folder(), "report small.toml");
    assert!(code == Some(1) && stderr.contains("reports/small/plots"), "{stderr}");
    assert!(files(&project.at("elsewhere")).is_empty());
    std::fs::remove_file(folder.join("plots")).expect("removes");
    std::fs::write(project.at("reports/index.md"), "# Mine\n").expect("writes");
    let (code, _, stderr) = told(project.folder(), "report small.toml");
    assert!(code == Some(0) && stderr.contains("reports/index.md: it was not written by tallow"), "{stderr}");
    assert_eq!(std::fs::read_to_string(project.at("reports/index.md")).expect("reads"), "# Mine\n");
}

/// A second experiment of the name `small`, in a folder of its own.
fn with_other(epochs: &str) -> Project {
    let project = Project::new();
    std::fs::create_dir(project.at("other")).expect("creates");
    let text = std::fs::read_to_string(project.at("small.toml")).expect("reads").replace("epochs = 10", epochs);
    std::fs::write(project.at("other/small.toml"), text).expect("writes");
    project
}

#[test]
fn a_report_does_not_replace_that_of_another_file_of_the_same_name_unless_forced() {
    for epochs in ["epochs = 12", "epochs = 10"] {
        let project = with_other(epochs);
        said(project.folder(), "sweep small.toml --quiet");
        let before = files(&project.at("reports/small"));
        let runs = said(project.folder(), "store check");
        for command in ["sweep other/small.toml", "report other/small.toml"] {
            let (code, _, stderr) = told(project.folder(), command);
            // Of the other experiment there is no run yet, where its runs are not the same.
            let names = match (command, epochs) {
                ("report other/small.toml", "epochs = 12") => {
                    ["holds no run of this experiment", "other/small.toml", ""]
                }
                _ => ["reports/small has the report of another experiment", "other/small.toml", "--force"],
            };
            assert!(code == Some(2) && names.iter().all(|name| stderr.contains(name)), "{command}: {code:?} {stderr}");
        }
        assert!(files(&project.at("reports/small")) == before, "it is as it was");
        assert_eq!(said(project.folder(), "store check"), runs, "nothing was trained in vain");
        said(project.folder(), "sweep other/small.toml --quiet --out elsewhere");
        said(project.folder(), "sweep other/small.toml --quiet --force");
        let (code, _, stderr) = told(project.folder(), "report small.toml");
        assert!(code == Some(2) && stderr.contains("other/small.toml"), "the folder is now the other's: {stderr}");
    }
}

#[test]
fn the_same_file_edited_or_moved_replaces_its_own_report() {
    let project = with_other("epochs = 12");
    said(project.folder(), "sweep small.toml --quiet");
    std::fs::rename(project.at("other/small.toml"), project.at("small.toml")).expect("moves");
    said(project.folder(), "sweep small.toml --quiet");
    std::fs::rename(project.at("small.toml"), project.at("other/small.toml")).expect("moves");
    said(project.folder(), "report other/small.toml");
}

#[test]
fn two_files_that_give_themselves_one_name_have_one_report_between_them() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.at("small.toml")).expect("reads");
    let named = format!("name = \"both\"\n{text}");
    for file in ["a.toml", "b.toml"] {
        std::fs::write(project.at(file), &named).expect("writes");
    }
    said(project.folder(), "sweep a.toml --quiet");
    let (code, _, stderr) = told(project.folder(), "report b.toml");
    assert!(code == Some(2) && stderr.contains("reports/both") && stderr.contains("a.toml"), "{stderr}");
}

#[test]
fn sweeps_that_end_at_once_all_stand_in_the_index() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.at("small.toml")).expect("reads");
    let names: Vec<String> = (0..6).map(|i| format!("part{i}")).collect();
    for name in &names {
        std::fs::write(project.at(format!("{name}.toml").as_str()), &text).expect("writes");
    }
    let sweep = |name: &String| {
        let arguments = format!("sweep {name}.toml --quiet --store {name}.db");
        tallow(project.folder(), &arguments).stdout(Stdio::null()).spawn().expect("starts")
    };
    for mut sweep in names.iter().map(sweep).collect::<Vec<_>>() {
        assert!(sweep.wait().expect("waits").success());
    }
    let index = std::fs::read_to_string(project.at("reports/index.md")).expect("reads");
    for name in &names {
        assert!(index.contains(&format!("({name}/README.md)")), "{name} is missing: {index}");
    }
}
