"""What a dataset must be, whichever way it came: its arrays and the digests that prove them canonical."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np


class IntegrityError(ValueError):
    """The data at hand are not the canonical ones."""


class LabelledImages(NamedTuple):
    """One split: ``images`` uint8 (N, H, W) or (N, H, W, C), ``labels`` int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray


class Digests(NamedTuple):
    """MD5 of one split's images and labels, each in the form that `Canonical.encode` gives them."""

    images: str
    labels: str


class Identity(Protocol):
    """What tells a dataset from others."""

    @property
    def name(self) -> str:
        """The name under which TFDS knows the dataset."""

    def matches(self, split: str, data: LabelledImages) -> bool:
        """Whether ``data`` are the arrays of ``split``."""

    def verify(self, split: str, data: LabelledImages) -> None:
        """Raise `IntegrityError`, saying what is different, unless ``data`` are the arrays of ``split``."""


@dataclass(frozen=True)
class Canonical:
    """A dataset's identity, proved by digests.

    Args:
        name: the name under which TFDS knows the dataset.
        digests: per split, the MD5 of images and labels in canonical order.
        encode: the byte strings, in order, over which a digest of an array is taken.
    """

    name: str
    digests: Mapping[str, Digests]
    encode: Callable[[np.ndarray], tuple[bytes, ...]]

    def matches(self, split: str, data: LabelledImages) -> bool:
        """Whether ``data`` are the canonical arrays of ``split``, in canonical order."""
        return self._difference(split, data) is None

    def verify(self, split: str, data: LabelledImages) -> None:
        """Raise `IntegrityError`, naming the array and both digests, unless ``data`` are canonical."""
        if difference := self._difference(split, data):
            raise IntegrityError(difference)

    def _difference(self, split: str, data: LabelledImages) -> str | None:
        # Labels first: they are a thousandth of the bytes, and any wrong order shows in them.
        for kind in ("labels", "images"):
            array = getattr(data, kind)
            if array.dtype != np.uint8:
                array = array.astype(np.uint8)
            found = hashlib.md5(usedforsecurity=False)
            for part in self.encode(array):
                found.update(part)
            expected = getattr(self.digests[split], kind)
            if found.hexdigest() != expected:
                return f"the {split} {kind} have MD5 {found.hexdigest()}, the canonical ones {expected}"
        return None


@dataclass(frozen=True)
class Balanced:
    """The identity of a dataset whose files, not arrays, have published digests: known by its form alone.

    Args:
        name: the name under which TFDS knows the dataset.
        counts: per split, the number of examples; the classes are equally frequent.
        classes: their number.
        size: of an image.
    """

    name: str
    counts: Mapping[str, int]
    classes: int
    size: tuple[int, ...] = (28, 28)

    def matches(self, split: str, data: LabelledImages) -> bool:
        """Whether ``data`` have the form of ``split``."""
        return self._difference(split, data) is None

    def verify(self, split: str, data: LabelledImages) -> None:
        """Raise `IntegrityError`, saying what is different, unless ``data`` have the form of ``split``."""
        if difference := self._difference(split, data):
            raise IntegrityError(difference)

    def _difference(self, split: str, data: LabelledImages) -> str | None:
        count = self.counts[split]
        if data.labels.shape != (count,):
            return f"the {split} labels have shape {data.labels.shape}, the canonical ones {(count,)}"
        if data.images.shape != (count, *self.size):
            return (
                f"the {split} images have shape {data.images.shape}, the canonical ones {(count, *self.size)}"
            )
        frequencies = np.bincount(data.labels)
        if len(frequencies) != self.classes or np.any(frequencies != count // self.classes):
            return (
                f"the {split} labels are not {self.classes} classes of {count // self.classes} examples each: "
                f"there are {frequencies.tolist()}"
            )
        return None
