"""Full-width AlexNet: how long a training step takes, and how much memory it needs.

    uv run python benchmarks/alexnet_steps.py --record

Images and labels are drawn at random: a step takes as long whatever is on them.
"""

import argparse
import resource
import sys
import time

import numpy as np

from convlab import jit, models, nn, optim, records

CLASSES = 1000


def peak_memory() -> float:
    """The most memory this process has held, in GB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def measure(steps: int, batch_size: int, width: float) -> dict:
    """Train for some steps by the recipe of 2012; the step before them compiles kernels and is not counted."""
    nn.manual_seed(0)
    model, criterion, rng = models.alexnet(width=width), nn.CrossEntropyLoss(), np.random.default_rng(0)
    optimizer = optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    x = rng.standard_normal((batch_size, 3, 227, 227), dtype=np.float32)
    labels, losses, seconds = rng.integers(0, CLASSES, batch_size), [], []
    for number in range(steps + 1):
        start = time.perf_counter()
        losses.append(criterion(model(x), labels))
        optimizer.zero_grad()
        model.backward(criterion.backward(), input_grad=False)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
        print(f"step {number}: loss {losses[-1]:.4f}, {seconds[-1]:.2f} s", flush=True)
    return {
        "model": "alexnet",
        "width": width,
        "parameters": model.count_parameters(),
        "batch_size": batch_size,
        "steps": steps,
        "threads": jit.get_threads(),
        "loss_of_step": [round(loss, 5) for loss in losses[1:]],
        "seconds_of_step": [round(s, 3) for s in seconds[1:]],
        "seconds_per_step": round(float(np.median(seconds[1:])), 3),
        "images_per_second": round(batch_size / float(np.median(seconds[1:])), 2),
        "peak_memory_gb": round(peak_memory(), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--record", action="store_true", help="write a dated record to benchmarks/results/")
    options = parser.parse_args()
    if options.threads:
        jit.set_threads(options.threads)
    result = measure(options.steps, options.batch_size, options.width)
    print(f"{result['seconds_per_step']:.2f} s per step, peak memory {result['peak_memory_gb']:.2f} GB")
    if options.record:
        print(f"record: {records.write('alexnet-steps', result)}")


if __name__ == "__main__":
    main()
