"""EMNIST: handwritten letters and digits in the form of MNIST, in six splits."""

from __future__ import annotations

import hashlib
import os
import string
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jaxlearn.hub import download_url_to_file
from jaxlearn.vision.datasets._idx import read_idx
from jaxlearn.vision.datasets._integrity import IntegrityError, LabelledImages
from jaxlearn.vision.datasets.mnist import MNIST

__all__ = ["EMNIST"]

# Lower case letters that look like their upper case: one class in the merged splits.
_MERGED = set("cijklmopsuvwxyz")
_ALL = sorted(string.digits + string.ascii_letters)
_APART = [c for c in _ALL if c not in _MERGED]


class EMNIST(MNIST):
    """EMNIST: 28×28 grey pixels of handwritten letters and digits, each image transposed as in the files.

    `Cohen and others (2017) <https://arxiv.org/abs/1702.05373>`_. Interface:
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.EMNIST.html

    The files are looked for in ``<root>/EMNIST/raw``, gzipped or not. ``download=True`` fetches the archive of all
    splits from NIST, whose MD5 is checked, and unpacks its files there.

    Args:
        root: directory under which the data are looked for and kept.
        split: ``"byclass"``, ``"bymerge"``, ``"balanced"``, ``"letters"``, ``"digits"`` or ``"mnist"``.
        train: the training images, else the test images.
        transform: function of the PIL image.
        target_transform: function of the label.
        download: whether to fetch what is not under ``root``.

    Raises:
        ValueError: the split is another.
        RuntimeError: the data are not there, or not whole.

    Example::

        >>> from jaxlearn.vision import datasets
        >>> data = datasets.EMNIST("data", "letters", download=True)  # doctest: +SKIP
        >>> data.classes[data[0][1]]  # doctest: +SKIP
        'w'
    """

    url: ClassVar[str] = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    md5: ClassVar[str] = "58c8d27c78d21e728a6bc7b3cc06412e"
    splits: ClassVar[tuple[str, ...]] = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict: ClassVar[dict[str, list[str]]] = {
        "byclass": _ALL,
        "bymerge": _APART,
        "balanced": _APART,
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: str,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        download: bool = False,
    ) -> None:
        if split not in self.splits:
            raise ValueError(
                f"Unknown value '{split}' for argument split. Valid values are {{{', '.join(map(repr, self.splits))}}}."
            )
        self.split = split
        self.classes = self.classes_split_dict[split]  # type: ignore[misc]
        super().__init__(root, train, transform, target_transform, download)

    def _load(self, split: str, download: bool) -> LabelledImages:
        start = f"emnist-{self.split}-{split}"
        names = f"{start}-images-idx3-ubyte", f"{start}-labels-idx1-ubyte"
        raw = Path(self.raw_folder)
        found = [self._file(raw, name) for name in names]
        if download and None in found:
            self._fetch(raw)
            found = [self._file(raw, name) for name in names]
        if None in found:
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it. "
                f"Looked for {names[0]} and {names[1]} (or the same with .gz) in {raw}"
            )
        try:
            images, labels = (read_idx(path) for path in found if path is not None)
        except IntegrityError as error:
            raise RuntimeError(f"EMNIST is damaged: {error}") from error
        if images.ndim != 3 or images.shape[:1] != labels.shape:
            raise RuntimeError(
                f"EMNIST is damaged: {images.shape} images and {labels.shape} labels do not belong together"
            )
        return LabelledImages(images, labels.astype(np.int64))

    @staticmethod
    def _file(folder: Path, name: str) -> Path | None:
        return next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)

    def _fetch(self, raw: Path) -> None:
        raw.mkdir(parents=True, exist_ok=True)
        archive = raw / "gzip.zip"
        if not archive.is_file():
            download_url_to_file(self.url, str(archive))
        with open(archive, "rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        if found != self.md5:
            raise RuntimeError(f"{archive} is not EMNIST's archive: its MD5 is {found}, not {self.md5}")
        with zipfile.ZipFile(archive) as content:
            for name in content.namelist():
                if name.endswith(".gz"):
                    (raw / Path(name).name).write_bytes(content.read(name))
        archive.unlink()
