"""Flips, crops and maps drawn at random."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL.Image

from jaxlearn import rand, tensor
from jaxlearn.vision import ops, tv_tensors
from jaxlearn.vision import transforms as v1
from jaxlearn.vision.transforms._crop import check_padding_mode, sides
from jaxlearn.vision.transforms._image import draw_unit
from jaxlearn.vision.transforms._warp import perspective_coefficients

from . import functional as F
from ._arguments import (
    Fill,
    angles_of,
    check_padding,
    check_sequence,
    size_of,
    two_numbers,
)
from ._geometry import Interpolation, drawn_integer
from ._inputs import get_bounding_boxes, has_all, has_any, query_size
from ._transform import RandomApplyTransform, Transform
from .functional._boxes import converted, values_of
from .functional._dispatch import is_pure_tensor

__all__ = [
    "ElasticTransform",
    "RandomAffine",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomIoUCrop",
    "RandomPerspective",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
]


class RandomHorizontalFlip(RandomApplyTransform):
    """The input, mirrored left to right with a probability.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomHorizontalFlip.html

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, mirrored."""
        return self._call_kernel(F.horizontal_flip, inpt)


class RandomVerticalFlip(RandomApplyTransform):
    """The input, mirrored top to bottom with a probability.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomVerticalFlip.html

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, mirrored."""
        return self._call_kernel(F.vertical_flip, inpt)


class RandomResizedCrop(Transform):
    """A rectangle of random area, shape and place, resized.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomResizedCrop.html

    Args:
        size: height and width of the result, or one number for both.
        scale: bounds of the rectangle's area, as parts of the input's.
        ratio: bounds of its width divided by its height, between which the logarithm is uniform.
        interpolation: how pixels between pixels are made.
        antialias: for tensors: average over all pixels that a smaller one covers.

    Raises:
        TypeError: ``scale`` or ``ratio`` is no pair.
        ValueError: ``size`` has more than two numbers.
    """

    get_params = staticmethod(v1.RandomResizedCrop.get_params)

    def __init__(
        self,
        size: int | Sequence[int],
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Interpolation = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = size_of(size)
        for name, value in (("Scale", scale), ("Ratio", ratio)):
            if not isinstance(value, Sequence) or len(value) != 2:
                raise TypeError(f"{name} should be a sequence of two floats.")
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=2)
        self.scale = scale
        self.ratio = ratio
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The rectangle, drawn."""
        frame = np.empty((*query_size(flat_inputs),), bool)
        top, left, height, width = self.get_params(frame, self.scale, self.ratio)
        return {"top": top, "left": left, "height": height, "width": width}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The rectangle of one value."""
        return self._call_kernel(
            F.resized_crop,
            inpt,
            **params,
            size=self.size,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )


class RandomCrop(Transform):
    """A rectangle of the input at a random place.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomCrop.html

    Args:
        size: height and width, or one number for both.
        padding: borders given to the input before, as in :class:`Pad`.
        pad_if_needed: also give a smaller input borders.
        fill: of the borders, as in :class:`Pad`.
        padding_mode: of the borders, as in :class:`Pad`.

    Raises:
        TypeError: ``fill`` is something else.
        ValueError: an argument is out of range; on a call, the input is smaller than the rectangle.
    """

    get_params = staticmethod(v1.RandomCrop.get_params)

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = size_of(size)
        if padding is not None:
            check_padding(padding)
        if pad_if_needed or padding is not None:
            check_padding_mode(padding_mode)
        self.padding = None
        if padding:
            left, top, right, bottom = sides(padding)
            self.padding = [left, right, top, bottom]
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self._fill = Fill(fill)
        self.padding_mode = padding_mode

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The borders and the rectangle, drawn."""
        size = query_size(flat_inputs)
        left, right, top, bottom = self.padding or [0, 0, 0, 0]
        borders = [[top, bottom], [left, right]]
        padded, places = [], []
        for given, wanted, border in zip(size, self.size, borders, strict=True):
            lack = wanted - given - sum(border)
            if self.pad_if_needed and lack > 0:
                border[:] = [border[0] + lack, border[1] + lack]
            padded.append(given + sum(border))
        if any(given < wanted for given, wanted in zip(padded, self.size, strict=True)):
            kind = "padded " if self.padding is not None else ""
            raise ValueError(
                f"Required crop size {tuple(self.size)} is larger than {kind}input image size {tuple(padded)}."
            )
        for given, wanted in zip(padded, self.size, strict=True):
            places.append(drawn_integer(0, given - wanted + 1) if given > wanted else 0)
        (top, bottom), (left, right) = borders
        return {
            "padding": [left, top, right, bottom],
            "place": (*places, *self.size) if tuple(padded) != tuple(self.size) else None,
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The rectangle of one value."""
        if any(params["padding"]):
            fill = self._fill.of(inpt)
            inpt = self._call_kernel(
                F.pad, inpt, padding=params["padding"], fill=fill, padding_mode=self.padding_mode
            )
        return inpt if params["place"] is None else self._call_kernel(F.crop, inpt, *params["place"])


class RandomRotation(Transform):
    """The input turned by a random angle.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomRotation.html

    Args:
        degrees: bounds of the angle, or one number for plus and minus.
        interpolation: how pixels between pixels are made.
        expand: make the result large enough to hold the whole input.
        center: the point (x, y) to turn about, by default the middle.
        fill: value of what comes from outside, one per channel, or a dictionary with one for each class of input.

    Raises:
        TypeError: an argument has another type.
        ValueError: it has another length or is out of range.
    """

    get_params = staticmethod(v1.RandomRotation.get_params)

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Interpolation = "nearest",
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = angles_of(degrees, "degrees")
        self.interpolation = interpolation
        self.expand = expand
        self.fill = fill
        self._fill = Fill(fill)
        self.center = None if center is None else check_sequence(center, "center")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The angle, drawn."""
        return {"angle": self.get_params(self.degrees)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, turned."""
        return self._call_kernel(
            F.rotate,
            inpt,
            **params,
            interpolation=self.interpolation,
            expand=self.expand,
            center=self.center,
            fill=self._fill.of(inpt),
        )


class RandomAffine(Transform):
    """The input turned, moved, scaled and sheared at random.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomAffine.html

    Args:
        degrees: bounds of the angle, or one number for plus and minus.
        translate: how far to move at most, as parts of width and height.
        scale: bounds of the scale.
        shear: bounds of the shear along x, or along x and y (four numbers), or one number for plus and minus.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside, one per channel, or a dictionary with one for each class of input.
        center: the point (x, y) to turn about, by default the middle.

    Raises:
        TypeError: an argument has another type.
        ValueError: it has another length or is out of range.
    """

    get_params = staticmethod(v1.RandomAffine.get_params)

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Interpolation = "nearest",
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees = angles_of(degrees, "degrees")
        if translate is not None and not all(
            0.0 <= part <= 1.0 for part in check_sequence(translate, "translate")
        ):
            raise ValueError("translation values should be between 0 and 1")
        self.translate = translate
        if scale is not None and any(factor <= 0 for factor in check_sequence(scale, "scale")):
            raise ValueError("scale values should be positive")
        self.scale = scale
        self.shear = None if shear is None else angles_of(shear, "shear", (2, 4))
        self.interpolation = interpolation
        self.fill = fill
        self._fill = Fill(fill)
        self.center = None if center is None else check_sequence(center, "center")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The map, drawn."""
        height, width = query_size(flat_inputs)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, [width, height])
        return dict(zip(("angle", "translate", "scale", "shear"), drawn, strict=True))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, mapped."""
        return self._call_kernel(
            F.affine,
            inpt,
            **params,
            interpolation=self.interpolation,
            fill=self._fill.of(inpt),
            center=self.center,
        )


class RandomPerspective(RandomApplyTransform):
    """The input as seen from elsewhere, with a probability.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomPerspective.html

    Args:
        distortion_scale: how far corners move at most, as part of half the size.
        p: the probability.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside, one per channel, or a dictionary with one for each class of input.

    Raises:
        TypeError: ``fill`` is something else.
        ValueError: an argument is out of range.
    """

    get_params = staticmethod(v1.RandomPerspective.get_params)

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Interpolation = "bilinear",
        fill: Any = 0,
    ) -> None:
        super().__init__(p=p)
        if not 0 <= distortion_scale <= 1:
            raise ValueError("Argument distortion_scale value should be between 0 and 1")
        self.distortion_scale = distortion_scale
        self.interpolation = interpolation
        self.fill = fill
        self._fill = Fill(fill)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The map, drawn."""
        height, width = query_size(flat_inputs)
        start, end = self.get_params(width, height, self.distortion_scale)
        return {"coefficients": perspective_coefficients(start, end)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, mapped."""
        return self._call_kernel(
            F.perspective,
            inpt,
            fill=self._fill.of(inpt),
            interpolation=self.interpolation,
            **params,
        )


class ElasticTransform(Transform):
    """The input with every pixel moved at random, neighbours alike.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ElasticTransform.html

    Args:
        alpha: how far pixels move, or a pair for x and y.
        sigma: how far the likeness reaches, or a pair for x and y.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside, one per channel, or a dictionary with one for each class of input.

    Raises:
        TypeError: an argument has another type.
        ValueError: it has another length.
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 50.0,
        sigma: float | Sequence[float] = 5.0,
        interpolation: Interpolation = "bilinear",
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.alpha = two_numbers(alpha, "alpha")
        self.sigma = two_numbers(sigma, "sigma")
        self.interpolation = interpolation
        self.fill = fill
        self._fill = Fill(fill)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The displacement, drawn."""
        height, width = query_size(flat_inputs)
        moves = []
        for sigma, alpha, extent in zip(self.sigma, self.alpha, (width, height), strict=True):
            move = np.asarray(rand(1, 1, height, width).numpy()) * np.float32(2) - np.float32(1)
            if sigma > 0.0:
                size = int(8 * sigma + 1)
                size += 1 - size % 2
                move = F.gaussian_blur(tensor(move), [size, size], list(self.sigma)).numpy()
            moves.append(move * np.float32(alpha) / np.float32(extent))
        return {"displacement": tensor(np.stack([moves[0][0, 0], moves[1][0, 0]], -1)[None])}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, its pixels moved."""
        return self._call_kernel(
            F.elastic, inpt, **params, fill=self._fill.of(inpt), interpolation=self.interpolation
        )


class RandomIoUCrop(Transform):
    """A random rectangle of a picture that overlaps with one of its boxes by a random least part.

    Boxes whose middle lies outside become 0: :class:`SanitizeBoundingBoxes` removes them.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomIoUCrop.html

    Args:
        min_scale: the smallest part of the input's height and width.
        max_scale: the largest.
        min_aspect_ratio: the smallest width divided by height.
        max_aspect_ratio: the largest.
        sampler_options: least overlaps to draw from; from 1 on there is no crop.
        trials: how many rectangles to draw before another overlap is.

    Raises:
        TypeError: on a call, there is no picture or there are no boxes.
    """

    def __init__(
        self,
        min_scale: float = 0.3,
        max_scale: float = 1.0,
        min_aspect_ratio: float = 0.5,
        max_aspect_ratio: float = 2.0,
        sampler_options: Sequence[float] | None = None,
        trials: int = 40,
    ) -> None:
        super().__init__()
        self.min_scale = min_scale
        self.max_scale = max_scale
        self.min_aspect_ratio = min_aspect_ratio
        self.max_aspect_ratio = max_aspect_ratio
        self.options = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0] if sampler_options is None else sampler_options
        self.trials = trials

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Refuse samples without picture or boxes.

        Args:
            flat_inputs: the sample's values.
        """
        if not (
            has_all(flat_inputs, tv_tensors.BoundingBoxes)
            and has_any(flat_inputs, PIL.Image.Image, tv_tensors.Image, is_pure_tensor)
        ):
            raise TypeError(
                f"{type(self).__name__}() requires input sample to contain tensor or PIL images "
                "and bounding boxes. Sample can also contain masks."
            )

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The rectangle, drawn; nothing for the whole input."""
        size = query_size(flat_inputs)
        boxes = get_bounding_boxes(flat_inputs)
        corners = converted(values_of(boxes), boxes.format, tv_tensors.BoundingBoxFormat.XYXY)
        while True:
            least = self.options[drawn_integer(0, len(self.options))]
            if least >= 1.0:
                return {}
            for _ in range(self.trials):
                found = self._tried(*size, corners, least)
                if found is not None:
                    return found

    def _tried(self, h: int, w: int, corners: Any, least: float) -> dict[str, Any] | None:
        low, span = np.float32(self.min_scale), np.float32(self.max_scale - self.min_scale)
        across, along = (low + span * np.float32(draw_unit()) for _ in range(2))
        width, height = int(np.float32(w) * across), int(np.float32(h) * along)
        if not self.min_aspect_ratio <= width / height <= self.max_aspect_ratio:
            return None
        across, along = np.float32(draw_unit()), np.float32(draw_unit())
        left, top = int(np.float32(w - width) * across), int(np.float32(h - height) * along)
        if width == 0 or height == 0:
            return None
        middle = 0.5 * (corners[:, :2] + corners[:, 2:])
        inside = (([left, top] < middle) & (middle < [left + width, top + height])).all(-1)
        if not inside.any():
            return None
        place = tensor([[left, top, left + width, top + height]]).to(tensor(corners).dtype)
        if ops.box_iou(tensor(corners[inside]), place).max().item() < least:
            return None
        return {"place": (top, left, height, width), "inside": inside}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The rectangle of one value."""
        if not params:
            return inpt
        result = self._call_kernel(F.crop, inpt, *params["place"])
        if isinstance(result, tv_tensors.BoundingBoxes):
            kept = values_of(result) * params["inside"][:, None]
            return tv_tensors.wrap(tensor(kept.astype(values_of(result).dtype)), like=result)
        return result
