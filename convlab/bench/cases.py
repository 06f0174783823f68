"""What is timed: the layers of the networks of the course, pass by pass."""

from typing import NamedTuple

PASSES = ("forward", "grad_weight", "grad_input")


class Conv(NamedTuple):
    """A convolution of square images; sizes as in `convlab.functional.conv2d`."""

    network: str
    layer: str
    batch: int
    in_channels: int
    size: int
    out_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    first: bool = False  # sees the image: nobody asks for the gradient by its input

    @property
    def out_size(self) -> int:
        return (self.size + 2 * self.padding - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    @property
    def x_shape(self):
        return self.batch, self.in_channels, self.size, self.size

    @property
    def w_shape(self):
        return self.out_channels, self.in_channels // self.groups, self.kernel, self.kernel

    @property
    def y_shape(self):
        return self.batch, self.out_channels, self.out_size, self.out_size

    @property
    def passes(self):
        return PASSES[:2] if self.first else PASSES

    @property
    def flops(self) -> float:
        "operations by direct sums: a multiplication and an addition for each tap of each output"
        return (
            2.0 * self.batch * self.out_channels * self.out_size**2 * self.in_channels // self.groups * self.kernel**2
        )

    @property
    def numbers(self) -> int:
        "numbers that must at least be read or written"
        volume = lambda shape: shape[0] * shape[1] * shape[2] * shape[3]
        return volume(self.x_shape) + volume(self.w_shape) + volume(self.y_shape)


class Linear(NamedTuple):
    """A linear layer."""

    network: str
    layer: str
    batch: int
    in_features: int
    out_features: int
    passes: tuple[str, ...] = PASSES

    @property
    def flops(self) -> float:
        return 2.0 * self.batch * self.in_features * self.out_features

    @property
    def numbers(self) -> int:
        return self.batch * (self.in_features + self.out_features) + self.in_features * self.out_features


def _conv(network, batch, *layers):
    return [Conv(network, name, batch, *sizes, **extra) for name, sizes, extra in layers]


SET = [
    *_conv(
        "LeNet-5", 64,
        ("C1", (1, 32, 6, 5), {"first": True}),
        ("C3", (6, 14, 16, 5), {}),
        ("C5", (16, 5, 120, 5), {}),
    ),
    *_conv(
        "AlexNet", 16,
        ("conv1", (3, 227, 96, 11, 4), {"first": True}),
        ("conv2", (96, 27, 256, 5, 1, 2), {}),
        ("conv3", (256, 13, 384, 3, 1, 1), {}),
        ("conv4", (384, 13, 384, 3, 1, 1), {}),
        ("conv5", (384, 13, 256, 3, 1, 1), {}),
    ),
    *_conv(
        "VGG-16", 4,
        ("conv1_1", (3, 224, 64, 3, 1, 1), {"first": True}),
        ("conv1_2", (64, 224, 64, 3, 1, 1), {}),
        ("conv2_1", (64, 112, 128, 3, 1, 1), {}),
        ("conv2_2", (128, 112, 128, 3, 1, 1), {}),
        ("conv3_1", (128, 56, 256, 3, 1, 1), {}),
        ("conv3_2", (256, 56, 256, 3, 1, 1), {}),
        ("conv4_1", (256, 28, 512, 3, 1, 1), {}),
        ("conv4_2", (512, 28, 512, 3, 1, 1), {}),
        ("conv5_1", (512, 14, 512, 3, 1, 1), {}),
    ),
    *_conv(
        "ResNet-18", 8,
        ("stem", (3, 224, 64, 7, 2, 3), {"first": True}),
        ("layer1", (64, 56, 64, 3, 1, 1), {}),
        ("layer2.0", (64, 56, 128, 3, 2, 1), {}),
        ("layer2.0 1x1", (64, 56, 128, 1, 2), {}),
        ("layer2.1", (128, 28, 128, 3, 1, 1), {}),
        ("layer3.0", (128, 28, 256, 3, 2, 1), {}),
        ("layer3.1", (256, 14, 256, 3, 1, 1), {}),
        ("layer4.0", (256, 14, 512, 3, 2, 1), {}),
        ("layer4.1", (512, 7, 512, 3, 1, 1), {}),
    ),
    *(
        Linear("linear", f"{i} -> {o}, batch {batch}", batch, i, o)
        for batch in (16, 128)
        for i, o in ((9216, 4096), (4096, 4096), (4096, 1000))
    ),
]  # fmt: skip

# outside the set that the mean is taken over
OTHERS = _conv(
    "others", 8,
    ("1x1", (256, 56, 64, 1), {}),
    ("depthwise 3x3", (128, 56, 128, 3, 1, 1), {"groups": 128}),
    ("two groups 5x5", (96, 27, 256, 5, 1, 2), {"groups": 2}),
    ("dilated 3x3", (64, 56, 64, 3, 1, 2), {"dilation": 2}),
)  # fmt: skip


def name_of(case) -> str:
    return f"{case.network} {case.layer}"
