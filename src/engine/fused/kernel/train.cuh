// The training of one network by a team of warps, over some epochs: the loop of src/engine/fused/step.rs for a GPU.
//
// Samples lie along the lanes. What a network needs is in one memory of floats, shared memory where it fits, laid out by
// the host (src/engine/fused/cohort/layout.rs): rows of one unit's values for all samples of a batch, 32 to a group.
#pragma once

#include "activation.cuh"
#include "loss.cuh"
#include "optim.cuh"
#include "regular.cuh"

namespace tallow {

/// What all networks of a launch share. Offsets and lengths count floats. The host's twin is `layout::Shape`.
struct Shape {
    uint32_t layers, features, task, outputs;
    /// Samples of the table, those that take part in an epoch, those of a full batch, in groups of 32, and from row to row.
    uint32_t samples, trained, batch, groups, row;
    /// Batches of an epoch; epochs that this launch has a part in; epochs trained before it.
    uint32_t steps, epochs, before;
    /// Batches of the first of these epochs that are trained already; of the last one, those that are when the launch is over.
    uint32_t from, until;
    /// Orders of each epoch; tables of scalars.
    uint32_t orders, tables;
    /// Parameters in tiles of 32; slots of optimizer state at most.
    uint32_t tiles, slots;
    /// Places in the memory: optimizer state, room for as much again, gradients, targets, losses, weights, a row of ones.
    /// Parameters come first.
    uint32_t state, spare, gradients, targets, losses, weights, ones;
    /// The memory of a network.
    uint32_t memory;
    /// Gradients of the mean loss are multiples of this.
    float numerator;
    uint32_t runs;
};

/// A layer's place in the memory. The host's twin is `layout::Place`.
struct Place {
    uint32_t inputs, outputs, weight, bias;
    /// Rows of its inputs, pre-activations (where some activation needs them) and values, and derivatives by the former two.
    uint32_t x, z, y, d_inputs, d;
};

/// One network. The host's twin is `layout::Member`.
struct Run {
    /// Which data set, which order and which weights of its samples (or none), which table of scalars.
    uint32_t data, order, weights, table;
    /// What it does beside plain training (or nothing).
    uint32_t regular;
    uint32_t activation, optimizer, variant;
    /// The slot of state that is evaluated in place of the parameters, or none.
    uint32_t averaged;
    float settings[SETTINGS];
};

constexpr uint32_t NONE = 0xffffffffu;

/// What `Buffers::ended` says of a run with a code that this kernel does not know.
constexpr uint32_t UNKNOWN = 0xffffffffu;

/// Where a launch reads and writes, in global memory.
struct Buffers {
    const Place* places;
    /// Of each parameter, the two rows whose products, summed over the batch, are its gradient.
    const uint32_t *left, *right;
    const Run* runs;
    /// Data sets one after the other, row-major; weights of samples likewise.
    const float *x, *y, *weights;
    /// Of each epoch: each order of its samples. Of each step: the scalars of each table.
    const uint32_t* order;
    const float* scalars;
    const Regular* regular;
    /// Of each of those: of each hidden layer the rate of its dropout, and what is made of the units that stay.
    const float* dropout;
    /// Of each run: `tiles` × 32 parameters; `slots` times as many of state.
    float *parameters, *state;
    /// Of each run: an entry per epoch. The last batch's loss; the mean loss.
    float *last, *mean;
    /// Of each run: the sum of the losses of an epoch that goes on in the next launch, and what it is divided by.
    double* sums;
    /// Of each run: the epoch that was its last, from 1, as that in which it diverges. 0: it goes on. UNKNOWN: it cannot be
    /// trained.
    uint32_t* ended;
};

/// The samples of a step.
struct Batch {
    /// The first one's place in the order of the epoch; how many there are; in groups of 32.
    int first, samples, groups;
    /// What they count, or null: all the same.
    const float* weights;
    /// What is done beside plain training, or null, and the dropout of the hidden layers.
    const Regular* regular;
    const float* dropout;
    /// The step's number in the training.
    uint32_t step;
};

/// The scalars of a step, and those of the optimizer of biases, where that is another one.
struct Scalars {
    const float *own, *of_biases;
};

/// Words for the samples of a group and four units of a layer from `unit`; inputs are layer 0.
DEVICE Words words_of(const Batch& batch, uint32_t layer, int unit, int group) {
    return philox(batch.regular->key, count_from(group * LANES), static_cast<uint32_t>(unit) / 4, layer, batch.step);
}

/// sum[r][g] = start + Σₖ w[r · by_row + k · by_term] · x[k], in the order of k, for R rows of weights and G groups, from +0
/// unless BIASED; `finish` does something with the sums.
template <bool BIASED, int R, int G, class Finish>
DEVICE void products(const float* w, int by_row, int by_term, int terms, const float* start, const float* x, int row,
                     Finish finish) {
    V sum[R][G];
#pragma unroll
    for (int r = 0; r < R; r++) {
        V first = splat(BIASED ? start[r] : 0.0f);
#pragma unroll
        for (int g = 0; g < G; g++) {
            sum[r][g] = first;
        }
    }
#pragma unroll 1
    for (int k = 0; k < terms; k++) {
        V values[G];
#pragma unroll
        for (int g = 0; g < G; g++) {
            values[g] = load(x + g * LANES);
        }
#pragma unroll
        for (int r = 0; r < R; r++) {
            V weight = splat(w[r * by_row]);
#pragma unroll
            for (int g = 0; g < G; g++) {
                sum[r][g] = fma(weight, values[g], sum[r][g]);
            }
        }
        x += row;
        w += by_term;
    }
    finish(sum);
}

/// `products` for a block of at most 4 rows and 2 groups; `finish` gets the first of the rows within the block, and the sums.
template <bool BIASED, class Finish>
DEVICE void block(int rows, int groups, const float* w, int by_row, int by_term, int terms, const float* start,
                  const float* x, int row, Finish finish) {
    int first = 0;
#define BLOCK(R, G)                                                                                       \
    products<BIASED, R, G>(w + first * by_row, by_row, by_term, terms, BIASED ? start + first : start, x, row, \
                           [&](V(&sum)[R][G]) INLINE { finish(first, sum); })
    if (rows == 4) {
        if (groups == 2) {
            BLOCK(4, 2);
        } else {
            BLOCK(4, 1);
        }
        return;
    }
    if (rows & 2) {
        if (groups == 2) {
            BLOCK(2, 2);
        } else {
            BLOCK(2, 1);
        }
        first = 2;
    }
    if (rows & 1) {
        if (groups == 2) {
            BLOCK(1, 2);
        } else {
            BLOCK(1, 1);
        }
    }
#undef BLOCK
}

/// A warp's share of `units` rows × `groups` groups: what `each(first unit, units, first group, groups)` is called for.
template <class Each>
DEVICE void share_out(int units, int groups, int warp, int warps, Each each) {
    int blocks = (units + 3) / 4, pairs = (groups + 1) / 2;
    // Counted on: a GPU divides integers in some thirty instructions.
    for (int block = warp, pair = 0;; block += warps) {
        for (; block >= blocks; block -= blocks) {
            pair++;
        }
        if (pair >= pairs) {
            return;
        }
        int unit = block * 4, group = pair * 2;
        each(unit, units - unit < 4 ? units - unit : 4, group, groups - group < 2 ? groups - group : 2);
    }
}

/// Samples in a group of a batch.
DEVICE int present_in(const Batch& batch, int group) {
    int left = batch.samples - group * LANES;
    return left < LANES ? left : LANES;
}

/// The lanes of one of its groups whose samples count.
DEVICE M lanes_of(const Batch& batch, int group) {
    if (batch.weights) {
        return lt(splat(0.0f), load(batch.weights + group * LANES));
    }
    return below(present_in(batch, group));
}

/// Those of a pair of groups; the second may not be there.
struct Pair {
    M of[2];
};

DEVICE Pair lanes_of_pair(const Batch& batch, int group, int groups) {
    return {{lanes_of(batch, group), groups == 2 ? lanes_of(batch, group + 1) : below(0)}};
}

/// The samples of a step; of a PLAIN training, nothing is done beside it and all samples count the same.
template <bool PLAIN>
DEVICE Batch batch_of(const Shape& s, const Buffers& b, const Run& run, const float* memory, uint32_t epoch, uint32_t step) {
    uint32_t first = step * s.batch, left = s.trained - first;
    uint32_t samples = left < s.batch ? left : s.batch;
    return {static_cast<int>(first), static_cast<int>(samples), static_cast<int>((samples + LANES - 1) / LANES),
            PLAIN || run.weights == NONE ? nullptr : memory + s.weights,
            PLAIN || run.regular == NONE ? nullptr : b.regular + run.regular,
            PLAIN || run.regular == NONE ? nullptr : b.dropout + static_cast<size_t>(run.regular) * 2 * (s.layers - 1),
            (s.before + epoch) * s.steps + step};
}

/// Inputs, targets and weights of a batch, +0 where a group has no sample.
DEVICE void load_batch(const Shape& s, const Buffers& b, const Run& run, const Batch& batch, float* memory, uint32_t epoch,
                       int warp, int warps) {
    const float* x = b.x + static_cast<size_t>(run.data) * s.samples * s.features;
    const float* y = b.y + static_cast<size_t>(run.data) * s.samples;
    const uint32_t* order = nullptr;
    if (run.order != NONE) {
        order = b.order + (static_cast<size_t>(epoch) * s.orders + run.order) * s.samples;
    }
    for (int group = warp; group < batch.groups; group += warps) {
        int first = batch.first + group * LANES, present = present_in(batch, group);
        I at = order ? load_index_first(present, order + first) : index_first(present, first);
        Words words;
        for (int f = 0; f < static_cast<int>(s.features); f++) {
            V values = gather(x + f, scale(at, s.features));
            if (batch.regular && batch.regular->noise != 0.0f) {
                if (f % 4 == 0) {
                    words = words_of(batch, 0, f, group);
                }
                values = fma(splat(batch.regular->noise), standard_normal(word(words, f)), values);
            }
            store(memory + b.places[0].x + f * s.row + group * LANES, keep(below(present), values));
        }
        store(memory + s.targets + group * LANES, keep(below(present), gather(y, at)));
        if (batch.weights) {
            const float* weights = b.weights + static_cast<size_t>(run.weights) * s.samples;
            store(memory + s.weights + group * LANES, keep(below(present), gather(weights, at)));
        }
    }
}

/// Whether a hidden layer has dropout.
DEVICE bool drops(const Batch& batch, uint32_t layer) { return batch.regular && batch.dropout[2 * layer] > 0.0f; }

/// Pre-activations of a block of units to values, some of the units left out, and to slopes, in `d`. The first unit's number is
/// even, and the block within four from a multiple of four.
template <int R, int G>
DEVICE void leave_out(const Run& run, const Batch& batch, uint32_t layer, int unit, int group, V (&z)[R][G], float* d, int row) {
    V rate = splat(batch.dropout[2 * layer]), scale = splat(batch.dropout[2 * layer + 1]), zero = splat(0.0f);
    V y[R][G], slope[R][G];
    each(z, [&](int r, int g, V& z) {
        y[r][g] = z;
        slope[r][g] = splat(1.0f);
    });
    values(run.activation, run.settings, y);
    slopes(run.activation, run.settings, slope, [&](int r, int g) { return z[r][g]; }, [&](int r, int g) { return y[r][g]; });
#pragma unroll
    for (int g = 0; g < G; g++) {
        Words words = words_of(batch, layer + 1, unit, group + g);
#pragma unroll
        for (int r = 0; r < R; r++) {
            M out = lt(tallow::unit(word(words, unit + r)), rate);
            store(d + r * row + g * LANES, select(out, zero, mul(slope[r][g], scale)));
            z[r][g] = select(out, zero, mul(y[r][g], scale));
        }
    }
}

/// A layer's values from those of the layer before.
DEVICE void forward(const Shape& s, const Place& p, const Run& run, const Batch& batch, uint32_t layer, float* memory,
                    int warp, int warps) {
    int row = s.row;
    bool hidden = layer + 1 < s.layers;
    bool keeps = hidden && !from_value(run.activation);
    bool leaves_out = hidden && drops(batch, layer);
    share_out(p.outputs, batch.groups, warp, warps, [&](int unit, int units, int group, int groups) INLINE {
        const float* w = memory + p.weight + unit * p.inputs;
        const float* x = memory + p.x + group * LANES;
        const Pair counting = lanes_of_pair(batch, group, groups);
        block<true>(units, groups, w, p.inputs, 1, p.inputs, memory + p.bias + unit, x, row, [&](int first, auto& z) INLINE {
            int at = (unit + first) * row + group * LANES;
            if (keeps) {
                each(z, [&](int r, int g, V& z) { store(memory + p.z + at + r * row + g * LANES, z); });
            }
            if (leaves_out) {
                leave_out(run, batch, layer, unit + first, group, z, memory + p.d + at, row);
            } else if (hidden) {
                values(run.activation, run.settings, z);
            }
            each(z, [&](int r, int g, V& y) {
                store(memory + p.y + at + r * row + g * LANES, keep(counting.of[g], y));
            });
        });
    });
}

/// The derivatives by the pre-activations of a layer's inputs; `before` is the layer that computed them, whose slopes may stand
/// where these derivatives go.
DEVICE void backward(const Shape& s, const Place& p, const Place& before, const Run& run, const Batch& batch,
                     bool has_slopes, float* memory, int warp, int warps) {
    int row = s.row;
    bool kept = !from_value(run.activation);
    share_out(p.inputs, batch.groups, warp, warps, [&](int unit, int units, int group, int groups) INLINE {
        const float* w = memory + p.weight + unit;
        const float* x = memory + p.d + group * LANES;
        const Pair counting = lanes_of_pair(batch, group, groups);
        block<false>(units, groups, w, 1, p.inputs, p.outputs, nullptr, x, row, [&](int first, auto& d) INLINE {
            int at = (unit + first) * row + group * LANES;
            const float* y = memory + before.y + at;
            const float* z = kept ? memory + before.z + at : y;
            if (has_slopes) {
                const float* slope = memory + p.d_inputs + at;
                each(d, [&](int r, int g, V& d) { d = mul(d, load(slope + r * row + g * LANES)); });
            } else {
                slopes(run.activation, run.settings, d, [&](int r, int g) { return load(z + r * row + g * LANES); },
                       [&](int r, int g) { return load(y + r * row + g * LANES); });
            }
            each(d, [&](int r, int g, V& d) {
                store(memory + p.d_inputs + at + r * row + g * LANES, keep(counting.of[g], d));
            });
        });
    });
}

/// The contract's tree over 32 sums, in the first of them. By recursion, not a loop over the widths: the compiler leaves that one
/// in place, and with it the sums in memory instead of registers.
template <int WIDTH>
DEVICE void combine(V (&sums)[LANES]) {
    if constexpr (WIDTH > 0) {
#pragma unroll
        for (int k = 0; k < WIDTH; k++) {
            sums[k] = add(sums[k], sums[k + WIDTH]);
        }
        combine<WIDTH / 2>(sums);
    }
}

/// The sum over the lanes by the contract's tree, in all of them.
DEVICE V total(V part) {
#pragma unroll
    for (int width = LANES / 2; width > 0; width /= 2) {
        part = add(part, swap(part, width));
    }
    return add(part, splat(0.0f));
}

/// The update of 32 parameters along their gradients.
DEVICE void step(const Shape& s, const Run& run, const Batch& batch, const Scalars& scalars, I right, V gradient,
                 float* memory, int tile) {
    int slot = s.tiles * LANES;
    float *at = memory + tile * LANES, *state = memory + s.state + tile * LANES;
    V p = load(at);
    if (!scalars.of_biases) {
        store(at, updated(run.optimizer, run.variant, scalars.own, p, gradient, state, slot));
        return;
    }
    // Both optimizers move all 32, and of each lane it is kept what its own one makes of it.
    M weight = other(same(right, whole(s.ones)));
    float* spare = memory + s.spare + tile * LANES;
    for (uint32_t k = 0; k < s.slots; k++) {
        store(spare + k * slot, load(state + k * slot));
    }
    V own = updated(run.optimizer, run.variant, scalars.own, p, gradient, state, slot);
    V of_biases = updated(run.optimizer, batch.regular->variant_of_biases, scalars.of_biases, p, gradient, spare, slot);
    for (uint32_t k = 0; k < s.slots; k++) {
        store(state + k * slot, select(weight, load(state + k * slot), load(spare + k * slot)));
    }
    store(at, select(weight, own, of_biases));
}

/// Gradients of 32 parameters at a time, a lane each, and their update.
///
/// A lane keeps the contract's 32 sums of its parameter, one for each of the virtual lanes, and combines them by its tree.
DEVICE void update(const Shape& s, const Buffers& b, const Run& run, const Batch& batch, const Scalars& scalars, float* memory,
                   int warp, int warps) {
    for (int tile = warp; tile < static_cast<int>(s.tiles); tile += warps) {
        I left = load_index(b.left + tile * LANES), right = load_index(b.right + tile * LANES);
        V sums[LANES];
#pragma unroll
        for (int k = 0; k < LANES; k++) {
            sums[k] = splat(0.0f);
        }
#pragma unroll 1
        for (int group = 0; group < batch.groups; group++) {
            const float* at = memory + group * LANES;
            int present = present_in(batch, group);
#pragma unroll
            for (int k = 0; k < LANES; k += 4) {
                if (k < present) {
                    V d[4], x[4];
                    load_four(at + k, left, d);
                    load_four(at + k, right, x);
#pragma unroll
                    for (int l = 0; l < 4; l++) {
                        sums[k + l] = fma(d[l], x[l], sums[k + l]);
                    }
                }
            }
        }
        combine<LANES / 2>(sums);
        V gradient = add(sums[0], splat(0.0f));
        if (batch.regular) {
            const Regular& regular = *batch.regular;
            const float* p = memory + tile * LANES;
            M real = other(same(left, whole(s.ones))), weight = other(same(right, whole(s.ones)));
            gradient = bounded(regular, load(p), gradient, regular.flags & BIASES_TOO ? real : weight);
            if (regular.flags & CLIPS_NORM) {
                // They wait for the others.
                store(memory + s.gradients + tile * LANES, gradient);
                continue;
            }
        }
        step(s, run, batch, scalars, right, gradient, memory, tile);
    }
}

/// The updates along gradients that wait, and are no longer together than they may be.
DEVICE void update_clipped(const Shape& s, const Buffers& b, const Run& run, const Batch& batch, const Scalars& scalars,
                           float* memory, int warp, int warps) {
    const float* gradients = memory + s.gradients;
    V squares = splat(0.0f);
    for (int tile = 0; tile < static_cast<int>(s.tiles); tile++) {
        M real = other(same(load_index(b.left + tile * LANES), whole(s.ones)));
        V g = keep(real, load(gradients + tile * LANES));
        squares = fma(g, g, squares);
    }
    V factor = splat(clip_factor(*batch.regular, total(squares)));
    for (int tile = warp; tile < static_cast<int>(s.tiles); tile += warps) {
        V g = mul(load(gradients + tile * LANES), factor);
        step(s, run, batch, scalars, load_index(b.right + tile * LANES), g, memory, tile);
    }
}

/// What a sum over samples of this total weight is divided by.
DEVICE float or_one(float weight) { return weight == 0.0f ? 1.0f : weight; }

DEVICE void copy(float* to, const float* from, int tiles, int warp, int warps) {
    for (int tile = warp; tile < tiles; tile += warps) {
        store(to + tile * LANES, load(from + tile * LANES));
    }
}

DEVICE void exchange(float* a, float* b, int tiles, int warp, int warps) {
    for (int tile = warp; tile < tiles; tile += warps) {
        V kept = load(a + tile * LANES);
        store(a + tile * LANES, load(b + tile * LANES));
        store(b + tile * LANES, kept);
    }
}

/// Whether a training is plain.
DEVICE bool is_plain(const Run& run) { return run.regular == NONE && run.weights == NONE; }

/// Some steps of one run. Where a cohort has PLAIN trainings alone, the code for all else is left out, and with it the registers
/// that it needs.
template <bool PLAIN>
DEVICE void train(const Shape& s, const Buffers& b, uint32_t number, float* memory, const Team& team) {
    if (b.ended[number]) {
        return;
    }
    const Run run = b.runs[number];
    if (s.task >= TASKS || run.activation >= ACTIVATIONS || run.optimizer >= OPTIMIZERS || (PLAIN && !is_plain(run))) {
        if (team.writes()) {
            b.ended[number] = UNKNOWN;
        }
        return;
    }
    int warps = team.warps, slots = s.slots * s.tiles;
    float* parameters = b.parameters + static_cast<size_t>(number) * s.tiles * LANES;
    float* state = b.state + static_cast<size_t>(number) * slots * LANES;
    team.all([&](int warp) INLINE {
        copy(memory, parameters, s.tiles, warp, warps);
        copy(memory + s.state, state, slots, warp, warps);
        for (int group = warp; group < static_cast<int>(s.groups); group += warps) {
            store(memory + s.ones + group * LANES, splat(1.0f));
        }
    });
    // Between launches, the parameters are those to be evaluated, and those trained are in their slot.
    const auto exchange_averaged = [&]() {
        if (run.averaged != NONE) {
            float* averaged = memory + s.state + run.averaged * s.tiles * LANES;
            team.all([&](int warp) INLINE { exchange(memory, averaged, s.tiles, warp, warps); });
        }
    };
    exchange_averaged();
    // Whether all batches count the same.
    const bool even = (PLAIN || run.weights == NONE) && s.trained == s.steps * s.batch;
    bool diverged = false;
    double* sums = b.sums + 2 * static_cast<size_t>(number);
    for (uint32_t epoch = 0; epoch < s.epochs && !diverged; epoch++) {
        const uint32_t from = epoch == 0 ? s.from : 0, until = epoch + 1 == s.epochs ? s.until : s.steps;
        float last = 0.0f;
        double sum = from == 0 ? 0.0 : sums[0], count = from == 0 ? 0.0 : sums[1];
        for (uint32_t step = from; step < until && !diverged; step++) {
            const Batch batch = batch_of<PLAIN>(s, b, run, memory, epoch, step);
            team.all([&](int warp) INLINE { load_batch(s, b, run, batch, memory, epoch, warp, warps); });
            float weight = static_cast<float>(batch.samples);
            if (batch.weights) {
                V weights = splat(0.0f);
                for (int group = 0; group < batch.groups; group++) {
                    weights = add(weights, load(batch.weights + group * LANES));
                }
                weight = uniform(total(weights));
            }
            float divisor = or_one(weight), factor = divide(s.numerator, divisor);
            for (uint32_t l = 0; l < s.layers; l++) {
                team.all([&](int warp) INLINE { forward(s, b.places[l], run, batch, l, memory, warp, warps); });
            }
            const Place& output = b.places[s.layers - 1];
            team.all([&](int warp) INLINE {
                for (int group = warp; group < batch.groups; group += warps) {
                    int at = group * LANES;
                    V factors = splat(factor);
                    if (batch.weights) {
                        factors = mul(load(batch.weights + at), factors);
                    }
                    float keeping = batch.regular ? batch.regular->keep : 1.0f;
                    float spread = batch.regular ? batch.regular->spread : 0.0f;
                    V loss = loss_gradient(s.task, s.outputs, factors, keeping, spread, memory + output.y + at,
                                           load(memory + s.targets + at), lanes_of(batch, group), memory + output.d + at,
                                           s.row);
                    store(memory + s.losses + at, loss);
                }
            });
            V losses = splat(0.0f);
            for (int group = 0; group < batch.groups; group++) {
                V own = load(memory + s.losses + group * LANES);
                losses = batch.weights ? fma(load(batch.weights + group * LANES), own, losses) : add(losses, own);
            }
            float whole = uniform(total(losses));
            last = divide(whole, divisor);
            sum = accumulate(sum, even ? last : whole);
            count = accumulate(count, even ? 1.0f : weight);
            // NaN is not below infinity either.
            diverged = !(last < INFINITY && last > -INFINITY);
            if (!diverged) {
                for (uint32_t l = s.layers - 1; l > 0; l--) {
                    team.all([&](int warp) INLINE {
                        backward(s, b.places[l], b.places[l - 1], run, batch, drops(batch, l - 1), memory, warp, warps);
                    });
                }
                const auto scalars_of = [&](uint32_t table) {
                    return b.scalars + (static_cast<size_t>(epoch * s.steps + step - s.from) * s.tables + table) * SCALARS;
                };
                const bool apart = batch.regular && batch.regular->table_of_biases != NONE;
                const Scalars scalars = {scalars_of(run.table),
                                         apart ? scalars_of(batch.regular->table_of_biases) : nullptr};
                team.all([&](int warp) INLINE { update(s, b, run, batch, scalars, memory, warp, warps); });
                if (batch.regular && batch.regular->flags & CLIPS_NORM) {
                    team.all([&](int warp) INLINE { update_clipped(s, b, run, batch, scalars, memory, warp, warps); });
                }
            }
        }
        if (team.writes()) {
            b.last[static_cast<size_t>(number) * s.epochs + epoch] = last;
            b.mean[static_cast<size_t>(number) * s.epochs + epoch] = quotient(sum, count == 0.0 ? 1.0 : count);
            sums[0] = sum;
            sums[1] = count;
            if (diverged) {
                b.ended[number] = s.before + epoch + 1;
            }
        }
    }
    exchange_averaged();
    team.all([&](int warp) INLINE {
        copy(parameters, memory, s.tiles, warp, warps);
        copy(state, memory + s.state, slots, warp, warps);
    });
}

}  // namespace tallow
