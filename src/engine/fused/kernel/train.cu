// The kernels: one team of warps for each network of a cohort.

#include "train.cuh"

using namespace tallow;

/// Networks in shared memory: several of one warp each in a block, or one of several warps.
extern "C" __global__ void train_shared(const Shape shape, const Buffers buffers) {
    extern __shared__ float shared[];
    uint32_t run = blockIdx.x * blockDim.z + threadIdx.z;
    if (run < shape.runs) {
        Team team = {static_cast<int>(threadIdx.y), static_cast<int>(blockDim.y)};
        train(shape, buffers, run, shared + threadIdx.z * shape.memory, team);
    }
}

/// Networks too large for that, in global memory: one of several warps in a block.
extern "C" __global__ void train_global(const Shape shape, const Buffers buffers, float* memory) {
    uint32_t run = blockIdx.x;
    if (run < shape.runs) {
        Team team = {static_cast<int>(threadIdx.y), static_cast<int>(blockDim.y)};
        train(shape, buffers, run, memory + static_cast<size_t>(run) * shape.memory, team);
    }
}
