// The activations, as in src/activation/: value and slope of 32 samples.
#pragma once

#include "numerics.cuh"

namespace tallow {

// The codes are those of `layout::activation_code`; a test holds the names to it.
enum Activation : uint32_t {
    RELU, LEAKY_RELU, ELU, SELU, GELU, SILU, MISH, SOFTPLUS, SOFTSIGN, TANH, SIGMOID, LINEAR, GELU_TANH, RELU6, HARDTANH
};
constexpr uint32_t ACTIVATIONS = 15;

/// Φ(x).
DEVICE V normal(V x) {
    V half = splat(0.5f);
    return fma(half, error_function(mul(x, splat(0.707106781186547524400844362104849039f))), half);
}

constexpr float GELU_RATE = static_cast<float>(0.7978845608028654);
constexpr float GELU_CUBE = static_cast<float>(0.044715);
constexpr float GELU_THREE_CUBES = 3.0f * GELU_CUBE;

DEVICE V gelu_tangent(V x, V& square) {
    V near = smaller(splat(10.0f), larger(splat(-10.0f), x));
    square = mul(near, near);
    V inner = mul(near, fma(splat(GELU_CUBE), square, splat(1.0f)));
    return tangent_hyperbolic(mul(splat(GELU_RATE), inner));
}

DEVICE V gelu_tanh_share(V x) {
    V square, half = splat(0.5f);
    return fma(half, gelu_tangent(x, square), half);
}

DEVICE V gelu_tanh_slope(V x) {
    V square, half = splat(0.5f), one = splat(1.0f);
    V t = gelu_tangent(x, square);
    V rest = mul(mul(half, x), fma(neg(t), t, one));
    V inner = mul(splat(GELU_RATE), fma(splat(GELU_THREE_CUBES), square, one));
    return fma(rest, inner, fma(half, t, half));
}

DEVICE V gelu_slope(V x) {
    V density = exp_any(mul(mul(splat(-0.5f), x), x));
    return fma(x, mul(splat(0.3989423f), density), normal(x));
}

DEVICE V silu_slope(V x, V y) {
    V sigma = logistic(x);
    return fma(y, sub(splat(1.0f), sigma), sigma);
}

DEVICE V mish_slope(V x) {
    V t = tangent_hyperbolic(softplus_any(x));
    return fma(x, mul(fma(neg(t), t, splat(1.0f)), logistic(x)), t);
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
        case RELU: case ELU: case SELU: case TANH: case SIGMOID: case LINEAR: case RELU6: case HARDTANH: return true;
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
        CASE(ELU, select(lt(zero, x), x, mul(given, expm1_any(x))));
        CASE(SELU, select(lt(zero, x), mul(splat(SELU_SCALE), x), mul(splat(SELU_BELOW), expm1_any(x))));
        CASE(GELU, mul(x, normal(x)));
        CASE(SILU, mul(x, logistic(x)));
        CASE(MISH, mul(x, tangent_hyperbolic(softplus_any(x))));
        CASE(SOFTPLUS, softplus_any(x));
        CASE(SOFTSIGN, div(x, add(one, magnitude(x))));
        CASE(TANH, tangent_hyperbolic(x));
        CASE(SIGMOID, logistic(x));
        CASE(GELU_TANH, mul(x, gelu_tanh_share(x)));
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
        CASE(ELU, select(lt(zero, y), one, add(y, given)));
        CASE(SELU, select(lt(zero, y), splat(SELU_SCALE), add(y, splat(SELU_BELOW))));
        CASE(GELU, gelu_slope(x));
        CASE(SILU, silu_slope(x, y));
        CASE(MISH, mish_slope(x));
        CASE(SOFTPLUS, logistic(x));
        CASE(SOFTSIGN, softsign_slope(x));
        CASE(TANH, fma(neg(y), y, one));
        CASE(SIGMOID, fma(neg(y), y, y));
        CASE(GELU_TANH, gelu_tanh_slope(x));
        CASE(RELU6, select(lt(zero, y), select(lt(y, splat(6.0f)), one, zero), zero));
        CASE(HARDTANH, select(lt(magnitude(y), one), one, zero));
        CASE(LINEAR, one);
    }
#undef CASE
    each(block, [&](int, int, V& d) { d = splat(NAN); });
}

}  // namespace tallow
