"""``weight_norm`` by a hook, the older form of :func:`jaxlearn.nn.utils.parametrizations.weight_norm`."""

from __future__ import annotations

import warnings
from typing import Any

from ...ops import nn_weight_norm
from ..computed import ComputedTensor
from ..parameter import Parameter, is_lazy

__all__ = ["WeightNorm", "magnitudes", "normalized", "remove_weight_norm", "weight_norm"]


def magnitudes(v: Any, dim: int) -> Any:
    """The norms of a tensor's slices along a dimension; of the whole for -1."""
    return nn_weight_norm.norm_except_dim(v, dim)


def normalized(v: Any, g: Any, dim: int) -> Any:
    """The tensor with these norms in place of its own."""
    if dim in (0, v.dim() - 1):
        return nn_weight_norm.weight_norm(v, g, dim)
    return v * (g / nn_weight_norm.norm_except_dim(v, dim))


class WeightNorm(ComputedTensor):
    """The hook that computes the weight before each forward.

    Args:
        name: of the parameter.
        dim: each of whose slices has its own magnitude; -1 or None for one magnitude.
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Any:
        """The weight that belongs to the module's magnitudes and directions."""
        return normalized(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    @staticmethod
    def apply(module: Any, name: str, dim: int | None) -> WeightNorm:
        """Put magnitudes and directions in the place of a parameter, and the hook before the forward."""
        warnings.warn(
            "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
            FutureWarning,
            stacklevel=3,
        )
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, WeightNorm) and hook.name == name:
                raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        hook = WeightNorm(name, dim)
        weight = getattr(module, name)
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying weight normalization"
            )
        del module._parameters[name]
        module.register_parameter(f"{name}_g", Parameter(magnitudes(weight.detach(), hook.dim)))
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        hook(module, ())
        module.register_forward_pre_hook(hook)
        return hook

    def remove(self, module: Any) -> None:
        """Make the weight a parameter again."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[f"{self.name}_g"]
        del module._parameters[f"{self.name}_v"]
        module.register_parameter(self.name, Parameter(weight.data))

    def __call__(self, module: Any, inputs: Any) -> None:
        self.put(module, self.name, self.compute_weight(module))


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    r"""Learn magnitude and direction of a parameter apart: :math:`w = g\, v / \lVert v \rVert` (deprecated).

    :func:`jaxlearn.nn.utils.parametrizations.weight_norm` replaces it and reads its states.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html

    Args:
        module: whose parameter it is.
        name: of the parameter; ``<name>_g`` and ``<name>_v`` take its place.
        dim: the dimension each of whose slices has its own magnitude; None for one magnitude.

    Returns:
        The module.

    Raises:
        RuntimeError: the parameter has weight normalisation already.
        ValueError: its shape is not known yet.

    Example::

        >>> import warnings
        >>> import jaxlearn as torch
        >>> with warnings.catch_warnings(action="ignore"):
        ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(20, 40))
        >>> layer.weight_g.shape, layer.weight_v.shape
        (torch.Size([40, 1]), torch.Size([40, 20]))
    """
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Undo :func:`weight_norm`: the weight is a parameter again, with its present value.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_weight_norm.html

    Args:
        module: whose parameter it is.
        name: of the parameter.

    Returns:
        The module.

    Raises:
        ValueError: the parameter has no weight normalisation.
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
