//! What a report asks of an experiment: which keys are compared, tuned and told apart, and by which metric.

/// The number a run is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Loss over the training samples with the final weights.
    TrainLoss,
    /// Loss over the test samples with the final weights.
    TestLoss,
    /// Accuracy over the training samples with the final weights.
    TrainAccuracy,
    /// Accuracy over the test samples with the final weights.
    TestAccuracy,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 4] = [Self::TrainLoss, Self::TestLoss, Self::TrainAccuracy, Self::TestAccuracy];

    /// The name in experiment files and the column in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainLoss => "train_loss",
            Self::TestLoss => "test_loss",
            Self::TrainAccuracy => "train_accuracy",
            Self::TestAccuracy => "test_accuracy",
        }
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The name for axes and sentences: `final train loss`.
    pub fn label(self) -> &'static str {
        match self {
            Self::TrainLoss => "final train loss",
            Self::TestLoss => "final test loss",
            Self::TrainAccuracy => "final train accuracy",
            Self::TestAccuracy => "final test accuracy",
        }
    }

    /// Whether more is better.
    pub fn higher_is_better(self) -> bool {
        matches!(self, Self::TrainAccuracy | Self::TestAccuracy)
    }
}

/// The `[report]` table. Empty lists and `None` are resolved when the runs are analysed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    /// The question: keys whose values are set against each other.
    pub compare: Vec<String>,
    /// Keys whose best setting is chosen for each compared value.
    pub tune: Vec<String>,
    /// Keys whose values are reported apart.
    pub facet: Vec<String>,
    /// The training loss to reach, for epochs to target.
    pub target: Option<f64>,
    /// What runs are judged by.
    pub metric: Option<Metric>,
}
