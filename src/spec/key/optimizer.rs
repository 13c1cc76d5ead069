//! `optimizer`: how parameters move.

use super::choice::{Group, Unsettled};
use super::{Choice, Flag};
use crate::optim::{Adam, Optimizer};

pub(super) static KEY: Choice<Optimizer> = Choice {
    leading: Some(5),
    flag: Some(Flag {
        long: "optimizer",
        alias: None,
        value: "NAME",
        help: "The optimizer, by name or as a table: '{ name = \"sgd\", momentum = 0.9 }'",
        default: "adam",
        key: "optimizer",
        toml: Flag::NAME,
    }),
    guests: |name| {
        ["learning_rate", "batch_size", "ema", "swa", "cautious", "lookahead", "lookahead_alpha"].contains(&name)
    },
    settle: |variants, _| nesterov(variants),
    groups: GROUPS,
    ..Choice::plain(
        "optimizer",
        "how parameters move; PyTorch's formulas and names",
        || Optimizer::Adam(Adam::default()),
        |run| &run.optimizer,
        |run, optimizer| run.optimizer = optimizer,
    )
};

const GROUPS: &[Group] = &[
    Group { name: "descent", about: "the gradient or its mean, one learning rate for all", kinds: &["sgd", "asgd"] },
    Group {
        name: "adaptive",
        about: "each parameter's own rate, by its squared gradients",
        kinds: &[
            "adam",
            "adamw",
            "rmsprop",
            "adagrad",
            "adadelta",
            "adamax",
            "nadam",
            "radam",
            "adan",
            "ademamix",
            "adabelief",
            "yogi",
            "adopt",
            "adafactor",
        ],
    },
    Group { name: "sign", about: "steps by the sign alone", kinds: &["rprop", "lion", "signum"] },
    Group {
        name: "schedule_free",
        about: "an average is evaluated, in place of a schedule",
        kinds: &["schedule_free_sgd", "schedule_free_adamw"],
    },
    Group { name: "parameter_free", about: "finds its learning rate by itself", kinds: &["prodigy"] },
    Group { name: "matrix", about: "a layer's weights as a matrix", kinds: &["muon", "soap"] },
    Group { name: "quasi_newton", about: "curvature, from all samples in every step", kinds: &["lbfgs"] },
];

/// Nesterov's momentum needs momentum, as in PyTorch. In a table whose momentum takes 0 among other values it says
/// nothing there, and those variants are plain gradient descent.
fn nesterov(variants: &mut [Optimizer]) -> Result<(), Vec<Unsettled>> {
    let momentum =
        variants.iter().any(|variant| matches!(variant, Optimizer::Sgd(sgd) if sgd.nesterov && sgd.momentum != 0.0));
    for variant in variants {
        let Optimizer::Sgd(sgd) = variant else { continue };
        if sgd.nesterov && sgd.momentum == 0.0 && momentum {
            sgd.nesterov = false;
        } else if sgd.nesterov && (sgd.momentum == 0.0 || sgd.dampening != 0.0) {
            return Err(vec![Unsettled {
                message: "nesterov needs momentum above 0 and no dampening".into(),
                help: Some("as in PyTorch: { name = \"sgd\", momentum = 0.9, nesterov = true }".into()),
                at: None,
            }]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_optimizer_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|group| group.kinds).copied().collect();
        let mut known = Optimizer::NAMES.to_vec();
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }
}
