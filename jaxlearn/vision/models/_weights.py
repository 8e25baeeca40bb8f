"""What every model's constructor says when pretrained weights are asked for."""

from __future__ import annotations

import warnings
from typing import Any


def require_no_weights(name: str, weights: Any, options: dict[str, Any]) -> None:
    """Refuse pretrained weights, under either name that torchvision has had for the argument.

    Args:
        name: of the model.
        weights: torchvision's argument.
        options: further keyword arguments; the old ``pretrained`` is taken out of them.

    Raises:
        ValueError: weights are asked for.
    """
    if "pretrained" in options:
        if weights is None and options["pretrained"]:
            weights = options["pretrained"]
        del options["pretrained"]
        warnings.warn(
            "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, "
            "please use 'weights' instead.",
            UserWarning,
            stacklevel=3,
        )
    if weights is not None:
        raise ValueError(
            f"{name}(weights={weights!r}): there are no pretrained weights here, only weights=None. "
            f"Make the model with {name}() and give it a state dict that you have with load_state_dict()."
        )
