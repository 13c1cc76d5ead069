// The kernel on a host, for tests: trains what comes on standard input and answers on standard output.
//
// An array is its length in bytes (u64) and those bytes. First come places, left, right, runs, regular, x, y, weights, dropout,
// parameters and state; then, again and again until the end: shape, the orders' keys, scalars, ended and the number of warps,
// answered by last, mean, ended, parameters. A memory is filled with NaN before each, so that what is read without having been
// written is found out.
//
// With the argument `order`, an array of the words of a stream comes in place of a key, then the number of samples; the answer
// is their order.

#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "order.cuh"
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

/// The order that the words of a stream come to.
static int order_of_words() {
    std::vector<uint32_t> words, samples;
    if (!(read_array(words) && read_array(samples) && samples.size() == 1)) {
        return 1;
    }
    const auto blocks = [&](uint32_t first) {
        Block block;
        for (int k = 0; k < 16; k++) {
            for (int l = 0; l < LANES; l++) {
                size_t at = (static_cast<size_t>(first) + l) * 16 + k;
                block.words[k].lane[l] = at < words.size() ? static_cast<int32_t>(words[at]) : 0;
            }
        }
        return block;
    };
    std::vector<uint32_t> order(samples[0]), drawn(DRAWN + 1);
    draw_order(blocks, samples[0], order.data(), drawn.data(), Team{1});
    write_array(order);
    return 0;
}

int main(int count, char**) {
    if (count > 1) {
        return order_of_words();
    }
    std::vector<Place> places;
    std::vector<uint32_t> left, right;
    std::vector<Run> runs;
    std::vector<Regular> regular;
    std::vector<float> x, y, weights, dropout, parameters, state;
    if (!(read_array(places) && read_array(left) && read_array(right) && read_array(runs) && read_array(regular) &&
          read_array(x) && read_array(y) && read_array(weights) && read_array(dropout) && read_array(parameters) &&
          read_array(state))) {
        return 1;
    }
    std::vector<Shape> shape;
    std::vector<double> sums(2 * runs.size());
    while (read_array(shape)) {
        std::vector<uint32_t> keys, ended, warps;
        std::vector<float> scalars;
        if (shape.size() != 1 || !read_array(keys) || !read_array(scalars) || !read_array(ended) || !read_array(warps)) {
            return 1;
        }
        const size_t samples = shape[0].samples;
        std::vector<uint32_t> order(keys.size() / 8 * samples), drawn(DRAWN + 1);
        for (size_t k = 0; k < keys.size() / 8; k++) {
            const auto blocks = [&](uint32_t first) { return chacha8(&keys[8 * k], first); };
            draw_order(blocks, shape[0].samples, &order[k * samples], drawn.data(), Team{1});
        }
        std::vector<float> last(runs.size() * shape[0].epochs), mean(last.size());
        Buffers buffers = {places.data(),     left.data(),  right.data(), runs.data(),    x.data(),       y.data(),
                           weights.data(),    order.data(), scalars.data(), regular.data(), dropout.data(), parameters.data(),
                           state.data(),      last.data(),  mean.data(),  sums.data(),    ended.data()};
        bool plain = true;
        for (const Run& run : runs) {
            plain = plain && is_plain(run);
        }
        for (uint32_t run = 0; run < runs.size(); run++) {
            std::vector<float> memory(shape[0].memory, NAN);
            (plain ? train<true> : train<false>)(shape[0], buffers, run, memory.data(), Team{static_cast<int>(warps[0])});
        }
        write_array(last);
        write_array(mean);
        write_array(ended);
        write_array(parameters);
        fflush(stdout);
    }
    return 0;
}
