"""torchvision's raw layout: a folder of IDX files, gzipped or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from jaxlearn.vision.datasets._idx import read_idx, write_idx
from jaxlearn.vision.datasets._integrity import Identity, IntegrityError, LabelledImages
from jaxlearn.vision.datasets._sources import Splits, Unavailable


class RawFolder:
    """The folder ``<root>/<Class>/raw`` as a source and as the fast copy beside the TFDS dataset.

    Args:
        folder: the folder.
        files: per split, the names (without ``.gz``) of the file of images and the file of labels.
        canonical: the dataset's identity.
    """

    def __init__(self, folder: Path, files: Mapping[str, tuple[str, str]], canonical: Identity) -> None:
        self.folder = folder
        self.files = files
        self.canonical = canonical
        self.name = f"raw IDX files in {folder}"

    def complete(self) -> bool:
        """Whether every file is there uncompressed, so that reading takes no noticeable time."""
        return all((self.folder / name).is_file() for names in self.files.values() for name in names)

    def load(self, splits: Sequence[str]) -> Splits:
        """The arrays of ``splits``, each from whichever of the plain and the gzipped file is sound."""
        if not self.folder.is_dir():
            raise Unavailable("there is no such folder")
        self._require_all_files()
        return {split: self._load_split(split) for split in splits}

    def save(self, splits: Splits, replace: bool) -> None:
        """Write the files of ``splits``; those already there are kept unless ``replace``."""
        for split, data in splits.items():
            for name, array in zip(self.files[split], data, strict=True):
                if replace or not self._candidates(name):
                    write_idx(self.folder / name, array.astype(np.uint8, copy=False))

    def _candidates(self, name: str) -> list[Path]:
        return [path for path in (self.folder / name, self.folder / f"{name}.gz") if path.is_file()]

    def _require_all_files(self) -> None:
        missing = [name for names in self.files.values() for name in names if not self._candidates(name)]
        if missing:
            raise Unavailable(f"missing {', '.join(missing)} (or the same with .gz)")

    def _load_split(self, split: str) -> LabelledImages:
        images_file, labels_file = self.files[split]
        reasons = []
        for images_path in self._candidates(images_file):
            for labels_path in self._candidates(labels_file):
                try:
                    data = LabelledImages(read_idx(images_path), read_idx(labels_path).astype(np.int64))
                    self.canonical.verify(split, data)
                except IntegrityError as error:
                    reasons.append(str(error))
                else:
                    return data
        raise IntegrityError("; ".join(dict.fromkeys(reasons)))
