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
            gradient: vec![0.0; padded],
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
        let few = workspace.few();
        let last = workspace.layers.len() - 1;
        for l in 0..=last {
            let (before, after) = workspace.layers.split_at_mut(l);
            let (x, layer) = (before.last().map_or(x, |before| &before.y), &mut after[0]);
            let (weight, bias) = (&parameters[layer.weight.clone()], &parameters[layer.bias.clone()]);
            if l == last {
                s.call(Affine { x, weight, bias, z: &mut layer.y });
            } else if A::FROM_VALUE {
                s.call(Affine { x, weight, bias, z: &mut layer.y });
                for (y, mask) in layer.y.chunks_exact_mut(layer.outputs).zip(&workspace.masks) {
                    let mask = s.load(&mask.0);
                    for y in y {
                        let value = activation.value(s, s.load(&y.0));
                        s.store(&mut y.0, s.keep(mask, value));
                    }
                }
            } else {
                s.call(Affine { x, weight, bias, z: &mut layer.x });
                let groups = layer.x.chunks_exact(layer.outputs).zip(layer.y.chunks_exact_mut(layer.outputs));
                for ((x, y), mask) in groups.zip(&workspace.masks) {
                    let mask = s.load(&mask.0);
                    for (x, y) in x.iter().zip(y) {
                        let value = activation.value(s, s.load(&x.0));
                        s.store(&mut y.0, s.keep(mask, value));
                    }
                }
            }
        }

        let loss = s.call(Loss { workspace, y });
        for l in (0..=last).rev() {
            let (before, after) = workspace.layers.split_at_mut(l);
            let layer = &mut after[0];
            let sums = LayerSums {
                x: before.last().map_or(x, |before| &before.y),
                batch: workspace.batch,
                few,
                parts: &mut workspace.parts,
                gradient: &mut workspace.gradient,
                layer,
            };
            s.call(sums);
            let (Some(before), layer) = (before.last_mut(), &after[0]) else { break };
            let weight = &parameters[layer.weight.clone()];
            s.call(Backward { d: &layer.d, weight, inputs: layer.inputs, e: &mut before.d });
            let kept = if A::FROM_VALUE { &before.y } else { &before.x };
            let (d, y) = (before.d.chunks_exact_mut(before.outputs), before.y.chunks_exact(before.outputs));
            for (((d, x), y), mask) in d.zip(kept.chunks_exact(before.outputs)).zip(y).zip(&workspace.masks) {
                let mask = s.load(&mask.0);
                for ((d, x), y) in d.iter_mut().zip(x).zip(y) {
                    let slope = activation.slope(s, s.load(&x.0), s.load(&y.0));
                    let product = s.mul(s.load(&d.0), slope);
                    s.store(&mut d.0, s.keep(mask, product));
                }
            }
        }
        if few {
            let parts = &workspace.parts[..(workspace.parameters + 1).next_multiple_of(16)];
            let mut sums = [0.0; PARTS];
            numerics::reduce(s, parts, &mut sums[..parts.len()]);
            let loss = std::mem::take(&mut sums[workspace.parameters]);
            workspace.gradient[..workspace.parameters].copy_from_slice(&sums[..workspace.parameters]);
            return loss / workspace.batch as f32;
        }
        loss / workspace.batch as f32
    }
}

struct Affine<'a> {
    x: &'a [Lanes],
    weight: &'a [f32],
    bias: &'a [f32],
    z: &'a mut [Lanes],
}

impl Kernel for Affine<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        numerics::affine(s, self.x, self.weight, self.bias, self.z);
    }
}

struct Backward<'a> {
    d: &'a [Lanes],
    weight: &'a [f32],
    inputs: usize,
    e: &'a mut [Lanes],
}

impl Kernel for Backward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        numerics::backward(s, self.d, self.weight, self.inputs, self.e);
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
        let groups = z.chunks_exact(*outputs).zip(d.chunks_exact_mut(*outputs));
        for (((z, d), y), mask) in groups.zip(self.y).zip(masks.iter()) {
            sum = s.add(sum, loss::gradient(s, *task, *scale, z, y, mask, d));
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
        let Self { layer, x, batch, few, parts, gradient } = self;
        let Layer { inputs, outputs, weight, bias, d, rows, .. } = layer;
        let (inputs, outputs) = (*inputs, *outputs);
        if few {
            numerics::narrow_gradient(s, d, outputs, x, inputs, 0..outputs, &mut parts[weight.clone()]);
            numerics::bias_gradient(s, d, outputs, 0..outputs, &mut parts[bias.clone()]);
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
                numerics::narrow_gradient(s, d, outputs, x, inputs, rows, parts);
                numerics::reduce(s, &parts[..sums.len().next_multiple_of(16)], sums);
            }
        }
        for first in (0..outputs).step_by(PARTS) {
            let units = first..outputs.min(first + PARTS);
            let sums = &mut gradient[bias.clone()][units.clone()];
            numerics::bias_gradient(s, d, outputs, units, parts);
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
