// What a step does beside the plain one, as in src/engine/chance.rs and src/engine/fused/regular.rs: dropout, noise, smoothed
// targets, penalties, clipped gradients.
#pragma once

#include "loss.cuh"

namespace tallow {

/// What is done, beside what a number of 0 says: bits of `Regular::flags`.
enum Flags : uint32_t { CLIPS_VALUES = 1, CLIPS_NORM = 2, BIASES_TOO = 4 };

/// What a run does beside plain training. The host's twin is `layout::Beside`.
struct Regular {
    /// Philox's key.
    uint32_t key[2];
    float noise, keep, spread, l1, clip_value, clip_norm;
    uint32_t flags;
    /// The table of scalars and the variant of the optimizer of biases, where that is another one; none: it is not.
    uint32_t table_of_biases, variant_of_biases;
};

/// Philox4x32-10: four words for each lane's counter.
struct Words {
    I of[4];
};

DEVICE Words philox(const uint32_t* key, I a, uint32_t second, uint32_t third, uint32_t fourth) {
    I b = whole(static_cast<int>(second)), c = whole(static_cast<int>(third)), d = whole(static_cast<int>(fourth));
    uint32_t first_key = key[0], second_key = key[1];
#pragma unroll 1
    for (int round = 0; round < 10; round++) {
        I upper_a = mul_upper(a, 0xd2511f53u), lower_a = mul_lower(a, 0xd2511f53u);
        I upper_c = mul_upper(c, 0xcd9e8d57u), lower_c = mul_lower(c, 0xcd9e8d57u);
        a = int_xor(int_xor(upper_c, b), whole(static_cast<int>(first_key)));
        c = int_xor(int_xor(upper_a, d), whole(static_cast<int>(second_key)));
        b = lower_c;
        d = lower_a;
        first_key += 0x9e3779b9u;
        second_key += 0xbb67ae85u;
    }
    return {{a, b, c, d}};
}

/// A word by its number, without an array in memory.
DEVICE I word(const Words& words, int k) {
    return k & 2 ? (k & 1 ? words.of[3] : words.of[2]) : (k & 1 ? words.of[1] : words.of[0]);
}

/// The upper 24 bits as a number in [0, 1).
DEVICE V unit(I bits) { return mul(convert(upper_24(bits)), splat(1.0f / (1 << 24))); }

DEVICE V standard_normal(I bits) {
    const float centre[9] = {2.81022636e-8f,    3.43273939e-7f,    -3.5233877e-6f, -4.39150654e-6f, 0.00021858087f,
                             -0.00125372503f, -0.00417768164f, 0.246640727f,   1.50140941f};
    const float tail[9] = {-0.000200214257f, 0.000100950558f, 0.00134934322f, -0.00367342844f, 0.00573950773f,
                           -0.0076224613f,   0.00943887047f,  1.00167406f,    2.83297682f};
    V one = splat(1.0f);
    V x = fma(splat(2.0f), unit(bits), splat(1.0f / (1 << 24) - 1.0f));
    V w = neg(log_any(mul(sub(one, x), add(one, x))));
    V near = sub(w, splat(2.5f)), far = sub(root(w), splat(3.0f));
    V at_centre = splat(centre[0]), at_tail = splat(tail[0]);
#pragma unroll
    for (int k = 1; k < 9; k++) {
        at_centre = fma(at_centre, near, splat(centre[k]));
        at_tail = fma(at_tail, far, splat(tail[k]));
    }
    V ratio = select(lt(w, splat(5.0f)), at_centre, at_tail);
    return mul(mul(splat(1.41421356237309504880f), ratio), x);
}

/// A gradient with its penalty and its numbers within bounds; `penalized` are the lanes that have one.
DEVICE V bounded(const Regular& regular, V p, V g, M penalized) {
    V zero = splat(0.0f);
    if (regular.l1 != 0.0f) {
        V sign = select(lt(zero, p), splat(1.0f), select(lt(p, zero), splat(-1.0f), zero));
        g = fma(splat(regular.l1), select(penalized, sign, zero), g);
    }
    if (regular.flags & CLIPS_VALUES) {
        g = smaller(splat(regular.clip_value), larger(splat(-regular.clip_value), g));
    }
    return g;
}

/// What a gradient of this square length is multiplied by.
DEVICE float clip_factor(const Regular& regular, V square) {
    V factor = div(splat(regular.clip_norm), add(root(square), splat(1e-6f)));
    return uniform(select(lt(splat(1.0f), factor), splat(1.0f), factor));
}

}  // namespace tallow
