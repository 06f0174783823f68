"""LeNet-5, as it was in 1998 and as it is built today.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proceedings
of the IEEE 86(11), 1998: section II.B and table I.
"""

from collections.abc import Mapping
from typing import Any

from convlab import checks, nn
from convlab.errors import ArgumentError
from convlab.models.digit_codes import digit_codes

# For each of the 16 maps of C3 the maps of S2 it sees: six see three neighbours, six four, three four others, one all
C3_CONNECTIONS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip


def lenet5(
    variant: str = "modern",
    *,
    num_classes: int = 10,
    in_channels: int = 1,
    connections: str | None = None,
    activation: str | None = None,
    output: str | None = None,
) -> nn.Sequential:
    """LeNet-5 for images (N, in_channels, 32, 32).

    Parameters
    ----------
    variant : "modern" or "1998"
        modern: ReLU, max-pooling, every map of C3 sees all of S2, softmax: 61,706 parameters. 1998: scaled tanh,
        subsampling with a learnt scale and bias, the C3 connection table, RBF output with fixed codes: 60,000 learnt ones.
    num_classes, in_channels : int
    connections : "full" or "table", optional
        Of C3, instead of the variant's own; "table" leaves the modern network 60,806 parameters.
    activation : "relu", "tanh" or "sigmoid", optional
        Instead of the variant's own.
    output : "softmax" or "rbf", optional
        Instead of the variant's own. Both give logits for a cross-entropy loss.

    Returns
    -------
    nn.Sequential
        Layers c1, s2, c3, s4, c5, f6 and output, with the units between them.

    Raises
    ------
    ArgumentError
        If an option has an unknown value.

    Examples
    --------
    >>> [lenet5(variant).count_parameters() for variant in ("modern", "1998")]
    [61706, 60000]
    """
    op = "lenet5"
    in_channels = checks.integer(op, "in_channels", in_channels, 1)
    num_classes = checks.integer(op, "num_classes", num_classes, 1)
    parts = _choose("variant", variant, {
        "modern": {"connections": "full", "activation": "relu", "output": "softmax"},
        "1998": {"connections": "table", "activation": "tanh", "output": "rbf"},
    })  # fmt: skip
    c3 = _choose("connections", connections or parts["connections"], {
        "full": lambda: nn.Conv2d(6, 16, 5),
        "table": lambda: nn.ConnectedConv2d(C3_CONNECTIONS, 6, 5),
    })  # fmt: skip
    unit = _choose("activation", activation or parts["activation"], {
        "relu": nn.ReLU, "tanh": nn.ScaledTanh, "sigmoid": nn.Sigmoid,
    })  # fmt: skip
    last = _choose("output", output or parts["output"], {
        "softmax": lambda: nn.Linear(84, num_classes),
        "rbf": lambda: nn.EuclideanRBF(digit_codes(num_classes)),
    })  # fmt: skip
    pool = nn.Subsample2d if variant == "1998" else lambda maps: nn.MaxPool2d(2)
    # the units of 1998 stand after the subsampling; today's stand before the pooling
    units_first = variant == "modern"
    return nn.Sequential(
        {"c1": nn.Conv2d(in_channels, 6, 5)}
        | _stage(("c1_unit", unit()), ("s2", pool(6)), units_first)
        | {"c3": c3()}
        | _stage(("c3_unit", unit()), ("s4", pool(16)), units_first)
        | {"c5": nn.Conv2d(16, 120, 5), "c5_unit": unit(), "flatten": nn.Flatten()}
        | {"f6": nn.Linear(120, 84), "f6_unit": unit(), "output": last()}
    )


def _stage(unit, pool, unit_first) -> dict[str, nn.Module]:
    return dict((unit, pool) if unit_first else (pool, unit))


def _choose(name: str, value: Any, choices: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(f"lenet5: {name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
    return choices[value]
