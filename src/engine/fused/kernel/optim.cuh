// The optimizers, as in src/optim/: 32 parameters at a time.
#pragma once

#include "lanes.cuh"

namespace tallow {

// The codes are those of `layout::optimizer_code`; a test holds the names to it.
enum Optimizer : uint32_t {
    SGD,
    ADAM,
    ADAMW,
    RMSPROP,
    ADAGRAD,
    ADADELTA,
    ADAMAX,
    NADAM,
    RADAM,
    RPROP,
    ASGD,
    LION,
    SIGNUM,
    ADAN,
    ADEMAMIX,
    ADABELIEF,
    YOGI,
    ADOPT,
    SCHEDULE_FREE_ADAMW,
    SCHEDULE_FREE_SGD
};
constexpr uint32_t OPTIMIZERS = 20;

/// What changes an optimizer's formula: bits of `Run::variant`.
enum Variant : uint32_t { MOMENTUM = 1, NESTEROV = 2, AMSGRAD = 4, CENTERED = 8, DECOUPLED = 16 };

/// Scalars of a step, in the order of each optimizer's `Rule::scalars`.
constexpr int SCALARS = 12;

/// g + λ p, where there is a penalty λ.
DEVICE V penalized(float penalty, V p, V g) { return penalty == 0.0f ? g : fma(splat(penalty), p, g); }

/// The running mean of squares.
DEVICE V mean_square(float keep, float take, V v, V g) { return fma(mul(splat(take), g), g, mul(splat(keep), v)); }

/// The running mean.
DEVICE V running_mean(float take, V m, V g) { return fma(splat(take), sub(g, m), m); }

/// -1, 0 or 1 by the sign; zeros and NaN stay.
DEVICE V sign(V x) {
    V zero = splat(0.0f);
    return select(lt(zero, x), splat(1.0f), select(lt(x, zero), splat(-1.0f), x));
}

/// A running mean in its slot, moved on.
DEVICE V moved_mean(float take, float* slot, V g) {
    V m = running_mean(take, load(slot), g);
    store(slot, m);
    return m;
}

/// A running mean of squares in its slot, moved on.
DEVICE V moved_square(float keep, float take, float* slot, V g) {
    V v = mean_square(keep, take, load(slot), g);
    store(slot, v);
    return v;
}

/// Weight decay that is a penalty in `g`, or decoupled by a factor on `p`.
DEVICE void decay(uint32_t variant, float scalar, V& p, V& g) {
    if (variant & DECOUPLED) {
        p = mul(splat(scalar), p);
    } else {
        g = penalized(scalar, p, g);
    }
}

/// The average in its slot moved by a share towards `z`; and the point between them to train on.
DEVICE V between(float share, float take, float* slot, V z) { return running_mean(take, moved_mean(share, slot, z), z); }

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
        case ADADELTA: {
            float rate = s[0], keep = s[1], take = s[2], penalty = s[4];
            V eps = splat(s[3]), a = load(state + slot);
            g = penalized(penalty, p, g);
            V v = moved_square(keep, take, state, g);
            V d = mul(div(root(add(a, eps)), root(add(v, eps))), g);
            moved_square(keep, take, state + slot, d);
            return fma(splat(-rate), d, p);
        }
        case ADAMAX: {
            float rate = s[0], take = s[1], keep = s[2], eps = s[3], penalty = s[4];
            g = penalized(penalty, p, g);
            V m = moved_mean(take, state, g);
            V u = larger(mul(splat(keep), load(state + slot)), add(magnitude(g), splat(eps)));
            store(state + slot, u);
            return fma(splat(-rate), div(m, u), p);
        }
        case NADAM: {
            float take1 = s[0], keep2 = s[1], take2 = s[2], scale = s[3], eps = s[4], of_gradient = s[5], of_mean = s[6];
            decay(variant, s[7], p, g);
            V m = moved_mean(take1, state, g);
            V v = moved_square(keep2, take2, state + slot, g);
            V q = fma(splat(of_mean), m, mul(splat(of_gradient), g));
            return fma(splat(-1.0f), div(q, fma(root(v), splat(scale), splat(eps))), p);
        }
        case RADAM: {
            float rate = s[0], take1 = s[1], keep2 = s[2], take2 = s[3], eps = s[4], rectified = s[6];
            decay(variant, s[5], p, g);
            V m = moved_mean(take1, state, g);
            V v = moved_square(keep2, take2, state + slot, g);
            if (rectified != 0.0f) {
                m = div(m, add(root(v), splat(eps)));
            }
            return fma(splat(-rate), m, p);
        }
        case RPROP: {
            float start = s[0], down = s[1], up = s[2], least = s[3], most = s[4];
            V zero = splat(0.0f), product = mul(sign(g), load(state));
            V size = start != start ? load(state + slot) : splat(start);
            M shrinks = lt(product, zero);
            V factor = select(lt(zero, product), splat(up), select(shrinks, splat(down), splat(1.0f)));
            size = smaller(larger(mul(size, factor), splat(least)), splat(most));
            g = select(shrinks, zero, g);
            store(state, g);
            store(state + slot, size);
            return fma(neg(sign(g)), size, p);
        }
        case ASGD: {
            float rate = s[0], keep = s[1], take = s[2], penalty = s[3];
            g = penalized(penalty, p, g);
            p = fma(splat(-rate), g, mul(splat(keep), p));
            store(state, take == 1.0f ? p : running_mean(take, load(state), p));
            return p;
        }
        case LION: {
            float rate = s[0], take1 = s[1], take2 = s[2], decay = s[3];
            V u = penalized(decay, p, sign(running_mean(take1, load(state), g)));
            moved_mean(take2, state, g);
            return fma(splat(-rate), u, p);
        }
        case SIGNUM: {
            float rate = s[0], take = s[1];
            return fma(splat(-rate), sign(moved_mean(take, state, g)), p);
        }
        case ADAN: {
            float rate = s[0], take1 = s[1], take2 = s[2], keep3 = s[3], take3 = s[4], of_mean = s[5], of_difference = s[6];
            float of_squares = s[7], eps = s[8], eps_root = s[9], decay = s[10], first = s[11];
            V d = first != 0.0f ? splat(0.0f) : sub(g, load(state + 3 * slot));
            store(state + 3 * slot, g);
            V m = moved_mean(take1, state, g);
            V n = moved_mean(take2, state + slot, d);
            V v = moved_square(keep3, take3, state + 2 * slot, fma(splat(take2), d, g));
            V denominator = add(root(fma(v, splat(of_squares), splat(eps_root))), splat(eps));
            V q = fma(splat(of_difference), n, mul(splat(of_mean), m));
            return fma(splat(-rate), penalized(decay, p, div(q, denominator)), p);
        }
        case ADEMAMIX: {
            float rate = s[0], take1 = s[1], keep2 = s[2], take2 = s[3], take3 = s[4], of_mean = s[5], alpha = s[6];
            float scale = s[7], eps = s[8], decay = s[9];
            V m = moved_mean(take1, state, g);
            V n = moved_mean(take3, state + slot, g);
            V v = moved_square(keep2, take2, state + 2 * slot, g);
            V q = fma(splat(alpha), n, mul(splat(of_mean), m));
            V u = div(q, fma(root(v), splat(scale), splat(eps)));
            return fma(splat(-rate), penalized(decay, p, u), p);
        }
        case ADABELIEF: {
            float rate = s[0], take1 = s[1], keep2 = s[2], take2 = s[3], scale = s[4], eps = s[5], eps_root = s[6];
            V m = moved_mean(take1, state, g);
            V v = add(mean_square(keep2, take2, load(state + slot), sub(g, m)), splat(eps_root));
            store(state + slot, v);
            return fma(splat(-rate), div(m, fma(root(v), splat(scale), splat(eps))), p);
        }
        case YOGI: {
            float rate = s[0], take1 = s[1], take2 = s[2], scale = s[3], eps = s[4];
            V m = moved_mean(take1, state, g);
            V v = load(state + slot), square = mul(g, g);
            v = fma(mul(splat(take2), sign(sub(square, v))), square, v);
            store(state + slot, v);
            return fma(splat(-rate), div(m, fma(root(v), splat(scale), splat(eps))), p);
        }
        case ADOPT: {
            float rate = s[0], take1 = s[1], keep2 = s[2], take2 = s[3], eps = s[4], limit = s[5];
            if (limit == 0.0f) {
                store(state + slot, mul(g, g));
                return p;
            }
            V v = load(state + slot), most = splat(limit), least = neg(most);
            V q = div(g, larger(root(v), splat(eps)));
            q = select(lt(most, q), most, q);
            q = select(lt(q, least), least, q);
            store(state + slot, mean_square(keep2, take2, v, g));
            return fma(splat(-rate), moved_mean(take1, state, q), p);
        }
        case SCHEDULE_FREE_ADAMW: {
            float rate = s[0], take1 = s[1], keep2 = s[2], take2 = s[3], scale = s[4], eps = s[5], share = s[6], decay = s[7];
            V v = moved_square(keep2, take2, state + 2 * slot, g);
            V z = penalized(decay, p, load(state + slot));
            z = fma(splat(-rate), div(g, fma(root(v), splat(scale), splat(eps))), z);
            store(state + slot, z);
            return between(share, take1, state, z);
        }
        case SCHEDULE_FREE_SGD: {
            float rate = s[0], take = s[1], share = s[2], penalty = s[3];
            V z = fma(splat(-rate), penalized(penalty, p, g), load(state + slot));
            store(state + slot, z);
            return between(share, take, state, z);
        }
    }
    // Never got to: `train` refuses a code that is none of these.
    return splat(NAN);
}

}  // namespace tallow
