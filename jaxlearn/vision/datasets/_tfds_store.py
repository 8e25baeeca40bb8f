"""A dataset of labelled images kept as a TFDS dataset: read and written without TensorFlow."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxlearn.vision.datasets._integrity import Identity, IntegrityError, LabelledImages
from jaxlearn.vision.datasets._sources import Splits, Unavailable

_FORMAT = "array_record"
_READ_AT_ONCE = 5000


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep TFDS's notices, progress bars and log warnings off the user's terminal."""
    loggers = [logging.getLogger(name) for name in ("absl", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class TFDSStore:
    """The dataset ``<root>/<name>/<version>`` that ``tfds.data_source(name, data_dir=root)`` reads.

    Args:
        root: TFDS's ``data_dir``.
        canonical: the dataset's identity.
    """

    def __init__(self, root: Path, canonical: Identity) -> None:
        self.root = root
        self.canonical = canonical
        self.name = f"TFDS dataset in {root / canonical.name}"

    def prepared(self) -> bool:
        """Whether TFDS would take the dataset for prepared, and can read it without TensorFlow."""
        return any(_file_format(path) == _FORMAT for path in self._descriptions())

    def load(self, splits: Sequence[str]) -> Splits:
        """The arrays of ``splits`` in canonical order, also where TFDS wrote them in its own."""
        if not self._descriptions():
            raise Unavailable("not prepared there")
        if not self.prepared():
            formats = sorted({_file_format(path) for path in self._descriptions()})
            raise Unavailable(f"is in the format {', '.join(formats)}, which TFDS reads only with TensorFlow")
        import tensorflow_datasets as tfds

        with quiet():
            data_sources = tfds.data_source(self.canonical.name, data_dir=self.root, download=False)
            stored = {split: _read(data_sources[split]) for split in splits}
        return {split: self._in_canonical_order(split, data) for split, data in stored.items()}

    def save(self, splits: Splits, replace: bool) -> None:
        """Write ``splits`` so that the dataset appears only when it is whole.

        Args:
            splits: verified arrays of every split, written unshuffled.
            replace: whether a set already there, known not to be the canonical one, gives way. One in a
                format that only TensorFlow reads stays in any case.
        """
        if self._descriptions() and not (replace and self.prepared()):
            return
        self.root.mkdir(parents=True, exist_ok=True)
        # Beside its final place, hence on the same file system, where a rename is atomic.
        with tempfile.TemporaryDirectory(dir=self.root, prefix=f".{self.canonical.name}-") as scratch:
            written = _write(Path(scratch), self.canonical.name, splits)
            target = self.root / self.canonical.name / written.name
            target.parent.mkdir(exist_ok=True)
            if target.exists() and (replace or not (target / "dataset_info.json").is_file()):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(target, Path(scratch) / "replaced")
            try:
                os.rename(written, target)
            except OSError:
                # Another process was faster; what it put there is as whole as ours.
                if not (target / "dataset_info.json").is_file():
                    raise

    def _shuffled(self) -> bool:
        # TFDS reads the newest version, the last of these.
        return not _described(self._descriptions()[-1], "disableShuffling")

    def _descriptions(self) -> list[Path]:
        return sorted((self.root / self.canonical.name).glob("[0-9]*.*.*/dataset_info.json"))

    def _in_canonical_order(self, split: str, data: LabelledImages) -> LabelledImages:
        # A set known by its form alone matches in any order: what the description says of it comes first.
        orders = (_unshuffled, _as_stored) if self._shuffled() else (_as_stored, _unshuffled)
        for order in orders:
            ordered = order(split, data)
            if self.canonical.matches(split, ordered):
                return ordered
        raise IntegrityError(
            f"the {split} split is the canonical one neither as stored nor with TFDS's shuffling undone"
        )


def _described(description: Path, field: str) -> Any:
    return json.loads(description.read_text(encoding="utf-8")).get(field)


def _file_format(description: Path) -> str:
    try:
        return str(_described(description, "fileFormat") or "tfrecord")
    except ValueError:
        return "unreadable"


def _as_stored(split: str, data: LabelledImages) -> LabelledImages:
    return data


def _unshuffled(split: str, data: LabelledImages) -> LabelledImages:
    place = _tfds_order(split, len(data.labels))
    restored = LabelledImages(np.empty_like(data.images), np.empty_like(data.labels))
    restored.images[place], restored.labels[place] = data.images, data.labels
    return restored


def _tfds_order(split: str, count: int) -> list[int]:
    # TFDS sorts examples by the MD5 of the split's name followed by the example's key, here its index
    # (tensorflow_datasets/core/hashing.py, which promises to stay as it is).
    return sorted(range(count), key=lambda index: hashlib.md5(f"{split}{index}".encode()).digest())


def _read(data_source: Any) -> LabelledImages:
    count = len(data_source)
    images: np.ndarray | None = None
    labels = np.empty(count, dtype=np.int64)
    for start in range(0, count, _READ_AT_ONCE):
        indices = range(start, min(start + _READ_AT_ONCE, count))
        for index, example in zip(indices, data_source.__getitems__(list(indices)), strict=True):
            image = example["image"]
            if images is None:
                images = np.empty((count, *image.shape), dtype=np.uint8)
            images[index] = image
            labels[index] = example["label"]
    if images is None:
        raise IntegrityError("the TFDS dataset is empty")
    return LabelledImages(images[..., 0] if images.shape[-1] == 1 else images, labels)


def _write(data_dir: Path, name: str, splits: Splits) -> Path:
    import tensorflow_datasets as tfds

    registered: Any = tfds.builder_cls(name)

    class Unshuffled(registered, skip_registration=True):  # type: ignore[call-arg]
        def _info(self) -> Any:
            info = super()._info()
            return tfds.core.DatasetInfo(
                builder=self,
                description=info.description,
                features=info.features,
                supervised_keys=info.supervised_keys,
                homepage=info.homepage,
                citation=info.citation,
                disable_shuffling=True,
            )

        def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
            return {split: self._generate_examples(data) for split, data in splits.items()}

        def _generate_examples(self, data: LabelledImages) -> Iterator[tuple[int, dict[str, Any]]]:
            for index, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
                yield index, {"image": _png(image), "label": int(label)}

    Unshuffled.name = name
    with quiet():
        builder = Unshuffled(data_dir=data_dir, file_format=_FORMAT)
        builder.download_and_prepare()
    return Path(builder.data_dir)


def _png(image: np.ndarray) -> io.BytesIO:
    # TFDS encodes arrays with TensorFlow, but stores the content of a file object as it is.
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=3)
    file.seek(0)
    return file
