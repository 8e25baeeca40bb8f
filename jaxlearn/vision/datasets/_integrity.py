"""What a dataset must be, whichever way it came: its arrays and the digests that prove them canonical."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

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


@dataclass(frozen=True)
class Canonical:
    """A dataset's identity.

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
