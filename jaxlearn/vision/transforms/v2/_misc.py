"""Dtypes, normalisation, blur, noise, functions of one's own, and what is not sound."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import PIL.Image

from jaxlearn import Tensor, float32
from jaxlearn import dtype as Dtype
from jaxlearn.utils._pytree import tree_flatten, tree_unflatten
from jaxlearn.vision import transforms as v1
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms._image import draw_uniform, image_of

from . import functional as F
from ._arguments import size_of, two_numbers
from ._inputs import get_bounding_boxes, get_keypoints, has_any, label_tensors, labels_getter_of
from ._transform import Transform
from .functional._boxes import values_of
from .functional._dispatch import is_pure_tensor
from .functional._sanitize import sound_boxes, sound_points

__all__ = [
    "ConvertImageDtype",
    "GaussianBlur",
    "GaussianNoise",
    "Identity",
    "Lambda",
    "LinearTransformation",
    "Normalize",
    "SanitizeBoundingBoxes",
    "SanitizeKeyPoints",
    "ToDtype",
    "UniformTemporalSubsample",
]


class Identity(Transform):
    """The input as it is."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value as it is."""
        return inpt


class Lambda(Transform):
    """A function as a transform.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Lambda.html

    Args:
        lambd: function of a value.
        types: the classes of values to apply it to, by default all.
    """

    _transformed_types = (object,)

    def __init__(self, lambd: Callable[[Any], Any], *types: type) -> None:
        super().__init__()
        self.lambd = lambd
        self.types = types or (object,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The function of one value."""
        return self.lambd(inpt) if isinstance(inpt, self.types) else inpt

    def extra_repr(self) -> str:
        """The function's name and the classes."""
        name = getattr(self.lambd, "__name__", None)
        types = f"types={[kind.__name__ for kind in self.types]}"
        return f"{name}, {types}" if name else types


def _refuse_pil(transform: Transform, values: list[Any]) -> None:
    if has_any(values, PIL.Image.Image):
        raise TypeError(f"{type(transform).__name__}() does not support PIL images.")


class LinearTransformation(Transform):
    r"""Pictures as vectors :math:`(x - m) W`, in their shape again, as for whitening.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.LinearTransformation.html

    Args:
        transformation_matrix: :math:`W`, (C H W, C H W).
        mean_vector: :math:`m`, (C H W).

    Raises:
        ValueError: shapes or dtypes do not fit.
    """

    _transformed_types = (is_pure_tensor, tv_tensors.Image, tv_tensors.Video)

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        rows, columns = transformation_matrix.shape
        if rows != columns:
            raise ValueError(
                f"transformation_matrix should be square. Got {(rows, columns)} rectangular matrix."
            )
        if mean_vector.size(0) != rows:
            raise ValueError(
                f"mean_vector should have the same length {mean_vector.size(0)} as any one of the dimensions of "
                f"the transformation_matrix [{(rows, columns)}]"
            )
        if transformation_matrix.dtype != mean_vector.dtype:
            raise ValueError(
                "Input tensors should have the same dtype. Got "
                f"{transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Refuse PIL images.

        Args:
            flat_inputs: the sample's values.
        """
        _refuse_pil(self, flat_inputs)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, mapped."""
        shape = inpt.shape
        n = shape[-3] * shape[-2] * shape[-1]
        if n != self.transformation_matrix.shape[0]:
            raise ValueError(
                "Input tensor and transformation matrix have incompatible shape."
                f"[{shape[-3]} x {shape[-2]} x {shape[-1]}] != {self.transformation_matrix.shape[0]}"
            )
        flat = inpt.as_subclass(Tensor).reshape(-1, n) - self.mean_vector
        result = (flat @ self.transformation_matrix.to(flat.dtype)).reshape(shape)
        return result if is_pure_tensor(inpt) else tv_tensors.wrap(result, like=inpt)


class Normalize(Transform):
    """Pictures with each channel's mean taken off and divided by its standard deviation.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Normalize.html

    Args:
        mean: one number per channel.
        std: one number per channel.
        inplace: write into the picture given.

    Raises:
        TypeError: on a call, there is a PIL image.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean = list(mean)
        self.std = list(std)
        self.inplace = inplace

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Refuse PIL images.

        Args:
            flat_inputs: the sample's values.
        """
        _refuse_pil(self, flat_inputs)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, normalised."""
        return self._call_kernel(F.normalize, inpt, mean=self.mean, std=self.std, inplace=self.inplace)


class GaussianBlur(Transform):
    """Pictures, each pixel a mean of those around it, with a random reach.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.GaussianBlur.html

    Args:
        kernel_size: width and height of the surroundings, odd, or one number for both.
        sigma: bounds of the standard deviation, or one number.

    Raises:
        ValueError: an argument is out of range.
    """

    get_params = staticmethod(v1.GaussianBlur.get_params)

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = size_of(kernel_size, "Kernel size should be a tuple/list of two integers")
        for size in self.kernel_size:
            if size <= 0 or size % 2 == 0:
                raise ValueError("Kernel size value should be an odd and positive number.")
        self.sigma = two_numbers(sigma, "sigma")
        if not 0.0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"sigma values should be positive and of the form (min, max). Got {self.sigma}")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The standard deviation, drawn."""
        sigma = draw_uniform(self.sigma[0], self.sigma[1])
        return {"sigma": [sigma, sigma]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, blurred."""
        return self._call_kernel(F.gaussian_blur, inpt, self.kernel_size, **params)


class GaussianNoise(Transform):
    """Pictures with normal noise.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.GaussianNoise.html

    Args:
        mean: of the noise, for pixels in [0, 1].
        sigma: its standard deviation.
        clip: cut off what leaves the range.
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        super().__init__()
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value with noise."""
        return self._call_kernel(F.gaussian_noise, inpt, mean=self.mean, sigma=self.sigma, clip=self.clip)


class ToDtype(Transform):
    """The input in another dtype.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html

    Args:
        dtype: the dtype of pictures, or a dictionary with one for each class of input, whose key ``"others"`` stands
            for all other classes and whose None for no change.
        scale: scale pictures from one dtype's range to the other's.

    Raises:
        ValueError: ``dtype`` is something else, or, on a call, the dictionary has none for an input.
    """

    _transformed_types = (Tensor,)

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, (dict, Dtype)):
            raise ValueError(f"dtype must be a dict or a torch.dtype, got {type(dtype)} instead")
        if (
            isinstance(dtype, dict)
            and Tensor in dtype
            and (tv_tensors.Image in dtype or tv_tensors.Video in dtype)
        ):
            warnings.warn(
                "Got `dtype` values for `torch.Tensor` and either `tv_tensors.Image` or `tv_tensors.Video`. "
                "Note that a plain `torch.Tensor` will *not* be transformed by this (or any other transformation) "
                "in case a `tv_tensors.Image` or `tv_tensors.Video` is present in the input.",
                stacklevel=2,
            )
        self.dtype = dtype
        self.scale = scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value in its dtype."""
        picture = is_pure_tensor(inpt) or isinstance(inpt, (tv_tensors.Image, tv_tensors.Video))
        if isinstance(self.dtype, Dtype):
            dtype = self.dtype if picture else None
        elif type(inpt) in self.dtype:
            dtype = self.dtype[type(inpt)]
        elif "others" in self.dtype:
            dtype = self.dtype["others"]
        else:
            raise ValueError(
                f"No dtype was specified for type {type(inpt)}. "
                "If you only need to convert the dtype of images or videos, you can just pass e.g. "
                "dtype=torch.float32. If you're passing a dict as dtype, "
                'you can use "others" as a catch-all key '
                'e.g. dtype={tv_tensors.Mask: torch.int64, "others": None} to pass-through the rest of the inputs.'
            )
        if dtype is not None:
            return self._call_kernel(F.to_dtype, inpt, dtype=dtype, scale=self.scale)
        if self.scale and picture:
            warnings.warn(
                "scale was set to True but no dtype was specified for images or videos: no scaling will be done.",
                stacklevel=2,
            )
        return inpt


class ConvertImageDtype(Transform):
    """Pictures in another dtype, scaled: :class:`ToDtype` with ``scale=True``.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ConvertImageDtype.html

    Args:
        dtype: the dtype.
    """

    def __init__(self, dtype: Any = float32) -> None:
        super().__init__()
        self.dtype = dtype

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value in the dtype."""
        return self._call_kernel(F.to_dtype, inpt, dtype=self.dtype, scale=True)


class _Sanitize(Transform):
    """Base of the transforms that remove what is not sound, with its labels."""

    _labels_getter: Callable[[Any], Any]

    def _found(self, values: list[Any]) -> tuple[Any, Any]:
        """What to look through, and which of it is sound."""
        raise NotImplementedError

    def _belongs(self, value: Any, valid: Any) -> bool:
        """Whether a value is cut like the labels."""
        return False

    def forward(self, *inputs: Any) -> Any:
        """The sample without what is not sound.

        Args:
            inputs: the sample.
        """
        sample = inputs if len(inputs) > 1 else inputs[0]
        labels = label_tensors(self._labels_getter(sample))
        values, structure = tree_flatten(sample)
        found, valid = self._found(values)
        for label in labels:
            if label.shape[0] != found.shape[0]:
                name = "boxes" if isinstance(found, tv_tensors.BoundingBoxes) else "kepyoints"
                link = "and must" if name == "boxes" else "must"
                raise ValueError(
                    f"Number of {name} (shape={found.shape}) {link} match the number of labels."
                    f"Found labels with shape={label.shape})."
                )
        mask = image_of(valid)
        changed = []
        for value in values:
            is_label = any(value is label for label in labels)
            if not (is_label or value is found or self._belongs(value, valid)):
                changed.append(value)
                continue
            kept = value.as_subclass(Tensor)[mask]
            plain = is_label or not isinstance(value, tv_tensors.TVTensor)
            changed.append(kept if plain else tv_tensors.wrap(kept, like=value))
        return tree_unflatten(changed, structure)


class SanitizeBoundingBoxes(_Sanitize):
    """The sample without boxes that are too small or leave the picture, and without their labels and masks.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.SanitizeBoundingBoxes.html

    Args:
        min_size: the smallest width and height.
        min_area: the smallest area.
        labels_getter: finds the labels in a sample: a function, ``"default"`` for what a dictionary has under a key
            with "label" in it, or None for no labels.

    Raises:
        ValueError: an argument is out of range, or, on a call, the labels are no tensors of the boxes' number.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import tv_tensors
        >>> from jaxlearn.vision.transforms import v2
        >>> boxes = tv_tensors.BoundingBoxes([[0, 0, 2, 2], [1, 1, 1, 4]], format="XYXY", canvas_size=(8, 8))
        >>> v2.SanitizeBoundingBoxes()({"boxes": boxes, "labels": torch.tensor([5, 6])})["labels"]
        tensor([5])
    """

    def __init__(self, min_size: float = 1.0, min_area: float = 1.0, labels_getter: Any = "default") -> None:
        super().__init__()
        if min_size < 1:
            raise ValueError(f"min_size must be >= 1, got {min_size}.")
        self.min_size = min_size
        if min_area < 1:
            raise ValueError(f"min_area must be >= 1, got {min_area}.")
        self.min_area = min_area
        self.labels_getter = labels_getter
        self._labels_getter = labels_getter_of(labels_getter)

    def _found(self, values: list[Any]) -> tuple[Any, Any]:
        boxes = get_bounding_boxes(values)
        return boxes, sound_boxes(
            values_of(boxes), boxes.format, boxes.canvas_size, self.min_size, self.min_area
        )

    def _belongs(self, value: Any, valid: Any) -> bool:
        # A mask of the whole picture has no row for each box.
        return isinstance(value, tv_tensors.Mask) and value.shape[0] == len(valid)


class SanitizeKeyPoints(_Sanitize):
    """The sample without keypoints that leave the picture, and without their labels.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.SanitizeKeyPoints.html

    Args:
        labels_getter: finds the labels in a sample: a function, ``"default"`` for what a dictionary has under a key
            with "label" in it, or None for no labels.

    Raises:
        ValueError: on a call, the labels are no tensors of the points' number.
    """

    def __init__(self, labels_getter: Any = None) -> None:
        super().__init__()
        self.labels_getter = labels_getter
        self._labels_getter = labels_getter_of(labels_getter)

    def _found(self, values: list[Any]) -> tuple[Any, Any]:
        points = get_keypoints(values)
        return points, sound_points(values_of(points), points.canvas_size)


class UniformTemporalSubsample(Transform):
    """Some of a video's frames, as far apart as each other.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.UniformTemporalSubsample.html

    Args:
        num_samples: how many frames.
    """

    _transformed_types = (is_pure_tensor, tv_tensors.Video)

    def __init__(self, num_samples: int) -> None:
        super().__init__()
        self.num_samples = num_samples

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Some of the frames."""
        return self._call_kernel(F.uniform_temporal_subsample, inpt, self.num_samples)
