"""Where CIFAR-10 and CIFAR-100 can come from; each source proves the files that it reads."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import numpy as np

from jaxlearn.vision.datasets._integrity import IntegrityError
from jaxlearn.vision.datasets._package_mirror import load_arrays
from jaxlearn.vision.datasets._sources import Unavailable
from jaxlearn.vision.datasets._tfds_download import require_reachable
from jaxlearn.vision.datasets._tfds_store import quiet

_CONNECT_AND_READ_SECONDS = (4.0, 20.0)


class Found(NamedTuple):
    """One split: ``images`` uint8 (N, 32, 32, 3), ``labels`` (N,), and the names of the classes."""

    images: np.ndarray
    labels: np.ndarray
    classes: list[str]


class CIFARSource(Protocol):
    """A place that may hold the data."""

    @property
    def name(self) -> str:
        """What the place is called in messages."""

    def load(self, split: str) -> Found:
        """The verified arrays of a split."""


class RawBatches:
    """torchvision's raw layout: a folder of pickles, each with a known MD5.

    Args:
        folder: the folder.
        files: per split, name and MD5 of each file.
        meta: torchvision's description of the file with the names of the classes.
    """

    def __init__(
        self, folder: Path, files: Mapping[str, Sequence[Sequence[str]]], meta: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.files = files
        self.meta = meta
        self.name = f"raw files in {folder}"

    def load(self, split: str) -> Found:
        """The arrays, after a check of every file of the set, as torchvision makes it."""
        if not self.folder.is_dir():
            raise Unavailable("there is no such folder")
        listed = [*self.files["train"], *self.files["test"], (self.meta["filename"], self.meta["md5"])]
        missing = [name for name, _ in listed if not (self.folder / name).is_file()]
        if missing:
            raise Unavailable(f"missing {', '.join(missing)}")
        for name, md5 in listed:
            require_digest(self.folder / name, "md5", md5)
        entries = [self._read(name) for name, _ in self.files[split]]
        pixels = np.concatenate([entry["data"] for entry in entries])
        labels = [entry["labels"] if "labels" in entry else entry["fine_labels"] for entry in entries]
        classes = self._read(self.meta["filename"])[self.meta["key"]]
        return Found(_channels_last(pixels), np.concatenate(labels).astype(np.int64), list(classes))

    def _read(self, name: str) -> Any:
        with open(self.folder / name, "rb") as file:
            return load_arrays(file)


class PreparedByTFDS:
    """A dataset that TFDS has prepared under ``root``, in the format that it reads without TensorFlow.

    Args:
        root: TFDS's ``data_dir``.
        dataset: the name under which TFDS knows it.
    """

    def __init__(self, root: Path, dataset: str) -> None:
        self.root = root
        self.dataset = dataset
        self.name = f"TFDS dataset in {root / dataset}"

    def load(self, split: str) -> Found:
        """The arrays, in the order of the examples' ids, which is that of the raw files."""
        if not any((self.root / self.dataset).glob("*/dataset_info.json")):
            raise Unavailable("not prepared there")
        import tensorflow_datasets as tfds

        with quiet():
            builder = tfds.builder(self.dataset, data_dir=self.root)
            file_format = builder.info.file_format.value
            if file_format != "array_record":
                raise Unavailable(f"is in the format {file_format}, which TFDS reads only with TensorFlow")
            examples = builder.as_data_source(split)
            images = np.empty((len(examples), 32, 32, 3), dtype=np.uint8)
            labels = np.full(len(examples), -1, dtype=np.int64)
            for example in examples:
                place = int(example["id"].decode().rpartition("_")[2])
                images[place], labels[place] = example["image"], example["label"]
        if (labels < 0).any():
            raise IntegrityError(f"the ids of the {split} split are not 0 to {len(labels) - 1}")
        return Found(images, labels, list(builder.info.features["label"].names))


class DownloadedRaw:
    """torchvision's archive, downloaded to ``root`` unless it is there, and unpacked there.

    Args:
        root: where archive and folder go.
        url: the archive's address.
        filename: the archive's name under ``root``.
        md5: the archive's.
        raw: the folder that it unpacks to.
    """

    def __init__(self, root: Path, url: str, filename: str, md5: str, raw: RawBatches) -> None:
        self.archive = root / filename
        self.url = url
        self.md5 = md5
        self.raw = raw
        self.name = f"torchvision's download from {url}"

    def load(self, split: str) -> Found:
        """Download, check, unpack and read."""
        try:
            require_digest(self.archive, "md5", self.md5)
        except (OSError, IntegrityError):
            self._download()
        with tarfile.open(self.archive) as archive:
            archive.extractall(self.archive.parent, filter="data")
        return self.raw.load(split)

    def _download(self) -> None:
        require_reachable(self.url)
        import requests

        self.archive.parent.mkdir(parents=True, exist_ok=True)
        partial = self.archive.with_name(f".{self.archive.name}.{uuid4().hex}")
        try:
            with requests.get(self.url, stream=True, timeout=_CONNECT_AND_READ_SECONDS) as answer:
                answer.raise_for_status()
                with open(partial, "xb") as file:
                    for part in answer.iter_content(1 << 20):
                        file.write(part)
            require_digest(partial, "md5", self.md5)
            os.replace(partial, self.archive)
        finally:
            partial.unlink(missing_ok=True)


class BinaryArchive:
    """The archive of the set's binary form, which is what TFDS downloads.

    Args:
        path: the archive, where it is kept.
        sha256: its digest, as TFDS records it.
        files: per split, the names of its files.
        classes: the name of the file with the names of the classes.
        label_bytes: bytes in front of each image, of which the last is its label.
    """

    def __init__(
        self, path: Path, sha256: str, files: Mapping[str, Sequence[str]], classes: str, label_bytes: int
    ) -> None:
        self.path = path
        self.sha256 = sha256
        self.files = files
        self.classes = classes
        self.label_bytes = label_bytes
        self.name = f"binary archive {path}"

    def load(self, split: str) -> Found:
        """The arrays, after a check of the archive."""
        if not self.path.is_file():
            raise Unavailable("there is no such file")
        require_digest(self.path, "sha256", self.sha256)
        with tarfile.open(self.path) as archive:
            content = {
                Path(member.name).name: file.read()
                for member in archive
                if (file := archive.extractfile(member)) is not None
            }
        records = np.frombuffer(b"".join(content[name] for name in self.files[split]), dtype=np.uint8)
        records = records.reshape(-1, self.label_bytes + 3072)
        labels = records[:, self.label_bytes - 1].astype(np.int64)
        return Found(
            _channels_last(records[:, self.label_bytes :]), labels, content[self.classes].decode().split()
        )


class TFDSDownloaded:
    """TFDS's download of the binary archive. Only this is TFDS's: its preparation needs TensorFlow.

    Args:
        url: the archive's address.
        dataset: the name under which TFDS knows the dataset.
        archive: what the download becomes.
    """

    def __init__(self, url: str, dataset: str, archive: BinaryArchive) -> None:
        self.url = url
        self.dataset = dataset
        self.archive = archive
        self.name = f"TFDS's download from {url}"

    def load(self, split: str) -> Found:
        """Download, check and read."""
        # TFDS tries an unreachable host ten times, for minutes; asking once first costs seconds.
        require_reachable(self.url)
        import tensorflow_datasets as tfds

        target = self.archive.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{self.dataset}-") as scratch:
            with quiet():
                manager = tfds.download.DownloadManager(download_dir=scratch, dataset_name=self.dataset)
                downloaded = Path(manager.download(self.url))
            require_digest(downloaded, "sha256", self.archive.sha256)
            os.replace(downloaded, target)
        return self.archive.load(split)


def require_digest(path: Path, algorithm: str, expected: str) -> None:
    """Raise `IntegrityError`, naming the file and both digests, unless the file has the expected one."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    if found != expected:
        raise IntegrityError(f"{path} has {algorithm.upper()} {found}, the canonical file {expected}")


def _channels_last(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
