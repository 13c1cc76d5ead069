// A CUDA driver whose GPUs are this host: memory is the host's, and the kernels are those compiled for a host. Loaded before
// the true one, it shows without a GPU that what is uploaded, launched and read back is right.
//
// `HOST_GPU_MEMORY` is the bytes a device has, `HOST_GPU_FREE` those that it says are free where others take some later;
// `HOST_GPU_LAUNCHES` is how many launches go well before the device is lost, or before all that `HOST_GPU_LOST` names are.
// `HOST_GPU_FAULT` is `init` where there is no device, `image` where it cannot run the kernels. `HOST_GPU_LOG` is a file for a
// line of each launch: the device, the networks, the parameters of each in tiles, and the steps. With `HOST_GPU_WATCHED` the
// devices end launches of seconds, as those that draw a screen do.
// What a true driver would refuse or corrupt ends the process: empty allocations, copies beyond a buffer, launches beyond
// the limits. New memory is filled with 0xff bytes, NaN as numbers.

#include <stdio.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "order.cuh"
#include "train.cuh"

using namespace tallow;

namespace {

constexpr int OK = 0, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_VALUE = 1, NO_BINARY = 209, NOT_FOUND = 500,
              LAUNCH_FAILED = 719;
/// What cuBLAS and cuRAND say of a device that is gone.
constexpr int BLAS_FAILED = 13, RAND_FAILED = 201;
/// Of a device: multiprocessors, and of each its shared memory and threads.
constexpr int DEVICES = 2, SHARED_MEMORY = 232448, THREADS = 512, MULTIPROCESSORS = 4, RESIDENT = 233472, BUSY = 1024;
/// Attributes by their numbers in cuda.h.
constexpr int MULTIPROCESSOR_COUNT = 16, KERNEL_EXEC_TIMEOUT = 17, MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
/// The same of functions.
constexpr int SHARED_SIZE_BYTES = 1, MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

size_t number(const char* variable, size_t otherwise) {
    const char* text = getenv(variable);
    return text ? strtoull(text, nullptr, 10) : otherwise;
}

const size_t memory = number("HOST_GPU_MEMORY", size_t(4) << 30);
std::atomic<size_t> used{0}, launches{number("HOST_GPU_LAUNCHES", SIZE_MAX)};
const size_t claimed = number("HOST_GPU_FREE", memory), to_lose = number("HOST_GPU_LOST", SIZE_MAX);
std::atomic<bool> lost{false};
std::atomic<int> dynamic_shared{48 << 10};
thread_local void* current = nullptr;

bool fails_at(const char* what) {
    const char* fault = getenv("HOST_GPU_FAULT");
    return fault && strcmp(fault, what) == 0;
}

/// The number of the calling thread's device.
size_t device() { return reinterpret_cast<intptr_t>(current) - 1; }

/// Whether it may be lost at all.
bool mortal() { return to_lose == SIZE_MAX || to_lose == device(); }

/// What the calling thread's device says to anything.
int answer() { return lost && mortal() ? LAUNCH_FAILED : OK; }

uint64_t now() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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
    if (answer() != OK) {
        return answer();
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
    return answer();
}

int copied(void* to, const void* from, size_t bytes, void* on_device) {
    if (bytes > header(on_device)->bytes) {
        refuse("a copy beyond its buffer");
    }
    memcpy(to, from, bytes);
    return answer();
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

int cuInit(unsigned) { return fails_at("init") ? NO_DEVICE : OK; }
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
    *value = attribute == MAX_SHARED_MEMORY_PER_BLOCK_OPTIN ? SHARED_MEMORY
             : attribute == MULTIPROCESSOR_COUNT            ? MULTIPROCESSORS
             : attribute == KERNEL_EXEC_TIMEOUT             ? getenv("HOST_GPU_WATCHED") != nullptr
                                                            : 1;
    return OK;
}
int cuCtxSetFlags(unsigned) { return OK; }
int cuMemGetInfo_v2(size_t* free, size_t* total) {
    *free = claimed;
    *total = memory;
    return OK;
}
int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, void*, int threads, size_t shared, unsigned) {
    if (!current) {
        refuse("a question without a device");
    }
    int by_threads = BUSY / threads, by_memory = shared ? static_cast<int>(RESIDENT / (shared + 1024)) : by_threads;
    *blocks = by_threads < by_memory ? by_threads : by_memory;
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
int cuStreamSynchronize(void*) { return answer(); }
int cuStreamWaitEvent(void*, void*, unsigned) { return OK; }
int cuStreamIsCapturing(void*, int* capturing) {
    *capturing = 0;
    return OK;
}
int cuEventCreate(void** event, unsigned) {
    *event = &used;
    return answer();
}
int cuEventDestroy_v2(void*) { return OK; }
int cuEventRecord(void*, void*) { return answer(); }
int cuEventSynchronize(void*) { return answer(); }
int cuDeviceGetDefaultMemPool(void** pool, int) {
    *pool = &used;
    return OK;
}
int cuMemPoolSetAttribute(void*, int, void*) { return OK; }
int cuMemPoolTrimTo(void*, size_t) { return OK; }
int cuModuleLoadData(void** module, const void* image) {
    uint32_t magic;
    memcpy(&magic, image, sizeof magic);
    if (magic != 0xba55ed50) {
        refuse("not a fat binary");
    }
    *module = &used;
    return fails_at("image") ? NO_BINARY : OK;
}
int cuModuleUnload(void*) { return OK; }
int cuModuleGetFunction(const char** function, void*, const char* name) {
    *function = strcmp(name, "train_shared") == 0   ? "shared"
                : strcmp(name, "train_plain") == 0  ? "plain"
                : strcmp(name, "train_global") == 0 ? "global"
                : strcmp(name, "draw_orders") == 0  ? "orders"
                                                    : nullptr;
    return *function ? OK : NOT_FOUND;
}
/// `draw_orders` has some shared memory of its own.
int static_shared(const char* function) { return strcmp(function, "orders") == 0 ? (DRAWN + 1) * sizeof(uint32_t) : 0; }

int cuFuncGetAttribute(int* value, int attribute, const char* function) {
    if (attribute != SHARED_SIZE_BYTES) {
        refuse("an attribute that it does not know");
    }
    *value = static_shared(function);
    return OK;
}
int cuFuncSetAttribute(const char* function, int attribute, int value) {
    if (attribute == MAX_DYNAMIC_SHARED_SIZE_BYTES) {
        if (value + static_shared(function) > SHARED_MEMORY) {
            return INVALID_VALUE;
        }
        if (strcmp(function, "orders") != 0) {
            dynamic_shared = value;
        }
    }
    return OK;
}

/// The orders of as many keys as there are blocks.
int draw(unsigned blocks, unsigned lanes, unsigned shared, void** arguments) {
    const uint32_t samples = argument<uint32_t>(arguments, 1), in_shared = argument<uint32_t>(arguments, 2);
    const uint32_t* keys = buffer<uint32_t>(arguments, 0, size_t(blocks) * 8);
    uint32_t* orders = buffer<uint32_t>(arguments, 3, size_t(blocks) * samples);
    if (lanes != LANES || shared != (in_shared ? samples * sizeof(uint32_t) : 0) ||
        shared + static_shared("orders") > SHARED_MEMORY) {
        refuse("orders beyond the limits");
    }
    std::vector<uint32_t> drawn(DRAWN + 1);
    for (size_t k = 0; k < blocks; k++) {
        const auto words = [&](uint32_t first) { return chacha8(keys + 8 * k, first); };
        draw_order(words, samples, orders + k * samples, drawn.data(), Team{1});
    }
    return OK;
}

int cuLaunchKernel(const char* function, unsigned x, unsigned y, unsigned z, unsigned lanes, unsigned warps,
                   unsigned networks, unsigned shared, void*, void** arguments, void**) {
    const bool trains = strcmp(function, "orders") != 0;
    if (trains && mortal() && launches-- == 0) {
        lost = true;
    }
    if (answer() != OK) {
        return answer();
    }
    if (!trains) {
        return draw(x, lanes, shared, arguments);
    }
    const uint64_t began = now();
    Shape s = argument<Shape>(arguments, 0);
    if (const char* log = getenv("HOST_GPU_LOG")) {
        FILE* file = fopen(log, "a");
        fprintf(file, "%zu %u %u %u\n", device(), s.runs, s.tiles, (s.epochs - 1) * s.steps + s.until - s.from);
        fclose(file);
    }
    const bool global = strcmp(function, "global") == 0, plain = strcmp(function, "plain") == 0;
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
        buffer<float>(arguments, 7, 1),
        buffer<uint32_t>(arguments, 8, s.orders ? size_t(s.epochs) * s.orders * s.samples : 1),
        buffer<float>(arguments, 9, ((size_t(s.epochs) - 1) * s.steps + s.until - s.from) * s.tables * SCALARS),
        buffer<Regular>(arguments, 10, 1),
        buffer<float>(arguments, 11, 1),
        buffer<float>(arguments, 12, parameters),
        buffer<float>(arguments, 13, parameters * s.slots),
        buffer<float>(arguments, 14, entries),
        buffer<float>(arguments, 15, entries),
        buffer<double>(arguments, 16, size_t(s.runs) * 2),
        buffer<uint32_t>(arguments, 17, s.runs),
    };
    uint64_t* times = buffer<uint64_t>(arguments, 18, 2);
    float* whole = global ? buffer<float>(arguments, 19, size_t(s.runs) * s.memory) : nullptr;
    for (uint32_t run = 0; run < s.runs; run++) {
        std::vector<float> own(global ? 0 : s.memory, NAN);
        (plain ? train<true> : train<false>)(s, buffers, run, global ? whole + size_t(run) * s.memory : own.data(),
                                             Team{static_cast<int>(warps)});
    }
    times[0] = began;
    times[1] = now();
    return OK;
}

int cuGetErrorString(int error, const char** text) {
    *text = error == OUT_OF_MEMORY ? "out of memory" : error == LAUNCH_FAILED ? "unspecified launch failure"
            : error == NO_DEVICE   ? "no CUDA-capable device is detected"
            : error == NO_BINARY   ? "no kernel image is available for execution on the device"
                                   : "an error";
    return OK;
}

int curandCreateGenerator(void** generator, int) {
    *generator = &used;
    return OK;
}
int curandSetPseudoRandomGeneratorSeed(void*, unsigned long long) { return OK; }
int curandSetStream(void*, void*) { return OK; }
int curandDestroyGenerator(void*) { return lost ? RAND_FAILED : OK; }
int cublasCreate_v2(void** handle) {
    *handle = &used;
    return OK;
}
int cublasSetStream_v2(void*, void*) { return OK; }
int cublasDestroy_v2(void*) { return lost ? BLAS_FAILED : OK; }

}  // extern "C"
