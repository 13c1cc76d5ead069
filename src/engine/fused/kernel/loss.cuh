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
            V least = logistic_of_minus_magnitude(e);
            V error = select(lt(logit, zero), sub(least, y), sub(sub(splat(1.0f), y), least));
            store(d, keep(present, mul(error, factor)));
            return keep(present, add(fma(neg(logit), y, larger(zero, logit)), log1p_unit(e)));
        }
        case MULTICLASS: {
            V most = load(z);
            for (int k = 1; k < outputs; k++) {
                most = larger(load(z + k * row), most);
            }
            V sum = zero, others = zero, own = zero, all = zero, one = splat(1.0f);
            for (int k = 0; k < outputs; k++) {
                V above = sub(load(z + k * row), most);
                V power = exp_negative(above);
                store(d + k * row, power);
                M is_own = eq(y, splat(static_cast<float>(k)));
                sum = add(sum, power);
                others = add(others, select(is_own, zero, power));
                own = select(is_own, above, own);
                all = add(all, above);
            }
            for (int k = 0; k < outputs; k++) {
                M is_own = eq(y, splat(static_cast<float>(k)));
                V target = smoothed(keeping, spread, select(is_own, one, zero));
                V share = div(select(is_own, others, load(d + k * row)), sum);
                V error = select(is_own, sub(sub(one, target), share), sub(share, target));
                store(d + k * row, keep(present, mul(error, factor)));
            }
            V log_sum = log_any(sum);
            log_sum = select(eq(own, zero), select(lt(others, one), log1p_unit(others), log_sum), log_sum);
            if (spread != 0.0f) {
                own = fma(splat(keeping), own, mul(splat(spread), all));
            }
            return keep(present, sub(log_sum, own));
        }
    }
    // Never got to: `train` refuses a code that is none of these.
    return splat(NAN);
}

}  // namespace tallow
