"""Models and weights by name."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from jaxlearn.vision.models._weights import BUILDERS, ENUMERATIONS, WeightsEnum

__all__ = ["get_model", "get_model_builder", "get_model_weights", "get_weight", "list_models"]


def list_models(
    module: ModuleType | None = None,
    include: Iterable[str] | str | None = None,
    exclude: Iterable[str] | str | None = None,
) -> list[str]:
    """The names of the models.

    https://docs.pytorch.org/vision/stable/generated/torchvision.models.list_models.html

    Args:
        module: the module that they are to come from.
        include: shell patterns, one of which fits.
        exclude: shell patterns, none of which fits.

    Example::

        >>> from jaxlearn.vision import models
        >>> models.list_models(include="vgg1*", exclude="*_bn")
        ['vgg11', 'vgg13', 'vgg16', 'vgg19']
    """
    found = {n for n, build in BUILDERS.items() if module is None or build.__module__ == module.__name__}
    if include:
        patterns = [include] if isinstance(include, str) else list(include)
        found = {n for n in found if any(fnmatch.fnmatchcase(n, p) for p in patterns)}
    if exclude:
        patterns = [exclude] if isinstance(exclude, str) else list(exclude)
        found = {n for n in found if not any(fnmatch.fnmatchcase(n, p) for p in patterns)}
    return sorted(found)


def get_model_builder(name: str) -> Callable[..., Any]:
    """The function that builds a model.

    https://docs.pytorch.org/vision/stable/generated/torchvision.models.get_model_builder.html

    Args:
        name: of the model, in any case.

    Raises:
        ValueError: there is none of that name.
    """
    name = name.lower()
    if name not in BUILDERS:
        raise ValueError(f"Unknown model {name}")
    return BUILDERS[name]


def get_model(name: str, **config: Any) -> Any:
    """Build a model.

    https://docs.pytorch.org/vision/stable/generated/torchvision.models.get_model.html

    Args:
        name: of the model, in any case.
        config: the function's arguments.

    Raises:
        ValueError: there is none of that name.

    Example::

        >>> from jaxlearn.vision import models
        >>> models.get_model("SqueezeNet1_1", num_classes=3).classifier[1]
        Conv2d(512, 3, kernel_size=(1, 1), stride=(1, 1))
    """
    return get_model_builder(name)(**config)


def get_model_weights(name: Callable[..., Any] | str) -> type[WeightsEnum]:
    """The enumeration of a model's weights.

    https://docs.pytorch.org/vision/stable/generated/torchvision.models.get_model_weights.html

    Args:
        name: of the model, or the function that builds it.

    Raises:
        ValueError: there is none of that name.

    Example::

        >>> from jaxlearn.vision import models
        >>> list(models.get_model_weights("resnet18"))
        [ResNet18_Weights.IMAGENET1K_V1]
    """
    function = get_model_builder(name) if isinstance(name, str) else name
    found = ENUMERATIONS.get(function.__name__)
    if found is None:
        raise ValueError("The method is missing the 'weights' argument.")
    return found


def get_weight(name: str) -> WeightsEnum:
    """Weights by their full name.

    https://docs.pytorch.org/vision/stable/generated/torchvision.models.get_weight.html

    Args:
        name: as ``"ResNet50_Weights.IMAGENET1K_V1"``.

    Raises:
        ValueError: there is no such enumeration.
        KeyError: it has no such member.

    Example::

        >>> from jaxlearn.vision import models
        >>> models.get_weight("ResNet50_Weights.DEFAULT")
        ResNet50_Weights.IMAGENET1K_V2
    """
    if name.count(".") != 1:
        raise ValueError(f"Invalid weight name provided: '{name}'.")
    enumeration, member = name.split(".")
    for found in ENUMERATIONS.values():
        if found.__name__ == enumeration:
            return found[member]
    raise ValueError(f"The weight enum '{enumeration}' for the specific method couldn't be retrieved.")
