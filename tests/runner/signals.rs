//! The first signal ends a sweep in order, the second at once.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::support::run;
use tallow::engine::{Failure, Stop};
use tallow::exec::{Census, Ended, Event, Options, execute, stop_on_signals};
use tallow::spec::RunConfig;

/// Not a test of its own: an endless sweep, whose engine heeds a stop or not.
#[test]
#[ignore = "started and interrupted by the others"]
fn sweep_until_stopped() {
    let stop = Arc::new(Stop::default());
    stop_on_signals(stop.clone()).expect("the first handler");
    let heeding = std::env::var_os("TALLOW_TEST_DEAF").is_none();
    let train = |_: &[RunConfig]| {
        while !(heeding && stop.is_set()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        vec![Err(Failure::Stopped)]
    };
    let ended = execute((0..).map(run), Census::of_new(u64::MAX), &Options::default(), &train, &stop, |event| {
        if let Event::Started(_) = event {
            eprintln!("started");
        }
        Ok::<_, String>(())
    });
    assert_eq!(ended, Ok(Ended::Stopped));
}

fn start(deaf: bool) -> Child {
    let mut command = crate::again::command(module_path!(), "sweep_until_stopped");
    command.stdout(Stdio::null());
    command.stderr(Stdio::piped());
    if deaf {
        command.env("TALLOW_TEST_DEAF", "1");
    }
    let mut child = command.spawn().expect("starts");
    let told = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    assert!(told.map_while(Result::ok).any(|line| line.contains("started")));
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("sh").args(["-c", "kill -$0 $1", signal, &child.id().to_string()]).status();
    assert!(sent.expect("a shell").success());
}

#[test]
fn the_first_signal_ends_a_sweep_in_order() {
    for signal in ["INT", "TERM"] {
        let mut child = start(false);
        send(signal, &child);
        assert_eq!(child.wait().expect("ends").code(), Some(0));
    }
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let mut child = start(true);
    send("INT", &child);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(child.try_wait().expect("is asked"), None, "a deaf engine goes on");
    send("TERM", &child);
    assert_eq!(child.wait().expect("ends").code(), Some(130));
}
