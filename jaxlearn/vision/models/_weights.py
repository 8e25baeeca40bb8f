"""Pretrained weights: where they are, what images they expect, and how a model is built with them."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, cast

from jaxlearn import hub
from jaxlearn.vision.transforms._presets import ImageClassification

__all__ = ["Weights", "WeightsEnum"]

F = TypeVar("F", bound=Callable[..., Any])

#: The functions that build models, by name, and what their weights are an enumeration of.
BUILDERS: dict[str, Callable[..., Any]] = {}
ENUMERATIONS: dict[str, type[WeightsEnum]] = {}


@dataclass
class Weights:
    """One set of pretrained weights.

    https://docs.pytorch.org/vision/stable/models.html

    Args:
        url: where they are.
        transforms: makes what images go through before the model.
        meta: what is known of them: ``categories``, ``num_params``, ``min_size``, ``_metrics``.
    """

    url: str
    transforms: Callable[..., Any]
    meta: dict[str, Any]


class WeightsEnum(Enum):
    """The sets of pretrained weights of one model.

    https://docs.pytorch.org/vision/stable/models.html#general-information-on-pre-trained-weights

    Example::

        >>> from jaxlearn.vision.models import ResNet18_Weights
        >>> weights = ResNet18_Weights.DEFAULT
        >>> weights, weights.meta["categories"][:2]
        (ResNet18_Weights.IMAGENET1K_V1, ['tench', 'goldfish'])
    """

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """The member that is meant.

        Args:
            obj: a member, its name with or without the class's, or None.

        Raises:
            KeyError: there is none of that name.
            TypeError: a member of another enumeration.
        """
        if isinstance(obj, str):
            return cls[obj.removeprefix(f"{cls.__name__}.")]
        if obj is not None and not isinstance(obj, cls):
            raise TypeError(
                f"Invalid Weight class provided; expected {cls.__name__} but received {type(obj).__name__}."
            )
        return obj

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """The weights, from the folder of earlier downloads or fetched.

        Args:
            args: further arguments of :func:`jaxlearn.hub.load_state_dict_from_url`.
            kwargs: the same.

        Raises:
            urllib.error.URLError: they are not there and cannot be fetched.
        """
        try:
            return hub.load_state_dict_from_url(self.url, *args, **kwargs)
        except OSError as error:
            error.add_note(
                f"{self!r} could not be fetched. Put the file of {self.url} into {hub.get_dir()}/checkpoints, or "
                "make the model with weights=None and give it a state dict with load_state_dict()."
            )
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    @property
    def url(self) -> str:
        """Where the weights are."""
        return self.value.url

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes what images go through before the model."""
        return self.value.transforms

    @property
    def meta(self) -> dict[str, Any]:
        """What is known of the weights."""
        return self.value.meta


@functools.cache
def imagenet_categories() -> list[str]:
    """The names of ImageNet's 1000 classes, in the order of the models' outputs."""
    return Path(__file__).with_name("imagenet_categories.txt").read_text().splitlines()


def imagenet(
    file: str,
    num_params: int,
    min_size: int,
    accuracy: tuple[float, float],
    crop_size: int = 224,
    **preset: Any,
) -> Weights:
    """Weights of a model trained on ImageNet.

    Args:
        file: name on PyTorch's server.
        num_params: number of parameters.
        min_size: height and width of the smallest image that the model takes.
        accuracy: top-1 and top-5, in percent.
        crop_size: argument of :class:`ImageClassification`.
        preset: its further arguments.
    """
    return Weights(
        url=f"https://download.pytorch.org/models/{file}.pth",
        transforms=functools.partial(ImageClassification, crop_size=crop_size, **preset),
        meta={
            "categories": imagenet_categories(),
            "num_params": num_params,
            "min_size": (min_size, min_size),
            "_metrics": {"ImageNet-1K": {"acc@1": accuracy[0], "acc@5": accuracy[1]}},
        },
    )


def _listed(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return ", ".join(quoted[:-1]) + f", and {quoted[-1]}"


def builder(enumeration: type[WeightsEnum]) -> Callable[[F], F]:
    """Make a function that builds a model take its weights in all of torchvision's ways, the older ones with a warning.

    Args:
        enumeration: of the model's weights; the older ways mean ``IMAGENET1K_V1``.
    """

    def decorate(function: F) -> F:
        parameters = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def build(*args: Any, **kwargs: Any) -> Any:
            if args:
                names = parameters[: len(args)]
                warnings.warn(
                    f"Using {_listed(names)} as positional parameter(s) is deprecated since 0.13 and may be removed in "
                    "the future. Please use keyword parameter(s) instead.",
                    UserWarning,
                    stacklevel=2,
                )
                kwargs.update(zip(names, args, strict=False))
            if "pretrained" in kwargs:
                warnings.warn(
                    "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, "
                    "please use 'weights' instead.",
                    UserWarning,
                    stacklevel=2,
                )
                kwargs["weights"] = kwargs.pop("pretrained")
            given = kwargs.get("weights")
            if given is not None and not isinstance(given, (str, WeightsEnum)):
                given = enumeration["IMAGENET1K_V1"] if given else None
                newer = (
                    f" You can also use `weights={enumeration.__name__}.DEFAULT` to get the most up-to-date weights."
                    if given
                    else ""
                )
                warnings.warn(
                    "Arguments other than a weight enum or `None` for 'weights' are deprecated since 0.13 and may be "
                    f"removed in the future. The current behavior is equivalent to passing `weights={given}`.{newer}",
                    UserWarning,
                    stacklevel=2,
                )
            kwargs["weights"] = enumeration.verify(given)
            return function(**kwargs)

        BUILDERS[function.__name__] = build
        ENUMERATIONS[function.__name__] = enumeration
        return cast(F, build)

    return decorate


def require(options: dict[str, Any], name: str, value: Any) -> None:
    """Set a model's argument to what its weights need.

    Raises:
        ValueError: it is given as something else.
    """
    if options.setdefault(name, value) != value:
        raise ValueError(f"The parameter '{name}' expected value {value} but got {options[name]} instead.")


def built(model: Callable[..., Any], *args: Any, weights: Any, progress: bool, **options: Any) -> Any:
    """A model, with pretrained weights if there are any.

    Args:
        model: its class.
        args: positional arguments of the class.
        weights: a member of a :class:`WeightsEnum`, or None.
        progress: show a progress bar while they are fetched.
        options: keyword arguments of the class.
    """
    if weights is not None:
        require(options, "num_classes", len(weights.meta["categories"]))
    made = model(*args, **options)
    if weights is not None:
        made.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return made
