"""Transforms of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jaxlearn._random import current_generator, randperm
from jaxlearn.vision import transforms as v1
from jaxlearn.vision.transforms._image import draw_uniform, draw_unit

from . import functional as F
from ._inputs import query_chw
from ._transform import RandomApplyTransform, Transform

__all__ = [
    "RGB",
    "ColorJitter",
    "Grayscale",
    "RandomAdjustSharpness",
    "RandomAutocontrast",
    "RandomChannelPermutation",
    "RandomEqualize",
    "RandomGrayscale",
    "RandomInvert",
    "RandomPhotometricDistort",
    "RandomPosterize",
    "RandomSolarize",
]

Range = tuple[float, float]


class Grayscale(Transform):
    """Pictures in grey.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Grayscale.html

    Args:
        num_output_channels: 1, or 3 equal ones.
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value in grey."""
        return self._call_kernel(F.rgb_to_grayscale, inpt, num_output_channels=self.num_output_channels)


class RandomGrayscale(RandomApplyTransform):
    """Pictures, with a probability in grey, with as many channels as before.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomGrayscale.html

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p=p)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The number of channels."""
        return {"num_output_channels": query_chw(flat_inputs)[0]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value in grey."""
        return self._call_kernel(F.rgb_to_grayscale, inpt, **params)


class RGB(Transform):
    """Pictures with three channels.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RGB.html
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value with three channels."""
        return self._call_kernel(F.grayscale_to_rgb, inpt)


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed at random, in random order.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ColorJitter.html

    Args:
        brightness: bounds of the factor, or one number ``x`` for ``[max(0, 1 - x), 1 + x]``.
        contrast: the same.
        saturation: the same.
        hue: bounds of the part of the colour circle, or one number ``x`` for ``[-x, x]``, within [-0.5, 0.5].

    Raises:
        TypeError: one is neither a number nor a pair.
        ValueError: one is out of range.
    """

    get_params = staticmethod(v1.ColorJitter.get_params)

    def __init__(
        self,
        brightness: float | Sequence[float] | None = None,
        contrast: float | Sequence[float] | None = None,
        saturation: float | Sequence[float] | None = None,
        hue: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.brightness = _bounds(brightness, "brightness")
        self.contrast = _bounds(contrast, "contrast")
        self.saturation = _bounds(saturation, "saturation")
        self.hue = _bounds(hue, "hue", center=0.0, limits=(-0.5, 0.5))

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The order and the factors, drawn."""
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        return {"order": order, "factors": factors}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, changed."""
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in params["order"]:
            if params["factors"][i] is not None:
                inpt = self._call_kernel(changes[i], inpt, params["factors"][i])
        return inpt


def _bounds(value: Any, name: str, center: float = 1.0, limits: Range = (0, math.inf)) -> Range | None:
    """The bounds of a factor; None where they allow no change."""
    if value is None:
        return None
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = center - value, center + value
        low = max(low, 0.0) if center else low
    elif isinstance(value, Sequence) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name}={value} should be a single number or a sequence with length 2.")
    if not limits[0] <= low <= high <= limits[1]:
        raise ValueError(f"{name} values should be between {limits} and increasing, but got {[low, high]}.")
    return None if low == high == center else (float(low), float(high))


class RandomChannelPermutation(Transform):
    """Pictures with their channels in random order.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomChannelPermutation.html
    """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The order, drawn."""
        return {"permutation": _drawn_order(query_chw(flat_inputs)[0])}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, its channels in that order."""
        return self._call_kernel(F.permute_channels, inpt, params["permutation"])


def _drawn_order(channels: int) -> list[int]:
    return [int(i) for i in randperm(current_generator(), channels)]


class RandomPhotometricDistort(Transform):
    """Pictures distorted as the detector SSD was trained: each change with a probability.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomPhotometricDistort.html
    and https://arxiv.org/abs/1512.02325

    Args:
        brightness: bounds of the factor.
        contrast: bounds of the factor.
        saturation: bounds of the factor.
        hue: bounds of the part of the colour circle.
        p: the probability.
    """

    def __init__(
        self,
        brightness: Range = (0.875, 1.125),
        contrast: Range = (0.5, 1.5),
        saturation: Range = (0.5, 1.5),
        hue: Range = (-0.05, 0.05),
        p: float = 0.5,
    ) -> None:
        super().__init__()
        self.brightness = brightness
        self.contrast = contrast
        self.hue = hue
        self.saturation = saturation
        self.p = p

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The factors and orders, drawn."""
        channels = query_chw(flat_inputs)[0]
        brightness, contrast, saturation, hue = (
            draw_uniform(*bounds) if draw_unit() < self.p else None
            for bounds in (self.brightness, self.contrast, self.saturation, self.hue)
        )
        colors: list[Any] = [(F.adjust_saturation, saturation), (F.adjust_hue, hue)]
        colors.insert(0 if draw_unit() < 0.5 else 2, (F.adjust_contrast, contrast))
        order = _drawn_order(channels) if draw_unit() < self.p else None
        return {
            "changes": [(F.adjust_brightness, brightness), *colors, (F.permute_channels, order)],
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, distorted."""
        for change, how in params["changes"]:
            if how is not None:
                inpt = self._call_kernel(change, inpt, how)
        return inpt


class RandomEqualize(RandomApplyTransform):
    """Pictures, with a probability with levels spread so that each is about as frequent.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomEqualize.html

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, equalized."""
        return self._call_kernel(F.equalize, inpt)


class RandomInvert(RandomApplyTransform):
    """Pictures, with a probability their negatives.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomInvert.html

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value's negative."""
        return self._call_kernel(F.invert, inpt)


class RandomPosterize(RandomApplyTransform):
    """Pictures, with a probability with only the highest bits of their pixels.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomPosterize.html

    Args:
        bits: how many.
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.bits = bits

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, posterized."""
        return self._call_kernel(F.posterize, inpt, bits=self.bits)


class RandomSolarize(RandomApplyTransform):
    """Pictures, with a probability with pixels from a value on inverted.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomSolarize.html

    Args:
        threshold: the value.
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.threshold = threshold

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, solarized."""
        return self._call_kernel(F.solarize, inpt, threshold=self.threshold)


class RandomAutocontrast(RandomApplyTransform):
    """Pictures, with a probability with each channel stretched over the whole range.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomAutocontrast.html

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, stretched."""
        return self._call_kernel(F.autocontrast, inpt)


class RandomAdjustSharpness(RandomApplyTransform):
    """Pictures, with a probability sharper or smoother.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomAdjustSharpness.html

    Args:
        sharpness_factor: 0 for smoothed ones, 1 for the same, 2 for twice as sharp ones.
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.sharpness_factor = sharpness_factor

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, sharper or smoother."""
        return self._call_kernel(F.adjust_sharpness, inpt, sharpness_factor=self.sharpness_factor)
