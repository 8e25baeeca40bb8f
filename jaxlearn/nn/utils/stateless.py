"""The older name of :func:`jaxlearn.func.functional_call`."""

from __future__ import annotations

import warnings
from typing import Any

from ...func.modules import functional_call as _functional_call

__all__ = ["functional_call"]


def functional_call(
    module: Any,
    parameters_and_buffers: dict[str, Any],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in place of its own (deprecated: :func:`jaxlearn.func.functional_call`).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.stateless.functional_call.html

    Args:
        module: the module.
        parameters_and_buffers: tensors by their names; what is not named stays.
        args: the call's arguments: a tuple, or the only one.
        kwargs: its keyword arguments.
        tie_weights: parameters that are the same under several names stay the same.
        strict: every parameter and buffer must be given, and nothing else.
    """
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
        "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return _functional_call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )
