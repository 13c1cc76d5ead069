//! What is put around an optimizer in its candle form.

use candle_core::backprop::GradStore;
use candle_core::{DType, Result, Tensor, Var};

use super::{Descend, descend};
use crate::optim::{Average, LEAST_SHARE, Lookahead, Optimizer, Wrappers};

/// The optimizer over these variables, as by [`descend`], with all that is put around it.
///
/// # Errors
/// If candle cannot.
pub fn wrapped(
    optimizer: &Optimizer,
    wrappers: Wrappers,
    vars: Vec<Var>,
    decay_biases: bool,
) -> Result<Box<dyn Descend>> {
    let (optimizer, decay) = wrappers.inner(optimizer);
    let mut inner = descend(&optimizer, vars.clone(), decay_biases)?;
    if wrappers.cautious {
        inner = Box::new(Cautious { inner, decay, vars: vars.clone() });
    }
    if let Some(rule) = wrappers.lookahead {
        inner = Box::new(Ahead { inner, rule, slow: copies(&vars)?, vars: vars.clone(), steps: 0 });
    }
    if let Some(rule) = wrappers.average {
        inner = Box::new(Averaged { inner, rule, average: copies(&vars)?, vars, steps: 0 });
    }
    Ok(inner)
}

/// The variables as they are, apart from what becomes of them.
pub(super) fn copies(vars: &[Var]) -> Result<Vec<Tensor>> {
    vars.iter().map(|var| var.as_detached_tensor().copy()).collect()
}

/// x + share (y − x), or y where the share is 1.
fn follow(share: f64, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    if share == 1.0 { y.copy() } else { x + ((y - x)? * share)? }
}

/// Exchanges variables with others.
fn swap(vars: &[Var], others: &mut [Tensor]) -> Result<()> {
    for (var, other) in vars.iter().zip(others) {
        let own = var.as_detached_tensor().copy()?;
        var.set(other)?;
        *other = own;
    }
    Ok(())
}

/// An average of the weights, evaluated in their place.
struct Averaged {
    inner: Box<dyn Descend>,
    rule: Average,
    average: Vec<Tensor>,
    vars: Vec<Var>,
    steps: usize,
}

impl Descend for Averaged {
    fn follow(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        self.inner.follow(gradients, learning_rate)?;
        self.steps += 1;
        let Some(share) = self.rule.share(self.steps) else { return Ok(()) };
        for (var, average) in self.vars.iter().zip(&mut self.average) {
            *average = follow(share, average, &var.as_detached_tensor())?;
        }
        Ok(())
    }

    fn exchange(&mut self) -> Result<()> {
        if self.rule.has_begun(self.steps) { swap(&self.vars, &mut self.average) } else { self.inner.exchange() }
    }
}

/// Slow weights, evaluated in place of those trained.
struct Ahead {
    inner: Box<dyn Descend>,
    rule: Lookahead,
    slow: Vec<Tensor>,
    vars: Vec<Var>,
    steps: usize,
}

impl Descend for Ahead {
    fn follow(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        self.inner.follow(gradients, learning_rate)?;
        self.steps += 1;
        if self.rule.is_due(self.steps) {
            for (var, slow) in self.vars.iter().zip(&mut self.slow) {
                *slow = follow(self.rule.alpha, slow, &var.as_detached_tensor())?;
                var.set(slow)?;
            }
        }
        Ok(())
    }

    fn exchange(&mut self) -> Result<()> {
        swap(&self.vars, &mut self.slow)
    }
}

/// Steps without what they move along the gradient.
struct Cautious {
    inner: Box<dyn Descend>,
    decay: f64,
    vars: Vec<Var>,
}

impl Descend for Cautious {
    fn follow(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        if self.decay != 0.0 {
            for var in &self.vars {
                var.set(&(var.as_detached_tensor() * (1.0 - learning_rate * self.decay))?)?;
            }
        }
        let before = copies(&self.vars)?;
        self.inner.follow(gradients, learning_rate)?;
        for (var, before) in self.vars.iter().zip(&before) {
            let Some(g) = gradients.get(var) else { continue };
            let change = (var.as_detached_tensor() - before)?;
            let mask = (&change * g.detach())?.lt(0.0)?.to_dtype(change.dtype())?;
            let share = mask.to_dtype(DType::F64)?.mean_all()?.to_scalar::<f64>()?;
            let change = ((change * mask)? * (1.0 / share.max(LEAST_SHARE)))?;
            var.set(&(before + change)?)?;
        }
        Ok(())
    }

    fn exchange(&mut self) -> Result<()> {
        self.inner.exchange()
    }
}
