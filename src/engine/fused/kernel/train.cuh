// The training of one network by a team of warps, over some epochs: the loop of src/engine/fused/step.rs for a GPU.
//
// Samples lie along the lanes. What a network needs is in one memory of floats, shared memory where it fits, laid out by
// the host (src/engine/fused/cohort/layout.rs): rows of one unit's values for all samples of a batch, 32 to a group.
#pragma once

#include "activation.cuh"
#include "loss.cuh"
#include "optim.cuh"

namespace tallow {

/// What all networks of a launch share. Offsets and lengths count floats. The host's twin is `layout::Shape`.
struct Shape {
    uint32_t layers, features, task, outputs;
    /// Samples of the table, those that take part in an epoch, those of a full batch, in groups of 32, and from row to row.
    uint32_t samples, trained, batch, groups, row;
    /// Batches of an epoch; epochs of this launch; epochs trained before it.
    uint32_t steps, epochs, before;
    /// Parameters in tiles of 32; slots of optimizer state at most.
    uint32_t tiles, slots;
    /// Places in the memory: optimizer state, targets, losses, weights, a row of ones. Parameters come first.
    uint32_t state, targets, losses, weights, ones;
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
    const uint32_t* order;
    const float* scalars;
    /// Of each run: `tiles` × 32 parameters; `slots` times as many of state.
    float *parameters, *state;
    /// Of each run: an entry per epoch. The last batch's loss; the mean loss.
    float *last, *mean;
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
};

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
                           [&](V(&sum)[R][G]) { finish(first, sum); })
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

/// The samples of a step.
DEVICE Batch batch_of(const Shape& s, const Run& run, const float* memory, uint32_t step) {
    uint32_t first = step * s.batch, left = s.trained - first;
    uint32_t samples = left < s.batch ? left : s.batch;
    return {static_cast<int>(first), static_cast<int>(samples), static_cast<int>((samples + LANES - 1) / LANES),
            run.weights == NONE ? nullptr : memory + s.weights};
}

/// Inputs, targets and weights of a batch, +0 where a group has no sample.
DEVICE void load_batch(const Shape& s, const Buffers& b, const Run& run, const Batch& batch, float* memory, uint32_t epoch,
                       int warp, int warps) {
    const float* x = b.x + static_cast<size_t>(run.data) * s.samples * s.features;
    const float* y = b.y + static_cast<size_t>(run.data) * s.samples;
    const uint32_t* order = nullptr;
    if (run.order != NONE) {
        order = b.order + (static_cast<size_t>(run.order) * s.epochs + epoch) * s.samples;
    }
    for (int group = warp; group < batch.groups; group += warps) {
        int first = batch.first + group * LANES, present = present_in(batch, group);
        I at = order ? load_index_first(present, order + first) : index_first(present, first);
        for (int f = 0; f < static_cast<int>(s.features); f++) {
            V values = gather(x + f, scale(at, s.features));
            store(memory + b.places[0].x + f * s.row + group * LANES, keep(below(present), values));
        }
        store(memory + s.targets + group * LANES, keep(below(present), gather(y, at)));
        if (batch.weights) {
            const float* weights = b.weights + static_cast<size_t>(run.weights) * s.samples;
            store(memory + s.weights + group * LANES, keep(below(present), gather(weights, at)));
        }
    }
}

/// A layer's values from those of the layer before.
DEVICE void forward(const Shape& s, const Place& p, const Run& run, const Batch& batch, bool hidden, float* memory, int warp,
                    int warps) {
    int row = s.row;
    bool keeps = hidden && !from_value(run.activation);
    share_out(p.outputs, batch.groups, warp, warps, [&](int unit, int units, int group, int groups) {
        const float* w = memory + p.weight + unit * p.inputs;
        const float* x = memory + p.x + group * LANES;
        const Pair counting = lanes_of_pair(batch, group, groups);
        block<true>(units, groups, w, p.inputs, 1, p.inputs, memory + p.bias + unit, x, row, [&](int first, auto& z) {
            int at = (unit + first) * row + group * LANES;
            if (keeps) {
                each(z, [&](int r, int g, V& z) { store(memory + p.z + at + r * row + g * LANES, z); });
            }
            if (hidden) {
                values(run.activation, run.settings, z);
            }
            each(z, [&](int r, int g, V& y) {
                store(memory + p.y + at + r * row + g * LANES, keep(counting.of[g], y));
            });
        });
    });
}

/// The derivatives by the pre-activations of a layer's inputs; `before` is the layer that computed them.
DEVICE void backward(const Shape& s, const Place& p, const Place& before, const Run& run, const Batch& batch, float* memory,
                     int warp, int warps) {
    int row = s.row;
    bool kept = !from_value(run.activation);
    share_out(p.inputs, batch.groups, warp, warps, [&](int unit, int units, int group, int groups) {
        const float* w = memory + p.weight + unit;
        const float* x = memory + p.d + group * LANES;
        const Pair counting = lanes_of_pair(batch, group, groups);
        block<false>(units, groups, w, 1, p.inputs, p.outputs, nullptr, x, row, [&](int first, auto& d) {
            int at = (unit + first) * row + group * LANES;
            const float* y = memory + before.y + at;
            const float* z = kept ? memory + before.z + at : y;
            slopes(run.activation, run.settings, d, [&](int r, int g) { return load(z + r * row + g * LANES); },
                   [&](int r, int g) { return load(y + r * row + g * LANES); });
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

/// Gradients of 32 parameters at a time, a lane each, and their update.
///
/// A lane keeps the contract's 32 sums of its parameter, one for each of the virtual lanes, and combines them by its tree.
DEVICE void update(const Shape& s, const Buffers& b, const Run& run, const Batch& batch, const float* scalars, float* memory,
                   int warp, int warps) {
    int slot = s.tiles * LANES;
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
        float* p = memory + tile * LANES;
        float* state = memory + s.state + tile * LANES;
        store(p, updated(run.optimizer, run.variant, scalars, load(p), gradient, state, slot));
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

/// Some epochs of one run.
DEVICE void train(const Shape& s, const Buffers& b, uint32_t number, float* memory, const Team& team) {
    if (b.ended[number]) {
        return;
    }
    const Run run = b.runs[number];
    if (s.task >= TASKS || run.activation >= ACTIVATIONS || run.optimizer >= OPTIMIZERS) {
        if (team.writes()) {
            b.ended[number] = UNKNOWN;
        }
        return;
    }
    int warps = team.warps, slots = s.slots * s.tiles;
    float* parameters = b.parameters + static_cast<size_t>(number) * s.tiles * LANES;
    float* state = b.state + static_cast<size_t>(number) * slots * LANES;
    team.all([&](int warp) {
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
            team.all([&](int warp) { exchange(memory, averaged, s.tiles, warp, warps); });
        }
    };
    exchange_averaged();
    // Whether all batches count the same.
    const bool even = run.weights == NONE && s.trained == s.steps * s.batch;
    bool diverged = false;
    for (uint32_t epoch = 0; epoch < s.epochs && !diverged; epoch++) {
        float last = 0.0f;
        double sum = 0.0, count = 0.0;
        for (uint32_t step = 0; step < s.steps && !diverged; step++) {
            const Batch batch = batch_of(s, run, memory, step);
            team.all([&](int warp) { load_batch(s, b, run, batch, memory, epoch, warp, warps); });
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
                team.all([&](int warp) { forward(s, b.places[l], run, batch, l + 1 < s.layers, memory, warp, warps); });
            }
            const Place& output = b.places[s.layers - 1];
            team.all([&](int warp) {
                for (int group = warp; group < batch.groups; group += warps) {
                    int at = group * LANES;
                    V factors = splat(factor);
                    if (batch.weights) {
                        factors = mul(load(batch.weights + at), factors);
                    }
                    V loss = loss_gradient(s.task, s.outputs, factors, memory + output.y + at,
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
                    team.all([&](int warp) {
                        backward(s, b.places[l], b.places[l - 1], run, batch, memory, warp, warps);
                    });
                }
                size_t at = (static_cast<size_t>(run.table) * s.epochs + epoch) * s.steps + step;
                team.all([&](int warp) { update(s, b, run, batch, b.scalars + at * SCALARS, memory, warp, warps); });
            }
        }
        if (team.writes()) {
            b.last[static_cast<size_t>(number) * s.epochs + epoch] = last;
            b.mean[static_cast<size_t>(number) * s.epochs + epoch] = quotient(sum, count == 0.0 ? 1.0 : count);
            if (diverged) {
                b.ended[number] = s.before + epoch + 1;
            }
        }
    }
    exchange_averaged();
    team.all([&](int warp) {
        copy(parameters, memory, s.tiles, warp, warps);
        copy(state, memory + s.state, slots, warp, warps);
    });
}

}  // namespace tallow
