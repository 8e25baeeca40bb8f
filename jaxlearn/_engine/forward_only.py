"""Values through which tangents go forward and no gradient goes back: what ``no_grad`` means to forward mode.

``jax.lax.stop_gradient`` keeps both out.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

import jax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

__all__ = ["differentiated", "forward_only"]


def _identity(name: str, transpose: Any) -> Primitive:
    primitive = Primitive(name)
    primitive.def_impl(lambda x, **_: x)
    primitive.def_abstract_eval(lambda aval, **_: aval)
    ad.deflinear2(primitive, transpose)
    batching.primitive_batchers[primitive] = lambda args, dims, **params: (
        primitive.bind(*args, **params),
        *dims,
    )
    mlir.register_lowering(primitive, lambda context, x, **_: [x])
    return primitive


_primitive = _identity("forward_only", lambda cotangent, x: [ad.Zero(x.aval)])
# Of a tangent that is computed as the transpose of a gradient: the gradient passes, and so does what is given in its
# place to the transpose, where the tangent is at last what every other one is.
_given = _identity("tangent_given", lambda cotangent, x, levels: [_at(cotangent, levels)])
_passed = _identity("gradient_passed", lambda cotangent, x, levels: [_given.bind(cotangent, levels=levels)])


class _State(threading.local):
    # Of the differentiations to come, innermost first, whether the gradient stands for a tangent.
    levels: tuple[bool, ...] = ()


_state = _State()


def forward_only(x: Any) -> Any:
    """The array itself; its tangent is the array's, and the gradient that comes back is zero."""
    return _at(x, _state.levels)


@contextlib.contextmanager
def differentiated(forward: bool = False) -> Iterator[None]:
    """Around the differentiation of what is traced here, by reverse mode.

    Args:
        forward: whether that stands for forward mode: gradients pass, those of this differentiation.
    """
    before = _state.levels
    if forward or before:
        _state.levels = (forward, *before)
    try:
        yield
    finally:
        _state.levels = before


def _at(x: Any, levels: tuple[bool, ...]) -> Any:
    return _through(x, levels) if levels else _primitive.bind(x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _through(x: Any, levels: tuple[bool, ...]) -> Any:
    return x


@_through.defjvp
def _push(levels: tuple[bool, ...], primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
    passes, *rest = levels
    outer = tuple(rest)
    tangent = _passed.bind(*tangents, levels=outer) if passes else _primitive.bind(*tangents)
    return _at(*primals, outer), tangent
