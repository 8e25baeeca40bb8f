"""What is found among a tensor's values on the host, as a step of its history."""

from __future__ import annotations

from typing import Any

from .op import op
from .pointwise_rules import undifferentiable

__all__ = ["found_in"]

# torch's names of the functions, and of their nodes.
_NODES = {
    "_unique2": "Unique2Backward0",
    "unique_consecutive": "UniqueConsecutiveBackward0",
    "unique_dim": "UniqueDimBackward0",
}


@op(name="found_in", grad_name=lambda input, found, name: _NODES[name])
def found_in(input: Any, found: Any, name: str) -> Any:
    """What a function of this name found in the input: torch gives it a history, and refuses its gradient."""
    return undifferentiable((input, found), name)[1]
