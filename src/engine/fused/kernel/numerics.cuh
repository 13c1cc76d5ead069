// Transcendental functions: the definitions of src/numerics/math.rs, operation by operation.
#pragma once

#include "lanes.cuh"

namespace tallow {

constexpr float ROUND = 12582912.0f;
constexpr float LOG2_E = 1.44269504088896340735992468100189214f;
constexpr float LN_2 = 0.693147180559945309417232121458176568f;
constexpr float LN_2_HIGH = 0.693359375f;
constexpr float LN_2_LOW = -2.12194440e-4f;
constexpr float SQRT_2 = 1.41421356237309504880168872420969808f;
constexpr int ROUND_BITS = 0x4b400000;
constexpr int SQRT_HALF_BITS = 0x3f3504f3;

/// c₀ + c₁ x + … as even part + x · odd part, each by Horner's rule. Unrolled, so that no array is in memory.
template <int N>
DEVICE V polynomial(const float (&c)[N], V x, V x2) {
    V last = splat(c[N - 1]), other = splat(c[N - 2]);
#pragma unroll
    for (int k = N - 3; k >= 0; k -= 2) {
        last = fma(last, x2, splat(c[k]));
    }
#pragma unroll
    for (int k = N - 4; k >= 0; k -= 2) {
        other = fma(other, x2, splat(c[k]));
    }
    return N % 2 == 1 ? fma(other, x, last) : fma(last, x, other);
}

/// x · scale = n + rest: n as float and int.
DEVICE V split(V x, float scale, I& n) {
    V shifted = fma(x, splat(scale), splat(ROUND));
    n = int_sub(bits(shifted), whole(ROUND_BITS));
    return sub(shifted, splat(ROUND));
}

/// eʳ − 1 for |r| ≤ ln 2 / 2.
DEVICE V expm1_reduced(V r) {
    const float c[6] = {5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f,
                        8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
    V r2 = mul(r, r);
    return fma(polynomial(c, r, r2), r2, r);
}

/// 2ⁿ for −126 ≤ n ≤ 127.
DEVICE V power_of_two(I n) { return from_bits(shift_up(int_add(n, whole(127)))); }

DEVICE V reduced(V x, I& n) {
    V k = split(x, LOG2_E, n);
    V r = fma(k, splat(-LN_2_HIGH), x);
    return fma(k, splat(-LN_2_LOW), r);
}

DEVICE V exp_any(V x) {
    I n;
    V r = reduced(smaller(splat(89.0f), larger(splat(-104.0f), x)), n);
    V y = add(expm1_reduced(r), splat(1.0f));
    I half = halve(n);
    return mul(mul(y, power_of_two(half)), power_of_two(int_sub(n, half)));
}

/// eˣ for x ≤ 0.
DEVICE V exp_negative(V x) {
    I n;
    V r = reduced(larger(splat(-104.0f), x), n);
    V y = add(expm1_reduced(r), splat(1.0f));
    return mul(mul(y, power_of_two(int_add(n, whole(64)))), from_bits(whole((127 - 64) << 23)));
}

DEVICE V expm1_any(V x) {
    I n;
    V r = reduced(smaller(splat(89.0f), larger(splat(-25.0f), x)), n);
    V half = power_of_two(int_sub(n, whole(1)));
    V y = fma(half, expm1_reduced(r), sub(half, splat(0.5f)));
    return add(y, y);
}

DEVICE V tangent_hyperbolic(V x) {
    I n;
    V a = smaller(splat(9.1f), magnitude(x));
    V k = split(a, 2.0f * LOG2_E, n);
    V r = fma(k, splat(-LN_2), add(a, a));
    V power = power_of_two(n);
    V t = fma(power, expm1_reduced(r), sub(power, splat(1.0f)));
    V y = div(t, add(t, splat(2.0f)));
    V half = mul(splat(0.5f), t);
    y = select(lt(t, splat(1.0f)), fma(neg(half), y, half), y);
    return with_sign(y, x);
}

/// sigmoid x, given e = e to the −|x|.
DEVICE V logistic_of(V x, V e) {
    V one = splat(1.0f);
    M negative = lt(x, splat(0.0f));
    V y = div(select(negative, e, one), add(one, e));
    return select(negative, fma(neg(e), y, e), y);
}

DEVICE V exp_of_minus_magnitude(V x) { return exp_negative(neg(magnitude(x))); }

DEVICE V logistic(V x) { return logistic_of(x, exp_of_minus_magnitude(x)); }

/// ln(1 + f) − f for a reduced f, plus k ln 2's low part and `low`.
DEVICE V log_tail(V f, V k, V low) {
    const float c[9] = {3.3333331174e-1f, -2.4999993993e-1f, 2.0000714765e-1f, -1.6668057665e-1f, 1.4249322787e-1f,
                        -1.2420140846e-1f, 1.1676998740e-1f, -1.1514610310e-1f, 7.0376836292e-2f};
    V f2 = mul(f, f);
    V y = mul(mul(polynomial(c, f, f2), f), f2);
    y = fma(k, splat(LN_2_LOW), add(y, low));
    return fma(splat(-0.5f), f2, y);
}

/// ln(1 + x) for 0 ≤ x ≤ 1.
DEVICE V log1p_unit(V x) {
    V zero = splat(0.0f), one = splat(1.0f);
    V u = add(one, x);
    V lost = sub(x, sub(u, one));
    M large = lt(splat(SQRT_2), u);
    V scale = select(large, splat(0.5f), one);
    V f = sub(mul(u, scale), one);
    V k = select(large, one, zero);
    V low = mul(mul(lost, scale), fma(f, f, sub(one, f)));
    return fma(k, splat(LN_2_HIGH), add(f, log_tail(f, k, low)));
}

DEVICE V softplus_any(V x) { return add(larger(splat(0.0f), x), log1p_unit(exp_of_minus_magnitude(x))); }

DEVICE V log_any(V x) {
    V zero = splat(0.0f);
    M subnormal = lt(x, splat(1.17549435e-38f));
    I b = bits(select(subnormal, mul(x, splat(8388608.0f)), x));
    I above = int_sub(b, whole(SQRT_HALF_BITS));
    I mantissa = int_add(int_and(above, whole(0x7fffff)), whole(SQRT_HALF_BITS));
    V f = sub(from_bits(mantissa), splat(1.0f));
    V k = add(convert(shift_down(above)), select(subnormal, splat(-23.0f), zero));
    V y = fma(k, splat(LN_2_HIGH), add(f, log_tail(f, k, zero)));
    y = select(lt(x, from_bits(whole(0x7f800000))), y, x);
    y = select(lt(x, zero), from_bits(whole(0x7fc00000)), y);
    return select(eq(x, zero), from_bits(whole(static_cast<int>(0xff800000u))), y);
}

DEVICE V error_function(V x) {
    V a = magnitude(x), x2 = mul(x, x);
    V near = splat(-5.96761703e-4f);
    near = fma(near, x2, splat(4.99119423e-3f));
    near = fma(near, x2, splat(-2.67681349e-2f));
    near = fma(near, x2, splat(1.12819925e-1f));
    near = fma(near, x2, splat(-3.76125336e-1f));
    near = fma(near, x2, splat(1.28379166e-1f));
    near = fma(near, x, x);
    V t = smaller(splat(4.0f), a);
    V t2 = mul(t, t);
    V high = fma(splat(-1.72853470e-5f), t, splat(3.83197126e-4f));
    V low = fma(splat(-3.88396388e-3f), t, splat(2.42546219e-2f));
    V power = fma(high, t2, low);
    power = fma(power, t, splat(-1.06777877e-1f));
    power = fma(power, t, splat(-6.34846687e-1f));
    power = fma(power, t, splat(-1.28717512e-1f));
    power = fma(power, t, neg(t));
    V far = with_sign(sub(splat(1.0f), exp_negative(power)), x);
    return select(lt(splat(0.927734375f), a), far, near);
}

}  // namespace tallow
