"""Peers of the GPU's kernel: the same networks, all at once, in JAX and in PyTorch.

    python3 benches/cuda/peers.py [NETWORKS] [STEPS]

Each network has data and weights of its own: 2-6-1 relu, 2,500 points of xor, batches of 50 in order, Adam 0.01, and the loss
of every step is kept. Compilation and data are not timed; the best of three repetitions is told, in nanoseconds per network
and step, a line for each library that is installed.
"""

import sys
import time

NETWORKS, STEPS = (int(text) for text in (sys.argv[1:] + ["10000", "10000"][len(sys.argv) - 1 :])[:2])
POINTS, BATCH, HIDDEN, RATE = 2500, 50, 6, 0.01
B1, B2, EPS = 0.9, 0.999, 1e-8


def told(name, seconds, losses):
    low, high = float(losses.min()), float(losses.max())
    print(f"{name}: {seconds / (NETWORKS * STEPS) * 1e9:.2f} ns per network and step, {seconds:.2f} s, last losses {low:.4f} to {high:.4f}")


def best_of_three(run):
    times = []
    for _ in range(3):
        began = time.perf_counter()
        losses = run()
        times.append(time.perf_counter() - began)
    return min(times), losses


def with_jax():
    import jax
    import jax.numpy as jnp

    def network(key):
        keys = jax.random.split(key, 5)
        x = jax.random.uniform(keys[0], (POINTS, 2), minval=-3.0, maxval=3.0)
        y = (x[:, 0] * x[:, 1] > 0).astype(jnp.float32)
        draw = lambda key, shape, fan_in: jax.random.uniform(key, shape, minval=-(fan_in**-0.5), maxval=fan_in**-0.5)
        shapes = [((HIDDEN, 2), 2), ((HIDDEN,), 2), ((HIDDEN,), HIDDEN), ((1,), HIDDEN)]
        weights = [draw(key, shape, fan_in) for key, (shape, fan_in) in zip(keys[1:], shapes)]
        return x, y, weights

    def loss(weights, x, y):
        w1, b1, w2, b2 = weights
        z = jnp.maximum(x @ w1.T + b1, 0.0) @ w2 + b2[0]
        return jnp.mean(jnp.maximum(z, 0.0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))

    def train(x, y, weights):
        def step(carry, t):
            weights, m, v = carry
            first = t % (POINTS // BATCH) * BATCH
            batch = jax.lax.dynamic_slice(x, (first, 0), (BATCH, 2)), jax.lax.dynamic_slice(y, (first,), (BATCH,))
            value, g = jax.value_and_grad(loss)(weights, *batch)
            m = [B1 * m + (1 - B1) * g for m, g in zip(m, g)]
            v = [B2 * v + (1 - B2) * g * g for v, g in zip(v, g)]
            c1, c2 = 1 - B1 ** (t + 1), 1 - B2 ** (t + 1)
            weights = [w - RATE / c1 * m / (jnp.sqrt(v / c2) + EPS) for w, m, v in zip(weights, m, v)]
            return (weights, m, v), value

        zeros = [jnp.zeros_like(w) for w in weights]
        (weights, _, _), losses = jax.lax.scan(step, (weights, zeros, zeros), jnp.arange(STEPS))
        return weights, losses

    data = jax.block_until_ready(jax.jit(jax.vmap(network))(jax.random.split(jax.random.key(0), NETWORKS)))
    compiled = jax.jit(jax.vmap(train)).lower(*data).compile()
    run = lambda: jax.block_until_ready(compiled(*data))[1][:, -1]
    seconds, losses = best_of_three(run)
    told(f"JAX {jax.__version__} on {jax.devices()[0].device_kind}, vmap over networks of a jitted scan", seconds, losses)


def with_pytorch():
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    per_epoch = POINTS // BATCH
    x = torch.empty(NETWORKS, POINTS, 2, device=device).uniform_(-3, 3)
    y = (x[..., :1] * x[..., 1:] > 0).float()
    x, y = (t.view(NETWORKS, per_epoch, BATCH, -1).transpose(0, 1).contiguous() for t in (x, y))
    draw = lambda fan_in, *shape: torch.empty(NETWORKS, *shape, device=device).uniform_(-(fan_in**-0.5), fan_in**-0.5)
    weights = [draw(2, 2, HIDDEN), draw(2, 1, HIDDEN), draw(HIDDEN, HIDDEN, 1), draw(HIDDEN, 1, 1)]
    weights = [w.requires_grad_() for w in weights]
    adam = torch.optim.Adam(weights, lr=RATE, betas=(B1, B2), eps=EPS, fused=device == "cuda", capturable=device == "cuda")
    # An epoch's batches, one of them at a time, so that a graph of one epoch can be replayed.
    kept = torch.zeros(per_epoch, NETWORKS, device=device)

    def epoch():
        for step in range(per_epoch):
            w1, b1, w2, b2 = weights
            z = torch.baddbmm(b2, torch.relu(torch.baddbmm(b1, x[step], w1)), w2)
            losses = torch.nn.functional.binary_cross_entropy_with_logits(z, y[step], reduction="none").mean((1, 2))
            kept[step] = losses.detach()
            adam.zero_grad(set_to_none=False)
            losses.sum().backward()
            adam.step()

    for w in weights:
        w.grad = torch.zeros_like(w)
    history = torch.zeros(STEPS // per_epoch, per_epoch, NETWORKS, device=device)
    replay = epoch
    if device == "cuda":
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            epoch()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            epoch()
        replay = graph.replay

    def run():
        for number in range(STEPS // per_epoch):
            replay()
            history[number] = kept
        if device == "cuda":
            torch.cuda.synchronize()
        return kept[-1]

    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    graph = "a replayed CUDA graph of " if device == "cuda" else ""
    seconds, losses = best_of_three(run)
    told(f"PyTorch {torch.__version__} on {name}, {graph}batched products", seconds, losses)


for peer in (with_jax, with_pytorch):
    try:
        peer()
    except ImportError as missing:
        print(f"skipped: {missing}")
