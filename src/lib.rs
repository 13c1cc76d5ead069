//! tallow: a reproducible experiment sweep runner.
//!
//! One TOML file describes a grid; it expands into runs; each run trains a small fully connected network and is a pure
//! function of its description; results are kept in a crash-safe store and become tables, plots and pages.
//!
//! Layers, each importing only from those above it (held by a test):
//!
//! | row | modules | know |
//! |---|---|---|
//! | 0 | [`text`] [`param`] [`rng`] `diag` [`disk`] [`parallel`] [`numerics`] [`stats`] | nothing of ours |
//! | 1 | [`optim`] [`activation`] [`dataset`] [`init`] [`loss`] [`measure`] [`protocol`] [`regularize`] [`schedule`] [`model`] [`table`] | one kind each |
//! | 2 | [`spec`] | experiment file → typed, validated |
//! | 3 | [`plan`] | lazy expansion, descriptions, identity |
//! | 4 | [`engine`] | run → outcome |
//! | 5 | [`exec`] [`store`] | runs × engine → events; outcomes ↔ disk |
//! | 6 | [`search`] [`analysis`] | which runs are trained, told what those before came to; rows → cells, intervals, comparisons |
//! | 7 | [`report`] [`cluster`] [`predictor`] | analysis → tables, figures, pages; plan → tasks for a cluster; network → predictions, files |
//! | 8 | [`cli`] | wiring, progress, exit codes |
//!
//! Within a row nothing imports from its neighbours, with these exceptions:
//!
//! - `param` uses `text`
//! - `diag` uses `text`
//! - `stats` uses `parallel`, `rng`
//! - `dataset` uses `table`
//! - `loss` uses `dataset`
//! - `model` uses `activation`, `dataset`, `loss`, `measure`
//! - `measure` uses `dataset`, `loss`
//! - `protocol` uses `measure`
//! - `init` uses `model`

pub mod diag;
pub mod disk;
pub mod parallel;
pub mod text;

pub mod numerics;
pub mod param;
pub mod rng;
pub mod stats;

pub mod activation;
pub mod dataset;
pub mod init;
pub mod loss;
pub mod measure;
pub mod model;
pub mod optim;
pub mod protocol;
pub mod regularize;
pub mod schedule;
pub mod table;

pub mod spec;

pub mod plan;

pub mod engine;

pub mod exec;
pub mod store;

pub mod analysis;
pub mod search;

pub mod cluster;
pub mod predictor;
pub mod report;

pub mod cli;
