"""Small data sets made by the tests, and a web server on this machine that misbehaves as told."""

import contextlib
import gzip
import http.server
import io
import struct
from dataclasses import dataclass, field

import numpy as np
from PIL import Image


def idx_bytes(array, kind=8):
    head = struct.pack(">BBBB", 0, 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def mnist_like(folder, count=(30, 10), zipped=True):
    """The four files of MNIST with few images; gives {split: (images, labels)}."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for split, prefix, n in (("train", "train", count[0]), ("test", "t10k", count[1])):
        images, labels = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8), np.arange(n, dtype=np.uint8) % 10
        made[split] = (images, labels)
        for stem, array in ((f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels)):
            content = idx_bytes(array)
            name, content = (f"{stem}.gz", gzip.compress(content)) if zipped else (stem, content)
            (folder / name).write_bytes(content)
    return made


def picture_bytes(image, kind="PNG", **options):
    """An (H, W) or (H, W, 3) array as the bytes of a picture file."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, kind, **options)
    return out.getvalue()


def picture_folder(top, splits=("train", "val"), classes=("cat", "dog"), each=3, shape=(6, 5, 3)):
    """train/<class>/<i>.png and so on; gives {split: images (N, H, W[, 3])} in the order of load."""
    rng = np.random.default_rng(0)
    made = {}
    for split in splits:
        images = rng.integers(0, 256, (len(classes) * each, *shape), dtype=np.uint8)
        made[split] = images
        for place, image in enumerate(images):
            folder = top / split / classes[place // each]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{place % each:03}.png").write_bytes(picture_bytes(image))
    return made


def python2_batch(images, labels, fortran=False):
    """A CIFAR-10 batch as Python 2 and the NumPy of 2009 pickled it, opcode by opcode: Python 3 writes it otherwise."""

    def text(value):
        return b"U" + bytes([len(value)]) + value

    def number(value):
        return b"J" + struct.pack("<i", value)

    rows = images.reshape(len(images), -1)
    pixels = rows.tobytes(order="F" if fortran else "C")
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n" + b"cnumpy\nndarray\n" + number(0) + b"\x85" + text(b"b") + b"\x87R"
        b"(" + number(1) + number(rows.shape[0]) + number(rows.shape[1]) + b"\x86"
        b"cnumpy\ndtype\n" + text(b"u1") + number(0) + number(1) + b"\x87R"
        b"(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
        + (b"\x88" if fortran else b"\x89") + b"T" + struct.pack("<i", len(pixels)) + pixels + b"tb"
    )  # fmt: skip
    items = text(b"batch_label") + text(b"training batch 1 of 5")
    items += text(b"labels") + b"](" + b"".join(number(int(label)) for label in labels) + b"e"
    items += text(b"data") + array
    items += text(b"filenames") + b"](" + b"".join(text(b"%d.png" % i) for i in range(len(labels))) + b"e"
    return b"\x80\x02}(" + items + b"u."


def cifar_batches(each=4):
    """{file name: bytes} of the six batches, and {split: (images, labels)}."""
    rng = np.random.default_rng(0)
    files, parts = {}, {"train": [], "test": []}
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        images = rng.integers(0, 256, (each, 3, 32, 32), dtype=np.uint8)
        labels = rng.integers(0, 10, each)
        files[name] = python2_batch(images, labels)
        parts["test" if name == "test_batch" else "train"].append((images, labels))
    made = {split: tuple(np.concatenate(arrays) for arrays in zip(*pairs)) for split, pairs in parts.items()}
    return files, made


@dataclass
class Page:
    """What the server does with one path: sends `content`, the first `times` times only `breaks` bytes of it."""

    content: bytes = b""
    status: int = 200
    breaks: int = 0
    times: int = 0
    knows_range: bool = True
    states_length: bool = True
    ranges: list = field(default_factory=list)  # the Range header of each request


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = self.server.pages.get(self.path, Page(status=404))
        asked = self.headers.get("Range")
        page.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and page.knows_range else 0
        if page.status != 200 or start >= max(len(page.content), 1):
            self.send_error(page.status if page.status != 200 else 416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(page.content) - 1}/{len(page.content)}")
        if page.states_length:
            self.send_header("Content-Length", str(len(page.content) - start))
        self.end_headers()
        body = page.content[start:]
        if page.times > 0:
            page.times -= 1
            body = body[: page.breaks]
        with contextlib.suppress(ConnectionError):  # a client may hang up on bytes it has no use for
            self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass
