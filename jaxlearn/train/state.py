"""The state of a training as one nest, out and in: a state that does not fit changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .._tensor.dispatch import TENSOR_TYPES
from .position import Position, rng_state, set_rng_state

if TYPE_CHECKING:
    from .trainer import Trainer

__all__ = ["load_trainer_state", "trainer_state"]

_FORMAT = 1


def trainer_state(trainer: Trainer, position: Position) -> dict[str, Any]:
    """Everything that a training goes on from; the tensors are those of the model and the optimizer themselves."""
    return {
        "format": _FORMAT,
        "model": dict(trainer.model.state_dict()),
        "optimizer": None if trainer.optimizer is None else trainer.optimizer.state_dict(),
        "scheduler": None if trainer.scheduler is None else trainer.scheduler.state_dict(),
        "callbacks": [[type(c).__name__, c.state_dict()] for c in trainer.callbacks],
        "kinds": _kinds(trainer),
        "position": dataclasses.asdict(position),
        "history": [dict(record) for record in trainer.history],
        "rng": rng_state(),
    }


def load_trainer_state(trainer: Trainer, position: Position, state: Mapping[str, Any]) -> None:
    """Take over what :func:`trainer_state` gave.

    Raises:
        RuntimeError: it does not fit the trainer's model, optimizer or scheduler; all that does not is listed.
    """
    problems = list(_mismatches(trainer, state))
    if problems:
        listed = "\n\t".join(problems)
        raise RuntimeError(f"the checkpoint does not fit this Trainer, which is as it was:\n\t{listed}")
    before = _copied(trainer_state(trainer, position))
    try:
        _apply(trainer, position, state)
    except BaseException:
        _apply(trainer, position, before)
        raise


def _apply(trainer: Trainer, position: Position, state: Mapping[str, Any]) -> None:
    trainer.model.load_state_dict(state["model"])
    if trainer.optimizer is not None:
        trainer.optimizer.load_state_dict(state["optimizer"])
    if trainer.scheduler is not None:
        trainer.scheduler.load_state_dict(state["scheduler"])
    by_name: dict[str, list[Any]] = {}
    for name, saved in state["callbacks"]:
        by_name.setdefault(name, []).append(saved)
    for callback in trainer.callbacks:
        found = by_name.get(type(callback).__name__)
        if found:
            callback.load_state_dict(found.pop(0))
    for name, value in state["position"].items():
        setattr(position, name, value)
    trainer.history[:] = state["history"]
    set_rng_state(state["rng"])


def _copied(obj: Any) -> Any:
    """The nest with tensors of their own; what the others hold may be written to."""
    if type(obj) in TENSOR_TYPES:
        return obj.detach().clone()
    if isinstance(obj, dict):
        return {key: _copied(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        return type(obj)([_copied(value) for value in obj])
    return obj


def _kinds(trainer: Trainer) -> dict[str, str | None]:
    return {
        part: None if (held := getattr(trainer, part)) is None else type(held).__name__
        for part in ("optimizer", "scheduler")
    }


def _mismatches(trainer: Trainer, state: Mapping[str, Any]) -> Iterator[str]:
    """In words, everything in the state that the trainer has no place for, and the reverse."""
    if not isinstance(state, Mapping) or state.get("format") != _FORMAT:
        yield "it was not written by Trainer.save, or by another version"
        return
    saved, own = state["model"], trainer.model.state_dict()
    missing = [f'"{name}"' for name in own if name not in saved]
    unexpected = [f'"{name}"' for name in saved if name not in own]
    if missing:
        yield f"Missing key(s) in state_dict: {', '.join(missing)}."
    if unexpected:
        yield f"Unexpected key(s) in state_dict: {', '.join(unexpected)}."
    for name, tensor in own.items():
        there = saved.get(name)
        if type(tensor) not in TENSOR_TYPES or type(there) not in TENSOR_TYPES:
            continue
        if there.shape != tensor.shape:
            yield f"size mismatch for {name}: {there.shape} in the checkpoint, {tensor.shape} in the model."
        elif there.dtype != tensor.dtype:
            yield f"dtype mismatch for {name}: {there.dtype} in the checkpoint, {tensor.dtype} in the model."
    for part, kind in _kinds(trainer).items():
        if kind is not None and state["kinds"][part] != kind:
            yield f"{part}: {state['kinds'][part]} in the checkpoint, {kind} here."
    if trainer.optimizer is not None and state["kinds"]["optimizer"] == type(trainer.optimizer).__name__:
        yield from _optimizer_mismatches(trainer.optimizer, state["optimizer"])


def _optimizer_mismatches(optimizer: Any, saved: Mapping[str, Any]) -> Iterator[str]:
    sizes = [len(group["params"]) for group in saved["param_groups"]]
    own = [len(group["params"]) for group in optimizer.param_groups]
    if sizes != own:
        yield f"optimizer: groups of {sizes} parameters in the checkpoint, of {own} here."
        return
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    for number, parameter in zip(numbers, parameters, strict=True):
        for name, value in saved["state"].get(number, {}).items():
            if type(value) in TENSOR_TYPES and value.dim() and value.shape != parameter.shape:
                yield (
                    f"optimizer: size mismatch for {name} of parameter {number}: {value.shape} in the checkpoint, "
                    f"{parameter.shape} here."
                )
