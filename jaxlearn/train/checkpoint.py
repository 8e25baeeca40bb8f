"""Checkpoints of a whole training: any nest of tensors and plain values, kept by Orbax, whole or not at all.

A checkpoint is a directory of Orbax items: a tree of arrays for each part (``model``, ``optimizer``, ...), which
``StandardCheckpointer().restore(path / "model")`` reads too, and ``structure``, a JSON file with everything else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._tensor.core import tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES
from ..io.orbax import replacing

__all__ = ["CheckpointDirectory", "pack", "read_checkpoint", "unpack", "write_checkpoint"]

_STRUCTURE = "structure"
_PLAIN = (bool, int, float, str, type(None))


def pack(obj: Any, arrays: dict[str, Any], path: tuple[str, ...] = ()) -> Any:
    """Describe a nest of dictionaries, lists, tuples, tensors and plain values as JSON, arrays set apart.

    Args:
        obj: the nest.
        arrays: the arrays are put here, in nested dictionaries.
        path: the place of ``obj`` in the whole.

    Returns:
        What ``json`` writes: plain values as they are, everything else as ``{kind: content}``.

    Raises:
        TypeError: something else is in the nest; its place is named.
    """
    if isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, Mapping):
        return {"dict": [[key, pack(value, arrays, (*path, str(key)))] for key, value in obj.items()]}
    if isinstance(obj, (list, tuple)):
        items = [pack(value, arrays, (*path, str(i))) for i, value in enumerate(obj)]
        return {"tuple" if isinstance(obj, tuple) else "list": items}
    if isinstance(obj, np.generic):
        return obj.item()
    if type(obj) in TENSOR_TYPES or isinstance(obj, np.ndarray):
        kind = "array" if isinstance(obj, np.ndarray) else "tensor"
        array = obj if kind == "array" else np.asarray(obj._array())
        if not array.size:
            return {f"empty {kind}": [list(array.shape), array.dtype.name]}
        branch = arrays
        for key in path[:-1]:
            branch = branch.setdefault(key, {})
        branch[path[-1]] = array
        return {kind: list(path)}
    raise TypeError(
        f"{'.'.join(path)} is of type {type(obj).__name__}: a checkpoint holds tensors, arrays, numbers, strings, None "
        "and dictionaries, lists and tuples of them"
    )


def unpack(structure: Any, arrays: Mapping[str, Any]) -> Any:
    """The nest that :func:`pack` described."""
    if not isinstance(structure, dict):
        return structure
    ((kind, content),) = structure.items()
    if kind == "dict":
        return {key: unpack(value, arrays) for key, value in content}
    if kind in ("list", "tuple"):
        items = [unpack(value, arrays) for value in content]
        return items if kind == "list" else tuple(items)
    if kind.startswith("empty "):
        shape, dtype = content
        array: Any = np.empty(shape, np.dtype(dtype))
    else:
        array = arrays
        for key in content:
            array = array[key]
    return tensor_from_array(array) if kind.endswith("tensor") else array


def write_checkpoint(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write a checkpoint; one that is at ``path`` is kept until the new one is complete.

    Raises:
        TypeError: ``state`` holds something that cannot be saved; nothing is written then.
    """
    import orbax.checkpoint as ocp

    items = _items(state)
    with replacing(path) as target, ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
        checkpointer.save(target, items)


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint.

    Args:
        path: of the checkpoint, or of a directory of them, of which the latest is read.

    Raises:
        FileNotFoundError: there is no complete checkpoint.
    """
    import orbax.checkpoint as ocp

    place = Path(path).absolute()
    if not (place / _STRUCTURE).is_dir():
        latest = CheckpointDirectory(place).latest()
        if latest is None:
            raise FileNotFoundError(f"no complete checkpoint at {place}")
        place = latest
    if not _is_complete(place):
        raise FileNotFoundError(f"the checkpoint at {place} is incomplete: its writing was interrupted")
    with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
        described = ocp.args.Composite(structure=ocp.args.JsonRestore())
        structure = checkpointer.restore(place, described)[_STRUCTURE]
        parts = {key: ocp.args.StandardRestore() for key, _ in structure["dict"] if (place / key).is_dir()}
        arrays = dict(checkpointer.restore(place, ocp.args.Composite(**parts)).items()) if parts else {}
    restored = unpack(structure, arrays)
    assert isinstance(restored, dict)
    return restored


def _items(state: Mapping[str, Any]) -> Any:
    import orbax.checkpoint as ocp

    arrays: dict[str, Any] = {}
    structure = pack(state, arrays)
    items: dict[str, Any] = {part: ocp.args.StandardSave(tree) for part, tree in arrays.items()}
    return ocp.args.Composite(**items, structure=ocp.args.JsonSave(structure))


def _is_complete(place: Path) -> bool:
    # Orbax gives a directory its name when everything is in it; one that was copied in part may lack this file.
    return (place / "_CHECKPOINT_METADATA").is_file()


class CheckpointDirectory:
    """A directory of checkpoints named by their steps, of which the latest (or the best) are kept.

    Args:
        path: the directory; it is made at the first save.
        keep: how many to keep.
        monitor: keep the best by this figure rather than the latest.
        mode: whether "min" or "max" is better.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, keep: int = 3, monitor: str | None = None, mode: str = "min"
    ) -> None:
        if keep < 1:
            raise ValueError(f"at least 1 checkpoint must be kept, got {keep}")
        self.path = Path(path).absolute()
        self._keep, self._monitor, self._mode = keep, monitor, mode
        self._manager: Any = None

    def _open(self, read_only: bool = False) -> Any:
        import orbax.checkpoint as ocp

        monitor = self._monitor
        options = ocp.CheckpointManagerOptions(
            max_to_keep=self._keep,
            best_fn=None if monitor is None else lambda metrics: metrics[monitor],
            best_mode=self._mode,
            enable_async_checkpointing=False,
            cleanup_tmp_directories=not read_only,
            read_only=read_only,
        )
        return ocp.CheckpointManager(self.path, options=options)

    def save(self, step: int, state: Mapping[str, Any], record: Mapping[str, float] | None = None) -> None:
        """Save the state of a step and delete what is not to be kept any more.

        Args:
            step: names the checkpoint; one of the same step is left as it is.
            state: any nest.
            record: the epoch's figures.
        """
        if self._manager is None:
            self._manager = self._open()
        if step not in self._manager.all_steps():
            self._manager.save(
                step, args=_items(state), metrics=None if record is None else dict(record), force=True
            )

    def check_continues(self, step: int) -> None:
        """Make sure that checkpoints saved from now on follow those that are there.

        Raises:
            FileExistsError: there are later ones.
        """
        latest = self.latest()
        if latest is not None and int(latest.name) > step:
            raise FileExistsError(
                f"{self.path} holds a checkpoint of step {latest.name}, but this training is at step {step}: restore() "
                "that one to go on with it, or name or make an empty directory"
            )

    def latest(self) -> Path | None:
        """The last complete checkpoint, None if there is none."""
        if not self.path.is_dir():
            return None
        complete = [place for place in self.path.iterdir() if place.name.isdigit() and _is_complete(place)]
        return max(complete, key=lambda place: int(place.name), default=None)

    def best(self) -> Path | None:
        """The best complete checkpoint, None if there is none."""
        if not self.path.is_dir():
            return None
        step = (self._manager or self._open(read_only=True)).best_step()
        return None if step is None else self.path / str(step)
