"""Augmentation by pairs of simple changes, learned or drawn at random."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._random import current_generator, randint, uniform
from ...ops.creation import linspace_values
from . import functional as F
from ._image import Transform, dimensions, draw_integer
from .interpolation import InterpolationMode

__all__ = ["AutoAugment", "AutoAugmentPolicy", "RandAugment", "TrivialAugmentWide"]

_FLOAT = np.dtype(np.float32)


class AutoAugmentPolicy(enum.Enum):
    """The sets of images that policies were learned on.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.AutoAugmentPolicy.html
    """

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


# Tables 7 to 9 of https://arxiv.org/abs/1805.09501: pairs of a change, its probability and the number of its strength.
_POLICIES = {
    "IMAGENET": """
        Posterize 0.4 8, Rotate 0.6 9; Solarize 0.6 5, AutoContrast 0.6;
        Equalize 0.8, Equalize 0.6; Posterize 0.6 7, Posterize 0.6 6;
        Equalize 0.4, Solarize 0.2 4; Equalize 0.4, Rotate 0.8 8;
        Solarize 0.6 3, Equalize 0.6; Posterize 0.8 5, Equalize 1.0;
        Rotate 0.2 3, Solarize 0.6 8; Equalize 0.6, Posterize 0.4 6;
        Rotate 0.8 8, Color 0.4 0; Rotate 0.4 9, Equalize 0.6;
        Equalize 0.0, Equalize 0.8; Invert 0.6, Equalize 1.0;
        Color 0.6 4, Contrast 1.0 8; Rotate 0.8 8, Color 1.0 2;
        Color 0.8 8, Solarize 0.8 7; Sharpness 0.4 7, Invert 0.6;
        ShearX 0.6 5, Equalize 1.0; Color 0.4 0, Equalize 0.6;
        Equalize 0.4, Solarize 0.2 4; Solarize 0.6 5, AutoContrast 0.6;
        Invert 0.6, Equalize 1.0; Color 0.6 4, Contrast 1.0 8;
        Equalize 0.8, Equalize 0.6
    """,
    "CIFAR10": """
        Invert 0.1, Contrast 0.2 6; Rotate 0.7 2, TranslateX 0.3 9;
        Sharpness 0.8 1, Sharpness 0.9 3; ShearY 0.5 8, TranslateY 0.7 9;
        AutoContrast 0.5, Equalize 0.9; ShearY 0.2 7, Posterize 0.3 7;
        Color 0.4 3, Brightness 0.6 7; Sharpness 0.3 9, Brightness 0.7 9;
        Equalize 0.6, Equalize 0.5; Contrast 0.6 7, Sharpness 0.6 5;
        Color 0.7 7, TranslateX 0.5 8; Equalize 0.3, AutoContrast 0.4;
        TranslateY 0.4 3, Sharpness 0.2 6; Brightness 0.9 6, Color 0.2 8;
        Solarize 0.5 2, Invert 0.0; Equalize 0.2, AutoContrast 0.6;
        Equalize 0.2, Equalize 0.6; Color 0.9 9, Equalize 0.6;
        AutoContrast 0.8, Solarize 0.2 8; Brightness 0.1 3, Color 0.7 0;
        Solarize 0.4 5, AutoContrast 0.9; TranslateY 0.9 9, TranslateY 0.7 9;
        AutoContrast 0.9, Solarize 0.8 3; Equalize 0.8, Invert 0.1;
        TranslateY 0.7 9, AutoContrast 0.9
    """,
    "SVHN": """
        ShearX 0.9 4, Invert 0.2; ShearY 0.9 8, Invert 0.7;
        Equalize 0.6, Solarize 0.6 6; Invert 0.9, Equalize 0.6;
        Equalize 0.6, Rotate 0.9 3; ShearX 0.9 4, AutoContrast 0.8;
        ShearY 0.9 8, Invert 0.4; ShearY 0.9 5, Solarize 0.2 6;
        Invert 0.9, AutoContrast 0.8; Equalize 0.6, Rotate 0.9 3;
        ShearX 0.9 4, Solarize 0.3 3; ShearY 0.8 8, Invert 0.7;
        Equalize 0.9, TranslateY 0.6 6; Invert 0.9, Equalize 0.6;
        Contrast 0.3 3, Rotate 0.8 4; Invert 0.8, TranslateY 0.0 2;
        ShearY 0.7 6, Solarize 0.4 8; Invert 0.6, Rotate 0.8 4;
        ShearY 0.3 7, TranslateX 0.9 3; ShearX 0.1 6, Invert 0.6;
        Solarize 0.7 2, TranslateY 0.6 7; ShearY 0.8 4, Invert 0.8;
        ShearX 0.7 9, TranslateY 0.8 3; ShearY 0.8 5, AutoContrast 0.7;
        ShearX 0.7 2, Invert 0.1
    """,
}

_Step = tuple[str, float, int | None]


def _policies(name: str) -> list[list[_Step]]:
    def step(text: str) -> _Step:
        change, probability, *strength = text.split()
        return change, float(probability), int(strength[0]) if strength else None

    return [[step(part) for part in line.split(",")] for line in _POLICIES[name].split(";")]


class _Strengths:
    """How strong each change can be.

    Args:
        bins: number of strengths.
        shear: the strongest shear.
        far: the farthest moves along x and y, in pixels.
        turn: the largest angle.
        color: the largest change of a factor from 1.
        bits: how many bits posterizing takes off at most.
    """

    def __init__(
        self, bins: int, shear: float, far: tuple[float, float], turn: float, color: float, bits: int
    ) -> None:
        highest = {
            "ShearX": shear,
            "ShearY": shear,
            "TranslateX": far[0],
            "TranslateY": far[1],
            "Rotate": turn,
        }
        highest |= dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), color)
        self.signed = frozenset(highest)
        self.of = {name: linspace_values(0.0, most, bins, _FLOAT) for name, most in highest.items()}
        steps = np.arange(bins, dtype=_FLOAT) / np.float32((bins - 1) / bits)
        self.of["Posterize"] = 8 - np.rint(steps)
        self.of["Solarize"] = linspace_values(255.0, 0.0, bins, _FLOAT)


def _changed(img: Any, change: str, strength: float, mode: InterpolationMode, fill: Any) -> Any:
    """The image after one change."""
    if change in ("ShearX", "ShearY"):
        degrees = math.degrees(math.atan(strength))
        shear = [degrees, 0.0] if change == "ShearX" else [0.0, degrees]
        return F.affine(img, 0.0, [0, 0], 1.0, shear, mode, fill, center=[0, 0])
    if change in ("TranslateX", "TranslateY"):
        move = [int(strength), 0] if change == "TranslateX" else [0, int(strength)]
        return F.affine(img, 0.0, move, 1.0, [0.0, 0.0], mode, fill)
    if change == "Rotate":
        return F.rotate(img, strength, mode, fill=fill)
    if change in _FACTORS:
        return _FACTORS[change](img, 1.0 + strength)
    if change == "Posterize":
        return F.posterize(img, int(strength))
    return F.solarize(img, strength) if change == "Solarize" else _PLAIN[change](img)


_FACTORS = {
    "Brightness": F.adjust_brightness,
    "Color": F.adjust_saturation,
    "Contrast": F.adjust_contrast,
    "Sharpness": F.adjust_sharpness,
}
_PLAIN = {
    "AutoContrast": F.autocontrast,
    "Equalize": F.equalize,
    "Invert": F.invert,
    "Identity": lambda img: img,
}

# The order in which changes are numbered for the draw.
_CHANGES = (
    "Identity ShearX ShearY TranslateX TranslateY Rotate Brightness Color Contrast Sharpness Posterize Solarize "
    "AutoContrast Equalize"
).split()


class _Augment(Transform):
    """Base: how pixels are made, and what comes from outside.

    Args:
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside of the image, or one per channel.
    """

    def __init__(self, interpolation: InterpolationMode, fill: Sequence[float] | None) -> None:
        self.interpolation = interpolation
        self.fill = fill

    def _apply(self, img: Any, change: str, strength: float) -> Any:
        return _changed(img, change, strength, self.interpolation, self.fill)


class AutoAugment(_Augment):
    """One of the pairs of changes of a learned policy, at random.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.AutoAugment.html

    Args:
        policy: an :class:`AutoAugmentPolicy`.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside of the image, or one per channel.

    Raises:
        ValueError: there is no such policy.
    """

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Sequence[float] | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        if not isinstance(policy, AutoAugmentPolicy):
            raise ValueError(f"The provided policy {policy} is not recognized.")
        self.policy = policy
        self.policies = _policies(policy.name)

    @staticmethod
    def get_params(transform_num: int) -> tuple[int, list[float], list[int]]:
        """The number of a pair, two numbers to compare with its probabilities, and two signs.

        Args:
            transform_num: how many pairs there are.
        """
        generator = current_generator()
        chosen = draw_integer(transform_num)
        return chosen, uniform(generator, (2,), 0.0, 1.0).tolist(), randint(generator, 0, 2, (2,)).tolist()

    def forward(self, img: Any) -> Any:
        """The changed image.

        Args:
            img: a PIL image or a tensor of bytes (..., 3 or 1, H, W).
        """
        _, h, w = dimensions(img)
        strengths = _Strengths(10, 0.3, (150.0 / 331.0 * w, 150.0 / 331.0 * h), 30.0, 0.9, 4)
        chosen, thresholds, signs = self.get_params(len(self.policies))
        steps = zip(self.policies[chosen], thresholds, signs, strict=True)
        for (change, probability, number), threshold, sign in steps:
            # Probabilities are compared as torch's float32.
            if np.float32(threshold) > np.float32(probability):
                continue
            strength = 0.0 if number is None else float(strengths.of[change][number])
            img = self._apply(
                img, change, -strength if change in strengths.signed and sign == 0 else strength
            )
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(policy={self.policy}, fill={self.fill})"


class RandAugment(_Augment):
    """Several changes of one strength, at random.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandAugment.html
    and https://arxiv.org/abs/1909.13719

    Args:
        num_ops: how many.
        magnitude: the number of the strength.
        num_magnitude_bins: how many strengths there are.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside of the image, or one per channel.
    """

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Sequence[float] | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins

    def forward(self, img: Any) -> Any:
        """The changed image.

        Args:
            img: a PIL image or a tensor of bytes (..., 3 or 1, H, W).
        """
        _, h, w = dimensions(img)
        far = (150.0 / 331.0 * w, 150.0 / 331.0 * h)
        strengths = _Strengths(self.num_magnitude_bins, 0.3, far, 30.0, 0.9, 4)
        for _ in range(self.num_ops):
            change = _CHANGES[draw_integer(len(_CHANGES))]
            strength = float(strengths.of[change][self.magnitude]) if change in strengths.of else 0.0
            if change in strengths.signed and draw_integer(2):
                strength = -strength
            img = self._apply(img, change, strength)
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_ops={self.num_ops}, magnitude={self.magnitude}, "
            f"num_magnitude_bins={self.num_magnitude_bins}, interpolation={self.interpolation}, fill={self.fill})"
        )


class TrivialAugmentWide(_Augment):
    """One change of random strength.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.TrivialAugmentWide.html
    and https://arxiv.org/abs/2103.10158

    Args:
        num_magnitude_bins: how many strengths there are.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside of the image, or one per channel.
    """

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Sequence[float] | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        self.num_magnitude_bins = num_magnitude_bins

    def forward(self, img: Any) -> Any:
        """The changed image.

        Args:
            img: a PIL image or a tensor of bytes (..., 3 or 1, H, W).
        """
        strengths = _Strengths(self.num_magnitude_bins, 0.99, (32.0, 32.0), 135.0, 0.99, 6)
        change = _CHANGES[draw_integer(len(_CHANGES))]
        found = strengths.of.get(change)
        strength = 0.0 if found is None else float(found[draw_integer(len(found))])
        if change in strengths.signed and draw_integer(2):
            strength = -strength
        return self._apply(img, change, strength)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_magnitude_bins={self.num_magnitude_bins}, "
            f"interpolation={self.interpolation}, fill={self.fill})"
        )
