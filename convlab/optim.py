"""Optimisers and learning-rate schedules, with PyTorch's formulas. One fused pass over memory per parameter array."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from convlab import backend, checks
from convlab.errors import ArgumentError, DtypeError, StateError
from convlab.nn import Parameter


class Optimizer:
    """Base: parameters, a learning rate `lr` that may be changed at any time, and arrays that remember the past.

    `memories` names those arrays: one list of arrays each, shaped like the parameters.
    """

    memories: tuple[str, ...] = ()
    kernel: str  # the name of the kernel that makes a step

    def __init__(self, parameters: Iterable[Parameter], lr: float, weight_decay: float):
        op = type(self).__name__
        self.parameters = list(parameters) if isinstance(parameters, Iterable) else [parameters]
        if not self.parameters:
            raise ArgumentError(f"{op}: parameters is empty; give model.parameters()")
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise ArgumentError(
                    f"{op}: parameters must be nn.Parameter, got {type(parameter).__name__}; give model.parameters()"
                )
        self.parameters = list(dict.fromkeys(self.parameters))  # one that two layers share makes one step
        self.lr = checks.number(op, "lr", lr, 0)
        self.weight_decay = checks.number(op, "weight_decay", weight_decay, 0)
        self.steps = 0
        for name in self.memories:
            setattr(self, name, [backend.namespace(p.data).zeros_like(p.data) for p in self.parameters])

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.zero_grad()

    def step(self) -> None:
        """Change every parameter by one step along its gradient."""
        self.steps += 1
        op, flat, copied = f"{type(self).__name__}.step", [], []
        for index, parameter in enumerate(self.parameters):
            memories = {name: self._memory(name, index) for name in self.memories}
            _, data, grad, *memories = backend.bind(op, data=parameter.data, grad=parameter.grad, **memories)
            checks.same_shape(op, "grad", grad.shape, data.shape, "that of the parameter")
            if data.size:
                flat.append(tuple(a.reshape(a.size) for a in (data, grad, *memories)))
            if data is not parameter.data:  # bind copied an array that kernels cannot write to
                copied.append((parameter, data))
        backend.step_all(self.kernel, flat, self._numbers())
        for parameter, data in copied:
            parameter.data = data

    def _memory(self, name, index):
        "an array of memory, moved first to where its parameter lies"
        arrays, data = getattr(self, name), self.parameters[index].data
        if backend.on_gpu(arrays[index]) != backend.on_gpu(data):
            arrays[index] = backend.beside(arrays[index], data)
        return arrays[index]

    def _numbers(self) -> tuple[float, ...]:
        "what the kernel takes after the arrays"
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Copies of what the optimiser remembers: arrays by name, and the numbers `lr` and `steps`."""
        arrays = {
            f"{name}.{index}": backend.copy_of(array)
            for name in self.memories
            for index, array in enumerate(getattr(self, name))
        }
        return arrays | {"lr": self.lr, "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned. Checked first: on an error nothing has changed."""
        op = f"{type(self).__name__}.load_state_dict"
        own = self.state_dict()
        if not isinstance(state, Mapping) or own.keys() != state.keys():
            raise StateError(f"{op}: this is the state of another optimiser or network")
        lr, steps = checks.number(op, "lr", state["lr"], 0), checks.integer(op, "steps", state["steps"], 0)
        memories = {f"{name}.{index}": a for name in self.memories for index, a in enumerate(getattr(self, name))}
        for name, array in memories.items():
            value = state[name]
            if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
                raise DtypeError(f"{op}: {name} must be a float array, got {checks.dtype_name(value)}")
            if value.shape != array.shape:
                raise StateError(
                    f"{op}: {name} has shape {value.shape}, expected {array.shape}; it is the state of another network"
                )
        for name, array in memories.items():
            backend.namespace(array).copyto(array, state[name], casting="same_kind")
        self.lr, self.steps = lr, steps


class SGD(Optimizer):
    """Stochastic gradient descent with momentum and weight decay.

    velocity = momentum velocity + gradient + weight_decay parameter; parameter -= lr velocity

    Parameters
    ----------
    parameters : iterable of nn.Parameter
    lr : float
    momentum, weight_decay : float

    Notes
    -----
    Without dampening and Nesterov's variant the formula is PyTorch's; the paper on AlexNet puts lr inside the velocity.
    """

    memories, kernel = ("velocity",), "sgd"

    def __init__(self, parameters: Iterable[Parameter], lr: float, momentum: float = 0, weight_decay: float = 0):
        self.momentum = checks.number("SGD", "momentum", momentum, 0)
        super().__init__(parameters, lr, weight_decay)

    def _numbers(self):
        return self.lr, self.momentum, self.weight_decay


class Adam(Optimizer):
    """Adam: steps of a size that follows the running means of the gradient and of its square.

    mean = b1 mean + (1 - b1) g; square = b2 square + (1 - b2) g^2;
    parameter -= lr (mean / (1 - b1^t)) / (sqrt(square / (1 - b2^t)) + eps); g includes weight_decay parameter.

    Parameters
    ----------
    parameters : iterable of nn.Parameter
    lr : float
    betas : (b1, b2)
    eps, weight_decay : float

    Notes
    -----
    Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    """

    memories, kernel = ("mean", "square"), "adam"

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
    ):
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ArgumentError(f"Adam: betas must be a pair of numbers, got {betas!r}")
        self.betas = tuple(checks.number("Adam", "betas", beta, 0, math.nextafter(1, 0)) for beta in betas)
        self.eps = checks.number("Adam", "eps", eps, 0)
        super().__init__(parameters, lr, weight_decay)

    def _numbers(self):
        corrections = (1 - beta**self.steps for beta in self.betas)
        return self.lr, *self.betas, self.eps, self.weight_decay, *corrections


# ------------------------------------------------------------------------------------------------ schedules
class Schedule:
    """Base: changes `optimizer.lr`; `step(metric)` is called once after each epoch."""

    remembers: tuple[str, ...] = ("epoch",)

    def __init__(self, optimizer: Optimizer):
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                f"{type(self).__name__}: optimizer must be one of convlab.optim, got {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        self.first_lr = optimizer.lr
        self.epoch = 0

    def step(self, metric: float | None = None) -> None:
        self.epoch += 1
        self.optimizer.lr = self.rate()

    def rate(self) -> float:
        """Learning rate of the coming epoch."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in ("first_lr", *self.remembers)}

    def load_state_dict(self, state: dict[str, float]) -> None:
        op = f"{type(self).__name__}.load_state_dict"
        if not isinstance(state, Mapping) or state.keys() != self.state_dict().keys():
            raise StateError(f"{op}: this is the state of another schedule")
        numbers = {
            name: checks.integer(op, name, value, 0) if name in ("epoch", "bad_epochs")
            else checks.number(op, name, value, -math.inf)
            for name, value in state.items()
        }  # fmt: skip
        for name, value in numbers.items():
            setattr(self, name, value)


class StepLR(Schedule):
    """Multiply the learning rate by gamma every step_size epochs: lr = first lr gamma^floor(epoch / step_size)."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        super().__init__(optimizer)
        self.step_size = checks.integer("StepLR", "step_size", step_size, 1)
        self.gamma = checks.number("StepLR", "gamma", gamma, 0)

    def rate(self):
        return self.first_lr * self.gamma ** (self.epoch // self.step_size)


class CosineAnnealingLR(Schedule):
    """Half a cosine from the first learning rate down to eta_min in T_max epochs, and eta_min from then on.

    Source: I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        super().__init__(optimizer)
        self.T_max = checks.integer("CosineAnnealingLR", "T_max", T_max, 1)
        self.eta_min = checks.number("CosineAnnealingLR", "eta_min", eta_min, 0)

    def rate(self):
        part = min(self.epoch, self.T_max) / self.T_max
        return self.eta_min + (self.first_lr - self.eta_min) * (1 + math.cos(math.pi * part)) / 2


class ReduceLROnPlateau(Schedule):
    """Multiply the learning rate by factor once the metric has not improved for more than patience epochs.

    Parameters
    ----------
    optimizer : Optimizer
    mode : "min" or "max"
        Whether a small metric is good (loss) or a large one (accuracy).
    factor : float
    patience : int
    threshold : float
        Relative improvement that counts.
    min_lr : float
    """

    remembers = ("epoch", "best", "bad_epochs")

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ):
        super().__init__(optimizer)
        op = "ReduceLROnPlateau"
        if mode not in ("min", "max"):
            raise ArgumentError(f'{op}: mode must be "min" or "max", got {mode!r}')
        self.mode, self.factor = mode, checks.number(op, "factor", factor, 0, math.nextafter(1, 0))
        self.patience = checks.integer(op, "patience", patience, 0)
        self.threshold, self.min_lr = (
            checks.number(op, "threshold", threshold, 0),
            checks.number(op, "min_lr", min_lr, 0),
        )
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_epochs = 0

    def step(self, metric: float | None = None) -> None:
        if metric is None:
            raise ArgumentError("ReduceLROnPlateau.step: needs the metric it watches, got None; use step(loss)")
        self.epoch += 1
        if self._improves(float(metric)):
            self.best, self.bad_epochs = float(metric), 0
        else:
            self.bad_epochs += 1
        if self.bad_epochs > self.patience:
            self.optimizer.lr = max(self.optimizer.lr * self.factor, self.min_lr)
            self.bad_epochs = 0

    def _improves(self, metric):
        "NaN never improves"
        if self.mode == "min":
            return metric < self.best * (1 - self.threshold)
        return metric > self.best * (1 + self.threshold)
