#!/usr/bin/env python3
"""Makes the trajectories beside it, by PyTorch or, for an optimizer that it has not, by optax or its authors' own code.

    pip install torch==2.15.0 numpy optax==0.2.8 schedulefree==1.4.1 prodigyopt==1.1.2 pytorch_optimizer==4.1.0
    python tests/golden/make.py            write the files that are missing, or that --check finds wrong
    python tests/golden/make.py --check    compute every file anew and compare it with the one that is there

A new case is a line of GROUPED, WRAPPED, WHOLE or FULL_BATCH; VARIANTS and SETTINGS are those of the first files. Whatever torch computes is computed anew; the inputs of a file (samples,
targets, first weights) are those of the files that are there for the same data set, since the generator that drew the
first of them is not known. A data set that no file has yet draws them from numpy with a seed of its name.
"""

import argparse
import importlib.metadata
import inspect
import json
import math
import pathlib
import sys
import textwrap
import zlib

import jax
import numpy
import optax
import prodigyopt
import pytorch_optimizer
import schedulefree
import torch
from torch.optim import swa_utils

HERE = pathlib.Path(__file__).resolve().parent
# The version that makes the files; --check finds a file of another one wrong.
TORCH = "2.15.0"

SAMPLES, BATCH, STEPS = 200, 50, 60

SGD = {"momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False}
ADAM = {"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "decoupled_weight_decay": False}
ADAMW = ADAM | {"weight_decay": 0.01, "decoupled_weight_decay": True}
RMSPROP = {"momentum": 0, "alpha": 0.99, "eps": 1e-8, "centered": False, "weight_decay": 0}
ADAGRAD = {"lr_decay": 0, "eps": 1e-10, "weight_decay": 0, "initial_accumulator_value": 0}

# Name: class in torch.optim, learning rate, all settings. AdamW decouples its decay and takes no word for it.
VARIANTS = {
    "sgd": ("SGD", 0.1, SGD),
    "sgd_momentum": ("SGD", 0.05, SGD | {"momentum": 0.9}),
    "sgd_momentum_damp": ("SGD", 0.1, SGD | {"momentum": 0.9, "dampening": 0.3}),
    "sgd_momentum_wd": ("SGD", 0.05, SGD | {"momentum": 0.9, "weight_decay": 0.01}),
    "sgd_nesterov": ("SGD", 0.05, SGD | {"momentum": 0.9, "nesterov": True}),
    "sgd_nesterov_wd": ("SGD", 0.05, SGD | {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "sgd_wd": ("SGD", 0.1, SGD | {"weight_decay": 0.01}),
    "adam": ("Adam", 0.01, ADAM),
    "adam_amsgrad": ("Adam", 0.01, ADAM | {"amsgrad": True}),
    "adam_betas": ("Adam", 0.02, ADAM | {"betas": [0.8, 0.95], "eps": 1e-6}),
    "adam_wd": ("Adam", 0.01, ADAM | {"weight_decay": 0.01}),
    "adamw": ("AdamW", 0.01, ADAMW),
    "adamw_wd": ("AdamW", 0.01, ADAMW | {"weight_decay": 0.2}),
    "rmsprop": ("RMSprop", 0.01, RMSPROP),
    "rmsprop_centered": ("RMSprop", 0.01, RMSPROP | {"centered": True}),
    "rmsprop_momentum": ("RMSprop", 0.003, RMSPROP | {"momentum": 0.9}),
    "rmsprop_wd": ("RMSprop", 0.01, RMSPROP | {"weight_decay": 0.01}),
    "adagrad": ("Adagrad", 0.05, ADAGRAD),
    "adagrad_decay": ("Adagrad", 0.05, ADAGRAD | {"lr_decay": 0.02, "initial_accumulator_value": 0.1}),
    "adagrad_wd": ("Adagrad", 0.05, ADAGRAD | {"weight_decay": 0.01}),
}

# Data set, activation, units of the hidden layers.
SETTINGS = [("prod", "relu", [6]), ("xor", "tanh", [6]), ("quadrants", "sigmoid", [6])]

ADADELTA = {"rho": 0.9, "eps": 1e-6, "weight_decay": 0}
ADAMAX = {"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0}
RADAM = ADAMAX | {"decoupled_weight_decay": False}
NADAM = RADAM | {"momentum_decay": 4e-3}
RPROP = {"etas": [0.5, 1.2], "step_sizes": [1e-6, 50]}
ASGD = {"lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0}
LION = {"b1": 0.9, "b2": 0.99, "weight_decay": 1e-3}
ADAN = {"b1": 0.98, "b2": 0.92, "b3": 0.99, "eps": 1e-8, "eps_root": 1e-8, "weight_decay": 0.0}
ADEMAMIX = {"b1": 0.9, "b2": 0.999, "b3": 0.9999, "alpha": 5.0, "eps": 1e-8, "weight_decay": 0.0}
ADABELIEF = {"b1": 0.9, "b2": 0.999, "eps": 1e-16, "eps_root": 1e-16}
YOGI = {"b1": 0.9, "b2": 0.999, "eps": 1e-3, "initial_accumulator_value": 1e-6}
ADOPT = {"b1": 0.9, "b2": 0.9999, "eps": 1e-6, "use_clipping": True}
FREE = {"weight_decay": 0, "r": 0.0, "weight_lr_power": 2.0, "warmup_steps": 0}
FREE_ADAMW = {"betas": [0.9, 0.999], "eps": 1e-8} | FREE
FREE_SGD = {"momentum": 0.9} | FREE

# The same for what shares a file: name, tallow's name for the optimizer or its class in torch.optim, learning rate, settings.
GROUPED = {
    "adadelta": ("Adadelta", 1.0, ADADELTA),
    "adadelta_all": ("Adadelta", 0.5, {"rho": 0.8, "eps": 1e-4, "weight_decay": 0.01}),
    "adamax": ("Adamax", 0.01, ADAMAX),
    "adamax_all": ("Adamax", 0.02, {"betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.01}),
    "nadam": ("NAdam", 0.01, NADAM),
    "nadam_all": ("NAdam", 0.02, NADAM | {"betas": [0.8, 0.95], "eps": 1e-6, "weight_decay": 0.01, "momentum_decay": 0.05}),
    "nadamw": ("NAdam", 0.01, NADAM | {"weight_decay": 0.2, "decoupled_weight_decay": True}),
    "radam": ("RAdam", 0.01, RADAM),
    "radam_all": ("RAdam", 0.02, RADAM | {"betas": [0.8, 0.95], "eps": 1e-6, "weight_decay": 0.01}),
    "radamw": ("RAdam", 0.01, RADAM | {"weight_decay": 0.2, "decoupled_weight_decay": True}),
    "rprop": ("Rprop", 0.003, RPROP),
    "rprop_all": ("Rprop", 0.02, {"etas": [0.4, 1.3], "step_sizes": [1e-3, 0.05]}),
    "asgd": ("ASGD", 0.1, ASGD),
    "asgd_all": ("ASGD", 0.1, {"lambd": 0.01, "alpha": 0.6, "t0": 20, "weight_decay": 0.01}),
    "lion": ("lion", 0.005, LION),
    "lion_all": ("lion", 0.005, {"b1": 0.8, "b2": 0.95, "weight_decay": 0.2}),
    "signum": ("signum", 0.005, {"beta": 0.9}),
    "signum_beta": ("signum", 0.005, {"beta": 0.6}),
    "adan": ("adan", 0.01, ADAN),
    "adan_all": ("adan", 0.01, {"b1": 0.9, "b2": 0.8, "b3": 0.95, "eps": 1e-3, "eps_root": 1e-6, "weight_decay": 0.2}),
    "ademamix": ("ademamix", 0.01, ADEMAMIX),
    "ademamix_all": ("ademamix", 0.01, {"b1": 0.8, "b2": 0.95, "b3": 0.99, "alpha": 2.0, "eps": 1e-6, "weight_decay": 0.2}),
    "adabelief": ("adabelief", 0.01, ADABELIEF),
    "adabelief_all": ("adabelief", 0.01, {"b1": 0.8, "b2": 0.95, "eps": 1e-6, "eps_root": 1e-8}),
    "yogi": ("yogi", 0.01, YOGI),
    "yogi_all": ("yogi", 0.01, {"b1": 0.8, "b2": 0.95, "eps": 1e-2, "initial_accumulator_value": 1e-3}),
    "adopt": ("adopt", 0.01, ADOPT),
    "adopt_all": ("adopt", 0.01, {"b1": 0.8, "b2": 0.95, "eps": 1e-3, "use_clipping": True}),
    "adopt_unclipped": ("adopt", 0.01, ADOPT | {"b2": 0.99, "use_clipping": False}),
    "schedule_free_adamw": ("schedule_free_adamw", 0.01, FREE_ADAMW),
    "schedule_free_adamw_all": ("schedule_free_adamw", 0.02, {
        "betas": [0.8, 0.95], "eps": 1e-6, "weight_decay": 0.1, "r": 1.0, "weight_lr_power": 1.0, "warmup_steps": 20}),
    "schedule_free_sgd": ("schedule_free_sgd", 0.5, FREE_SGD),
    "schedule_free_sgd_all": ("schedule_free_sgd", 0.5, {
        "momentum": 0.8, "weight_decay": 0.01, "r": 1.0, "weight_lr_power": 1.0, "warmup_steps": 20}),
}

# The same for what is put around an optimizer, with that.
WRAPPED = {
    "ema": ("Adam", 0.01, ADAM, {"ema": 0.9}),
    "ema_of_momentum": ("SGD", 0.05, SGD | {"momentum": 0.9}, {"ema": 0.99}),
    "swa": ("SGD", 0.1, SGD, {"swa": 8}),
    "swa_of_all": ("AdamW", 0.01, ADAMW, {"swa": 1}),
    "lookahead": ("adam", 0.01, {"b1": 0.9, "b2": 0.999, "eps": 1e-8}, {"lookahead": 5, "lookahead_alpha": 0.5}),
    "lookahead_all": ("adam", 0.02, {"b1": 0.8, "b2": 0.95, "eps": 1e-6}, {"lookahead": 7, "lookahead_alpha": 0.8}),
    "cautious": ("adamw", 0.01, {"betas": [0.9, 0.999], "eps": 0, "weight_decay": 0}, {"cautious": True}),
    "cautious_all": ("adamw", 0.02, {"betas": [0.8, 0.95], "eps": 0, "weight_decay": 0.1}, {"cautious": True}),
}

MUON = {
    "momentum": 0.95, "nesterov": True, "weight_decay": 0.1, "ns_a": 3.4445, "ns_b": -4.775, "ns_c": 2.0315, "eps": 1e-7,
    "ns_steps": 5, "adjust_lr_fn": "original", "muon_layers": "all_but_last", "adamw_rate": 1.0, "betas": [0.9, 0.999],
    "adamw_eps": 1e-8}
ADAFACTOR = {"beta2_decay": -0.8, "eps1": 2.0**-23, "eps2": 1e-3, "d": 1.0, "weight_decay": 0}
PRODIGY = {
    "betas": [0.9, 0.999], "beta3": None, "eps": 1e-8, "weight_decay": 0, "decouple": True, "use_bias_correction": False,
    "safeguard_warmup": False, "d0": 1e-6, "d_coef": 1.0, "growth_rate": None}
SOAP = {
    "betas": [0.95, 0.95], "shampoo_beta": None, "eps": 1e-8, "weight_decay": 0.01, "precondition_frequency": 10,
    "max_precondition_dim": 10000, "precondition_1d": False, "correct_bias": True, "normalize_gradient": False}
LBFGS = {"history_size": 100, "tolerance_grad": 1e-7, "tolerance_change": 1e-9}

# The same for optimizers that move a network as a whole.
WHOLE = {
    "muon": ("Muon", 0.01, MUON),
    "muon_all": ("Muon", 0.02, MUON | {
        "momentum": 0.8, "weight_decay": 0.02, "ns_a": 2.0, "ns_b": -1.5, "ns_c": 0.5, "eps": 1e-2, "ns_steps": 3,
        "adjust_lr_fn": "match_rms_adamw", "muon_layers": "inner", "adamw_rate": 0.5, "betas": [0.8, 0.95], "adamw_eps": 1e-6}),
    "muon_plain": ("Muon", 0.01, MUON | {"nesterov": False, "adjust_lr_fn": "spectral_unclamped"}),
    "adafactor": ("Adafactor", 0.05, ADAFACTOR),
    "adafactor_all": ("Adafactor", 0.05, {"beta2_decay": -0.6, "eps1": 1e-4, "eps2": 0.05, "d": 1.2, "weight_decay": 0.01}),
    "prodigy": ("prodigy", 0.1, PRODIGY),
    "prodigy_all": ("prodigy", 0.3, PRODIGY | {
        "betas": [0.8, 0.95], "beta3": 0.9, "eps": 1e-6, "weight_decay": 0.1, "use_bias_correction": True, "d0": 1e-2,
        "d_coef": 1.5, "growth_rate": 1.2}),
    "prodigy_coupled": ("prodigy", 0.3, PRODIGY | {
        "weight_decay": 0.01, "decouple": False, "safeguard_warmup": True, "d0": 1e-3}),
    "soap": ("SOAP", 0.01, SOAP),
    "soap_all": ("SOAP", 0.01, SOAP | {
        "betas": [0.9, 0.99], "shampoo_beta": 0.8, "eps": 1e-2, "weight_decay": 0.1, "precondition_frequency": 4,
        "correct_bias": False, "normalize_gradient": True}),
    "soap_sides": ("SOAP", 0.01, SOAP | {"eps": 1e-2, "max_precondition_dim": 4, "precondition_1d": True}),
}

# The same for those that need all samples in every step.
FULL_BATCH = {
    "lbfgs": ("LBFGS", 0.1, LBFGS),
    "lbfgs_short": ("LBFGS", 0.5, {"history_size": 3, "tolerance_grad": 0.03, "tolerance_change": 1e-6}),
    "lbfgs_change": ("LBFGS", 0.3, {"history_size": 4, "tolerance_grad": 0.01, "tolerance_change": 3e-3}),
}

GROUPED_SETTINGS = [("xor", "tanh", [6]), ("quadrants", "sigmoid", [5, 4, 3])]


def by_yogi(lr, initial_accumulator_value, **settings):
    """optax.yogi, which has no word for the start of the accumulators."""
    scale = optax.scale_by_yogi(initial_accumulator_value=initial_accumulator_value, **settings)
    return optax.chain(scale, optax.scale_by_learning_rate(lr))


# tallow's name: its reference, and what makes a transformation of optax.
OPTAX = {
    "lion": ("optax.lion", optax.lion),
    "signum": ("optax.signum", optax.signum),
    "adan": ("optax.adan", optax.adan),
    "ademamix": ("optax.contrib.ademamix", optax.contrib.ademamix),
    "adabelief": ("optax.adabelief", optax.adabelief),
    "yogi": ("optax.yogi", by_yogi),
    "adopt": ("optax.contrib.adopt", optax.contrib.adopt),
}

# The same for classes that take PyTorch's parameters. Their `eval()` puts the weights to be evaluated in place.
CLASSES = {
    "schedule_free_adamw": schedulefree.AdamWScheduleFreeReference,
    "schedule_free_sgd": schedulefree.SGDScheduleFreeReference,
}


class Optax:
    """A transformation of optax where the loop has an optimizer of torch."""

    def __init__(self, parameters, transformation):
        self.parameters = parameters
        self.state = transformation.init(self.arrays(parameters))
        self.update = jax.jit(transformation.update)

    @staticmethod
    def arrays(tensors):
        return [jax.numpy.asarray(tensor.detach().numpy()) for tensor in tensors]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        gradients = self.arrays(p.grad for p in self.parameters)
        updates, self.state = self.update(gradients, self.state, self.arrays(self.parameters))
        with torch.no_grad():
            for p, u in zip(self.parameters, updates):
                p.add_(torch.from_numpy(numpy.array(u)))


class Averaging:
    """An optimizer of torch with an average of the weights: after each step (ema), or at the ends of epochs from one on (swa)."""

    def __init__(self, parameters, optimizer, ema=None, swa=1):
        self.parameters, self.optimizer, self.ema, self.swa, self.steps = parameters, optimizer, ema, swa, 0
        average = swa_utils.get_ema_avg_fn(ema) if ema else swa_utils.get_swa_avg_fn()
        self.trained = torch.nn.ParameterList(parameters)
        self.model = swa_utils.AveragedModel(self.trained, avg_fn=average)

    def zero_grad(self):
        self.optimizer.zero_grad()

    def step(self):
        self.optimizer.step()
        self.steps += 1
        epoch, left = divmod(self.steps * BATCH, SAMPLES)
        if self.ema or (left == 0 and epoch >= self.swa):
            self.model.update_parameters(self.trained)

    def eval(self):
        with torch.no_grad():
            for p, average in zip(self.parameters, self.model.module.parameters()):
                p.copy_(average)


class Ahead(Optax):
    """A transformation of optax within its lookahead."""

    def __init__(self, parameters, transformation):
        self.parameters, self.slow = parameters, self.arrays(parameters)
        self.state = transformation.init(optax.LookaheadParams(fast=self.slow, slow=self.slow))
        self.update = jax.jit(transformation.update)

    def step(self):
        params = optax.LookaheadParams(fast=self.arrays(self.parameters), slow=self.slow)
        gradients = self.arrays(p.grad for p in self.parameters)
        updates, self.state = self.update(gradients, self.state, params)
        params = optax.apply_updates(params, updates)
        self.slow = params.slow
        self.put(params.fast)

    def eval(self):
        self.put(self.slow)

    def put(self, arrays):
        with torch.no_grad():
            for p, array in zip(self.parameters, arrays):
                p.copy_(torch.from_numpy(numpy.array(array)))


class CautiousAdamW:
    """AdamW by the formulas of its authors' code: github.com/kyleliang919/C-Optim, c_adamw.py of 2025."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr, self.betas, self.eps, self.weight_decay = parameters, lr, betas, eps, weight_decay
        self.moments, self.steps = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters], 0

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self):
        self.steps += 1
        beta1, beta2 = self.betas
        size = self.lr * math.sqrt(1 - beta2**self.steps) / (1 - beta1**self.steps)
        for p, (m, v) in zip(self.parameters, self.moments):
            g = p.grad
            p -= self.lr * self.weight_decay * p
            m.copy_(beta1 * m + (1 - beta1) * g)
            v.copy_(beta2 * v + (1 - beta2) * g * g)
            mask = (m * g > 0).to(g.dtype)
            p -= size * m * (mask / mask.mean().clamp(min=1e-3)) / (v.sqrt() + self.eps)


def eigenbasis(matrix):
    """Eigenvectors by LAPACK, the largest eigenvalue's first. Where eigenvalues are rounding alone their directions are too: there,
    what unit vectors have most left outside the others."""
    values, vectors = torch.linalg.eigh(matrix.double())
    values, vectors = values.flip(0), vectors.flip(1)
    known = int((values > len(values) * torch.finfo(matrix.dtype).eps * values[0]).sum())
    rest = torch.eye(len(values), dtype=torch.float64) - vectors[:, :known] @ vectors[:, :known].T
    for k in range(known, len(values)):
        longest = rest[rest.square().sum(1).argmax()]
        vectors[:, k] = longest / longest.norm()
        rest = rest - torch.outer(rest @ vectors[:, k], vectors[:, k])
    return vectors.to(matrix.dtype)


class Soap(pytorch_optimizer.SOAP):
    """SOAP with an eigenbasis that is determined at first, and with QR in the weights' own type: its own source with a word changed."""

    @staticmethod
    def get_orthogonal_matrix(mat):
        return [eigenbasis(m) if len(m) else [] for m in mat]

    source = textwrap.dedent(inspect.getsource(pytorch_optimizer.SOAP.get_orthogonal_matrix_qr))
    assert source.count("torch.float32") == 1
    exec(source.replace("torch.float32", "power_iter.dtype"))
    del source


class MuonWithAdamW:
    """torch.optim.Muon for the weights of hidden layers, which iterates in the weights' own type, and AdamW for all else."""

    def __init__(self, parameters, lr, muon_layers, adamw_rate, betas, adamw_eps, ns_a, ns_b, ns_c, **settings):
        first = 2 if muon_layers == "inner" else 0
        hidden = parameters[first:-2:2]
        others = [p for p in parameters if not any(p is q for q in hidden)]
        words = {"lr": lr * adamw_rate, "betas": betas, "eps": adamw_eps, "weight_decay": settings["weight_decay"]}
        self.optimizers = [torch.optim.AdamW(others, foreach=False, **words)]
        if hidden:
            self.optimizers.append(torch.optim.Muon(hidden, lr=lr, ns_coefficients=(ns_a, ns_b, ns_c), **settings))

    def zero_grad(self):
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def step(self):
        for optimizer in self.optimizers:
            optimizer.step()


def iterate_in_own_type():
    """Has PyTorch's Newton-Schulz iteration keep to the type of the weights: its own source with one word changed."""
    module = inspect.getmodule(inspect.unwrap(torch.optim.Muon.step))
    source = inspect.getsource(module._zeropower_via_newtonschulz)
    assert source.count("torch.bfloat16") == 1
    exec(source.replace("torch.bfloat16", "grad.dtype"), vars(module))


def wrapped(name, lr, settings, wrappers, parameters):
    """An optimizer with what is put around it, and who says so if that is not PyTorch."""
    if "cautious" in wrappers:
        return CautiousAdamW(parameters, lr, **settings), "C-Optim c_adamw"
    if "lookahead" in wrappers:
        ahead = optax.lookahead(optax.adam(lr, **settings), wrappers["lookahead"], wrappers["lookahead_alpha"])
        return Ahead(parameters, ahead), f"optax {optax.__version__} optax.lookahead"
    optimizer, reference = optimizer_of(name, lr, settings, parameters)
    return (Averaging(parameters, optimizer, **wrappers), reference) if wrappers else (optimizer, reference)


def optimizer_of(name, lr, settings, parameters):
    """The optimizer, and who says so if that is not PyTorch."""
    if name in OPTAX:
        reference, make = OPTAX[name]
        return Optax(parameters, make(lr, **settings)), f"optax {optax.__version__} {reference}"
    if name in CLASSES:
        made = CLASSES[name](parameters, lr=lr, **settings)
        made.train()
        version = importlib.metadata.version("schedulefree")
        return made, f"schedulefree {version} {type(made).__name__}"
    if name == "Muon":
        return MuonWithAdamW(parameters, lr, **settings), "torch.optim.Muon without its bfloat16, and torch.optim.AdamW"
    if name == "SOAP":
        version = importlib.metadata.version("pytorch_optimizer")
        return Soap(parameters, lr=lr, **settings), f"pytorch_optimizer {version} SOAP"
    if name == "Adafactor":
        eps = (settings["eps1"], settings["eps2"])
        words = {key: value for key, value in settings.items() if key not in ("eps1", "eps2")}
        return torch.optim.Adafactor(parameters, lr=lr, eps=eps, foreach=False, **words), None
    if name == "LBFGS":
        return torch.optim.LBFGS(parameters, lr=lr, max_iter=1, **settings), None
    if name == "prodigy":
        words = {key: value for key, value in settings.items() if (key, value) != ("growth_rate", None)}
        version = importlib.metadata.version("prodigyopt")
        return prodigyopt.Prodigy(parameters, lr=lr, **words), f"prodigyopt {version} Prodigy"
    # Adam and AdamW are one flag apart and take no word for it.
    words = {key: value for key, value in settings.items() if key != "decoupled_weight_decay" or "Adam" not in name[:4]}
    return getattr(torch.optim, name)(parameters, lr=lr, foreach=False, **words), None

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}

# Data set: loss, outputs, target of samples in -2...2. More data sets are drawn with two features.
DATASETS = {
    "prod": ("mse", 1, lambda x: x[:, 0] * x[:, 1] / 4),
    "xor": ("bce_with_logits", 1, lambda x: x[:, 0] * x[:, 1] > 0),
    "quadrants": ("cross_entropy", 4, lambda x: (x[:, 0] < 0) * 1 + (x[:, 1] < 0) * 2),
}

DTYPES = {"f32": torch.float32, "f64": torch.float64}

# How far computed numbers may be from those of another CPU, relative to the larger and absolute: kernels of one version
# round differently from CPU to CPU, and 60 steps amplify it. What is not computed must be equal.
TOLERANCES = {"f32": (1e-4, 1e-6), "f64": (1e-11, 1e-13)}
COMPUTED = ("grad0_", "losses", "final_", "factors")


def drawn(dataset, dims):
    """Inputs of a data set and a shape that no file has: f32 numbers, the same for the same names."""
    _, _, target = DATASETS[dataset]
    random = numpy.random.default_rng(zlib.crc32(f"{dataset} {dims}".encode()))
    x = random.uniform(-2, 2, (SAMPLES, dims[0])).astype(numpy.float32)
    inputs = {"X": x.tolist(), "Y": target(x).astype(numpy.float32)[:, None].tolist(), "init_W": [], "init_b": []}
    for before, after in zip(dims, dims[1:]):
        bound = 1 / math.sqrt(before)
        inputs["init_W"].append(random.uniform(-bound, bound, (after, before)).astype(numpy.float32).tolist())
        inputs["init_b"].append(random.uniform(-bound, bound, after).astype(numpy.float32).tolist())
    return inputs


def inputs_of(dataset, dims):
    """Samples, targets and first weights, as the files that are there have them."""
    for path in sorted(HERE.glob("*.json")):
        file = json.loads(path.read_text())
        if (file["dataset"], file["dims"]) == (dataset, dims):
            return {key: file[key] for key in ("X", "Y", "init_W", "init_b")}
    return drawn(dataset, dims)


def trajectory(variant, dataset, activation, hidden, dtype, inputs):
    """What a file says."""
    name, lr, settings, wrappers = (*(VARIANTS | GROUPED | WRAPPED | WHOLE | FULL_BATCH)[variant], {})[:4]
    batch = SAMPLES if variant in FULL_BATCH else BATCH
    loss_name, outputs, _ = DATASETS[dataset]
    dims = [2, *hidden, outputs]

    # Some optimizers keep scalars in the default type.
    torch.set_default_dtype(DTYPES[dtype])

    def tensor(values):
        return torch.tensor(values, dtype=DTYPES[dtype])

    x, y = tensor(inputs["X"]), tensor(inputs["Y"])
    weights = [tensor(w).requires_grad_() for w in inputs["init_W"]]
    biases = [tensor(b).requires_grad_() for b in inputs["init_b"]]

    def forward(x):
        for k, (w, b) in enumerate(zip(weights, biases)):
            x = torch.nn.functional.linear(x, w, b)
            x = ACTIVATIONS[activation](x) if k + 1 < len(weights) else x
        return x

    def loss_of(z, y):
        if loss_name == "mse":
            return torch.nn.functional.mse_loss(z, y)
        if loss_name == "bce_with_logits":
            return torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        return torch.nn.functional.cross_entropy(z, y[:, 0].long())

    parameters = [p for pair in zip(weights, biases) for p in pair]
    optimizer, reference = wrapped(name, lr, settings, wrappers, parameters)
    losses, gradients = [], {}
    for step in range(STEPS):
        rows = slice(step * batch % SAMPLES, step * batch % SAMPLES + batch)
        optimizer.zero_grad()
        loss = loss_of(forward(x[rows]), y[rows])
        loss.backward()
        if step == 0:
            gradients = {"grad0_W": [w.grad.tolist() for w in weights], "grad0_b": [b.grad.tolist() for b in biases]}
        losses.append(loss.item())
        # One evaluation a step is all that LBFGS has here: its closure need not compute anew.
        optimizer.step(*([lambda: loss] if name == "LBFGS" else []))
    if hasattr(optimizer, "eval"):
        optimizer.eval()
    with torch.no_grad():
        if name == "ASGD":
            # What is evaluated: the average, which PyTorch leaves in the state.
            for p in parameters:
                p.copy_(optimizer.state[p]["ax"])
        z = forward(x)
        right = {"bce_with_logits": lambda: (z > 0) == (y > 0.5), "cross_entropy": lambda: z.argmax(1) == y[:, 0]}
        accuracy = right[loss_name]().sum().item() / SAMPLES if loss_name in right else None
        return {
            "torch": torch.__version__,
            **({"reference": reference} if reference else {}),
            "dtype": str(DTYPES[dtype]).removeprefix("torch."),
            "dataset": dataset,
            "activation": activation,
            "loss": loss_name,
            "loss_reduction": "mean",
            "optimizer": name,
            "variant": variant,
            "hyper": {"lr": lr} | settings,
            **({"wrappers": wrappers} if wrappers else {}),
            "dims": dims,
            "n": SAMPLES,
            "batch": batch,
            "steps": STEPS,
            "order": f"sequential, batch j = rows [{batch}j,{batch}j+{batch}), j = step % {SAMPLES // batch}",
            **{key: inputs[key] for key in ("X", "Y", "init_W", "init_b")},
            **gradients,
            "losses": losses,
            "final_W": [w.tolist() for w in weights],
            "final_b": [b.tolist() for b in biases],
            "final_full_loss": loss_of(z, y).item(),
            "final_accuracy": accuracy,
            "final_logits_first8": z[:8].tolist(),
        }


EPOCHS, PER_EPOCH = 12, 5
TOTAL = EPOCHS * PER_EPOCH
LR = torch.optim.lr_scheduler


def line(optimizer, steps):
    """A warm-up whose first factor is 1/steps, as a schedule of torch."""
    return LR.LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)


# tallow's table of a schedule; torch's schedule; how many of its steps an epoch has.
SCHEDULES = [
    ({"name": "constant"}, lambda o: LR.ConstantLR(o, factor=1), PER_EPOCH),
    ({"name": "linear", "final_factor": 0.1}, lambda o: LR.LinearLR(o, 1, 0.1, TOTAL), PER_EPOCH),
    ({"name": "polynomial", "power": 2.0}, lambda o: LR.PolynomialLR(o, TOTAL, 2.0), PER_EPOCH),
    ({"name": "exponential", "decay": 0.9}, lambda o: LR.ExponentialLR(o, 0.9), 1),
    ({"name": "step", "decay_epochs": 5, "decay": 0.3}, lambda o: LR.StepLR(o, 5, 0.3), 1),
    ({"name": "multi_step", "milestones": [3, 8], "decay": 0.2}, lambda o: LR.MultiStepLR(o, [3, 8], 0.2), 1),
    ({"name": "cosine", "final_factor": 0.05}, lambda o: LR.CosineAnnealingLR(o, TOTAL, 0.05), PER_EPOCH),
    (
        {"name": "warm_restarts", "period_epochs": 2, "period_factor": 2, "final_factor": 0.1},
        lambda o: LR.CosineAnnealingWarmRestarts(o, 2 * PER_EPOCH, 2, 0.1),
        PER_EPOCH,
    ),
    (
        {"name": "one_cycle", "rise_share": 0.25, "initial_divisor": 20.0, "final_divisor": 1000.0},
        lambda o: LR.OneCycleLR(o, 1, TOTAL, pct_start=0.25, cycle_momentum=False, div_factor=20.0, final_div_factor=1000.0),
        PER_EPOCH,
    ),
    (
        {"name": "cosine", "warmup": 0.25},
        lambda o: LR.SequentialLR(o, [line(o, 15), LR.CosineAnnealingLR(o, TOTAL - 15)], [15]),
        PER_EPOCH,
    ),
    (
        {"name": "linear", "warmup_epochs": 2, "final_factor": 0.5},
        lambda o: LR.SequentialLR(o, [line(o, 10), LR.LinearLR(o, 1, 0.5, TOTAL - 10)], [10]),
        PER_EPOCH,
    ),
]


def schedules():
    """What the file of schedules says: the learning rate of every step, from 1."""
    torch.set_default_dtype(torch.float64)
    cases = []
    for table, make, per_epoch in SCHEDULES:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule = make(optimizer)
        factors = []
        for step in range(TOTAL):
            factors.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if per_epoch > 1 or (step + 1) % PER_EPOCH == 0:
                schedule.step()
        cases.append({"schedule": table, "factors": factors})
    return {"torch": torch.__version__, "per_epoch": PER_EPOCH, "total": TOTAL, "cases": cases}


def plain(value):
    """With whole numbers written as such, as the files have them."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# What a case has of its own in a file of several.
OWN = ("reference", "optimizer", "variant", "hyper", "wrappers", "losses", "final_")


# Courses that rounding decides, by the number of hidden layers: of weights that differ by their last place they differ by more
# than an implementation may. Rprop's steps go by the sign of a product of gradients; SOAP divides what a gradient has in a
# direction that it hardly has by its own root mean square; L-BFGS and Prodigy learn from small differences.
UNDETERMINED = [
    ("rprop", "f32", 3), ("soap", "f32", 3), ("soap", "f64", 3), ("prodigy", "f32", 3),
    ("lbfgs", "f32", 1), ("lbfgs", "f32", 3), ("lbfgs_change", "f32", 1)]


def grouped(group, dataset, activation, hidden, dtype):
    """What a file of several cases says: what they share, then what each has of its own."""
    inputs = inputs_of(dataset, [2, *hidden, DATASETS[dataset][1]])
    variants = [name for name in group if (name, dtype, len(hidden)) not in UNDETERMINED]
    cases = [trajectory(variant, dataset, activation, hidden, dtype, inputs) for variant in variants]
    shared = {key: value for key, value in cases[0].items() if not key.startswith(OWN)}
    own = [{key: value for key, value in case.items() if key.startswith(OWN)} for case in cases]
    return shared | {"cases": own}


def files():
    """Each file's name, its dtype, and what it is to say."""
    yield "schedules/torch.json", "f64", plain(schedules())
    for dataset, activation, hidden in GROUPED_SETTINGS:
        for dtype in DTYPES:
            groups = {"others": GROUPED, "wrapped": WRAPPED, "whole": WHOLE, "full_batch": FULL_BATCH}
            for prefix, group in groups.items():
                name = f"{prefix}__{dataset}__{activation}__{'-'.join(map(str, hidden))}__{dtype}.json"
                yield name, dtype, plain(grouped(group, dataset, activation, hidden, dtype))
    for dataset, activation, hidden in SETTINGS:
        inputs = inputs_of(dataset, [2, *hidden, DATASETS[dataset][1]])
        for variant in VARIANTS:
            for dtype in DTYPES:
                shape = "-".join(map(str, hidden))
                name = f"{variant}__{dataset}__{activation}__{shape}__{dtype}.json"
                yield name, dtype, plain(trajectory(variant, dataset, activation, hidden, dtype, inputs))


def differences(ours, theirs, tolerance, place):
    """Where two values differ by more than that, in words."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for k, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, tolerance, f"{place}[{k}]")
    elif isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        relative, absolute = tolerance
        if not abs(ours - theirs) <= relative * max(abs(ours), abs(theirs)) + absolute:
            yield f"{place} is {theirs}, computed anew {ours}"
    elif ours != theirs:
        yield f"{place} is {theirs!r}, computed anew {ours!r}"


def faults(path, dtype, ours):
    """What is wrong with a file, in words."""
    if not path.exists():
        return ["is missing"]
    return list(faults_of(json.loads(path.read_text()), dtype, ours))


def faults_of(theirs, dtype, ours):
    """What is wrong with a file or a case of it, in words."""
    if list(ours) != list(theirs):
        yield f"has the keys {list(theirs)}, not {list(ours)}"
        return
    for key, value in ours.items():
        if key == "torch":
            if theirs[key].partition("+")[0] != TORCH:
                yield f"was made by torch {theirs[key]}, not {TORCH}"
        elif key == "cases":
            if len(value) != len(theirs[key]):
                yield f"has {len(theirs[key])} cases, not {len(value)}"
            for mine, other in zip(value, theirs[key]):
                label = mine.get("variant") or mine["schedule"]["name"]
                yield from (f"{label} {fault}" for fault in faults_of(other, dtype, mine))
        else:
            tolerance = TOLERANCES[dtype] if key.startswith(COMPUTED) else (0, 0)
            yield from differences(value, theirs[key], tolerance, key)


def main():
    parser = argparse.ArgumentParser(description="Makes the PyTorch trajectories beside this program.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is wrong or missing")
    is_check = parser.parse_args().check
    if not is_check and torch.__version__.partition("+")[0] != TORCH:
        sys.exit(f"this is torch {torch.__version__}; the files are made by {TORCH}")
    torch.set_num_threads(1)
    jax.config.update("jax_enable_x64", True)
    iterate_in_own_type()
    made, wrong = set(), 0
    for name, dtype, file in files():
        made.add(name)
        found = faults(HERE / name, dtype, file)
        wrong += bool(found)
        for fault in found[:5]:
            print(f"{name} {fault}")
        if found and not is_check:
            (HERE / name).write_text(json.dumps(file, separators=(",", ":"), allow_nan=False))
    for name in sorted({path.name for path in HERE.glob("*.json")} - made):
        print(f"{name} is not a file that this program makes")
        wrong += 1
    print(f"torch {torch.__version__}: {len(made)} files, {wrong} wrong" + (" before" if wrong and not is_check else ""))
    sys.exit(1 if is_check and wrong else 0)


if __name__ == "__main__":
    main()
