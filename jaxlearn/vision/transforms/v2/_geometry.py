"""Sizes, crops of the middle, borders, and transforms that choose a size."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jaxlearn._random import current_generator, randint
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms._crop import check_padding_mode
from jaxlearn.vision.transforms._image import draw_unit
from jaxlearn.vision.transforms.interpolation import InterpolationMode

from . import functional as F
from ._arguments import Fill, check_padding, check_sequence, size_of
from ._inputs import has_any, query_size
from ._transform import RandomApplyTransform, Transform

__all__ = [
    "CenterCrop",
    "FiveCrop",
    "Pad",
    "RandomResize",
    "RandomShortestSize",
    "RandomZoomOut",
    "Resize",
    "ScaleJitter",
    "TenCrop",
]

Interpolation = InterpolationMode | str | int


def drawn_between(low: float, high: float) -> np.float32:
    """``low + torch.rand(1) * (high - low)``, in float32 like there."""
    return np.float32(np.float32(low) + np.float32(draw_unit()) * np.float32(high - low))


def drawn_integer(low: int, high: int) -> int:
    """``torch.randint(low, high, ())``."""
    return int(randint(current_generator(), low, high, (1,))[0])


class Resize(Transform):
    """The input in another size.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Resize.html

    Args:
        size: height and width, the length of the shorter side, or None for the longer side to be ``max_size``.
        interpolation: how pixels between pixels are made.
        max_size: bound of the longer side.
        antialias: for tensors: average over all pixels that a smaller one covers.

    Raises:
        ValueError: ``size`` is something else.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms import v2
        >>> v2.Resize(4)
        Resize(size=[4], interpolation=bilinear, antialias=True)
        >>> v2.Resize(4)(torch.zeros(3, 8, 12)).shape
        torch.Size([3, 4, 6])
    """

    def __init__(
        self,
        size: int | Sequence[int] | None,
        interpolation: Interpolation = "bilinear",
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if size is None and not isinstance(max_size, int):
            raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        if isinstance(size, int):
            size = [size]
        elif isinstance(size, Sequence) and len(size) in (1, 2):
            size = list(size)
        elif size is not None:
            raise ValueError(
                f"size can be an integer, a sequence of one or two integers, or None, but got {size} instead."
            )
        self.size = size
        self.interpolation = interpolation
        self.max_size = max_size
        self.antialias = antialias

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, resized."""
        return self._call_kernel(
            F.resize,
            inpt,
            self.size,
            interpolation=self.interpolation,
            max_size=self.max_size,
            antialias=self.antialias,
        )


class CenterCrop(Transform):
    """The middle of the input, with borders of 0 where it is smaller.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.CenterCrop.html

    Args:
        size: height and width, or one number for both.

    Raises:
        ValueError: there are more than two numbers.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = size_of(size)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The middle of one value."""
        return self._call_kernel(F.center_crop, inpt, output_size=self.size)


class PassesAnnotations(Transform):
    """Base of the transforms that leave boxes, masks and keypoints as they are, and warn of it."""

    def _call_kernel(self, functional: Callable[..., Any], inpt: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(inpt, (tv_tensors.BoundingBoxes, tv_tensors.KeyPoints, tv_tensors.Mask)):
            warnings.warn(
                f"{type(self).__name__}() is currently passing through inputs of type "
                f"tv_tensors.{type(inpt).__name__}. This will likely change in the future.",
                stacklevel=1,
            )
        return super()._call_kernel(functional, inpt, *args, **kwargs)


class _Crops(PassesAnnotations):
    """Base of the transforms that make several pictures of one.

    Args:
        size: height and width, or one number for both.

    Raises:
        ValueError: there are more than two numbers.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = size_of(size)

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Refuse boxes and masks.

        Args:
            flat_inputs: the sample's values.
        """
        if has_any(flat_inputs, tv_tensors.BoundingBoxes, tv_tensors.Mask):
            raise TypeError(f"BoundingBoxes'es and Mask's are not supported by {type(self).__name__}()")


class FiveCrop(_Crops):
    """The four corners and the middle of a picture, as a tuple.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.FiveCrop.html

    Args:
        size: height and width, or one number for both.

    Raises:
        ValueError: there are more than two numbers.
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The five pictures."""
        return self._call_kernel(F.five_crop, inpt, self.size)


class TenCrop(_Crops):
    """The four corners and the middle of a picture and of its mirror image, as a tuple.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.TenCrop.html

    Args:
        size: height and width, or one number for both.
        vertical_flip: mirror top to bottom rather than left to right.

    Raises:
        ValueError: there are more than two numbers.
    """

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The ten pictures."""
        return self._call_kernel(F.ten_crop, inpt, self.size, vertical_flip=self.vertical_flip)


class Pad(Transform):
    """The input with borders.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Pad.html

    Args:
        padding: pixels on all sides, on the (horizontal, vertical) ones, or (left, top, right, bottom).
        fill: value of a constant border, one per channel, or a dictionary with one for each class of input.
        padding_mode: ``constant``, ``edge``, ``reflect`` (without the edge) or ``symmetric`` (with it).

    Raises:
        TypeError: ``fill`` is something else.
        ValueError: ``padding`` is something else, or there is no such mode.
    """

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        check_padding(padding)
        check_padding_mode(padding_mode)
        self.padding = padding if isinstance(padding, int) else list(padding)
        self.fill = fill
        self._fill = Fill(fill)
        self.padding_mode = padding_mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value with borders."""
        fill = self._fill.of(inpt)
        return self._call_kernel(F.pad, inpt, padding=self.padding, fill=fill, padding_mode=self.padding_mode)


class RandomZoomOut(RandomApplyTransform):
    """The input somewhere in a larger canvas, with a probability.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomZoomOut.html

    Args:
        fill: value of the canvas, one per channel, or a dictionary with one for each class of input.
        side_range: bounds of the canvas's size divided by the input's.
        p: the probability.

    Raises:
        TypeError: an argument has another type.
        ValueError: it is out of range.
    """

    def __init__(self, fill: Any = 0, side_range: Sequence[float] = (1.0, 4.0), p: float = 0.5) -> None:
        super().__init__(p=p)
        self.fill = fill
        self._fill = Fill(fill)
        check_sequence(side_range, "side_range")
        if side_range[0] < 1.0 or side_range[0] > side_range[1]:
            raise ValueError(f"Invalid side range provided {side_range}.")
        self.side_range = side_range

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The borders, drawn."""
        height, width = query_size(flat_inputs)
        factor = drawn_between(*self.side_range)
        canvas_width, canvas_height = int(np.float32(width) * factor), int(np.float32(height) * factor)
        # Two numbers of one draw.
        across, along = np.float32(draw_unit()), np.float32(draw_unit())
        left = int(np.float32(canvas_width - width) * across)
        top = int(np.float32(canvas_height - height) * along)
        return {"padding": [left, top, canvas_width - left - width, canvas_height - top - height]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value in its canvas."""
        return self._call_kernel(F.pad, inpt, **params, fill=self._fill.of(inpt))


class _Sized(Transform):
    """Base of the transforms that resize to a size that they choose.

    Args:
        interpolation: how pixels between pixels are made.
        antialias: for tensors: average over all pixels that a smaller one covers.
    """

    def _set_interpolation(self, interpolation: Interpolation, antialias: bool | None) -> None:
        self.interpolation = interpolation
        self.antialias = antialias

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, resized."""
        return self._call_kernel(
            F.resize,
            inpt,
            size=params["size"],
            interpolation=self.interpolation,
            antialias=self.antialias,
        )


class ScaleJitter(_Sized):
    """The input, scaled to fit a size and then by a random factor.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ScaleJitter.html

    Args:
        target_size: the size to fit.
        scale_range: bounds of the factor.
        interpolation: how pixels between pixels are made.
        antialias: for tensors: average over all pixels that a smaller one covers.
    """

    def __init__(
        self,
        target_size: tuple[int, int],
        scale_range: tuple[float, float] = (0.1, 2.0),
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.target_size = target_size
        self.scale_range = scale_range
        self._set_interpolation(interpolation, antialias)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The size, drawn."""
        height, width = query_size(flat_inputs)
        scale = drawn_between(*self.scale_range)
        factor = np.float32(min(self.target_size[1] / height, self.target_size[0] / width)) * scale
        return {"size": (int(np.float32(height) * factor), int(np.float32(width) * factor))}


class RandomShortestSize(_Sized):
    """The input, its shorter side resized to a random one of some lengths.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomShortestSize.html

    Args:
        min_size: the lengths, or one.
        max_size: bound of the longer side.
        interpolation: how pixels between pixels are made.
        antialias: for tensors: average over all pixels that a smaller one covers.
    """

    def __init__(
        self,
        min_size: int | Sequence[int],
        max_size: int | None = None,
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.min_size = [min_size] if isinstance(min_size, int) else list(min_size)
        self.max_size = max_size
        self._set_interpolation(interpolation, antialias)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The size, drawn."""
        height, width = query_size(flat_inputs)
        factor = self.min_size[drawn_integer(0, len(self.min_size))] / min(height, width)
        if self.max_size is not None:
            factor = min(factor, self.max_size / max(height, width))
        return {"size": (int(height * factor), int(width * factor))}


class RandomResize(_Sized):
    """The input, its shorter side resized to a random length.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomResize.html

    Args:
        min_size: the smallest length.
        max_size: one more than the largest.
        interpolation: how pixels between pixels are made.
        antialias: for tensors: average over all pixels that a smaller one covers.
    """

    def __init__(
        self,
        min_size: int,
        max_size: int,
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.min_size = min_size
        self.max_size = max_size
        self._set_interpolation(interpolation, antialias)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The size, drawn."""
        return {"size": [drawn_integer(self.min_size, self.max_size)]}
