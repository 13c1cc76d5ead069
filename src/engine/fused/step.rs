//! One optimizer step: forward, loss, backward, update, in memory laid out once per training.

use std::ops::Range;

use super::batches::Batch;
use super::descent::Descent;
use super::regular::Extras;
use crate::activation::Pointwise;
use crate::dataset::Task;
use crate::loss::{self, Objective, Share};
use crate::numerics::{self, Finish, Fma, Half, Kernel, LANES, Lanes, Plain, Simd, Transposed};

/// Up to this many parameters, the sums of the whole network are reduced at once.
const FEW: usize = 255;

/// Partial sums held at a time.
const PARTS: usize = 32;

/// A layer's place among the flat parameters, and what a step keeps of it.
struct Layer {
    inputs: usize,
    outputs: usize,
    weight: Range<usize>,
    bias: Range<usize>,
    /// Values of the units. Where `d` is empty they give way to the derivatives of the loss by the pre-activations.
    y: Vec<Lanes>,
    /// Pre-activations, then slopes, then derivatives of the loss by the pre-activations; of the last layer only these.
    d: Vec<Lanes>,
    /// The inputs with samples as rows, where the layer is wide enough for that to be faster.
    rows: Option<Transposed>,
}

impl Layer {
    /// Where pre-activations come and derivatives go.
    fn inner(&mut self) -> &mut [Lanes] {
        if self.d.is_empty() { &mut self.y } else { &mut self.d }
    }

    /// Derivatives of the loss by the pre-activations, once they are known.
    fn derivatives(&self) -> &[Lanes] {
        if self.d.is_empty() { &self.y } else { &self.d }
    }
}

/// The memory of a training.
pub(super) struct Workspace {
    task: Task,
    layers: Vec<Layer>,
    parts: Vec<Half>,
    gradient: Vec<f32>,
    parameters: usize,
}

impl Workspace {
    /// For batches of at most that many samples.
    pub(super) fn new<A: Pointwise>(units: &[usize], task: Task, batch: usize) -> Self {
        let groups = batch.div_ceil(LANES);
        let (mut at, mut layers) = (0, Vec::new());
        let parameters = units.windows(2).map(|w| (w[0] + 1) * w[1]).sum();
        for (l, w) in units.windows(2).enumerate() {
            let (inputs, outputs) = (w[0], w[1]);
            let (weight, bias) = (at..at + inputs * outputs, at + inputs * outputs..at + (inputs + 1) * outputs);
            at = bias.end;
            let lanes = || vec![Lanes::ZERO; groups * outputs];
            let in_place = l + 2 < units.len() && A::FROM_VALUE;
            let wide = parameters > FEW && inputs >= 16 && outputs > 4 * groups;
            layers.push(Layer {
                inputs,
                outputs,
                weight,
                bias,
                y: lanes(),
                d: if in_place { Vec::new() } else { lanes() },
                rows: wide.then(|| Transposed::new(groups, inputs)),
            });
        }
        let padded = super::padded_len(units);
        let widest = layers.iter().map(|layer| layer.inputs).max().unwrap_or(0);
        Self {
            task,
            layers,
            parts: vec![Half([0.0; 16]); (FEW + 1).max(widest.next_multiple_of(16))],
            // Room for the sum of the losses beside those of the parameters.
            gradient: vec![0.0; padded + LANES],
            parameters,
        }
    }

    fn few(&self) -> bool {
        self.parameters <= FEW
    }
}

/// A whole step: the sum of the losses of a batch and, if their mean is finite, its gradients by all parameters and their
/// update.
pub(super) struct Step<'a, A, X> {
    pub workspace: &'a mut Workspace,
    pub activation: &'a A,
    /// Prepared for this step.
    pub descent: &'a mut dyn Descent,
    /// At this step.
    pub extras: X,
    pub parameters: &'a mut [f32],
    pub batch: &'a Batch<'a>,
}

impl<A: Pointwise, X: Extras> Kernel for Step<'_, A, X> {
    /// The sum and the mean.
    type Output = (f32, f32);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> (f32, f32) {
        let Self { workspace, activation, descent, extras, parameters, batch } = self;
        let (few, last) = (workspace.few(), workspace.layers.len() - 1);
        s.call(Forward { workspace, activation, extras, parameters, batch });
        let mut sum = s.call(Loss { workspace, extras, batch });
        if !few && !sum.is_finite() {
            return (sum, batch.shares.mean(sum));
        }
        for l in (0..=last).rev() {
            s.call(Sums { workspace, l, batch });
            if l > 0 {
                s.call(Backward { workspace, l, parameters, activation, batch });
            }
        }
        if few {
            let count = (workspace.parameters + 1).next_multiple_of(16);
            numerics::reduce(s, &workspace.parts[..count], &mut workspace.gradient[..count]);
            // It stays there, among the padding: the optimizer moves what nobody reads.
            sum = workspace.gradient[workspace.parameters];
        }
        let mean = batch.shares.mean(sum);
        if mean.is_finite() {
            extras.gradient(s, &mut workspace.gradient, parameters);
            descent.descend(parameters, &workspace.gradient);
        }
        (sum, mean)
    }
}

/// The units' values for a batch.
struct Forward<'a, A, X> {
    workspace: &'a mut Workspace,
    activation: &'a A,
    extras: X,
    parameters: &'a [f32],
    batch: &'a Batch<'a>,
}

impl<A: Pointwise, X: Extras> Kernel for Forward<'_, A, X> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { workspace: Workspace { layers, .. }, activation, extras, parameters, batch } = self;
        let (last, shares) = (layers.len() - 1, &batch.shares.groups[..]);
        for l in 0..=last {
            let (before, after) = layers.split_at_mut(l);
            let (x, layer) = (before.last().map_or(batch.x, |before| &before.y), &mut after[0]);
            let (weight, bias) = (&parameters[layer.weight.clone()], &parameters[layer.bias.clone()]);
            let (samples, inputs) = (batch.shares.samples, layer.inputs);
            if l == last {
                s.call(Affine { samples, x, weight, bias, inputs, z: &mut layer.y, finish: Plain });
            } else if A::CHEAP && A::FROM_VALUE {
                let finish = Value { activation, shares };
                s.call(Affine { samples, x, weight, bias, inputs, z: &mut layer.y, finish });
            } else {
                s.call(Affine { samples, x, weight, bias, inputs, z: layer.inner(), finish: Plain });
                values(s, activation, shares, layer);
                if !A::FROM_VALUE {
                    let units = layer.outputs;
                    let groups = layer.y.chunks_exact_mut(units).zip(layer.d.chunks_exact_mut(units));
                    for (group, (y, slopes)) in groups.take(shares.len()).enumerate() {
                        extras.values(s, l, group, y, slopes);
                    }
                }
            }
        }
    }
}

/// Pre-activations to values, and to slopes where these need more than the values.
#[inline(always)]
fn values<S: Simd, A: Pointwise>(s: S, activation: &A, shares: &[Share], layer: &mut Layer) {
    let units = layer.outputs;
    for (group, share) in shares.iter().enumerate() {
        let (mask, y) = (s.load(&share.mask.0), &mut layer.y[group * units..][..units]);
        if A::FROM_VALUE {
            for y in y {
                let value = activation.value(s, s.load(&y.0));
                s.store(&mut y.0, s.keep(mask, value));
            }
        } else {
            for (y, d) in y.iter_mut().zip(&mut layer.d[group * units..][..units]) {
                let x = s.load(&d.0);
                let value = activation.value(s, x);
                s.store(&mut d.0, activation.slope(s, x, value));
                s.store(&mut y.0, s.keep(mask, value));
            }
        }
    }
}

/// f of the sums, +0 in the lanes without weight.
struct Value<'a, A> {
    activation: &'a A,
    shares: &'a [Share],
}

impl<A> Clone for Value<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Value<'_, A> {}

impl<A: Pointwise> Finish for Value<'_, A> {
    #[inline(always)]
    fn write<F: Fma>(self, lanes: F, group: usize, sum: F::V, place: &mut Lanes) {
        let s = lanes.all();
        let value = self.activation.value(s, lanes.widen(sum));
        s.store(&mut place.0, s.keep(s.load(&self.shares[group].mask.0), value));
    }
}

/// The sums times the slopes, which are in their place or follow from the values there; +0 in the lanes without weight.
struct Slope<'a, A> {
    activation: &'a A,
    shares: &'a [Share],
}

impl<A> Clone for Slope<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Slope<'_, A> {}

impl<A: Pointwise> Finish for Slope<'_, A> {
    #[inline(always)]
    fn write<F: Fma>(self, lanes: F, group: usize, sum: F::V, place: &mut Lanes) {
        let s = lanes.all();
        let known = s.load(&place.0);
        let slope = if A::FROM_VALUE { self.activation.slope(s, known, known) } else { known };
        let product = s.mul(lanes.widen(sum), slope);
        s.store(&mut place.0, s.keep(s.load(&self.shares[group].mask.0), product));
    }
}

struct Affine<'a, F> {
    samples: usize,
    x: &'a [Lanes],
    weight: &'a [f32],
    bias: &'a [f32],
    inputs: usize,
    z: &'a mut [Lanes],
    finish: F,
}

impl<F: Finish> Kernel for Affine<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        numerics::affine(s, self.samples, self.x, self.weight, self.bias, self.inputs, self.z, self.finish);
    }
}

/// The derivatives of the loss by the pre-activations of the layer before.
struct Backward<'a, A> {
    workspace: &'a mut Workspace,
    l: usize,
    parameters: &'a [f32],
    activation: &'a A,
    batch: &'a Batch<'a>,
}

impl<A: Pointwise> Kernel for Backward<'_, A> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { workspace: Workspace { layers, .. }, l, parameters, activation, batch } = self;
        let (before, after) = layers.split_at_mut(l);
        let (Some(before), layer) = (before.last_mut(), &after[0]) else { return };
        let (d, weight) = (layer.derivatives(), &parameters[layer.weight.clone()]);
        let finish = Slope { activation, shares: &batch.shares.groups };
        numerics::backward(s, batch.shares.samples, d, layer.outputs, weight, layer.inputs, before.inner(), finish);
    }
}

/// The sum of the losses, or with few parameters its parts, after those of the gradients.
struct Loss<'a, X> {
    workspace: &'a mut Workspace,
    extras: X,
    batch: &'a Batch<'a>,
}

impl<X: Extras> Kernel for Loss<'_, X> {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let Workspace { task, layers, parts, parameters, .. } = self.workspace;
        let Some(Layer { y: z, d, outputs, .. }) = layers.last_mut() else { return 0.0 };
        let objective = Objective { task: *task, smoothing: self.extras.smoothing() };
        let mut sum = s.splat(0.0);
        for (group, (y, share)) in self.batch.y.iter().zip(&self.batch.shares.groups).enumerate() {
            let place = group * *outputs..(group + 1) * *outputs;
            sum = loss::gradient(s, objective, &z[place.clone()], y, share, &mut d[place], sum);
        }
        if *parameters <= FEW {
            s.fold(&mut parts[*parameters], sum);
            return 0.0;
        }
        s.fold(&mut parts[0], sum);
        let mut total = [0.0];
        numerics::reduce(s, &parts[..16], &mut total);
        total[0]
    }
}

/// The gradients of a layer's parameters, or with few parameters their parts.
struct Sums<'a> {
    workspace: &'a mut Workspace,
    l: usize,
    batch: &'a Batch<'a>,
}

impl Kernel for Sums<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let few = self.workspace.few();
        let (Workspace { layers, parts, gradient, .. }, &Batch { x, shares, .. }) = (self.workspace, self.batch);
        let (before, after) = layers.split_at_mut(self.l);
        let x = before.last().map_or(x, |before| &before.y);
        let (layer, groups) = (&mut after[0], shares.groups.len());
        let Layer { inputs, outputs, ref weight, ref bias, .. } = *layer;
        let d = if layer.d.is_empty() { &layer.y } else { &layer.d };
        if few {
            numerics::narrow_gradient(s, groups, d, outputs, x, inputs, 0..outputs, &mut parts[weight.clone()]);
            numerics::bias_gradient(s, groups, d, outputs, 0..outputs, &mut parts[bias.clone()]);
            return;
        }
        if let Some(rows) = &mut layer.rows {
            numerics::transpose(s, x, rows);
            numerics::wide_gradient(s, d, outputs, rows, shares.samples, &mut gradient[weight.clone()]);
        } else {
            let most = (PARTS / inputs).max(1);
            for first in (0..outputs).step_by(most) {
                let rows = first..outputs.min(first + most);
                let sums = &mut gradient[weight.clone()][first * inputs..rows.end * inputs];
                numerics::narrow_gradient(s, groups, d, outputs, x, inputs, rows, parts);
                numerics::reduce(s, &parts[..sums.len().next_multiple_of(16)], sums);
            }
        }
        for first in (0..outputs).step_by(PARTS) {
            let units = first..outputs.min(first + PARTS);
            let sums = &mut gradient[bias.clone()][units.clone()];
            numerics::bias_gradient(s, groups, d, outputs, units, parts);
            numerics::reduce(s, &parts[..sums.len().next_multiple_of(16)], sums);
        }
    }
}
