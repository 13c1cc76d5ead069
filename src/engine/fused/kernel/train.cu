// The kernels: a team of warps for each network of a cohort.

#include "train.cuh"

using namespace tallow;

#define BUFFERS                                                                                                 \
    const Place *places, const uint32_t *left, const uint32_t *right, const Run *runs, const float *x,          \
        const float *y, const float *weights, const uint32_t *order, const float *scalars,                          \
        const Regular *regular, const float *dropout, float *parameters,                                        \
        float *state, float *last, float *mean, uint32_t *ended
#define BUFFERS_GIVEN {places, left, right, runs, x, y, weights, order, scalars, regular, dropout, parameters, state, last, mean, ended}

/// Threads of a block at most, and how many such blocks are to fit a multiprocessor: that bounds the registers.
#define BOUNDS __launch_bounds__(512, 2)

/// The team of the networks of a block that this warp belongs to.
DEVICE Team team() { return {static_cast<int>(threadIdx.y), static_cast<int>(blockDim.y)}; }

/// Networks in shared memory: several of one warp each in a block, or one of several warps.
extern "C" __global__ void BOUNDS train_shared(const Shape shape, BUFFERS) {
    extern __shared__ __align__(16) float shared[];
    const Buffers buffers = BUFFERS_GIVEN;
    uint32_t run = blockIdx.x * blockDim.z + threadIdx.z;
    if (run < shape.runs) {
        train(shape, buffers, run, shared + threadIdx.z * shape.memory, team());
    }
}

/// Networks too large for that, in global memory: one in a block.
extern "C" __global__ void BOUNDS train_global(const Shape shape, BUFFERS, float* memory) {
    const Buffers buffers = BUFFERS_GIVEN;
    uint32_t run = blockIdx.x;
    if (run < shape.runs) {
        train(shape, buffers, run, memory + static_cast<size_t>(run) * shape.memory, team());
    }
}
