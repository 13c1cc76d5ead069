//! The engines: right by PyTorch, by candle and by differences, and the same to the bit wherever they run.

#[path = "../support/again.rs"]
mod again;
#[path = "../support/training.rs"]
mod training;

mod bits;
mod candle;
mod candle_golden;
mod eigen;
mod finite;
mod fused;
mod fused_golden;
mod golden;
mod kernel;
mod measures;
mod protocol;
mod protocol_golden;
mod regular;
mod regular_golden;
mod saturation;
mod schedules;
mod watch;
