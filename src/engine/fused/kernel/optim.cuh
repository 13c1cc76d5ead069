// The optimizers, as in src/optim/: 32 parameters at a time.
#pragma once

#include "lanes.cuh"

namespace tallow {

// The codes are those of `layout::optimizer_code`; a test holds the names to it.
enum Optimizer : uint32_t { SGD, ADAM, ADAMW, RMSPROP, ADAGRAD };
constexpr uint32_t OPTIMIZERS = 5;

/// What changes an optimizer's formula: bits of `Run::variant`.
enum Variant : uint32_t { MOMENTUM = 1, NESTEROV = 2, AMSGRAD = 4, CENTERED = 8 };

/// Scalars of a step, in the order of each optimizer's `Rule::scalars`.
constexpr int SCALARS = 8;

/// g + λ p, where there is a penalty λ.
DEVICE V penalized(float penalty, V p, V g) { return penalty == 0.0f ? g : fma(splat(penalty), p, g); }

/// The running mean of squares.
DEVICE V mean_square(float keep, float take, V v, V g) { return fma(mul(splat(take), g), g, mul(splat(keep), v)); }

/// The running mean.
DEVICE V running_mean(float take, V m, V g) { return fma(splat(take), sub(g, m), m); }

/// The parameters `p` after a step along `g`; `state` holds the slots of these 32, `slot` apart.
DEVICE V updated(uint32_t optimizer, uint32_t variant, const float* s, V p, V g, float* state, int slot) {
    // Without a default, so that the host's compiler refuses a switch that forgets one.
    switch (static_cast<Optimizer>(optimizer)) {
        case SGD: {
            float rate = s[0], momentum = s[1], keep = s[2], take = s[3], penalty = s[4];
            g = penalized(penalty, p, g);
            if (variant & MOMENTUM) {
                V b = fma(splat(take), g, mul(splat(keep), load(state)));
                store(state, b);
                g = variant & NESTEROV ? fma(splat(momentum), b, g) : b;
            }
            return fma(splat(-rate), g, p);
        }
        case ADAM:
        case ADAMW: {
            float rate = s[0], scale = s[1], take1 = s[2], keep2 = s[3], take2 = s[4], eps = s[5], last = s[6];
            if (optimizer == ADAM) {
                g = penalized(last, p, g);
            } else {
                p = mul(splat(last), p);
            }
            V m = running_mean(take1, load(state), g);
            store(state, m);
            V v = mean_square(keep2, take2, load(state + slot), g);
            store(state + slot, v);
            if (variant & AMSGRAD) {
                v = larger(load(state + 2 * slot), v);
                store(state + 2 * slot, v);
            }
            V denominator = fma(root(v), splat(scale), splat(eps));
            return fma(splat(-rate), div(m, denominator), p);
        }
        case RMSPROP: {
            float rate = s[0], keep = s[1], take = s[2], eps = s[3], penalty = s[4], momentum = s[5];
            g = penalized(penalty, p, g);
            V v = mean_square(keep, take, load(state), g);
            store(state, v);
            if (variant & CENTERED) {
                state += slot;
                V a = running_mean(take, load(state), g);
                store(state, a);
                v = fma(neg(a), a, v);
            }
            V q = div(g, add(root(v), splat(eps)));
            if (variant & MOMENTUM) {
                state += slot;
                q = fma(splat(momentum), load(state), q);
                store(state, q);
            }
            return fma(splat(-rate), q, p);
        }
        case ADAGRAD: {
            float rate = s[0], eps = s[1], penalty = s[2];
            g = penalized(penalty, p, g);
            V v = fma(g, g, load(state));
            store(state, v);
            return fma(splat(-rate), div(g, add(root(v), splat(eps))), p);
        }
    }
    // Never got to: `train` refuses a code that is none of these.
    return splat(NAN);
}

}  // namespace tallow
