// The kernels: a team of warps for each network of a cohort, and a warp for each order of the samples.

#include "order.cuh"
#include "train.cuh"

using namespace tallow;

#define BUFFERS                                                                                                       \
    const Place *places, const uint32_t *left, const uint32_t *right, const Run *runs, const float *x,               \
        const float *y, const float *weights, const uint32_t *order, const float *scalars, const Regular *regular,    \
        const float *dropout, float *parameters, float *state, float *last, float *mean, double *sums,                \
        uint32_t *ended, unsigned long long *times
#define BUFFERS_GIVEN                                                                                                 \
    Buffers{places, left, right, runs, x, y, weights, order, scalars, regular, dropout, parameters, state, last, mean, sums, \
     ended}

/// Threads of a block at most, and how many such blocks are to fit a multiprocessor: that bounds the registers.
#define BOUNDS __launch_bounds__(512, 2)

/// The team of the networks of a block that this warp belongs to.
DEVICE Team team() { return {static_cast<int>(threadIdx.y), static_cast<int>(blockDim.y)}; }

/// The device's own clock, in nanoseconds.
DEVICE unsigned long long now() {
    unsigned long long now;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    return now;
}

/// Trains a network, and notes when the first one of the launch began and the last one ended: what a launch takes once there is
/// room for it, whatever it waited for before.
template <bool PLAIN>
DEVICE void train_timed(const Shape& shape, const Buffers& buffers, uint32_t run, float* memory,
                        unsigned long long* times) {
    const bool notes = threadIdx.x == 0 && threadIdx.y == 0;
    if (notes) {
        atomicMin(times, now());
    }
    train<PLAIN>(shape, buffers, run, memory, team());
    if (notes) {
        atomicMax(times + 1, now());
    }
}

/// Networks in shared memory: several of one warp each in a block, or one of several warps.
template <bool PLAIN>
DEVICE void train_in_shared(const Shape& shape, const Buffers& buffers, unsigned long long* times) {
    extern __shared__ __align__(16) float shared[];
    uint32_t run = blockIdx.x * blockDim.z + threadIdx.z;
    if (run < shape.runs) {
        train_timed<PLAIN>(shape, buffers, run, shared + threadIdx.z * shape.memory, times);
    }
}

extern "C" __global__ void BOUNDS train_shared(const Shape shape, BUFFERS) {
    train_in_shared<false>(shape, BUFFERS_GIVEN, times);
}

/// Those of a cohort of plain trainings.
extern "C" __global__ void BOUNDS train_plain(const Shape shape, BUFFERS) {
    train_in_shared<true>(shape, BUFFERS_GIVEN, times);
}

/// Networks too large for that, in global memory: one in a block.
extern "C" __global__ void BOUNDS train_global(const Shape shape, BUFFERS, float* memory) {
    const Buffers buffers = BUFFERS_GIVEN;
    uint32_t run = blockIdx.x;
    if (run < shape.runs) {
        train_timed<false>(shape, buffers, run, memory + static_cast<size_t>(run) * shape.memory, times);
    }
}

/// An order of the samples for each key of eight words: a block of one warp for each. It is drawn in shared memory where it fits.
extern "C" __global__ void __launch_bounds__(LANES) draw_orders(const uint32_t* keys, uint32_t samples, uint32_t in_shared,
                                                                uint32_t* orders) {
    extern __shared__ uint32_t room[];
    __shared__ uint32_t drawn[DRAWN + 1];
    uint32_t* order = orders + static_cast<size_t>(blockIdx.x) * samples;
    const auto blocks = [&](uint32_t first) { return chacha8(keys + 8 * static_cast<size_t>(blockIdx.x), first); };
    if (!in_shared) {
        draw_order(blocks, samples, order, drawn, team());
        return;
    }
    draw_order(blocks, samples, room, drawn, team());
    for (uint32_t k = threadIdx.x; k < samples; k += LANES) {
        order[k] = room[k];
    }
}
