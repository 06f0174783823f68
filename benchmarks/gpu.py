"""Is everything right on this GPU, and how fast is it?  python -m benchmarks.gpu [--record] [--seconds 280] [--seed 0]

    checks    every operation against NumPy in float64, on random data and shapes, at the sizes of the fast kernels;
              the gradient by the weights twice, to the same bits
    limits    copy bandwidth and multiply-adds as this machine reaches them; cost of a launch and of an allocation
    layers    convolutions of AlexNet, VGG and LeNet: forward and both gradients, against PyTorch where it is installed, in
              float32 and with TF32 allowed
    training  a step of AlexNet (batch 128), against PyTorch; LeNet-5 on MNIST until 99 % of the test images are right

One command, under five minutes. Timed with CUDA events, after warming up, with inputs that rotate through more than the cache
holds. Without a GPU it says why; with --record that is written down too, and no speed. An operation that is wrong, or a
section that fails, does not stop the others; there is no record then, and the exit status is 1.
"""

import argparse
import contextlib
import itertools
import math
import statistics
import sys
import time
from dataclasses import dataclass, field

import numpy as np

import convlab.functional as F
from benchmarks import by_taps, gpu_torch
from convlab import backend, data, errors, models, nn, optim, records, settings
from convlab import reference as R

LAYERS = {  # N, C, H, W, O, K, stride, padding
    "alexnet conv1": (128, 3, 227, 227, 96, 11, 4, 0),
    "alexnet conv2": (128, 96, 27, 27, 256, 5, 1, 2),
    "alexnet conv3": (128, 256, 13, 13, 384, 3, 1, 1),
    "alexnet conv5": (128, 384, 13, 13, 256, 3, 1, 1),
    "vgg conv1_2": (32, 64, 224, 224, 64, 3, 1, 1),
    "vgg conv3_2": (32, 256, 56, 56, 256, 3, 1, 1),
    "vgg conv5_2": (64, 512, 14, 14, 512, 3, 1, 1),
    "lenet c1": (512, 1, 32, 32, 6, 5, 1, 0),
    "lenet c3": (512, 6, 14, 14, 16, 5, 1, 0),
}
SMALL_LAYERS = {"small": (1, 2, 5, 5, 3, 3, 1, 1)}
TOLERANCE = {"float32": 1e-5, "winograd": 5e-5, "tf32": 3e-3}  # |error| over the largest number, by the way to compute
CONVOLVE = ("conv2d", "conv2d_grad_input", "conv2d_grad_weight", "conv_transpose2d")


@dataclass
class Run:
    """What has been measured, and how much time is left."""

    seconds: float
    simulated: bool
    start: float = field(default_factory=time.perf_counter)
    seed: int = 0
    result: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)

    def fail(self, text: str) -> None:
        self.failures.append(text)
        print("WRONG:", text, flush=True)

    def left(self) -> float:
        return self.seconds - (time.perf_counter() - self.start)

    def normal(self, *shape):
        return self.rng.standard_normal(shape).astype(np.float32)


# ------------------------------------------------------------------------------------------------ time
def milliseconds(run: Run, function, sets: int = 1, span: float = 15.0) -> float:
    """Median of five timings of function(i), i rotating through the input sets; a timing lasts about `span` ms."""
    from numba import cuda

    for i in range(1 if run.simulated else max(2, sets)):
        function(i % sets)
    if run.simulated:  # no events there, and no speed to speak of: that it runs is all
        return math.nan
    first, last = cuda.event(), cuda.event()

    def once(count):
        first.record()
        for i in range(count):
            function(i % sets)
        last.record()
        last.synchronize()
        return cuda.event_elapsed_time(first, last) / count

    count = int(min(2000, max(sets, span / max(once(sets), 1e-3))))
    once(count)  # by now the memory that it needs has been asked for, and lies ready
    return statistics.median(once(count) for _ in range(5))


# ------------------------------------------------------------------------------------------------ checks
CONVOLUTIONS = [  # x, w, options: one for each kernel and tile
    ((4, 3, 31, 29), (96, 3, 11, 11), {"stride": 4}),
    ((4, 96, 13, 11), (130, 96, 5, 5), {"padding": 2}),
    ((3, 64, 14, 14), (65, 64, 3, 3), {"stride": (2, 1), "padding": (1, 2), "dilation": (2, 1)}),
    ((2, 32, 20, 20), (64, 16, 3, 3), {"padding": 1, "groups": 2}),
    ((33, 1, 28, 28), (6, 1, 5, 5), {}),
    ((20, 64, 27, 25), (104, 64, 3, 3), {"padding": 1}),
    ((12, 48, 27, 27), (64, 48, 5, 5), {"padding": (2, 0)}),
]
SMALL_CONVOLUTIONS = [((2, 3, 9, 8), (6, 3, 3, 2), {"stride": (2, 1), "padding": (1, 2)})]


def random_convolutions(rng, count):
    """Shapes and options drawn at random, with enough channels for the fast kernels."""
    for _ in range(count):
        groups, stride, padding = int(rng.integers(1, 3)), tuple(rng.integers(1, 4, 2)), tuple(rng.integers(0, 3, 2))
        C, O, K, size = rng.integers(1, 40), rng.integers(16, 140), rng.integers(1, 6, 2), rng.integers(11, 24, 2)
        options = {"stride": stride, "padding": padding, "dilation": tuple(rng.integers(1, 3, 2)), "groups": groups}
        yield (
            (int(rng.integers(1, 5)), int(groups * C), *map(int, size)),
            (int(groups * O), int(C), *map(int, K)),
            options,
        )


def operations(run: Run, small: bool):
    """(name, arguments, options): calls whose float arrays are moved to the GPU."""
    n = run.normal
    shapes = SMALL_CONVOLUTIONS if small else [*CONVOLUTIONS, *random_convolutions(run.rng, 8)]
    for x_shape, w_shape, options in shapes:
        x, w, b = n(*x_shape), n(*w_shape), n(w_shape[0])
        dy = n(*by_taps.conv2d(x, w, b, **options).shape)
        yield "conv2d", (x, w, b), options
        yield "conv2d_grad_input", (dy, w, x_shape), options
        yield "conv2d_grad_weight", (dy, x, w_shape), options
        yield "conv2d_grad_bias", (dy,), {}
        if options.get("groups", 1) == 1:
            turned = {k: v for k, v in options.items() if k != "groups"}
            yield "conv_transpose2d", (dy, w, n(w_shape[1])), turned
    rows, inputs, outputs = (3, 7, 5) if small else (128, 1000, 300)
    x, w, b, dy = n(rows, inputs), n(outputs, inputs), n(outputs), n(rows, outputs)
    yield "linear", (x, w, b), {}
    yield "linear_grad_input", (dy, w), {}
    yield "linear_grad_weight", (dy, x), {}
    logits = n(rows, outputs)
    for name in ("softmax", "log_softmax"):
        yield name, (logits,), {}
        yield f"{name}_grad", (dy, getattr(R, name)(logits)), {}
    yield "cross_entropy", (logits, self_labels(rows, outputs)), {}
    size = (1, 3, 6, 6) if small else (4, 32, 27, 27)
    x, dy = n(*size), n(*size)
    y, argmax = R.max_pool2d(x, 3, stride=2)
    yield "max_pool2d", (x, 3), {"stride": 2}
    yield "max_pool2d_grad", (n(*y.shape), argmax, size), {}
    yield "avg_pool2d", (x, 3), {"stride": 2}
    yield "avg_pool2d_grad", (n(*y.shape), size, 3), {"stride": 2}
    yield "local_response_norm", (x, 5), {"alpha": 0.1}
    yield "local_response_norm_grad", (dy, x, 5), {"alpha": 0.1}
    yield "batch_norm", (x, n(size[1]), n(size[1]), None, None), {"training": True}
    for name in ("relu", "sigmoid", "tanh", "leaky_relu"):
        yield name, (x,), {}
        yield f"{name}_grad", (dy, x), {}


def self_labels(rows, classes):
    return np.arange(rows) * 7 % classes


def first_array(result):
    "the result, or the array of a pair (loss, gradient), (output, what is saved)"
    parts = result if isinstance(result, tuple) else (result,)
    return next(part for part in parts if hasattr(part, "shape") and len(part.shape))


def relative_error(got, expected) -> float:
    expected = np.asarray(expected, float)
    return float(np.abs(got - expected).max() / max(np.abs(expected).max(), 0.1))


@contextlib.contextmanager
def computed_by(mode: str):
    """Convolutions within the block take direct sums ("float32"), Winograd's algorithm or the tensor cores, where they can."""
    before = settings.winograd
    settings.use_winograd(mode == "winograd")
    try:
        with backend.allow_tf32(mode == "tf32"):
            yield
    finally:
        settings.use_winograd(before)


def on_the_gpu(name, arguments, options, mode="float32"):
    moved = [backend.to_device(a) if isinstance(a, np.ndarray) else a for a in arguments]
    with computed_by(mode):
        return backend.to_host(first_array(getattr(F, name)(*moved, **options)))


def check(run: Run, name, arguments, options) -> None:
    """One operation: notes its largest error, and in `failures` what is wrong."""
    wide = lambda a: a.astype(float) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
    textbook = getattr(by_taps, name, None) or getattr(R, name)
    expected = first_array(textbook(*map(wide, arguments), **options))
    for mode, bound in TOLERANCE.items():
        if mode != "float32" and name not in CONVOLVE:
            continue
        try:
            error = relative_error(on_the_gpu(name, arguments, options, mode), expected)
        except Exception as problem:  # of a kernel, the compiler or the driver; the other operations go on
            run.fail(f"{name} ({mode}): {type(problem).__name__}: {str(problem)[:300]}")
            continue
        worst = run.result["checks"]["worst_relative_error"].setdefault(mode, {})
        worst[name] = max(worst.get(name, 0.0), error)
        if not error <= bound:
            shapes = [a.shape if isinstance(a, np.ndarray) else a for a in arguments]
            run.fail(f"{name} ({mode}): relative error {error:.1e} for {shapes}, {options}")


def checks(run: Run) -> None:
    """Every operation against NumPy in float64."""
    found = run.result["checks"] = {"worst_relative_error": {}}
    for name, arguments, options in operations(run, run.simulated):
        check(run, name, arguments, options)
    worst = found["worst_relative_error"]
    for mode, errors_of in worst.items():
        print(f"checks, {mode}: {len(errors_of)} operations, worst relative error {max(errors_of.values()):.1e}")
    x_shape, w_shape = ((2, 2, 6, 6), (3, 2, 3, 3)) if run.simulated else ((16, 64, 28, 28), (64, 64, 3, 3))
    x = backend.to_device(run.normal(*x_shape))
    dy = backend.to_device(run.normal(x_shape[0], w_shape[0], x_shape[2] - 2, x_shape[3] - 2))
    twice = [backend.to_host(F.conv2d_grad_weight(dy, x, w_shape)) for _ in range(2)]
    found["same_bits_twice"] = bool(np.array_equal(*twice))
    if not found["same_bits_twice"]:
        run.fail("conv2d_grad_weight: other bits the second time")


# ------------------------------------------------------------------------------------------------ limits
def limits(run: Run, torch) -> None:
    n = 2**10 if run.simulated else 2**26
    a, b = (backend.to_device(np.ones(n, np.float32)) for _ in range(2))
    xp = backend.namespace(a)
    ms = milliseconds(run, lambda i: xp.copyto(b, a))
    found = {"copy_TB_per_s": 8 * n / ms / 1e9}
    small = backend.to_device(np.ones(256, np.float32))
    found["launch_us"] = 1e3 * milliseconds(run, lambda i: xp.add(small, small, out=small))
    start = time.perf_counter()
    for _ in range(20):
        xp.empty((1000, 1000), np.float32)
    found["allocation_us"] = (time.perf_counter() - start) / 20 * 1e6
    if torch is not None:
        size = 8192
        left, right = (torch.randn(size, size, device="cuda") for _ in range(2))
        for name, tf32 in (("float32", False), ("tf32", True)):
            gpu_torch.precision(torch, tf32)
            ms = milliseconds(run, lambda i: torch.mm(left, right))
            found[f"torch_matmul_{name}_TFLOP_per_s"] = 2 * size**3 / ms / 1e9
    run.result["limits"] = found
    print("limits:", ", ".join(f"{name} {value:.3g}" for name, value in found.items()))


# ------------------------------------------------------------------------------------------------ layers
def problem(run: Run, N, C, H, W, O, K, stride, padding):
    """Random input sets on the GPU, enough to exceed its cache."""
    OH, OW = ((size + 2 * padding - K) // stride + 1 for size in (H, W))
    flops, bytes_ = 2 * N * O * OH * OW * C * K * K, 4 * (N * C * H * W + N * O * OH * OW)
    sets = 1 if run.simulated else int(np.clip(2.5e8 // bytes_, 2, 8))
    many = lambda *shape: [backend.to_device(run.normal(*shape)) for _ in range(sets)]
    x, dy = many(N, C, H, W), many(N, O, OH, OW)
    return flops, sets, x, backend.to_device(run.normal(O, C, K, K)), backend.to_device(run.normal(O)), dy


def our_passes(x, w, b, dy, stride, padding):
    options = {"stride": stride, "padding": padding}
    return {
        "forward": lambda i: F.conv2d(x[i], w, b, **options),
        "grad_input": lambda i: F.conv2d_grad_input(dy[i], w, x[i].shape, **options),
        "grad_weight": lambda i: F.conv2d_grad_weight(dy[i], x[i], w.shape, **options),
    }


def layers(run: Run, torch) -> None:
    rows = run.result["layers"] = []
    for name, shape in (SMALL_LAYERS if run.simulated else LAYERS).items():
        if run.left() < 0.35 * run.seconds and not run.simulated:
            print(f"layers: time is up before {name}")
            break
        flops, sets, x, w, b, dy = problem(run, *shape)
        for mode, tf32 in (("float32", False), ("tf32", True)):
            ours = our_passes(x, w, b, dy, *shape[6:])
            theirs = {}
            if torch is not None:
                gpu_torch.precision(torch, tf32)
                theirs = gpu_torch.passes(torch, x, w, b, dy, *shape[6:])
            for which, function in ours.items():
                if tf32 and which == "grad_weight":
                    continue  # it has no TF32 kernel
                with backend.allow_tf32(tf32):
                    ms = milliseconds(run, function, sets)
                row = {"layer": name, "pass": which, "mode": mode, "ms": ms, "TFLOP_per_s": flops / ms / 1e9}
                if theirs:
                    row["torch_ms"] = milliseconds(run, theirs[which], sets)
                    row["torch_over_ours"] = row["torch_ms"] / ms
                rows.append(row)
                print("  ".join(f"{v:.3f}" if isinstance(v, float) else f"{v:14s}" for v in row.values()), flush=True)


# ------------------------------------------------------------------------------------------------ training
def training_step(net, x, labels):
    optimizer, loss = optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4), nn.CrossEntropyLoss()

    def step(i):
        loss(net(x), labels)
        optimizer.zero_grad()
        net.backward(loss.backward(), input_grad=False)
        optimizer.step()

    return step


def alexnet(run: Run, torch) -> None:
    """A training step of AlexNet: the network of 2012 in one tower, batch 128."""
    name, batch, size, classes = ("lenet5", 1, 32, 10) if run.simulated else ("alexnet", 128, 227, 1000)
    nn.manual_seed(0)
    net = models.create(name, num_classes=classes).to("cuda")
    x = backend.to_device(run.normal(batch, 1 if name == "lenet5" else 3, size, size))
    labels = backend.to_device(self_labels(batch, classes))
    found = run.result["training_step"] = {"network": name, "batch": batch}
    found["ms"] = milliseconds(run, training_step(net, x, labels), span=300)
    if torch is not None:
        gpu_torch.precision(torch, False)
        found["torch_ms"] = milliseconds(run, gpu_torch.training_step(torch, net, x, labels), span=300)
        found["ours_over_torch"] = found["ms"] / found["torch_ms"]
    print("training step:", found)


def lenet_on_mnist(run: Run) -> None:
    """Seconds until LeNet-5 has 99 % of MNIST's test images right; compiling is counted on its own."""
    from convlab import training

    try:
        whole, test = data.load("mnist", "train", size=32), data.load("mnist", "test", size=32)
    except errors.DataError as error:
        run.result["lenet5_mnist"] = {"left_out": str(error)}
        print("LeNet-5:", error)
        return
    normalize = data.Normalize.fit(whole)
    train = data.Loader(whole, batch_size=128, normalize=normalize, seed=0)
    tests = data.Loader(test, batch_size=1000, normalize=normalize, shuffle=False)
    nn.manual_seed(0)
    net = models.create("lenet5").to("cuda")
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    start = time.perf_counter()
    net(backend.to_device(np.zeros((128, 1, 32, 32), np.float32)))  # compiles, as does the first epoch in part
    found = run.result["lenet5_mnist"] = {"compile_forward_s": time.perf_counter() - start, "epochs": []}
    start = time.perf_counter()
    for epochs in itertools.count(1):
        training.fit(net, list(train.batches(epochs)), optimizer=optimizer, epochs=1, device="cuda", progress=False)
        share = training.accuracy(*training.predict(net, tests))
        found["epochs"].append({"seconds": time.perf_counter() - start, "test_accuracy": share})
        if share >= 0.99 or run.left() < 20 or epochs == 10:
            break
    print("LeNet-5 on MNIST:", found["epochs"][-1])


# ------------------------------------------------------------------------------------------------ the command
def measure(run: Run, words: str) -> None:
    """All sections; what fails is noted, and the next one goes on."""
    torch = None if run.simulated else gpu_torch.load()
    run.result |= {"gpu": words, "torch": torch and torch.__version__, "seed": run.seed}
    print(words, flush=True)
    sections = {
        "checks": lambda: checks(run),
        "limits": lambda: limits(run, torch),
        "layers": lambda: layers(run, torch),
        "alexnet": lambda: alexnet(run, torch),
        "lenet_on_mnist": lambda: run.simulated or lenet_on_mnist(run),
    }
    for name, section in sections.items():
        try:
            section()
        except Exception as problem:
            run.fail(f"{name}: {type(problem).__name__}: {str(problem)[:300]}")
    run.result["seconds"] = round(time.perf_counter() - run.start, 1)


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="Check and time convlab's CUDA kernels on this machine's GPU.")
    parser.add_argument("--seconds", type=float, default=280.0, help="time for everything")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers and shapes")
    parser.add_argument("--record", action="store_true", help="write a dated record to benchmarks/results/")
    options = parser.parse_args(arguments)
    try:
        words = backend.describe("cuda")
    except errors.BackendError as error:
        print(error, file=sys.stderr)
        if options.record:
            print("record:", records.write("gpu", {"gpu": None, "reason": str(error)}))
        return 2
    run = Run(options.seconds, simulated="simulator" in words, seed=options.seed)
    measure(run, words)
    if run.failures:
        print(f"{len(run.failures)} failures; nothing is recorded", file=sys.stderr)
        return 1
    if options.record:
        if run.simulated:
            sys.exit("the simulator has no speed: nothing is recorded")
        print("record:", records.write("gpu", run.result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
