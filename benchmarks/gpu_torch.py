"""The same work in PyTorch, where it is installed: passes of a convolution, and the training step of a network of ours."""

from typing import Any

from convlab import nn


def load() -> Any:
    """PyTorch if it is installed and finds the GPU, else None."""
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def precision(torch: Any, tf32: bool) -> None:
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32


def as_torch(torch: Any, array: Any) -> Any:
    return torch.as_tensor(array, device="cuda")  # through __cuda_array_interface__, no copy


def passes(torch: Any, x: list, w: Any, b: Any, dy: list, stride: int, padding: int) -> dict[str, Any]:
    """Functions of the number of the input set, by the name of the pass."""
    x, dy = ([as_torch(torch, a) for a in arrays] for arrays in (x, dy))
    w, b = as_torch(torch, w), as_torch(torch, b)

    def back(i, mask):
        geometry = [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1
        return torch.ops.aten.convolution_backward(dy[i], x[i], w, None, *geometry, mask)

    return {
        "forward": lambda i: torch.nn.functional.conv2d(x[i], w, b, stride, padding),
        "grad_input": lambda i: back(i, [True, False, False])[0],
        "grad_weight": lambda i: back(i, [False, True, False])[1],
    }


def network(torch: Any, module: nn.Module) -> Any:
    """A network of ours built from PyTorch's layers."""
    t = torch.nn
    if isinstance(module, nn.Sequential):
        return t.Sequential(*(network(torch, child) for child in module))
    made = {
        nn.Conv2d: lambda m: t.Conv2d(
            m.in_channels, m.out_channels, m.kernel_size, m.stride, m.padding, m.dilation, m.groups
        ),
        nn.Linear: lambda m: t.Linear(m.in_features, m.out_features),
        nn.ReLU: lambda m: t.ReLU(),
        nn.MaxPool2d: lambda m: t.MaxPool2d(m.kernel_size, m.stride, m.padding),
        nn.LocalResponseNorm: lambda m: t.LocalResponseNorm(m.size, **m.options),
        nn.Dropout: lambda m: t.Dropout(m.p),
        nn.Flatten: lambda m: t.Flatten(),
    }
    return made[type(module)](module)


def training_step(torch: Any, module: nn.Module, x: Any, labels: Any) -> Any:
    """A function that makes one step of SGD with momentum."""
    net = network(torch, module).cuda()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    x, labels = as_torch(torch, x), as_torch(torch, labels)

    def step(i):
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(net(x), labels).backward()
        optimizer.step()

    return step
