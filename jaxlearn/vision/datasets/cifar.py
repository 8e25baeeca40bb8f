"""CIFAR-10 and CIFAR-100."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jaxlearn.vision.datasets._cifar_sources import (
    BinaryArchive,
    CIFARSource,
    DownloadedRaw,
    Found,
    PreparedByTFDS,
    RawBatches,
    TFDSDownloaded,
)
from jaxlearn.vision.datasets._sources import Unavailable
from jaxlearn.vision.datasets.vision_dataset import VisionDataset

__all__ = ["CIFAR10", "CIFAR100"]


class CIFAR10(VisionDataset):
    """CIFAR-10: 50,000 training and 10,000 test images of 32×32 coloured pixels in ten classes.

    Krizhevsky, Learning multiple layers of features from tiny images (2009),
    https://www.cs.toronto.edu/~kriz/cifar.html. Interface:
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html

    The data are looked for, in this order,

    1. in torchvision's raw layout, ``<root>/cifar-10-batches-py``, every file with its known MD5;
    2. as a dataset prepared by TFDS, ``<root>/cifar10`` (array_record files; TensorFlow is not needed), put
       back into the raw files' order;
    3. in the archive that TFDS downloads, ``<root>/cifar-10-binary.tar.gz``, with its known SHA-256;
    4. with ``download=True`` at torchvision's address, then through TFDS's download; what is downloaded is
       kept under ``root``.

    ``data`` is the array of images, uint8 (N, 32, 32, 3), ``targets`` the list of labels, ``classes`` the list
    of the classes' names.

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
        >>> try:
        ...     datasets.CIFAR10("no such folder")
        ... except RuntimeError as error:
        ...     print(str(error).splitlines()[0])
        Dataset not found or corrupted. You can use download=True to download it. Tried in this order:
    """

    base_folder: ClassVar[str] = "cifar-10-batches-py"
    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename: ClassVar[str] = "cifar-10-python.tar.gz"
    tgz_md5: ClassVar[str] = "c58f30108f718f92721af3b95e74349a"
    train_list: ClassVar[list[list[str]]] = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list: ClassVar[list[list[str]]] = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }
    _tfds_name: ClassVar[str] = "cifar10"
    _binary_url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    _binary_sha256: ClassVar[str] = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    _binary_classes: ClassVar[str] = "batches.meta.txt"
    _label_bytes: ClassVar[int] = 1

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
        found = self._load("train" if train else "test", download)
        self.data: Any = found.images
        self.targets: Any = found.labels.tolist()
        self.classes = found.classes
        self.class_to_idx = {name: index for index, name in enumerate(found.classes)}

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """The image, a PIL image unless ``transform`` makes it something else, and its label."""
        from PIL import Image

        image: Any = Image.fromarray(self.data[index])
        target = self.targets[index]
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
            cannot take a batch, a ``target_transform``, a subclass with its own ``__getitem__``, other data
            than the arrays of this class.
        """
        own = type(self)
        if own.__getitem__ is not CIFAR10.__getitem__ or own.__getitems__ is not CIFAR10.__getitems__:
            return None
        if self.target_transform is not None or not isinstance(self.data, np.ndarray):
            return None
        labels = [self.targets[index] for index in indices]
        if not all(isinstance(label, int) for label in labels):
            return None
        images: np.ndarray | None = self.data[np.asarray(indices, dtype=np.int64)]
        if self.transform is not None:
            apply_batch = getattr(self.transform, "apply_batch", None)
            images = None if apply_batch is None else apply_batch(images)
        if images is None:
            return None
        return images, np.asarray(labels, dtype=np.int64)

    def _load(self, split: str, download: bool) -> Found:
        said = []
        for source in self._sources(download):
            try:
                return source.load(split)
            except Exception as error:  # a source may fail in any way, its libraries' too; the next is tried
                text = str(error) if isinstance(error, Unavailable) else f"{type(error).__name__}: {error}"
                said.append(f"  - {source.name}: {text}")
        failure = (
            f"{type(self).__name__} could not be had from any source"
            if download
            else "Dataset not found or corrupted. You can use download=True to download it"
        )
        raise RuntimeError("\n".join([f"{failure}. Tried in this order:", *said]))

    def _sources(self, download: bool) -> list[CIFARSource]:
        root = Path(self.root if self.root is not None else os.curdir)
        files = {"train": self.train_list, "test": self.test_list}
        raw = RawBatches(root / self.base_folder, files, self.meta)
        binary = BinaryArchive(
            root / self._binary_url.rpartition("/")[2],
            self._binary_sha256,
            {split: [f"{name}.bin" for name, _ in named] for split, named in files.items()},
            self._binary_classes,
            self._label_bytes,
        )
        sources: list[CIFARSource] = [raw, PreparedByTFDS(root, self._tfds_name), binary]
        if download:
            sources.append(DownloadedRaw(root, self.url, self.filename, self.tgz_md5, raw))
            sources.append(TFDSDownloaded(self._binary_url, self._tfds_name, binary))
        return sources


class CIFAR100(CIFAR10):
    """CIFAR-100: as :class:`CIFAR10` with a hundred classes of 600 images; the labels are the fine ones.

    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR100.html

    The raw layout is ``<root>/cifar-100-python``, TFDS's dataset ``<root>/cifar100``, its archive
    ``<root>/cifar-100-binary.tar.gz``.

    Args:
        root: directory under which the data are looked for and kept.
        train: the training split, else the test split.
        transform: function of the PIL image.
        target_transform: function of the label.
        download: whether to fetch what is not under ``root``.

    Raises:
        RuntimeError: the data are in none of the places; the text lists each with what it said.
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: ClassVar[list[list[str]]] = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list: ClassVar[list[list[str]]] = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }
    _tfds_name = "cifar100"
    _binary_url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    _binary_sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"
    _binary_classes = "fine_label_names.txt"
    _label_bytes = 2
