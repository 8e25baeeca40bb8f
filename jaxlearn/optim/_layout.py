"""Where an Optax transformation's state is kept in ``optimizer.state``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import optax

from .. import _dtypes as dtypes
from .._engine.recorder import unprofiled
from .._engine.signature import x64
from .._engine.value import Aval

__all__ = ["Layout", "layout_of", "state_dtype"]


def state_dtype() -> np.dtype[Any]:
    """Of step counts and the like, as torch chooses it."""
    return np.dtype(np.float64 if dtypes.get_default_dtype() is dtypes.float64 else np.float32)


class Layout(NamedTuple):
    """Where the leaves of a rule's state are kept: for each its name in ``optimizer.state[p]`` and whose it is."""

    leaves: tuple[tuple[str, int | None], ...]  # the parameter's position, None for what all of them share
    shared: tuple[str, ...]
    counts: dict[str, np.dtype[Any]]  # by name, the dtypes of those that are integers
    structure: Any


def layout_of(
    rule: optax.GradientTransformation, keys: Sequence[Any], avals: Sequence[Aval], names: dict[str, str]
) -> Layout:
    """The layout of a rule's state for parameters of these types.

    Args:
        rule: the transformation; it sees a dictionary of parameters.
        keys: the dictionary's keys, one for each parameter.
        avals: the parameters' types.
        names: torch's names for the state that Optax names otherwise.
    """
    tree = {key: aval.struct for key, aval in zip(keys, avals, strict=True)}
    with unprofiled(), x64():
        leaves, structure = jax.tree_util.tree_flatten_with_path(jax.eval_shape(rule.init, tree))
    position = {key: i for i, key in enumerate(keys)}
    found = []
    for path, leaf in leaves:
        owner = next(
            (
                i
                for i in range(len(path) - 1, -1, -1)
                if isinstance(path[i], jax.tree_util.DictKey) and path[i].key in position
            ),
            None,
        )
        own = path[:owner] if owner is None else (*path[:owner], *path[owner + 1 :])
        whole = leaf.dtype if leaf.dtype.kind in "iub" else None
        found.append((own, None if owner is None else position[path[owner].key], whole))
    # A field's name is enough as long as no other field has it.
    places: dict[str, set[str]] = {}
    for own, _, _ in found:
        places.setdefault(_last(own), set()).add(jax.tree_util.keystr(own))
    entries = []
    counts = {}
    for own, i, whole in found:
        name = _last(own)
        if len(places[name]) > 1:
            name = jax.tree_util.keystr(own, simple=True, separator=".")
        entries.append((names.get(name, name), i))
        if whole is not None:
            counts[name] = whole
    shared = tuple(name for name, i in entries if i is None)
    return Layout(tuple(entries), shared, counts, structure)


def _last(path: Sequence[Any]) -> str:
    """The innermost name on the way to a leaf."""
    for key in reversed(path):
        name = getattr(key, "name", getattr(key, "key", None))
        if isinstance(name, str):
            return name
    return jax.tree_util.keystr(tuple(path), simple=True, separator=".")
