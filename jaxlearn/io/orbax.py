"""Orbax checkpoints of nested dictionaries of tensors."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .._tensor.core import tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES

__all__ = ["load_orbax", "replacing", "save_orbax"]

_LEAVES = (bool, int, float, np.ndarray, np.generic, jax.Array, type(None))


def save_orbax(obj: Any, path: str | os.PathLike[str]) -> None:
    """Save tensors in nested dictionaries, lists and tuples as an Orbax checkpoint, as whole or not at all.

    Any program reads it by ``orbax.checkpoint.StandardCheckpointer().restore(path)``
    (https://orbax.readthedocs.io), where tensors are NumPy arrays. A directory at ``path`` is replaced once the new
    one is complete.

    Args:
        obj: tensors, arrays, numbers and None in dictionaries, lists and tuples; keys are written as strings.
        path: the directory to make.

    Raises:
        TypeError: something else is in ``obj``; its place is named.
        ValueError: there is no leaf, or a tensor without elements, which Orbax cannot store.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.io.orbax import load_orbax, save_orbax
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     save_orbax({"weight": torch.ones(2), "epoch": 3}, directory + "/checkpoint")
        ...     load_orbax(directory + "/checkpoint")
        {'epoch': 3, 'weight': tensor([1., 1.])}
    """
    import orbax.checkpoint as ocp

    tree = _to_arrays(obj)
    if not jax.tree.leaves(tree, is_leaf=lambda x: x is None):
        raise ValueError("there is nothing to save: the object holds no tensor and no number")
    with replacing(path) as target, ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(target, tree)


def load_orbax(path: str | os.PathLike[str]) -> Any:
    """Load what :func:`save_orbax` or Orbax's ``StandardCheckpointer`` saved.

    Args:
        path: the checkpoint's directory.

    Returns:
        Nested dictionaries and lists with a Tensor for every array. Keys are strings, tuples have become lists.

    Raises:
        FileNotFoundError: there is no complete checkpoint at ``path``.
    """
    import orbax.checkpoint as ocp

    with ocp.StandardCheckpointer() as checkpointer:
        restored = checkpointer.restore(Path(path).absolute())
    return jax.tree.map(
        lambda x: tensor_from_array(x) if isinstance(x, (np.ndarray, np.generic, jax.Array)) else x, restored
    )


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a fresh place to write a directory to, and put it at ``path`` once the block has ended well.

    Args:
        path: where the directory shall be; one that is there already is kept until the new one is complete.
    """
    final = Path(path).absolute()
    fresh, old = (final.with_name(f".{final.name}.{kind}") for kind in ("new", "old"))
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield fresh
        if final.exists():
            final.rename(old)
        fresh.rename(final)
    finally:
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)


def _to_arrays(obj: Any) -> Any:
    """The same nest with an array in the place of each tensor; every other leaf is checked."""
    leaves, structure = jax.tree_util.tree_flatten_with_path(
        obj, is_leaf=lambda x: type(x) in TENSOR_TYPES or x is None
    )
    arrays = []
    for place, leaf in leaves:
        name = jax.tree_util.keystr(place)
        if type(leaf) in TENSOR_TYPES:
            leaf = np.asarray(leaf._array())
        if not isinstance(leaf, _LEAVES):
            raise TypeError(
                f"obj{name} is of type {type(leaf).__name__}: only tensors, arrays, numbers and None can be saved"
            )
        shape: tuple[int, ...] = getattr(leaf, "shape", ())
        if 0 in shape:
            raise ValueError(
                f"obj{name} has no elements (shape {shape}): Orbax cannot store it; leave it out"
            )
        arrays.append(leaf)
    return jax.tree.unflatten(structure, arrays)
