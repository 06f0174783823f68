"""First weights other than the layers' own."""

import numpy as np

from convlab.nn.conv import Conv2d, Linear
from convlab.nn.module import Module, random


def he_init(model: Module) -> Module:
    """Draw the weights of every Conv2d and Linear anew, normal with variance 2 / fan_in, and set their biases to 0.

    So a signal keeps its size through any number of layers with ReLU, where the layers' own draw (PyTorch's, of variance
    1 / (3 fan_in)) shrinks it to a sixth of its variance in each. Returns the model.

    Notes
    -----
    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.

    Examples
    --------
    >>> from convlab import nn
    >>> layer = nn.he_init(nn.Linear(200, 300))
    >>> bool(abs(layer.weight.data.std() - 0.1) < 0.005), bool(layer.bias.data.any())
    (True, False)
    """
    for layer in model.modules():
        if isinstance(layer, (Conv2d, Linear)):
            weight = layer.weight.data
            fan_in = weight[0].size
            weight[...] = random().normal(0, np.sqrt(2 / fan_in), weight.shape)
            if layer.bias is not None:
                layer.bias.data[...] = 0
    return model
