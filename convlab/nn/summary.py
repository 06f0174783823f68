"""The table of a network: what each layer gives out, holds and computes."""

from dataclasses import asdict, dataclass
from typing import Any

BYTES = 4  # of a float32


@dataclass(frozen=True)
class Row:
    """One layer. `bytes` is the memory of its output for one image in float32."""

    name: str
    layer: str
    output_shape: tuple[int, ...]
    weights: int
    biases: int
    multiply_adds: int
    bytes: int


@dataclass(frozen=True)
class Summary:
    """Rows of a network and their sums. Prints as a table."""

    input_shape: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def weights(self) -> int:
        return sum(row.weights for row in self.rows)

    @property
    def biases(self) -> int:
        return sum(row.biases for row in self.rows)

    @property
    def parameters(self) -> int:
        return self.weights + self.biases

    @property
    def multiply_adds(self) -> int:
        return sum(row.multiply_adds for row in self.rows)

    @property
    def bytes(self) -> int:
        return sum(row.bytes for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        totals = {name: getattr(self, name) for name in ("weights", "biases", "parameters", "multiply_adds", "bytes")}
        return {"input_shape": list(self.input_shape), "rows": [asdict(row) for row in self.rows], "total": totals}

    def cells(self) -> list[list[str]]:
        """The table as text: a header, a row per layer, the sums."""
        count = lambda n: f"{n:,}" if n else ""
        shape = lambda s: " x ".join(map(str, s))
        table = [["name", "layer", "output", "weights", "biases", "multiply-adds", "bytes"]]
        table.append(["", "input", shape(self.input_shape), "", "", "", ""])
        for r in self.rows:
            counts = map(count, (r.weights, r.biases, r.multiply_adds, r.bytes))
            table.append([r.name, r.layer, shape(r.output_shape), *counts])
        sums = map(count, (self.weights, self.biases, self.multiply_adds, self.bytes))
        table.append(["", f"{self.parameters:,} parameters", "", *sums])
        return table

    def __str__(self):
        table = self.cells()
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        lines = []
        for line in table:
            padded = [c.ljust(w) if i < 3 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
            lines.append("  ".join(padded).rstrip())
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def summarize(module: Any, input_shape: tuple[int, ...]) -> Summary:
    """Walk the layers in order, from shape to shape, without computing anything."""
    rows: list[Row] = []
    _walk(module, input_shape, "", rows)
    return Summary(input_shape, tuple(rows))


def _walk(module, shape, name, rows):
    layers = list(module.named_children())
    if not layers:
        out = module.output_shape(shape)
        sizes = {short: parameter.data.size for short, parameter in module.named_parameters()}
        biases = sizes.pop("bias", 0)
        row = Row(name, f"{type(module).__name__}({module.describe()})", out, sum(sizes.values()), biases,
                  module.multiply_adds(shape), _product(out) * BYTES)  # fmt: skip
        rows.append(row)
        return out
    for child_name, child in layers:
        shape = _walk(child, shape, f"{name}.{child_name}" if name else child_name, rows)
    return shape


def _product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result
