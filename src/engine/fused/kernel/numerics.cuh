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

/// eˣ for x ≤ 0.
DEVICE V exp_negative(V x) {
    I n;
    V r = reduced(larger(splat(-104.0f), x), n);
    V y = add(expm1_reduced(r), splat(1.0f));
    return mul(mul(y, power_of_two(int_add(n, whole(64)))), from_bits(whole((127 - 64) << 23)));
}

/// eˣ − 1 for x ≤ 0.
DEVICE V expm1_negative(V x) {
    I n;
    V r = reduced(larger(splat(-104.0f), x), n);
    V power = power_of_two(n);
    V y = fma(power, expm1_reduced(r), sub(power, splat(1.0f)));
    return select(lt(x, splat(-25.0f)), splat(-1.0f), y);
}

/// tanh |x| from x = −2 |x|, and its slope.
DEVICE V tangent_of(V twice, V& slope) {
    V one = splat(1.0f);
    V e = exp_negative(twice), m = expm1_negative(twice);
    M far = lt(twice, splat(-1.1f));
    V quotient = div(select(far, add(e, e), neg(m)), add(one, e));
    V half = mul(splat(-0.5f), m);
    V y = select(far, sub(one, quotient), fma(half, quotient, half));
    slope = select(far, fma(quotient, y, quotient), fma(neg(y), y, one));
    return y;
}

DEVICE V tangent_hyperbolic(V x) {
    V a = magnitude(x), slope;
    return with_sign(tangent_of(neg(add(a, a)), slope), x);
}

DEVICE V tangent_slope(V x) {
    V a = magnitude(x), slope;
    tangent_of(neg(add(a, a)), slope);
    return slope;
}

/// sigmoid x, given e = e to the −|x|.
DEVICE V logistic_of(V x, V e) {
    V one = splat(1.0f);
    M negative = lt(x, splat(0.0f));
    V y = div(select(negative, e, one), add(one, e));
    return select(negative, fma(neg(e), y, e), y);
}

/// sigmoid −|x|, given e = e to the −|x|.
DEVICE V logistic_of_minus_magnitude(V e) { return fma(neg(e), div(e, add(splat(1.0f), e)), e); }

DEVICE V exp_of_minus_magnitude(V x) { return exp_negative(neg(magnitude(x))); }

DEVICE V logistic(V x) { return logistic_of(x, exp_of_minus_magnitude(x)); }

/// y (1 − y) of y = sigmoid x, given e = e to the −|x|: of the smaller of y and 1 − y.
DEVICE V logistic_slope_of(V x, V y, V e) {
    V least = select(lt(x, splat(0.0f)), y, mul(e, y));
    return fma(neg(least), least, least);
}

DEVICE V logistic_slope(V x, V y) { return logistic_slope_of(x, y, exp_of_minus_magnitude(x)); }

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

/// Φ(x), and φ(x) in `density`.
DEVICE V normal(V x, V& density) {
    const float c[11] = {6.724079847e-01f, -3.314045668e-01f, 2.879839763e-02f, 3.672159463e-02f, -4.832165723e-04f, -6.751568057e-03f, -1.890604035e-03f, 8.842052193e-04f, 7.241431740e-04f, 3.076288340e-05f, -7.630509936e-05f};
    V a = smaller(splat(15.0f), magnitude(x));
    V square = mul(a, a);
    V lost = fma(a, a, neg(square));
    V e = exp_negative(mul(splat(-0.5f), square));
    e = fma(mul(splat(-0.5f), lost), e, e);
    V share = div(splat(1.0f), add(a, splat(2.0f)));
    V q = mul(sub(a, splat(2.0f)), share);
    V tail = mul(mul(polynomial(c, q, mul(q, q)), share), e);
    density = mul(splat(0.3989423f), e);
    return select(lt(splat(0.0f), x), sub(splat(1.0f), tail), tail);
}

}  // namespace tallow
