"""Values through which tangents go forward and no gradient goes back: what ``no_grad`` means to forward mode.

``jax.lax.stop_gradient`` keeps both out.
"""

from __future__ import annotations

from typing import Any

from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

__all__ = ["forward_only"]

_primitive = Primitive("forward_only")


def forward_only(x: Any) -> Any:
    """The array itself; its tangent is the array's, and the gradient that comes back is zero."""
    return _primitive.bind(x)


_primitive.def_impl(lambda x: x)
_primitive.def_abstract_eval(lambda aval: aval)
ad.deflinear2(_primitive, lambda cotangent, x: [ad.Zero(x.aval)])
batching.primitive_batchers[_primitive] = lambda args, dims: (_primitive.bind(*args), *dims)
mlir.register_lowering(_primitive, lambda context, x: [x])
