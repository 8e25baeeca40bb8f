"""Which function does an operation's work for an input of a kind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import PIL.Image

from jaxlearn import Tensor
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms.interpolation import InterpolationMode, as_mode

__all__ = ["register_kernel"]

Kernel = Callable[..., Any]

_KERNELS: dict[Any, dict[type, Kernel]] = {}
_BUILT_IN = {getattr(tv_tensors, name) for name in tv_tensors.__all__ if name[0].isupper()}


def is_pure_tensor(value: Any) -> bool:
    """Whether this is a tensor that does not know what it holds.

    Args:
        value: anything.
    """
    return isinstance(value, Tensor) and not isinstance(value, tv_tensors.TVTensor)


def of_kind(kernel: Kernel) -> Kernel:
    """A function of plain tensors as one of tensors of a kind, which its results, or each of several, are too."""

    @functools.wraps(kernel)
    def wrapped(inpt: Any, *args: Any, **kwargs: Any) -> Any:
        result = kernel(inpt.as_subclass(Tensor), *args, **kwargs)
        if isinstance(result, tuple):
            return tuple(tv_tensors.wrap(part, like=inpt) for part in result)
        return tv_tensors.wrap(result, like=inpt)

    return wrapped


def kernels(
    operation: Any,
    images: Kernel | None = None,
    *,
    pil: bool = True,
    videos: Kernel | None = None,
    masks: Kernel | None = None,
    boxes: Kernel | None = None,
    points: Kernel | None = None,
) -> None:
    """Say what does an operation's work.

    Args:
        operation: the public function.
        images: for tensors, images and videos, of which it gets and gives plain tensors, and PIL images.
        pil: whether ``images`` takes PIL images.
        videos: instead, for tensors and videos alone.
        masks: for masks; it gets and gives plain tensors.
        boxes: for bounding boxes, as they are.
        points: for keypoints, as they are.
    """
    table = _KERNELS.setdefault(operation, {})
    if images is not None:
        table[Tensor] = images
        table[tv_tensors.Image] = table[tv_tensors.Video] = of_kind(images)
        if pil:
            table[PIL.Image.Image] = images
    if videos is not None:
        table[Tensor], table[tv_tensors.Video] = videos, of_kind(videos)
    if masks is not None:
        table[tv_tensors.Mask] = of_kind(masks)
    if boxes is not None:
        table[tv_tensors.BoundingBoxes] = boxes
    if points is not None:
        table[tv_tensors.KeyPoints] = points


def kernel_of(operation: Any, kind: type, passthrough: bool = False) -> Kernel:
    """What does an operation's work for a kind of input.

    Args:
        operation: the public function.
        kind: the input's class.
        passthrough: return inputs of other kinds as they are, rather than refuse them.

    Raises:
        TypeError: nothing does.
    """
    table = _KERNELS[operation]
    for base in kind.__mro__:
        if base in table:
            return table[base]
        if base is tv_tensors.TVTensor:
            break
    if passthrough:
        return lambda inpt, *args, **kwargs: inpt
    raise TypeError(
        f"Functional F.{operation.__name__} supports inputs of type {table.keys()}, but got {kind} instead."
    )


def register_kernel(functional: Any, tv_tensor_cls: type) -> Callable[[Kernel], Kernel]:
    """Decorate a function to do an operation's work for a kind of tensor of one's own.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.register_kernel.html

    Args:
        functional: the operation, one of this package's functions or its name.
        tv_tensor_cls: a subclass of :class:`~jaxlearn.vision.tv_tensors.TVTensor`.

    Raises:
        ValueError: there is no such operation, this is no such class, or it is one of those that are built in.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import tv_tensors
        >>> from jaxlearn.vision.transforms import v2
        >>> class Signal(tv_tensors.TVTensor): pass
        >>> @v2.functional.register_kernel("horizontal_flip", Signal)
        ... def flip(signal):
        ...     return signal.flip(-1)
        >>> v2.functional.horizontal_flip(torch.arange(3).as_subclass(Signal))
        tensor([2, 1, 0])
    """
    from jaxlearn.vision.transforms.v2 import functional as operations

    if isinstance(functional, str):
        name, functional = functional, getattr(operations, functional, None)
        if functional is None:
            raise ValueError(
                f"Could not find functional with name '{name}' in torchvision.transforms.v2.functional."
            )
    elif functional not in _KERNELS:
        raise ValueError(
            "Kernels can only be registered on functionals from the torchvision.transforms.v2.functional "
            f"namespace, but got {functional}."
        )
    if not (isinstance(tv_tensor_cls, type) and issubclass(tv_tensor_cls, tv_tensors.TVTensor)):
        raise ValueError(
            "Kernels can only be registered for subclasses of torchvision.tv_tensors.TVTensor, but got "
            f"{tv_tensor_cls}."
        )
    if tv_tensor_cls in _BUILT_IN:
        raise ValueError(
            f"Kernels cannot be registered for the builtin tv_tensor classes, but got {tv_tensor_cls}"
        )
    table = _KERNELS[functional]
    if tv_tensor_cls in table:
        raise ValueError(f"Functional {functional} already has a kernel registered for type {tv_tensor_cls}.")

    def registered(kernel: Kernel) -> Kernel:
        table[tv_tensor_cls] = kernel
        return kernel

    return registered


def dispatched(operation: Any, inpt: Any, *args: Any, **kwargs: Any) -> Any:
    """The operation on an input, by the function that its kind takes."""
    return kernel_of(operation, type(inpt))(inpt, *args, **kwargs)


def mode_of(interpolation: InterpolationMode | str | int) -> InterpolationMode:
    """The mode meant by a mode, its name or Pillow's number of a filter.

    Raises:
        ValueError: there is no such mode.
    """
    if isinstance(interpolation, str):
        names = [mode.value for mode in InterpolationMode]
        if interpolation not in names:
            raise ValueError(
                f"Invalid interpolation mode: '{interpolation}'. Supported string values are: {names}."
            )
        return InterpolationMode(interpolation)
    if isinstance(interpolation, (int, InterpolationMode)):
        return as_mode(interpolation)
    raise ValueError(
        "Argument interpolation should be an `InterpolationMode` or a corresponding Pillow integer constant, "
        f"but got {interpolation}."
    )
