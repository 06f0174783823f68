"""The roofline: what a layer reaches, between the limit of the arithmetic and that of the memory."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

MARKS = {"forward": ("o", "C0"), "grad_weight": ("s", "C1"), "grad_input": ("^", "C2")}


def draw(rows: list[dict], limit: float, path: Path, bandwidth: float | None = None) -> None:
    """GFLOP/s of each case over its operations per byte. Winograd's sums may lie above the limit of direct sums."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for which, (marker, colour) in MARKS.items():
        own = [row for row in rows if row["pass"] == which]
        axes.plot(
            [r["flops_per_byte"] for r in own],
            [r["gflops"] for r in own],
            marker,
            color=colour,
            label=which,
            alpha=0.75,
        )
    axes.axhline(limit, color="0.3")
    axes.text(0.01, limit * 1.05, f"multiply-add limit, {limit:.0f} GFLOP/s", transform=axes.get_yaxis_transform())
    if bandwidth:
        reach = np.geomspace(0.5, limit / bandwidth, 50)
        axes.plot(reach, reach * bandwidth, color="0.3", label=f"memory, {bandwidth:.0f} GB/s")
    axes.set(xscale="log", yscale="log", xlabel="operations per byte that must move", ylabel="GFLOP/s")
    axes.legend(loc="lower right", frameon=False)
    axes.grid(alpha=0.25)
    figure.savefig(path, dpi=110)
