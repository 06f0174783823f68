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
    _walk(module, [input_shape], "", rows)
    return Summary(input_shape, tuple(rows))


def _walk(module, shapes, name, rows):
    "add the rows of a module for inputs of these shapes; return the shape of its output"
    inside = f"{name}." if name else ""
    if hasattr(module, "inputs"):  # a Graph
        found = {"input": shapes[0]}
        for child_name, sources in module.inputs.items():
            given = [found[source] for source in sources]
            found[child_name] = _walk(getattr(module, child_name), given, inside + child_name, rows)
        return found[module.output]
    layers = list(module.named_children())
    if not layers:
        rows.append(_row(module, shapes, name))
        return rows[-1].output_shape
    (shape,) = shapes
    for child_name, child in layers:
        shape = _walk(child, [shape], inside + child_name, rows)
    return shape


def _row(layer, shapes, name):
    out = layer.output_shape(*shapes)
    sizes = {short: parameter.data.size for short, parameter in layer.named_parameters()}
    biases = sizes.pop("bias", 0)
    return Row(
        name=name,
        layer=f"{type(layer).__name__}({layer.describe()})",
        output_shape=out,
        weights=sum(sizes.values()),
        biases=biases,
        multiply_adds=layer.multiply_adds(*shapes),
        bytes=_product(out) * BYTES,
    )


def _product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result
