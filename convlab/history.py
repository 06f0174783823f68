"""Numbers of the past that the lessons quote: each with the paper and the place in it where it stands.

What can be computed is computed in the lessons. What cannot (a year, an error rate of a challenge, how long a training took in
2012) comes from here and from nowhere else. In the text of a lesson such a number cites its key,
`[16.4 %](#Sources "imagenet-2012")`, and a test compares the two; in code it is `history.value("imagenet-2012")`.

>>> from convlab import history
>>> history.value("imagenet-2012")
16.4
>>> list(history.facts("relu-"))
['relu-1969', 'relu-2010', 'relu-speed-up']
"""

from dataclasses import dataclass

from convlab.errors import ArgumentError


@dataclass(frozen=True)
class Fact:
    """One number, what it says, and where it was published."""

    value: float
    what: str
    paper: str  # first author (and others), title, year
    place: str  # section, table or figure of the paper
    checked: bool = False  # against the source itself, not only against texts that quote it

    @property
    def author(self) -> str:
        """The family name of the first author.

        >>> FACTS["relu-1969"].author
        'Fukushima'
        """
        return self.paper.split(",")[0].removesuffix(" and others").split()[-1]

    @property
    def year(self) -> int:
        """When it was published."""
        return int(self.paper.rsplit(",", 1)[1])

    def __str__(self) -> str:
        return f"{self.value:g}: {self.what} ({self.paper}, {self.place})"


_CHALLENGE = "O. Russakovsky and others, ImageNet large scale visual recognition challenge, 2015"
_ALEXNET = "A. Krizhevsky and others, ImageNet classification with deep convolutional neural networks, 2012"
_LENET = "Y. LeCun and others, Gradient-based learning applied to document recognition, 1998"
_TOP5 = "top-5 error of the classification challenge, per cent"

FACTS: dict[str, Fact] = {
    # lesson 07
    "relu-1969": Fact(1969, "year of a layered network for images with max(x, 0)",
                      "K. Fukushima, Visual feature extraction by a multilayered network of analog threshold elements, 1969",
                      "section II"),
    "relu-2010": Fact(2010, "year of the name rectified linear unit",
                      "V. Nair and others, Rectified linear units improve restricted Boltzmann machines, 2010", "section 2"),
    "relu-speed-up": Fact(6, "times sooner at 25 % training error with ReLU than with tanh, four layers, CIFAR-10",
                          _ALEXNET, "section 3.1, figure 1"),
    # lessons 11 and 12
    "lenet-connections": Fact(340908, "connections of LeNet-5", _LENET, "section II.B"),
    "lenet-parameters": Fact(60000, "trainable parameters of LeNet-5", _LENET, "section II.B"),
    "imagenet-2010": Fact(28.2, f"{_TOP5}: NEC-UIUC", _CHALLENGE, "section 5.1, table 5"),
    "imagenet-2011": Fact(25.8, f"{_TOP5}: XRCE", _CHALLENGE, "section 5.1, table 5"),
    "imagenet-2012": Fact(16.4, f"{_TOP5}: SuperVision, the AlexNet paper's group", _CHALLENGE, "section 5.1, table 5"),
    "imagenet-2013": Fact(11.7, f"{_TOP5}: Clarifai, after ZFNet", _CHALLENGE, "section 5.1, table 5"),
    "imagenet-2014": Fact(6.7, f"{_TOP5}: GoogLeNet", _CHALLENGE, "section 5.1, table 5"),
    "imagenet-2014-second": Fact(7.3, f"{_TOP5}: VGG", _CHALLENGE, "section 5.1, table 5"),
    "imagenet-2015": Fact(3.57, f"{_TOP5}: ResNet", "K. He and others, Deep residual learning for image recognition, 2016",
                          "section 4.1, table 5"),
    "imagenet-2017": Fact(2.25, f"{_TOP5}: SENet", "J. Hu and others, Squeeze-and-excitation networks, 2018", "section 1"),
}  # fmt: skip


def value(key: str) -> float:
    """The number with this key; an ArgumentError names those there are."""
    if key not in FACTS:
        raise ArgumentError(f"history: there is no number {key!r}; there are {', '.join(FACTS)}")
    return FACTS[key].value


def facts(start: str = "") -> dict[str, Fact]:
    """The facts whose key begins with `start`, in the order of the table."""
    return {key: fact for key, fact in FACTS.items() if key.startswith(start)}
