// The activations, as in src/activation/: value and slope of 32 samples.
#pragma once

#include "numerics.cuh"

namespace tallow {

// The codes are those of `layout::activation_code`; a test holds the names to it.
enum Activation : uint32_t {
    RELU, LEAKY_RELU, ELU, SELU, GELU, SILU, MISH, SOFTPLUS, SOFTSIGN, TANH, SIGMOID, LINEAR, GELU_TANH, RELU6, HARDTANH
};
constexpr uint32_t ACTIVATIONS = 15;

DEVICE V gelu_value(V x) {
    V density;
    return mul(x, normal(x, density));
}

DEVICE V gelu_slope(V x) {
    V density, below = normal(x, density);
    return fma(x, density, below);
}

/// 2 √(2/π) and that times 0.044715, each in two parts.
constexpr double GELU_RATE = 2.0 * 0.7978845608028654;
constexpr double GELU_CUBE = GELU_RATE * 0.044715;
constexpr float GELU_RATE_HIGH = static_cast<float>(GELU_RATE);
constexpr float GELU_RATE_LOW = static_cast<float>(GELU_RATE - GELU_RATE_HIGH);
constexpr float GELU_CUBE_HIGH = static_cast<float>(GELU_CUBE);
constexpr float GELU_CUBE_LOW = static_cast<float>(GELU_CUBE - GELU_CUBE_HIGH);
constexpr float GELU_THREE_CUBES = static_cast<float>(3.0 * GELU_CUBE);

/// e to the −|2u|, and x² in `square`.
DEVICE V gelu_tanh_power(V x, V& square) {
    V a = smaller(splat(12.0f), magnitude(x));
    square = mul(a, a);
    V lost = fma(a, a, neg(square));
    V high = splat(GELU_CUBE_HIGH), rate = splat(GELU_RATE_HIGH);
    V cube = mul(high, square);
    V rest = fma(high, square, neg(cube));
    rest = fma(splat(GELU_CUBE_LOW), square, fma(high, lost, rest));
    V sum = add(rate, cube);
    V part = sub(sum, rate);
    V left = add(sub(rate, sub(sum, part)), sub(cube, part));
    left = add(left, add(rest, splat(GELU_RATE_LOW)));
    V inner = mul(a, sum);
    V low = fma(a, left, fma(a, sum, neg(inner)));
    V e = exp_negative(neg(inner));
    return fma(neg(low), e, e);
}

DEVICE V gelu_tanh_value(V x) {
    V square;
    V e = gelu_tanh_power(x, square);
    return mul(x, logistic_of(x, e));
}

DEVICE V gelu_tanh_slope(V x) {
    V square;
    V e = gelu_tanh_power(x, square);
    V share = logistic_of(x, e);
    V near = smaller(splat(12.0f), larger(splat(-12.0f), x));
    V inner = mul(near, fma(splat(GELU_THREE_CUBES), square, splat(GELU_RATE_HIGH)));
    return fma(inner, logistic_slope_of(x, share, e), share);
}

DEVICE V silu_slope(V x) {
    V share = logistic(x);
    return fma(x, logistic_slope(x, share), share);
}

/// tanh(ln(1 + eˣ)) as a quotient, and what mish's slope needs.
DEVICE void mish_parts(V x, V& e, V& above, V& below) {
    V one = splat(1.0f);
    e = exp_of_minus_magnitude(x);
    M negative = lt(x, splat(0.0f));
    V twice = add(e, e);
    above = select(negative, fma(e, e, twice), add(one, twice));
    below = select(negative, add(above, splat(2.0f)), fma(twice, e, above));
}

DEVICE V mish_value(V x) {
    V e, above, below;
    mish_parts(x, e, above, below);
    return mul(x, div(above, below));
}

DEVICE V mish_slope(V x) {
    V e, above, below, one = splat(1.0f);
    mish_parts(x, e, above, below);
    V share = div(splat(2.0f), below);
    V rest = mul(mul(e, add(one, e)), mul(share, share));
    rest = select(lt(x, splat(0.0f)), rest, mul(rest, e));
    return fma(x, rest, div(above, below));
}

DEVICE V softsign_slope(V x) {
    V share = div(splat(1.0f), add(splat(1.0f), magnitude(x)));
    return mul(share, share);
}

constexpr float SELU_SCALE = static_cast<float>(1.0507009873554805);
constexpr float SELU_BELOW = static_cast<float>(1.0507009873554805 * 1.6732632423543772);

/// Whether the slope is had from the value alone.
DEVICE bool from_value(uint32_t activation) {
    switch (activation) {
        case RELU: case LINEAR: case RELU6: case HARDTANH: return true;
        default: return false;
    }
}

/// Calls a function for each of a block's vectors, with its row and its group.
template <int R, int G, class Do>
DEVICE void each(V (&block)[R][G], Do what) {
#pragma unroll
    for (int r = 0; r < R; r++) {
#pragma unroll
        for (int g = 0; g < G; g++) {
            what(r, g, block[r][g]);
        }
    }
}

/// Settings of an activation, at most; `layout::SETTINGS` on the host.
constexpr int SETTINGS = 2;

/// f of a block, in place, with the activation's settings in order. One choice for all of the block.
template <int R, int G>
DEVICE void values(uint32_t activation, const float* settings, V (&block)[R][G]) {
    V zero = splat(0.0f), one = splat(1.0f), given = splat(settings[0]);
#define CASE(name, value) \
    case name:            \
        each(block, [&](int, int, V& x) { x = value; }); \
        return
    switch (static_cast<Activation>(activation)) {
        CASE(RELU, larger(zero, x));
        CASE(LEAKY_RELU, select(lt(zero, x), x, mul(given, x)));
        CASE(ELU, select(lt(zero, x), x, mul(given, expm1_negative(smaller(zero, x)))));
        CASE(SELU, select(lt(zero, x), mul(splat(SELU_SCALE), x), mul(splat(SELU_BELOW), expm1_negative(smaller(zero, x)))));
        CASE(GELU, gelu_value(x));
        CASE(SILU, mul(x, logistic(x)));
        CASE(MISH, mish_value(x));
        CASE(SOFTPLUS, softplus_any(x));
        CASE(SOFTSIGN, div(x, add(one, magnitude(x))));
        CASE(TANH, tangent_hyperbolic(x));
        CASE(SIGMOID, logistic(x));
        CASE(GELU_TANH, gelu_tanh_value(x));
        CASE(RELU6, smaller(splat(6.0f), larger(zero, x)));
        CASE(HARDTANH, smaller(one, larger(splat(-1.0f), x)));
        case LINEAR: return;
    }
#undef CASE
    // Never got to: `train` refuses a code that is none of these.
    each(block, [&](int, int, V& x) { x = splat(NAN); });
}

/// d · f′ of a block, in place, given x (where the slope needs it) and y = f(x) by row and group.
template <int R, int G, class X, class Y>
DEVICE void slopes(uint32_t activation, const float* settings, V (&block)[R][G], X x_at, Y y_at) {
    V zero = splat(0.0f), one = splat(1.0f), given = splat(settings[0]);
#define CASE(name, slope)                      \
    case name:                                 \
        each(block, [&](int r, int g, V& d) {  \
            V x = x_at(r, g), y = y_at(r, g);  \
            (void)x, (void)y;                  \
            d = mul(d, slope);                 \
        });                                    \
        return
    switch (static_cast<Activation>(activation)) {
        CASE(RELU, select(lt(zero, y), one, zero));
        CASE(LEAKY_RELU, select(lt(zero, x), one, given));
        CASE(ELU, select(lt(zero, x), one, mul(given, exp_negative(smaller(zero, x)))));
        CASE(SELU, select(lt(zero, x), splat(SELU_SCALE), mul(splat(SELU_BELOW), exp_negative(smaller(zero, x)))));
        CASE(GELU, gelu_slope(x));
        CASE(SILU, silu_slope(x));
        CASE(MISH, mish_slope(x));
        CASE(SOFTPLUS, logistic(x));
        CASE(SOFTSIGN, softsign_slope(x));
        CASE(TANH, tangent_slope(x));
        CASE(SIGMOID, logistic_slope(x, y));
        CASE(GELU_TANH, gelu_tanh_slope(x));
        CASE(RELU6, select(lt(zero, y), select(lt(y, splat(6.0f)), one, zero), zero));
        CASE(HARDTANH, select(lt(magnitude(y), one), one, zero));
        CASE(LINEAR, one);
    }
#undef CASE
    each(block, [&](int, int, V& d) { d = splat(NAN); });
}

}  // namespace tallow
