// The activations, as in src/activation/: value and slope of 32 samples.
#pragma once

#include "numerics.cuh"

namespace tallow {

// The order is that of `cohort::activation_code`.
enum Activation : uint32_t {
    RELU, LEAKY_RELU, ELU, SELU, GELU, SILU, MISH, SOFTPLUS, SOFTSIGN, TANH, SIGMOID, LINEAR, GELU_TANH, RELU6, HARDTANH
};

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

constexpr float SELU_SCALE = static_cast<float>(1.0507009873554805);
constexpr float SELU_BELOW = static_cast<float>(1.0507009873554805 * 1.6732632423543772);

/// Whether the slope is had from the value alone.
DEVICE bool from_value(uint32_t activation) {
    switch (activation) {
        case RELU: case ELU: case SELU: case TANH: case SIGMOID: case LINEAR: case RELU6: case HARDTANH: return true;
        default: return false;
    }
}

/// f(x); `parameter` is the activation's only one, if it has one.
DEVICE V value(uint32_t activation, float parameter, V x) {
    V zero = splat(0.0f), one = splat(1.0f), half = splat(0.5f);
    switch (activation) {
        case RELU: return larger(zero, x);
        case LEAKY_RELU: return select(lt(zero, x), x, mul(splat(parameter), x));
        case ELU: return select(lt(zero, x), x, mul(splat(parameter), expm1_any(x)));
        case SELU: return select(lt(zero, x), mul(splat(SELU_SCALE), x), mul(splat(SELU_BELOW), expm1_any(x)));
        case GELU: return mul(x, normal(x));
        case SILU: return mul(x, logistic(x));
        case MISH: return mul(x, tangent_hyperbolic(softplus_any(x)));
        case SOFTPLUS: return softplus_any(x);
        case SOFTSIGN: return div(x, add(one, magnitude(x)));
        case TANH: return tangent_hyperbolic(x);
        case SIGMOID: return logistic(x);
        case GELU_TANH: {
            V square;
            return mul(x, fma(half, gelu_tangent(x, square), half));
        }
        case RELU6: return smaller(splat(6.0f), larger(zero, x));
        case HARDTANH: return smaller(one, larger(splat(-1.0f), x));
        default: return x;
    }
}

/// f′(x), given x (where the slope needs it) and y = f(x).
DEVICE V slope(uint32_t activation, float parameter, V x, V y) {
    V zero = splat(0.0f), one = splat(1.0f), half = splat(0.5f);
    switch (activation) {
        case RELU: return select(lt(zero, y), one, zero);
        case LEAKY_RELU: return select(lt(zero, x), one, splat(parameter));
        case ELU: return select(lt(zero, y), one, add(y, splat(parameter)));
        case SELU: return select(lt(zero, y), splat(SELU_SCALE), add(y, splat(SELU_BELOW)));
        case GELU: {
            V density = exp_any(mul(mul(splat(-0.5f), x), x));
            return fma(x, mul(splat(0.3989423f), density), normal(x));
        }
        case SILU: {
            V sigma = logistic(x);
            return fma(y, sub(one, sigma), sigma);
        }
        case MISH: {
            V t = tangent_hyperbolic(softplus_any(x));
            return fma(x, mul(fma(neg(t), t, one), logistic(x)), t);
        }
        case SOFTPLUS: return logistic(x);
        case SOFTSIGN: {
            V share = div(one, add(one, magnitude(x)));
            return mul(share, share);
        }
        case TANH: return fma(neg(y), y, one);
        case SIGMOID: return fma(neg(y), y, y);
        case GELU_TANH: {
            V square;
            V t = gelu_tangent(x, square);
            V rest = mul(mul(half, x), fma(neg(t), t, one));
            V inner = mul(splat(GELU_RATE), fma(splat(GELU_THREE_CUBES), square, one));
            return fma(rest, inner, fma(half, t, half));
        }
        case RELU6: return select(lt(zero, y), select(lt(y, splat(6.0f)), one, zero), zero);
        case HARDTANH: return select(lt(magnitude(y), one), one, zero);
        default: return one;
    }
}

}  // namespace tallow
