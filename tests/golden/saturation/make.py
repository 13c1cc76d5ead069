"""Activations and losses with their slopes, to 17 digits, computed with mpmath to 60: `python make.py > exact.json`.

Needs mpmath (written with 1.3). Arguments are powers of ten from 1e-38 to 1e38 and some between, of both signs.
"""

import json

from mpmath import cosh, erfc, exp, expm1, log1p, mp, mpf, pi, sqrt, tanh

mp.dps = 60


def sigmoid(x):
    return 1 / (1 + exp(-x))


def elu(x, scale=mpf(1), alpha=mpf(1)):
    return (scale * x, scale) if x > 0 else (scale * alpha * expm1(x), scale * alpha * exp(x))


def gelu(x):
    below = erfc(-x / sqrt(mpf(2))) / 2
    return x * below, below + x * exp(-x * x / 2) / sqrt(2 * pi)


def gelu_tanh(x):
    rate, cube = 2 * sqrt(2 / pi), mpf("0.044715")
    share = sigmoid(rate * (x + cube * x**3))
    return x * share, share + x * rate * (1 + 3 * cube * x * x) * share * sigmoid(-rate * (x + cube * x**3))


def silu(x):
    return x * sigmoid(x), sigmoid(x) + x * sigmoid(x) * sigmoid(-x)


def softplus(x):
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x)), sigmoid(x)


def mish(x):
    inner = softplus(x)[0]
    return x * tanh(inner), tanh(inner) + x * sigmoid(x) / cosh(inner) ** 2


SELU = mpf(1.0507009873554804934), mpf(1.6732632423543772848)
ACTIVATIONS = {
    "relu": lambda x: (x, 1) if x > 0 else (0, 0),
    "leaky_relu": lambda x: (x, 1) if x > 0 else (mpf(0.01) * x, mpf(0.01)),
    "elu": elu,
    "selu": lambda x: elu(x, *SELU),
    "gelu": gelu,
    "silu": silu,
    "mish": mish,
    "softplus": softplus,
    "softsign": lambda x: (x / (1 + abs(x)), 1 / (1 + abs(x)) ** 2),
    "tanh": lambda x: (tanh(x), 1 / cosh(x) ** 2),
    "sigmoid": lambda x: (sigmoid(x), sigmoid(x) * sigmoid(-x)),
    "linear": lambda x: (x, 1),
    "gelu_tanh": gelu_tanh,
    "relu6": lambda x: (min(max(x, 0), 6), 1 if 0 < x < 6 else 0),
    "hardtanh": lambda x: (min(max(x, -1), 1), 1 if -1 < x < 1 else 0),
}


def number(x):
    return 0.0 if abs(x) < mpf("1e-300") else float(x)


def main():
    # Far out nothing is left to compute.
    sizes = [float(f"1e{e}") for e in (-38, -30, -20, -12, -8, -6, -4, -3, -2, -1)]
    sizes += [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0, 9.5, 10.5, 12.0, 14.0, 17.0, 20.0, 30.0]
    sizes += [40.0, 60.0, 88.0, 100.0, 104.0, 200.0, 1e3, 1e6, 1e12, 1e20, 1e30, 1e38]
    points = [-x for x in reversed(sizes)] + sizes
    table = {}
    for name, activation in ACTIVATIONS.items():
        rows = []
        for x in points:
            near = max(-2000, min(2000, x)) if name in ("gelu", "gelu_tanh", "silu", "mish", "tanh", "sigmoid") else x
            value, slope = activation(mpf(near))
            if near != x and abs(value) >= 1e-300 and name not in ("tanh", "sigmoid"):
                value = mpf(x)
            rows.append([x, number(value), number(slope)])
        table[name] = rows
    print("{")
    for k, (name, rows) in enumerate(table.items()):
        lines = ",\n".join("  " + json.dumps(row) for row in rows)
        print(f' "{name}": [\n{lines}\n ]' + ("," if k + 1 < len(table) else ""))
    print("}")


main()
