"""Make the pictures of the README: `python docs/pictures/make.py` (a minute). They show a network trained on the spot."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from convlab import data, manual_seed, models, optim, training

HERE = Path(__file__).parent
INK, PAPER = "#222222", "#ffffff"


def trained_lenet5():
    """LeNet-5 after 40 epochs on the bundled digits, as `convlab train lenet5` makes it."""
    train = data.load("digits", "train")
    loader = data.Loader(train, 32, normalize=data.Normalize.fit(train), augment=data.Shift(2))
    manual_seed(0)
    net = models.create("lenet5")
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    training.fit(
        net, loader, optimizer=optimizer, epochs=40, schedule=optim.CosineAnnealingLR(optimizer, 40), progress=False
    )
    return net.eval(), loader.normalize


def outputs_of(net, x):
    """What each layer makes of one image, by name."""
    found = {"input": x}
    for name, layer in net.named_children():
        x = layer(x)
        found[name] = x
    return found


def sheet(figure, box, maps, columns, cmap="gray_r"):
    """Maps (C, H, W) side by side in a part of the figure, all with one scale."""
    rows = -(-len(maps) // columns)
    grid = figure.add_gridspec(1, 1, left=box[0], right=box[1], bottom=box[2], top=box[3])[0].subgridspec(
        rows, columns, wspace=0.12, hspace=0.12
    )
    low, high = maps.min(), maps.max()
    for index, one in enumerate(maps):
        axes = figure.add_subplot(grid[index // columns, index % columns])
        axes.imshow(one, cmap=cmap, vmin=low, vmax=high)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_linewidth(0.5)


def feature_maps(net, normalize):
    """A digit on its way through LeNet-5."""
    test = data.load("digits", "test")
    image, label = test.images[test.labels == 3][:1], 3
    seen = outputs_of(net, normalize(image))
    figure = Figure(figsize=(11, 3.5), dpi=130, facecolor=PAPER)
    sheet(figure, (0.01, 0.165, 0.13, 0.77), seen["input"][0], 1)
    sheet(figure, (0.21, 0.45, 0.17, 0.73), seen["c1_unit"][0], 3)
    sheet(figure, (0.50, 0.75, 0.03, 0.83), seen["c3_unit"][0], 4)
    axes = figure.add_axes((0.82, 0.13, 0.16, 0.68))
    scores = np.exp(seen["output"][0] - seen["output"][0].max())
    axes.barh(range(10), scores / scores.sum(), color=["#0072B2" if k == label else "#999999" for k in range(10)])
    axes.set_yticks(range(10))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1])
    axes.spines[["top", "right"]].set_visible(False)
    for x, text in (
        (0.0875, "a digit\n1 x 32 x 32"),
        (0.33, "first convolution and ReLU\n6 x 28 x 28"),
        (0.625, "second convolution and ReLU\n16 x 10 x 10"),
        (0.9, "ten probabilities\n"),
    ):
        figure.text(x, 0.985, text, ha="center", va="top", fontsize=11, color=INK, linespacing=1.4)
    figure.savefig(HERE / "lenet5.png")


if __name__ == "__main__":
    feature_maps(*trained_lenet5())
