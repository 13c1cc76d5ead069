//! `optimizer`: how parameters move.

use super::choice::Unsettled;
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
    guests: |name| ["learning_rate", "ema", "swa", "cautious", "lookahead", "lookahead_alpha"].contains(&name),
    settle: |variants, _| nesterov(variants),
    ..Choice::plain(
        "optimizer",
        "how parameters move; PyTorch's formulas and names",
        || Optimizer::Adam(Adam::default()),
        |run| &run.optimizer,
        |run, optimizer| run.optimizer = optimizer,
    )
};

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
