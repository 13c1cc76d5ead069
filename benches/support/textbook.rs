//! The training loop that candle-nn's own examples show: its layers, its losses, its AdamW, nothing of tallow's but the data.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Module, Optimizer as _, ParamsAdamW, VarBuilder, VarMap};
use tallow::dataset::{Data, Task};
use tallow::spec::RunConfig;

/// Trains a relu network for the run's epochs and returns the last loss.
pub fn train(run: &RunConfig, data: &Data) -> Result<f32> {
    let device = Device::Cpu;
    let parameters = VarMap::new();
    let names = VarBuilder::from_varmap(&parameters, DType::F32, &device);
    let units = run.units();
    let layer = |(l, ends): (usize, &[usize])| candle_nn::linear(ends[0], ends[1], names.pp(l));
    let layers = units.windows(2).enumerate().map(layer).collect::<Result<Vec<_>>>()?;
    let settings = ParamsAdamW { lr: run.learning_rate, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = candle_nn::AdamW::new(parameters.all_vars(), settings)?;
    let x = Tensor::from_slice(&data.train.x, (data.train.len(), data.features), &device)?;
    let y = Tensor::new(&data.train.y[..], &device)?;
    let mut last = 0.0;
    for _ in 0..run.epochs {
        for step in 0..run.steps_per_epoch() {
            let mut z = x.narrow(0, step * run.batch_size, run.batch_size)?;
            let y = y.narrow(0, step * run.batch_size, run.batch_size)?;
            for (l, layer) in layers.iter().enumerate() {
                z = layer.forward(&z)?;
                if l + 1 < layers.len() {
                    z = z.relu()?;
                }
            }
            let loss = match data.task {
                Task::Regression => candle_nn::loss::mse(&z.squeeze(1)?, &y)?,
                Task::Binary => candle_nn::loss::binary_cross_entropy_with_logit(&z.squeeze(1)?, &y)?,
                Task::Multiclass { .. } => candle_nn::loss::cross_entropy(&z, &y.to_dtype(DType::U32)?)?,
            };
            optimizer.backward_step(&loss)?;
            last = loss.to_scalar()?;
        }
    }
    Ok(last)
}
