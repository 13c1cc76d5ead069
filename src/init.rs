//! Initializers: how the first weights and biases are drawn, always from our own stream.

use crate::model::Layer;
use crate::rng::{Purpose, Stream};

/// How initial weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Init {
    /// PyTorch's `nn.Linear`: weights and biases uniform in ±1/√fan-in.
    Torch,
    /// The tutorial's text: weights and biases normal with σ = 1/fan-in.
    Tutorial,
    /// Glorot & Bengio 2010, uniform; biases 0.
    GlorotUniform,
    /// Glorot & Bengio 2010, normal; biases 0.
    GlorotNormal,
    /// He et al. 2015 (arXiv:1502.01852), uniform; biases 0.
    HeUniform,
    /// He et al. 2015 (arXiv:1502.01852), normal; biases 0.
    HeNormal,
}

impl Init {
    /// Every initializer.
    pub const ALL: [Self; 6] =
        [Self::Torch, Self::Tutorial, Self::GlorotUniform, Self::GlorotNormal, Self::HeUniform, Self::HeNormal];

    /// The name in experiment files and descriptions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Torch => "torch",
            Self::Tutorial => "tutorial",
            Self::GlorotUniform => "glorot_uniform",
            Self::GlorotNormal => "glorot_normal",
            Self::HeUniform => "he_uniform",
            Self::HeNormal => "he_normal",
        }
    }

    /// The initializer of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|init| init.name() == name)
    }
}

impl Init {
    /// The first layers of a network of these widths: a pure function of initializer, widths and replicate, drawn in f64
    /// layer by layer, weights before biases.
    pub fn draw(self, units: &[usize], seed: u64) -> Vec<Layer> {
        let widths: Vec<String> = units.iter().map(usize::to_string).collect();
        let mut stream = Stream::new(Purpose::Weights, &format!("{};{}", widths.join("-"), self.name()), seed);
        units.windows(2).map(|ends| self.layer(ends[0], ends[1], &mut stream)).collect()
    }

    fn layer(self, fan_in: usize, fan_out: usize, stream: &mut Stream) -> Layer {
        let (inputs, outputs) = (fan_in as f64, fan_out as f64);
        let count = fan_in * fan_out;
        let mut uniform =
            |n: usize, bound: f64| -> Vec<f32> { (0..n).map(|_| stream.uniform(-bound, bound) as f32).collect() };
        let zeros = vec![0.0; fan_out];
        match self {
            Self::Torch => {
                let bound = 1.0 / inputs.sqrt();
                let weight = uniform(count, bound);
                return Layer { weight, bias: uniform(fan_out, bound) };
            }
            Self::GlorotUniform => {
                return Layer { weight: uniform(count, (6.0 / (inputs + outputs)).sqrt()), bias: zeros };
            }
            Self::HeUniform => return Layer { weight: uniform(count, (6.0 / inputs).sqrt()), bias: zeros },
            Self::Tutorial | Self::GlorotNormal | Self::HeNormal => {}
        }
        let mut normal =
            |n: usize, deviation: f64| -> Vec<f32> { (0..n).map(|_| (deviation * stream.normal()) as f32).collect() };
        match self {
            Self::Tutorial => {
                let weight = normal(count, 1.0 / inputs);
                Layer { weight, bias: normal(fan_out, 1.0 / inputs) }
            }
            Self::GlorotNormal => Layer { weight: normal(count, (2.0 / (inputs + outputs)).sqrt()), bias: zeros },
            _ => Layer { weight: normal(count, (2.0 / inputs).sqrt()), bias: zeros },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_initializer_has_the_spread_it_says() {
        let (inputs, outputs) = (200.0_f64, 300.0_f64);
        for (init, variance) in [
            (Init::Torch, 1.0 / (3.0 * inputs)),
            (Init::Tutorial, 1.0 / (inputs * inputs)),
            (Init::GlorotUniform, 2.0 / (inputs + outputs)),
            (Init::GlorotNormal, 2.0 / (inputs + outputs)),
            (Init::HeUniform, 2.0 / inputs),
            (Init::HeNormal, 2.0 / inputs),
        ] {
            let layers = init.draw(&[200, 300], 1);
            let weight = &layers[0].weight;
            let seen = weight.iter().map(|&w| f64::from(w) * f64::from(w)).sum::<f64>() / weight.len() as f64;
            assert!((seen / variance - 1.0).abs() < 0.03, "{}: {seen} for {variance}", init.name());
            let biased = matches!(init, Init::Torch | Init::Tutorial);
            assert_eq!(layers[0].bias.iter().any(|&b| b != 0.0), biased, "{}", init.name());
        }
    }

    #[test]
    fn the_first_weights_never_change() {
        let seen: Vec<String> = Init::ALL.map(|init| format!("{} {:?}", init.name(), init.draw(&[2, 1], 0))).into();
        insta::assert_debug_snapshot!(seen);
    }

    #[test]
    fn weights_depend_on_widths_initializer_and_seed() {
        let first = |init: Init, units: &[usize], seed| init.draw(units, seed)[0].weight[0];
        assert_ne!(first(Init::Torch, &[2, 6, 1], 0), first(Init::Torch, &[2, 6, 1], 1));
        assert_ne!(first(Init::Torch, &[2, 6, 1], 0), first(Init::Torch, &[2, 7, 1], 0));
    }
}
