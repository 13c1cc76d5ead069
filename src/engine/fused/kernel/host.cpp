// The kernel on a host, for tests: trains what comes on standard input and answers on standard output.
//
// An array is its length in bytes (u64) and those bytes. First come places, left, right, runs, regular, x, y, weights, dropout,
// parameters and state;
// then, again and again until the end: shape, order, scalars, ended and the number of warps, answered by last, mean,
// ended, parameters. A memory is filled with NaN before each, so that what is read without having been written is found out.

#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "train.cuh"

using namespace tallow;

template <class T>
static bool read_array(std::vector<T>& to) {
    uint64_t bytes;
    if (fread(&bytes, sizeof bytes, 1, stdin) != 1) {
        return false;
    }
    to.resize(bytes / sizeof(T));
    return bytes % sizeof(T) == 0 && fread(to.data(), 1, bytes, stdin) == bytes;
}

template <class T>
static void write_array(const std::vector<T>& from) {
    uint64_t bytes = from.size() * sizeof(T);
    fwrite(&bytes, sizeof bytes, 1, stdout);
    fwrite(from.data(), 1, bytes, stdout);
}

int main() {
    std::vector<Place> places;
    std::vector<uint32_t> left, right;
    std::vector<Run> runs;
    std::vector<Regular> regular;
    std::vector<float> x, y, weights, dropout, parameters, state;
    if (!(read_array(places) && read_array(left) && read_array(right) && read_array(runs) && read_array(regular) && read_array(x) && read_array(y) &&
          read_array(weights) && read_array(dropout) && read_array(parameters) && read_array(state))) {
        return 1;
    }
    std::vector<Shape> shape;
    while (read_array(shape)) {
        std::vector<uint32_t> order, ended, warps;
        std::vector<float> scalars;
        if (shape.size() != 1 || !read_array(order) || !read_array(scalars) || !read_array(ended) || !read_array(warps)) {
            return 1;
        }
        std::vector<float> last(runs.size() * shape[0].epochs), mean(last.size());
        Buffers buffers = {places.data(), left.data(),    right.data(),      runs.data(),  x.data(), y.data(), weights.data(),
                           order.data(),  scalars.data(), regular.data(), dropout.data(), parameters.data(), state.data(), last.data(), mean.data(), ended.data()};
        for (uint32_t run = 0; run < runs.size(); run++) {
            std::vector<float> memory(shape[0].memory, NAN);
            train(shape[0], buffers, run, memory.data(), Team{static_cast<int>(warps[0])});
        }
        write_array(last);
        write_array(mean);
        write_array(ended);
        write_array(parameters);
        fflush(stdout);
    }
    return 0;
}
