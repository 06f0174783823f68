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

_STRATEGIES = "Y. LeCun, Generalization and network design strategies, 1989"
_HORTON = "J. Horton and others, The representation of the visual field in human striate cortex, 1991"
_RIGHT = "digits of 1989 recognised, per cent"

FACTS: dict[str, Fact] = {
    # lesson 01
    "hubel-1957": Fact(1957, "year of the electrode that hears single cells",
                       "D. Hubel, Tungsten microelectrode for recording from single units, 1957", "the whole paper"),
    "hubel-wiesel-1959": Fact(1959, "year of bars in the place of spots",
                              "D. Hubel and others, Receptive fields of single neurones in the cat's striate cortex, 1959",
                              "results"),
    "hubel-wiesel-1962": Fact(1962, "year of simple and complex cells",
                              "D. Hubel and others, Receptive fields, binocular interaction and functional architecture in "
                              "the cat's visual cortex, 1962", "part I", checked=True),
    "hubel-wiesel-1965": Fact(1965, "year of hypercomplex cells",
                              "D. Hubel and others, Receptive fields and functional architecture in two nonstriate visual "
                              "areas (18 and 19) of the cat, 1965", "results"),
    "nobel-1981": Fact(1981, "year of the Nobel Prize in Physiology or Medicine, a quarter each",
                       "Nobel Foundation, The Nobel Prize in Physiology or Medicine, 1981", "citation", checked=True),
    "cortex-scale": Fact(17.3, "scale of the map on the human cortex, mm", _HORTON, "magnification"),
    "cortex-fovea": Fact(0.75, "degrees at which magnification has halved", _HORTON, "magnification"),
    # lesson 02
    "digits1989-net1": Fact(80.0, f"{_RIGHT}: one layer, fully connected", _STRATEGIES, "section 5, results"),
    "digits1989-net2": Fact(87.0, f"{_RIGHT}: a hidden layer of 12, fully connected", _STRATEGIES, "section 5, results"),
    "digits1989-net3": Fact(88.5, f"{_RIGHT}: two hidden layers, locally connected", _STRATEGIES, "section 5, results"),
    "digits1989-net4": Fact(94.0, f"{_RIGHT}: the first of them with shared weights", _STRATEGIES, "section 5, results"),
    "digits1989-net5": Fact(98.4, f"{_RIGHT}: both with shared weights", _STRATEGIES, "section 5, results"),
    # lesson 07
    "relu-1969": Fact(1969, "year of a layered network for images with max(x, 0)",
                      "K. Fukushima, Visual feature extraction by a multilayered network of analog threshold elements, 1969",
                      "section II"),
    "relu-2010": Fact(2010, "year of the name rectified linear unit",
                      "V. Nair and others, Rectified linear units improve restricted Boltzmann machines, 2010", "section 2"),
    "relu-speed-up": Fact(6, "times sooner at 25 % training error with ReLU than with tanh, four layers, CIFAR-10",
                          _ALEXNET, "section 3.1, figure 1"),
    # lessons 11 and 12
    "neocognitron-1980": Fact(1980, "year of the Neocognitron",
                              "K. Fukushima, Neocognitron: a self-organizing neural network model for a mechanism of pattern "
                              "recognition unaffected by shift in position, 1980", "title page"),
    "zip-codes-1989": Fact(1989, "year of a network with shared weights, trained by backpropagation on zip codes",
                           "Y. LeCun and others, Backpropagation applied to handwritten zip code recognition, 1989",
                           "sections 3 and 5"),
    "convolutional-networks-1995": Fact(1995, "year of a handbook article by the name of convolutional networks",
                                        "Y. LeCun and others, Convolutional networks for images, speech, and time series, 1995",
                                        "title page"),
    "lenet-1998": Fact(1998, "year of the article on LeNet-5", _LENET, "title page"),
    "lenet-mnist-error": Fact(0.95, "test error of LeNet-5 on MNIST, per cent, training images not distorted", _LENET,
                              "section III.B"),
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
    "imagenet-2016": Fact(2.99, f"{_TOP5}: Trimps-Soushen, an ensemble",
                          "ImageNet, Large scale visual recognition challenge: results, 2016", "task 2a"),
    "imagenet-2017": Fact(2.25, f"{_TOP5}: SENet", "J. Hu and others, Squeeze-and-excitation networks, 2018", "section 1"),
    "alexnet-one": Fact(18.2, "top-5 error of one AlexNet on the validation images of 2012, per cent", _ALEXNET, "table 2"),
    "alexnet-five": Fact(16.4, "top-5 error of five AlexNets averaged, per cent", _ALEXNET, "table 2"),
    "alexnet-seven": Fact(15.4, "top-5 error of seven AlexNets averaged, two of them trained on more images first, per cent",
                          _ALEXNET, "table 2"),
    "alexnet-second": Fact(26.2, "top-5 error of the second best entry of 2012, no network, per cent", _ALEXNET, "table 2"),
    "alexnet-image": Fact(224, "pixels along a side of AlexNet's input, as the paper has it", _ALEXNET, "section 3.5"),
    "alexnet-batch": Fact(128, "images in a batch", _ALEXNET, "section 5"),
    "alexnet-momentum": Fact(0.9, "momentum", _ALEXNET, "section 5"),
    "alexnet-weight-decay": Fact(0.0005, "weight decay", _ALEXNET, "section 5"),
    "alexnet-rate": Fact(0.01, "learning rate at the beginning", _ALEXNET, "section 5"),
    "alexnet-drops": Fact(3, "divisions of the learning rate by 10", _ALEXNET, "section 5"),
    "alexnet-epochs": Fact(90, "times through the training images, roughly", _ALEXNET, "section 5"),
    "alexnet-dropout": Fact(0.5, "probability of dropout in the first two fully connected layers", _ALEXNET, "section 4.2"),
    "alexnet-crops": Fact(2048, "times as many training images by crops and mirror images", _ALEXNET, "section 4.1"),
}  # fmt: skip


def value(key: str) -> float:
    """The number with this key; an ArgumentError names those there are."""
    if key not in FACTS:
        raise ArgumentError(f"history: there is no number {key!r}; there are {', '.join(FACTS)}")
    return FACTS[key].value


def facts(start: str = "") -> dict[str, Fact]:
    """The facts whose key begins with `start`, in the order of the table."""
    return {key: fact for key, fact in FACTS.items() if key.startswith(start)}
