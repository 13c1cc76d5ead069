// A CUDA driver whose GPUs are this host: memory is the host's, and the kernels are those compiled for a host. Loaded before
// the true one, it shows without a GPU that what is uploaded, launched and read back is right.
//
// `HOST_GPU_MEMORY` is the bytes a device has; `HOST_GPU_LAUNCHES` how many launches go well before the device is lost.
// What a true driver would refuse or corrupt ends the process: empty allocations, copies beyond a buffer, launches beyond
// the limits. New memory is filled with 0xff bytes, NaN as numbers.

#include <stdio.h>
#include <stdlib.h>

#include <atomic>
#include <vector>

#include "train.cuh"

using namespace tallow;

namespace {

constexpr int OK = 0, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, NOT_FOUND = 500, LAUNCH_FAILED = 719;
constexpr int DEVICES = 2, SHARED_MEMORY = 232448, THREADS = 512;
/// Attributes by their numbers in cuda.h.
constexpr int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97, MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

size_t number(const char* variable, size_t otherwise) {
    const char* text = getenv(variable);
    return text ? strtoull(text, nullptr, 10) : otherwise;
}

const size_t memory = number("HOST_GPU_MEMORY", size_t(4) << 30);
std::atomic<size_t> used{0}, launches{number("HOST_GPU_LAUNCHES", SIZE_MAX)};
std::atomic<int> dynamic_shared{48 << 10};
thread_local void* current = nullptr;

void refuse(const char* why) {
    fprintf(stderr, "host driver: %s\n", why);
    abort();
}

/// A buffer knows its size, so that copies can be checked.
struct alignas(256) Header {
    size_t bytes;
};

Header* header(void* buffer) { return static_cast<Header*>(buffer) - 1; }

int allocate(void** buffer, size_t bytes) {
    if (bytes == 0) {
        refuse("an empty allocation");
    }
    if (used.fetch_add(bytes) + bytes > memory) {
        used -= bytes;
        return OUT_OF_MEMORY;
    }
    size_t size = (sizeof(Header) + bytes + 255) / 256 * 256;
    Header* start = static_cast<Header*>(aligned_alloc(256, size));
    memset(static_cast<void*>(start), 0xff, size);
    start->bytes = bytes;
    *buffer = start + 1;
    return OK;
}

int release(void* buffer) {
    used -= header(buffer)->bytes;
    free(header(buffer));
    return OK;
}

int copied(void* to, const void* from, size_t bytes, void* on_device) {
    if (bytes > header(on_device)->bytes) {
        refuse("a copy beyond its buffer");
    }
    memcpy(to, from, bytes);
    return OK;
}

template <class T>
T argument(void** arguments, int k) {
    return *static_cast<T*>(arguments[k]);
}

template <class T>
T* buffer(void** arguments, int k, size_t count) {
    T* start = argument<T*>(arguments, k);
    if (header(start)->bytes < count * sizeof(T)) {
        refuse("a buffer smaller than what the kernel uses");
    }
    return start;
}

}  // namespace

extern "C" {

int cuInit(unsigned) { return OK; }
int cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return ordinal < DEVICES ? OK : INVALID_DEVICE;
}
int cuDevicePrimaryCtxRetain(void** context, int device) {
    *context = reinterpret_cast<void*>(static_cast<intptr_t>(1 + device));
    return OK;
}
int cuDevicePrimaryCtxRelease_v2(int) { return OK; }
int cuCtxSetCurrent(void* context) {
    current = context;
    return OK;
}
int cuCtxGetCurrent(void** context) {
    *context = current;
    return OK;
}
int cuDeviceGetAttribute(int* value, int attribute, int) {
    *value = attribute == MAX_SHARED_MEMORY_PER_BLOCK_OPTIN ? SHARED_MEMORY : 1;
    return OK;
}
int cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = memory;
    return OK;
}
int cuMemAllocAsync(void** to, size_t bytes, void*) { return allocate(to, bytes); }
int cuMemAlloc_v2(void** to, size_t bytes) { return allocate(to, bytes); }
int cuMemFreeAsync(void* from, void*) { return release(from); }
int cuMemFree_v2(void* from) { return release(from); }
int cuMemsetD8Async(void* to, unsigned char value, size_t bytes, void*) {
    memset(to, value, bytes);
    return OK;
}
int cuMemcpyHtoDAsync_v2(void* to, const void* from, size_t bytes, void*) { return copied(to, from, bytes, to); }
int cuMemcpyDtoHAsync_v2(void* to, void* from, size_t bytes, void*) { return copied(to, from, bytes, from); }
int cuStreamSynchronize(void*) { return OK; }
int cuStreamWaitEvent(void*, void*, unsigned) { return OK; }
int cuStreamIsCapturing(void*, int* capturing) {
    *capturing = 0;
    return OK;
}
int cuEventCreate(void** event, unsigned) {
    *event = malloc(1);
    return OK;
}
int cuEventDestroy_v2(void* event) {
    free(event);
    return OK;
}
int cuEventRecord(void*, void*) { return OK; }
int cuModuleLoadData(void** module, const void* image) {
    uint32_t magic;
    memcpy(&magic, image, sizeof magic);
    if (magic != 0xba55ed50) {
        refuse("not a fat binary");
    }
    *module = &used;
    return OK;
}
int cuModuleUnload(void*) { return OK; }
int cuModuleGetFunction(const char** function, void*, const char* name) {
    *function = strcmp(name, "train_shared") == 0 ? "shared" : strcmp(name, "train_global") == 0 ? "global" : nullptr;
    return *function ? OK : NOT_FOUND;
}
int cuFuncSetAttribute(void*, int attribute, int value) {
    if (attribute == MAX_DYNAMIC_SHARED_SIZE_BYTES) {
        dynamic_shared = value;
    }
    return OK;
}

int cuLaunchKernel(const char* function, unsigned x, unsigned y, unsigned z, unsigned lanes, unsigned warps,
                   unsigned networks, unsigned shared, void*, void** arguments, void**) {
    size_t left = launches;
    if (left == 0) {
        return LAUNCH_FAILED;
    }
    launches = left == SIZE_MAX ? left : left - 1;
    Shape s = argument<Shape>(arguments, 0);
    bool global = strcmp(function, "global") == 0;
    if (lanes != LANES || lanes * warps * networks > THREADS || y * z != 1 || x * networks < s.runs ||
        (warps > 1 && networks > 1) || static_cast<int>(shared) > dynamic_shared ||
        shared != (global ? 0 : networks * s.memory * sizeof(float))) {
        refuse("a launch beyond the limits");
    }
    size_t parameters = size_t(s.runs) * s.tiles * LANES, entries = size_t(s.runs) * s.epochs;
    Buffers buffers = {
        buffer<Place>(arguments, 1, s.layers),
        buffer<uint32_t>(arguments, 2, s.tiles * LANES),
        buffer<uint32_t>(arguments, 3, s.tiles * LANES),
        buffer<Run>(arguments, 4, s.runs),
        buffer<float>(arguments, 5, size_t(s.samples) * s.features),
        buffer<float>(arguments, 6, s.samples),
        buffer<uint32_t>(arguments, 7, 1),
        buffer<float>(arguments, 8, size_t(s.epochs) * s.steps * SCALARS),
        buffer<float>(arguments, 9, parameters),
        buffer<float>(arguments, 10, parameters * s.slots),
        buffer<float>(arguments, 11, entries),
        buffer<double>(arguments, 12, entries),
        buffer<uint32_t>(arguments, 13, 2 * s.runs),
    };
    float* whole = global ? buffer<float>(arguments, 14, size_t(s.runs) * s.memory) : nullptr;
    for (uint32_t run = 0; run < s.runs; run++) {
        std::vector<float> own(global ? 0 : s.memory, NAN);
        train(s, buffers, run, global ? whole + size_t(run) * s.memory : own.data(), Team{static_cast<int>(warps)});
    }
    return OK;
}

int cuGetErrorString(int error, const char** text) {
    *text = error == OUT_OF_MEMORY ? "out of memory" : error == LAUNCH_FAILED ? "unspecified launch failure" : "an error";
    return OK;
}

int curandCreateGenerator(void** generator, int) {
    *generator = &used;
    return OK;
}
int curandSetPseudoRandomGeneratorSeed(void*, unsigned long long) { return OK; }
int curandSetStream(void*, void*) { return OK; }
int curandDestroyGenerator(void*) { return OK; }
int cublasCreate_v2(void** handle) {
    *handle = &used;
    return OK;
}
int cublasSetStream_v2(void*, void*) { return OK; }
int cublasDestroy_v2(void*) { return OK; }

}  // extern "C"
