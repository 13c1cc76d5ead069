// The losses, as in src/loss.rs: of 32 samples, and their gradients.
#pragma once

#include "numerics.cuh"

namespace tallow {

// The codes are those of `layout::task_code`; a test holds the names to it.
enum Task : uint32_t { REGRESSION, BINARY, MULTICLASS };
constexpr uint32_t TASKS = 3;

/// A target, or 1 or 0 for one class, smoothed where `spread` is not 0.
DEVICE V smoothed(float keep, float spread, V target) {
    return spread == 0.0f ? target : fma(target, splat(keep), splat(spread));
}

/// The losses of those of 32 samples that are `present`, with outputs `z` and targets `y`, and in `d` their gradients times
/// `factor`; +0 in the other lanes. Rows of `z` and `d` are `row` apart.
DEVICE V loss_gradient(uint32_t task, int outputs, V factor, float keeping, float spread, const float* z, V y, M present,
                       float* d, int row) {
    V zero = splat(0.0f);
    // Without a default, as in optim.cuh.
    switch (static_cast<Task>(task)) {
        case REGRESSION: {
            V error = sub(load(z), y);
            store(d, keep(present, mul(error, factor)));
            return keep(present, mul(error, error));
        }
        case BINARY: {
            V logit = load(z);
            y = smoothed(keeping, spread, y);
            V e = exp_of_minus_magnitude(logit);
            store(d, keep(present, mul(sub(logistic_of(logit, e), y), factor)));
            return keep(present, add(fma(neg(logit), y, larger(zero, logit)), log1p_unit(e)));
        }
        case MULTICLASS: {
            V most = load(z);
            for (int k = 1; k < outputs; k++) {
                most = larger(load(z + k * row), most);
            }
            V sum = zero, own = zero, all = zero;
            for (int k = 0; k < outputs; k++) {
                V above = sub(load(z + k * row), most);
                V power = exp_negative(above);
                store(d + k * row, power);
                sum = add(sum, power);
                own = select(eq(y, splat(static_cast<float>(k))), above, own);
                all = add(all, above);
            }
            for (int k = 0; k < outputs; k++) {
                V target = select(eq(y, splat(static_cast<float>(k))), splat(1.0f), zero);
                V error = sub(div(load(d + k * row), sum), smoothed(keeping, spread, target));
                store(d + k * row, keep(present, mul(error, factor)));
            }
            if (spread != 0.0f) {
                own = fma(splat(keeping), own, mul(splat(spread), all));
            }
            return keep(present, sub(log_any(sum), own));
        }
    }
    // Never got to: `train` refuses a code that is none of these.
    return splat(NAN);
}

}  // namespace tallow
