//! One optimizer step: forward, loss, backward, update, in memory laid out once per training.

use std::ops::Range;

use crate::activation::Pointwise;
use crate::dataset::Task;
use crate::loss;
use crate::numerics::{self, Half, Kernel, LANES, Lanes, Simd, Transposed};
use crate::optim::Rule;

/// Up to this many parameters, the sums of the whole network are reduced at once.
const FEW: usize = 255;

/// Partial sums held at a time.
const PARTS: usize = 256;

/// A layer's place among the flat parameters, and what a step keeps of it.
struct Layer {
    inputs: usize,
    outputs: usize,
    weight: Range<usize>,
    bias: Range<usize>,
    /// Pre-activations, where the derivative needs them.
    x: Vec<Lanes>,
    /// Values of the units.
    y: Vec<Lanes>,
    /// Derivatives of the loss by the pre-activations.
    d: Vec<Lanes>,
    /// The inputs with samples as rows, where the layer is wide enough for that to be faster.
    rows: Option<Transposed>,
}

/// The memory of a training.
pub(super) struct Workspace {
    task: Task,
    batch: usize,
    layers: Vec<Layer>,
    /// Of each group, the lanes that hold a sample.
    masks: Vec<Lanes>,
    parts: Vec<Half>,
    gradient: Vec<f32>,
    state: Vec<Lanes>,
    slots: usize,
    parameters: usize,
    scale: f32,
}

/// The length of the flat parameters: whole vectors, so that the optimizer needs no special case at the end.
pub(super) fn padded_len(units: &[usize]) -> usize {
    units.windows(2).map(|w| (w[0] + 1) * w[1]).sum::<usize>().next_multiple_of(LANES)
}

impl Workspace {
    pub(super) fn new<A: Pointwise>(units: &[usize], task: Task, batch: usize, slots: &[f32]) -> Self {
        let groups = batch.div_ceil(LANES);
        let (mut at, mut layers) = (0, Vec::new());
        let parameters = units.windows(2).map(|w| (w[0] + 1) * w[1]).sum();
        for (l, w) in units.windows(2).enumerate() {
            let (inputs, outputs) = (w[0], w[1]);
            let (weight, bias) = (at..at + inputs * outputs, at + inputs * outputs..at + (inputs + 1) * outputs);
            at = bias.end;
            let lanes = || vec![Lanes::ZERO; groups * outputs];
            let hidden = l + 2 < units.len();
            let wide = parameters > FEW && inputs >= 16 && outputs > 4 * groups;
            layers.push(Layer {
                inputs,
                outputs,
                weight,
                bias,
                x: if hidden && !A::FROM_VALUE { lanes() } else { Vec::new() },
                y: lanes(),
                d: lanes(),
                rows: wide.then(|| Transposed::new(groups, inputs)),
            });
        }
        let padded = padded_len(units);
        let blocks = padded / LANES;
        let state = slots.iter().map(|&start| Lanes([start; LANES])).collect::<Vec<_>>().repeat(blocks);
        let widest = layers.iter().map(|layer| layer.inputs).max().unwrap_or(0);
        Self {
            task,
            batch,
            layers,
            masks: (0..groups).map(|group| numerics::mask(batch, group)).collect(),
            parts: vec![Half([0.0; 16]); PARTS.max(widest.next_multiple_of(16))],
            // Room for the sum of the losses beside those of the parameters.
            gradient: vec![0.0; padded + LANES],
            state,
            slots: slots.len(),
            parameters,
            scale: loss::gradient_scale(task, batch),
        }
    }

    fn few(&self) -> bool {
        self.parameters <= FEW
    }
}

/// Forward and backward: the gradients of the mean loss of a batch by all parameters, and that loss.
pub(super) struct Gradients<'a, A> {
    pub workspace: &'a mut Workspace,
    pub activation: &'a A,
    pub parameters: &'a [f32],
    pub x: &'a [Lanes],
    pub y: &'a [Lanes],
}

impl<A: Pointwise> Kernel for Gradients<'_, A> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let Self { workspace, activation, parameters, x, y } = self;
        let (few, groups, last) = (workspace.few(), workspace.masks.len(), workspace.layers.len() - 1);
        let batch = workspace.batch;
        for l in 0..=last {
            let (before, after) = workspace.layers.split_at_mut(l);
            let (x, layer) = (before.last().map_or(x, |before| &before.y), &mut after[0]);
            let (weight, bias) = (&parameters[layer.weight.clone()], &parameters[layer.bias.clone()]);
            let kept = if l == last || A::FROM_VALUE { &mut layer.y } else { &mut layer.x };
            s.call(Affine { batch, x, weight, bias, inputs: layer.inputs, z: kept });
            if l < last {
                let units = layer.outputs;
                for (group, mask) in workspace.masks.iter().enumerate() {
                    let (mask, y) = (s.load(&mask.0), &mut layer.y[group * units..][..units]);
                    if A::FROM_VALUE {
                        for y in y {
                            let value = activation.value(s, s.load(&y.0));
                            s.store(&mut y.0, s.keep(mask, value));
                        }
                    } else {
                        for (x, y) in layer.x[group * units..][..units].iter().zip(y) {
                            let value = activation.value(s, s.load(&x.0));
                            s.store(&mut y.0, s.keep(mask, value));
                        }
                    }
                }
            }
        }

        let mut loss = s.call(Loss { workspace, y });
        for l in (0..=last).rev() {
            let (before, after) = workspace.layers.split_at_mut(l);
            let sums = LayerSums {
                groups,
                x: before.last().map_or(x, |before| &before.y),
                batch,
                few,
                parts: &mut workspace.parts,
                gradient: &mut workspace.gradient,
                layer: &mut after[0],
            };
            s.call(sums);
            let (Some(before), layer) = (before.last_mut(), &after[0]) else { break };
            let weight = &parameters[layer.weight.clone()];
            let (outputs, units) = (layer.outputs, layer.inputs);
            s.call(Backward { batch, d: &layer.d, outputs, weight, inputs: units, e: &mut before.d });
            let kept = if A::FROM_VALUE { &before.y } else { &before.x };
            for (group, mask) in workspace.masks.iter().enumerate() {
                let (mask, place) = (s.load(&mask.0), group * units..(group + 1) * units);
                let known = kept[place.clone()].iter().zip(&before.y[place.clone()]);
                for (d, (x, y)) in before.d[place].iter_mut().zip(known) {
                    let slope = activation.slope(s, s.load(&x.0), s.load(&y.0));
                    let product = s.mul(s.load(&d.0), slope);
                    s.store(&mut d.0, s.keep(mask, product));
                }
            }
        }
        if few {
            let count = (workspace.parameters + 1).next_multiple_of(16);
            numerics::reduce(s, &workspace.parts[..count], &mut workspace.gradient[..count]);
            // The optimizer passes over the padding, where the loss's sum stands.
            loss = std::mem::take(&mut workspace.gradient[workspace.parameters]);
        }
        loss / workspace.batch as f32
    }
}

struct Affine<'a> {
    batch: usize,
    x: &'a [Lanes],
    weight: &'a [f32],
    bias: &'a [f32],
    inputs: usize,
    z: &'a mut [Lanes],
}

impl Kernel for Affine<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        numerics::affine(s, self.batch, self.x, self.weight, self.bias, self.inputs, self.z);
    }
}

struct Backward<'a> {
    batch: usize,
    d: &'a [Lanes],
    outputs: usize,
    weight: &'a [f32],
    inputs: usize,
    e: &'a mut [Lanes],
}

impl Kernel for Backward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        numerics::backward(s, self.batch, self.d, self.outputs, self.weight, self.inputs, self.e);
    }
}

/// The sum of the losses, or with few parameters its parts, after those of the gradients.
struct Loss<'a> {
    workspace: &'a mut Workspace,
    y: &'a [Lanes],
}

impl Kernel for Loss<'_> {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let Workspace { task, layers, masks, parts, parameters, scale, .. } = self.workspace;
        let Some(Layer { y: z, d, outputs, .. }) = layers.last_mut() else { return 0.0 };
        let mut sum = s.splat(0.0);
        for (group, (y, mask)) in self.y.iter().zip(masks.iter()).enumerate() {
            let place = group * *outputs..(group + 1) * *outputs;
            sum = s.add(sum, loss::gradient(s, *task, *scale, &z[place.clone()], y, mask, &mut d[place]));
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
struct LayerSums<'a> {
    groups: usize,
    layer: &'a mut Layer,
    x: &'a [Lanes],
    batch: usize,
    few: bool,
    parts: &'a mut [Half],
    gradient: &'a mut [f32],
}

impl Kernel for LayerSums<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { groups, layer, x, batch, few, parts, gradient } = self;
        let Layer { inputs, outputs, weight, bias, d, rows, .. } = layer;
        let (inputs, outputs) = (*inputs, *outputs);
        if few {
            numerics::narrow_gradient(s, groups, d, outputs, x, inputs, 0..outputs, &mut parts[weight.clone()]);
            numerics::bias_gradient(s, groups, d, outputs, 0..outputs, &mut parts[bias.clone()]);
            return;
        }
        if let Some(rows) = rows {
            numerics::transpose(s, x, rows);
            numerics::wide_gradient(s, d, outputs, rows, batch, &mut gradient[weight.clone()]);
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

/// The optimizer's pass over all parameters.
pub(super) struct Update<'a, R: Rule> {
    pub workspace: &'a mut Workspace,
    pub rule: &'a R,
    pub step: R::Step,
    pub parameters: &'a mut [f32],
}

impl<R: Rule> Kernel for Update<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Workspace { gradient, state, slots, .. } = self.workspace;
        let mut state = state.chunks_exact_mut((*slots).max(1));
        let gradients = gradient.as_chunks::<LANES>().0;
        for (p, g) in self.parameters.as_chunks_mut::<LANES>().0.iter_mut().zip(gradients) {
            let state = state.next().unwrap_or_default();
            let updated = self.rule.update(s, self.step, s.load(p), s.load(g), state);
            s.store(p, updated);
        }
    }
}
