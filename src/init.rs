//! Initializers: how the first weights and biases are drawn, always from our own stream.

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
