//! Initializers: how the first weights and biases are drawn, always from our own stream.

use crate::model::Layer;
use crate::param::Named;
use crate::rng::{Purpose, Stream};

/// How initial weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Init {
    /// PyTorch's `nn.Linear`: weights and biases uniform in ±1/√fan-in.
    Torch,
    /// The tutorial's text: weights and biases normal with σ = 1/fan-in.
    Tutorial,
    /// Glorot & Bengio 2010 (AISTATS 9), uniform in ±√(6 / (fan-in + fan-out)); biases 0.
    GlorotUniform,
    /// Glorot & Bengio 2010 (AISTATS 9), normal with σ = √(2 / (fan-in + fan-out)); biases 0.
    GlorotNormal,
    /// He et al. 2015 (arXiv:1502.01852), uniform in ±√(6 / fan-in), which is gain √2; biases 0.
    HeUniform,
    /// He et al. 2015 (arXiv:1502.01852), normal with σ = √(2 / fan-in), which is gain √2; biases 0.
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
}

impl Named for Init {
    const ALL: &'static [Self] = &Self::ALL;

    fn name(self) -> &'static str {
        self.name()
    }

    fn about(self) -> &'static str {
        match self {
            Self::Torch => "weights and biases uniform in ±1/√fan-in, as PyTorch's Linear; the default",
            Self::Tutorial => "weights and biases normal, σ = 1/fan-in, as the tutorial's text says",
            Self::GlorotUniform => "Glorot & Bengio 2010, uniform; biases 0",
            Self::GlorotNormal => "Glorot & Bengio 2010, normal; biases 0",
            Self::HeUniform => "He et al. 2015, uniform; biases 0",
            Self::HeNormal => "He et al. 2015, normal; biases 0",
        }
    }
}

impl Init {
    /// The first layers of a network of these widths: a pure function of initializer, widths and replicate, drawn layer
    /// by layer, weights before biases, in f64 and rounded once.
    pub fn draw(self, units: &[usize], seed: u64) -> Vec<Layer> {
        let widths: Vec<String> = units.iter().map(usize::to_string).collect();
        let mut stream = Stream::new(Purpose::Weights, &format!("{};{}", widths.join("-"), self.name()), seed);
        let layer = |ends: &[usize]| {
            let (weights, biases) = self.laws(ends[0] as f64, ends[1] as f64);
            let weight = (0..ends[0] * ends[1]).map(|_| weights.draw(&mut stream)).collect();
            let bias = (0..ends[1]).map(|_| biases.draw(&mut stream)).collect();
            Layer { weight, bias }
        };
        units.windows(2).map(layer).collect()
    }

    /// How the weights and the biases of a layer are distributed.
    fn laws(self, fan_in: f64, fan_out: f64) -> (Law, Law) {
        match self {
            Self::Torch => (Law::Uniform(1.0 / fan_in.sqrt()), Law::Uniform(1.0 / fan_in.sqrt())),
            Self::Tutorial => (Law::Normal(1.0 / fan_in), Law::Normal(1.0 / fan_in)),
            Self::GlorotUniform => (Law::Uniform((6.0 / (fan_in + fan_out)).sqrt()), Law::Zero),
            Self::GlorotNormal => (Law::Normal((2.0 / (fan_in + fan_out)).sqrt()), Law::Zero),
            Self::HeUniform => (Law::Uniform((6.0 / fan_in).sqrt()), Law::Zero),
            Self::HeNormal => (Law::Normal((2.0 / fan_in).sqrt()), Law::Zero),
        }
    }
}

/// A distribution around 0.
#[derive(Clone, Copy)]
enum Law {
    Zero,
    /// In ± this bound.
    Uniform(f64),
    /// Of this standard deviation.
    Normal(f64),
}

impl Law {
    fn draw(self, stream: &mut Stream) -> f32 {
        match self {
            Self::Zero => 0.0,
            Self::Uniform(bound) => stream.uniform(-bound, bound) as f32,
            Self::Normal(deviation) => (deviation * stream.normal()) as f32,
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
        let seen = Init::ALL.map(|init| {
            let Layer { weight, bias } = &init.draw(&[2, 1], 0)[0];
            format!("{} {weight:?} {bias:?}", init.name())
        });
        insta::assert_snapshot!(seen.join("\n"), @r"
        torch [0.59533584, 0.34569988] [0.21664213]
        tutorial [-0.78338736, 0.094935425] [0.33048055]
        glorot_uniform [-1.0552207, 0.8980785] [0.0]
        glorot_normal [0.9764988, 0.34643883] [0.0]
        he_uniform [0.78789026, -1.251897] [0.0]
        he_normal [-1.6753566, -1.6552881] [0.0]
        ");
    }

    #[test]
    fn uniform_weights_stay_within_their_bound() {
        for (init, bound) in [(Init::Torch, 0.5), (Init::GlorotUniform, 0.5), (Init::HeUniform, 1.5_f32.sqrt())] {
            let layers = init.draw(&[4, 20], 3);
            let largest = layers[0].weight.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
            assert!(0.9 * bound < largest && largest <= bound, "{}: {largest} within {bound}", init.name());
        }
    }

    #[test]
    fn layers_have_the_shapes_of_the_widths() {
        let lengths = |units: &[usize]| -> Vec<(usize, usize)> {
            Init::Torch.draw(units, 0).iter().map(|layer| (layer.weight.len(), layer.bias.len())).collect()
        };
        assert_eq!(lengths(&[2, 6, 4]), [(12, 6), (24, 4)]);
        assert_eq!(lengths(&[3, 1]), [(3, 1)]);
    }

    #[test]
    fn weights_depend_on_widths_initializer_and_seed() {
        let first = |init: Init, units: &[usize], seed| init.draw(units, seed)[0].weight[0];
        assert_ne!(first(Init::Torch, &[2, 6, 1], 0), first(Init::Torch, &[2, 6, 1], 1));
        assert_ne!(first(Init::Torch, &[2, 6, 1], 0), first(Init::Torch, &[2, 7, 1], 0));
    }
}
