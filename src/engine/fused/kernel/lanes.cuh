// What the kernel is written against: 32 virtual lanes, one warp on a GPU, an array of 32 on a host.
//
// Every operation is exactly defined per lane (docs/numerics.md), so that both give the bits of `numerics::Simd`. Code
// written with these never branches on a lane's value: it selects.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace tallow {

constexpr int LANES = 32;

#ifdef __CUDACC__

#define DEVICE __device__ __forceinline__
/// Of a lambda: that its body stands where it is called. Otherwise what it captures is in local memory.
#define INLINE __attribute__((always_inline))

/// A lane sees its own value alone.
typedef float V;
typedef int I;
typedef bool M;

DEVICE int lane() { return threadIdx.x & (LANES - 1); }

DEVICE V splat(float x) { return x; }
DEVICE V load(const float* row) { return row[lane()]; }
DEVICE void store(float* row, V v) { row[lane()] = v; }
DEVICE V gather(const float* from, I at) { return from[at]; }
/// Four neighbours from a place of each lane's own, a multiple of four.
DEVICE void load_four(const float* from, I at, V (&values)[4]) {
    float4 four = *reinterpret_cast<const float4*>(from + at);
    values[0] = four.x;
    values[1] = four.y;
    values[2] = four.z;
    values[3] = four.w;
}
DEVICE I load_index(const uint32_t* row) { return static_cast<I>(__ldg(row + lane())); }
/// Indices from a row, or the numbers from `first`, in the first `count` lanes; 0 in the others.
DEVICE I load_index_first(int count, const uint32_t* row) { return lane() < count ? static_cast<I>(row[lane()]) : 0; }
DEVICE I index_first(int count, int first) { return lane() < count ? first + lane() : 0; }
/// To a place of each lane's own, from the first `count` lanes.
DEVICE void scatter_first(int count, uint32_t* to, I at, I values) {
    if (lane() < count) {
        to[at] = static_cast<uint32_t>(values);
    }
}
/// What `of` makes of three whole numbers without sign.
template <class Of>
DEVICE I each_lane(Of of, I a, I b, I c) {
    return static_cast<I>(of(static_cast<uint32_t>(a), static_cast<uint32_t>(b), static_cast<uint32_t>(c)));
}
DEVICE I scale(I at, int by) { return at * by; }

// Named roundings are never contracted and never flushed to zero.
DEVICE V add(V a, V b) { return __fadd_rn(a, b); }
DEVICE V sub(V a, V b) { return __fsub_rn(a, b); }
DEVICE V mul(V a, V b) { return __fmul_rn(a, b); }
DEVICE V div(V a, V b) { return __fdiv_rn(a, b); }
DEVICE V root(V a) { return __fsqrt_rn(a); }
DEVICE V fma(V a, V b, V c) { return __fmaf_rn(a, b, c); }
DEVICE M lt(V a, V b) { return a < b; }
DEVICE M eq(V a, V b) { return a == b; }
DEVICE V select(M m, V a, V b) { return m ? a : b; }

DEVICE I bits(V v) { return __float_as_int(v); }
DEVICE V from_bits(I i) { return __int_as_float(i); }
DEVICE I whole(int x) { return x; }
DEVICE I int_add(I a, I b) { return static_cast<I>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }
DEVICE I int_sub(I a, I b) { return static_cast<I>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b)); }
DEVICE I int_and(I a, I b) { return a & b; }
DEVICE I int_or(I a, I b) { return a | b; }
DEVICE I int_xor(I a, I b) { return a ^ b; }
DEVICE I mul_upper(I a, uint32_t by) { return static_cast<I>(__umulhi(static_cast<uint32_t>(a), by)); }
DEVICE I mul_lower(I a, uint32_t by) { return static_cast<I>(static_cast<uint32_t>(a) * by); }
DEVICE I upper_24(I a) { return static_cast<I>(static_cast<uint32_t>(a) >> 8); }
DEVICE I rotate(I a, int by) { return static_cast<I>(__funnelshift_l(a, a, by)); }
DEVICE M same(I a, I b) { return a == b; }
DEVICE M other(M m) { return !m; }
/// The numbers from `first`.
DEVICE I count_from(int first) { return first + lane(); }
DEVICE I shift_up(I a) { return static_cast<I>(static_cast<uint32_t>(a) << 23); }
DEVICE I shift_down(I a) { return a >> 23; }
DEVICE I halve(I a) { return a >> 1; }
DEVICE V convert(I a) { return __int2float_rn(a); }

/// The value of lane l ^ `distance`.
DEVICE V swap(V v, int distance) { return __shfl_xor_sync(0xffffffffu, v, distance); }
/// Lanes below `count`.
DEVICE M below(int count) { return lane() < count; }
/// The value of a vector whose lanes are all the same.
DEVICE float uniform(V v) { return v; }

DEVICE float divide(float a, float b) { return __fdiv_rn(a, b); }
DEVICE double accumulate(double sum, float term) { return __dadd_rn(sum, static_cast<double>(term)); }
DEVICE float quotient(double a, double b) { return __double2float_rn(__ddiv_rn(a, b)); }

/// The warps that train one network together.
struct Team {
    int warp, warps;

    /// One step that all warps take, each its share; none goes on before all are done.
    template <class Share>
    DEVICE void all(Share share) const {
        share(warp);
        if (warps == 1) {
            __syncwarp();
        } else {
            __syncthreads();
        }
    }
    /// Whether this warp is the one that writes what all know.
    DEVICE bool writes() const { return warp == 0; }
};

#else

#define DEVICE static inline
#define INLINE

struct V {
    float lane[LANES];
};
struct I {
    int32_t lane[LANES];
};
struct M {
    bool lane[LANES];
};

#define EACH(T, value)                    \
    T r;                                  \
    for (int l = 0; l < LANES; l++) {     \
        r.lane[l] = (value);              \
    }                                     \
    return r

DEVICE V splat(float x) { EACH(V, x); }
DEVICE V load(const float* row) { EACH(V, row[l]); }
DEVICE void store(float* row, V v) { memcpy(row, v.lane, sizeof v.lane); }
DEVICE V gather(const float* from, I at) { EACH(V, from[at.lane[l]]); }
DEVICE void load_four(const float* from, I at, V (&values)[4]) {
    for (int k = 0; k < 4; k++) {
        for (int l = 0; l < LANES; l++) {
            values[k].lane[l] = from[at.lane[l] + k];
        }
    }
}
DEVICE I load_index(const uint32_t* row) { EACH(I, static_cast<int32_t>(row[l])); }
DEVICE I load_index_first(int count, const uint32_t* row) { EACH(I, l < count ? static_cast<int32_t>(row[l]) : 0); }
DEVICE I index_first(int count, int first) { EACH(I, l < count ? first + l : 0); }
DEVICE void scatter_first(int count, uint32_t* to, I at, I values) {
    for (int l = 0; l < LANES && l < count; l++) {
        to[at.lane[l]] = static_cast<uint32_t>(values.lane[l]);
    }
}
template <class Of>
DEVICE I each_lane(Of of, I a, I b, I c) {
    EACH(I, static_cast<int32_t>(of(static_cast<uint32_t>(a.lane[l]), static_cast<uint32_t>(b.lane[l]),
                                    static_cast<uint32_t>(c.lane[l]))));
}
DEVICE I scale(I at, int by) { EACH(I, at.lane[l] * by); }

DEVICE V add(V a, V b) { EACH(V, a.lane[l] + b.lane[l]); }
DEVICE V sub(V a, V b) { EACH(V, a.lane[l] - b.lane[l]); }
DEVICE V mul(V a, V b) { EACH(V, a.lane[l] * b.lane[l]); }
DEVICE V div(V a, V b) { EACH(V, a.lane[l] / b.lane[l]); }
DEVICE V root(V a) { EACH(V, sqrtf(a.lane[l])); }
DEVICE V fma(V a, V b, V c) { EACH(V, fmaf(a.lane[l], b.lane[l], c.lane[l])); }
DEVICE M lt(V a, V b) { EACH(M, a.lane[l] < b.lane[l]); }
DEVICE M eq(V a, V b) { EACH(M, a.lane[l] == b.lane[l]); }
DEVICE V select(M m, V a, V b) { EACH(V, m.lane[l] ? a.lane[l] : b.lane[l]); }

DEVICE int32_t bits_of(float x) {
    int32_t i;
    memcpy(&i, &x, sizeof i);
    return i;
}
DEVICE float float_of(int32_t i) {
    float x;
    memcpy(&x, &i, sizeof x);
    return x;
}
DEVICE I bits(V v) { EACH(I, bits_of(v.lane[l])); }
DEVICE V from_bits(I i) { EACH(V, float_of(i.lane[l])); }
DEVICE I whole(int x) { EACH(I, x); }
DEVICE I int_add(I a, I b) {
    EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.lane[l]) + static_cast<uint32_t>(b.lane[l])));
}
DEVICE I int_sub(I a, I b) {
    EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.lane[l]) - static_cast<uint32_t>(b.lane[l])));
}
DEVICE I int_and(I a, I b) { EACH(I, a.lane[l] & b.lane[l]); }
DEVICE I int_or(I a, I b) { EACH(I, a.lane[l] | b.lane[l]); }
DEVICE I int_xor(I a, I b) { EACH(I, a.lane[l] ^ b.lane[l]); }
DEVICE I mul_upper(I a, uint32_t by) {
    EACH(I, static_cast<int32_t>(static_cast<uint64_t>(static_cast<uint32_t>(a.lane[l])) * by >> 32));
}
DEVICE I mul_lower(I a, uint32_t by) { EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.lane[l]) * by)); }
DEVICE I upper_24(I a) { EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.lane[l]) >> 8)); }
DEVICE I rotate(I a, int by) {
    EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.lane[l]) << by | static_cast<uint32_t>(a.lane[l]) >> (32 - by)));
}
DEVICE M same(I a, I b) { EACH(M, a.lane[l] == b.lane[l]); }
DEVICE M other(M m) { EACH(M, !m.lane[l]); }
DEVICE I count_from(int first) { EACH(I, first + l); }
DEVICE I shift_up(I a) { EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.lane[l]) << 23)); }
DEVICE I shift_down(I a) { EACH(I, a.lane[l] >> 23); }
DEVICE I halve(I a) { EACH(I, a.lane[l] >> 1); }
DEVICE V convert(I a) { EACH(V, static_cast<float>(a.lane[l])); }

DEVICE V swap(V v, int distance) { EACH(V, v.lane[l ^ distance]); }
DEVICE M below(int count) { EACH(M, l < count); }
DEVICE float uniform(V v) { return v.lane[0]; }

DEVICE float divide(float a, float b) { return a / b; }
DEVICE double accumulate(double sum, float term) { return sum + static_cast<double>(term); }
DEVICE float quotient(double a, double b) { return static_cast<float>(a / b); }

struct Team {
    int warps;

    template <class Share>
    void all(Share share) const {
        // From another one on each time, so that a share that relied on another's being done would be found out.
        static int first = 0;
        first++;
        for (int k = 0; k < warps; k++) {
            share((first + warps - k) % warps);
        }
    }
    bool writes() const { return true; }
};

#endif

/// a > b ? a : b, the second where one is NaN or both are zero.
DEVICE V larger(V a, V b) { return select(lt(b, a), a, b); }
/// a < b ? a : b, likewise.
DEVICE V smaller(V a, V b) { return select(lt(a, b), a, b); }
DEVICE V magnitude(V a) { return from_bits(int_and(bits(a), whole(0x7fffffff))); }
/// `a`, not negative, with the sign of `b`.
DEVICE V with_sign(V a, V b) { return from_bits(int_or(bits(a), int_and(bits(b), whole(INT32_MIN)))); }
DEVICE V neg(V a) { return sub(splat(-0.0f), a); }

/// `v` in those lanes, +0 in the others.
DEVICE V keep(M lanes, V v) { return select(lanes, v, splat(0.0f)); }

}  // namespace tallow
