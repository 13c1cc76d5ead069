// Orders of the samples, as src/rng.rs draws them: ChaCha with 8 rounds, Lemire's numbers below n, Fisher and Yates' shuffle.
#pragma once

#include "lanes.cuh"

namespace tallow {

/// Numbers of 64 bits in a block of the cipher, and in a block for each lane.
constexpr uint32_t OF_A_BLOCK = 8, DRAWN = OF_A_BLOCK * LANES;

/// In place of a number below n: another one is to be drawn.
constexpr uint32_t ANOTHER = 0xffffffffu;

/// The words of a block.
struct Block {
    I words[16];
};

DEVICE void quarter_round(I& a, I& b, I& c, I& d) {
    a = int_add(a, b), d = rotate(int_xor(d, a), 16);
    c = int_add(c, d), b = rotate(int_xor(b, c), 12);
    a = int_add(a, b), d = rotate(int_xor(d, a), 8);
    c = int_add(c, d), b = rotate(int_xor(b, c), 7);
}

/// Each lane's block of the stream of a key, from block `first`.
DEVICE Block chacha8(const uint32_t* key, uint32_t first) {
    const uint32_t constants[4] = {0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u};
    Block start, block;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        start.words[k] = whole(static_cast<int>(constants[k]));
        start.words[12 + k] = k == 0 ? count_from(static_cast<int>(first)) : whole(0);
    }
#pragma unroll
    for (int k = 0; k < 8; k++) {
        start.words[4 + k] = whole(static_cast<int>(key[k]));
    }
    block = start;
    I* w = block.words;
#pragma unroll 1
    for (int round = 0; round < 8; round += 2) {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            quarter_round(w[k], w[4 + k], w[8 + k], w[12 + k]);
        }
#pragma unroll
        for (int k = 0; k < 4; k++) {
            quarter_round(w[k], w[4 + (k + 1) % 4], w[8 + (k + 2) % 4], w[12 + (k + 3) % 4]);
        }
    }
#pragma unroll
    for (int k = 0; k < 16; k++) {
        w[k] = int_add(w[k], start.words[k]);
    }
    return block;
}

/// The number below `n` that 64 bits come to, or ANOTHER where that would favour some.
DEVICE uint32_t number_below(uint32_t lower, uint32_t upper, uint32_t n) {
    uint64_t low = static_cast<uint64_t>(lower) * n, high = static_cast<uint64_t>(upper) * n + (low >> 32);
    uint64_t rest = high << 32 | static_cast<uint32_t>(low);
    // The division is for few: it takes a GPU some hundred instructions.
    if (rest < n && rest < (0 - static_cast<uint64_t>(n)) % n) {
        return ANOTHER;
    }
    return static_cast<uint32_t>(high >> 32);
}

/// The order of so many samples, in `order`, by one warp. `blocks` gives each lane's block from a number on; `drawn` is room
/// for DRAWN numbers and one more.
template <class Blocks>
DEVICE void draw_order(Blocks blocks, uint32_t samples, uint32_t* order, uint32_t* drawn, const Team& warp) {
    warp.all([&](int) {
        for (uint32_t first = 0; first < samples; first += LANES) {
            I places = count_from(static_cast<int>(first));
            scatter_first(static_cast<int>(samples - first), order, places, places);
        }
    });
    for (uint32_t left = samples, next = 0; left > 1;) {
        const uint32_t from = next / DRAWN * DRAWN;
        warp.all([&](int) {
            const Block block = blocks(from / OF_A_BLOCK);
#pragma unroll
            for (uint32_t k = 0; k < OF_A_BLOCK; k++) {
                I at = int_add(scale(count_from(0), OF_A_BLOCK), whole(static_cast<int>(k)));
                // Each is below one less than the one before.
                I below = int_sub(whole(static_cast<int>(left + (next - from))), at);
                scatter_first(LANES, drawn, at, each_lane(number_below, block.words[2 * k], block.words[2 * k + 1], below));
            }
        });
        // All lanes do the same; the next number is read before the exchange, whose reads wait for the writes of the last one.
        bool another = false;
        uint32_t coming = drawn[next - from];
        while (left > 1 && next < from + DRAWN && !another) {
            const uint32_t place = coming;
            next++;
            coming = drawn[next - from];
            another = place == ANOTHER;
            if (!another) {
                left--;
                const uint32_t last = order[left], other = order[place];
                order[left] = other;
                order[place] = last;
            }
        }
        warp.all([](int) {});
    }
}

}  // namespace tallow
