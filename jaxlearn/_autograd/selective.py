"""Checkpoints that keep some results: a policy says of each operation whether backward computes it again.

In the forward the results that are to be kept are put aside as they are recorded. In the repetition they stand for what
is recorded anew, which nothing uses then and which the program therefore leaves out.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Sequence
from typing import Any, Self

from .._engine.value import Value
from .._tensor.dispatch import TENSOR_TYPES, dispatch
from ..ops.op import Op
from ..ops.overloads import OpOverload, OpOverloadPacket, aten, overloads_of, prim

__all__ = [
    "SAC_IGNORED_OPS",
    "CheckpointPolicy",
    "SelectiveCheckpointContext",
    "create_selective_checkpoint_contexts",
]


class CheckpointPolicy(enum.Enum):
    """What a policy says of an operation in a checkpoint: keep its results, or compute them again in backward.

    ``MUST`` and ``PREFER`` mean the same here; offloading to the CPU means computing again, as in PyTorch without
    ``compile``. https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.CheckpointPolicy
    """

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


class SelectiveCheckpointContext:
    """What a policy is told beside the operation and its arguments.

    https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.SelectiveCheckpointContext

    Args:
        is_recompute: False: the policy is asked in the forward only.
        op_output: the operation's result.
    """

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


SAC_IGNORED_OPS: set[OpOverload] = {aten.detach.default, prim.device.default}
_KEPT = (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE, True)
_MISMATCH = (
    "This can happen if the operations in the checkpointed region are nondeterministic or depend on global state that "
    "changed between forward and backward."
)
_AGAIN = (
    "Trying to backward an extra time. You are only allowed to backward once on any region computed under selective "
    "activation checkpoint."
)


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Any, allow_cache_entry_mutation: bool = False
) -> tuple[Any, Any]:
    """The contexts of a checkpoint that keeps some results, for its ``context_fn``.

    An operation here may stand for several of PyTorch's (``linear`` for ``t`` and ``addmm``): the policy is asked for
    each, and the operation's results are kept if one of them is to be.

    https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.create_selective_checkpoint_contexts

    Args:
        policy_fn_or_list: a function of a :class:`SelectiveCheckpointContext`, the operation (such as
            ``torch.ops.aten.mm.default``) and its arguments that gives a :class:`CheckpointPolicy`; or a list of the
            operations whose results are kept.
        allow_cache_entry_mutation: let a kept result be written to in place before backward.

    Raises:
        TypeError: it is neither.
        ValueError: something in the list is no operation.
        RuntimeError: in backward: the repetition differs, a kept result was overwritten, or it is the second backward.

    Example::

        >>> import functools
        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts
        >>> contexts = functools.partial(create_selective_checkpoint_contexts, [torch.ops.aten.mm.default])
        >>> x = torch.eye(2, requires_grad=True)
        >>> y = checkpoint(lambda x: torch.mm(x, x).sin(), x, use_reentrant=False, context_fn=contexts)
        >>> y.sum().backward()
        >>> x.grad.shape
        torch.Size([2, 2])
    """
    policy = policy_fn_or_list
    if isinstance(policy_fn_or_list, list):
        listed = policy_fn_or_list
        for op in listed:
            if not isinstance(op, OpOverload):
                packet = (
                    "Please update the OpOverloadPacket to a specific OpOverload.For example, if you have "
                    "`torch.ops.aten.mm`, change it to `torch.ops.aten.mm.default`."
                )
                raise ValueError(
                    f"Expected op in `op_list` to be an OpOverload but got: {op} of type {type(op)}. "
                    f"{packet if isinstance(op, OpOverloadPacket) else ''}"
                )

        def policy(ctx: Any, op: Any, *args: Any, **kwargs: Any) -> CheckpointPolicy:
            return CheckpointPolicy.MUST_SAVE if op in listed else CheckpointPolicy.PREFER_RECOMPUTE

    elif not callable(policy_fn_or_list):
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    calls: dict[tuple[Op, int], Any] = {}
    return _Keeping(policy, calls), _Kept(calls, allow_cache_entry_mutation)


class _Stack(threading.local):
    def __init__(self) -> None:
        self.seeing: list[_Seeing] = []


_stack = _Stack()


def _seen(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an operation, and let the contexts of this thread see it."""
    seeing = _stack.seeing
    given = dict(kwargs) if seeing else kwargs
    calls = [(context, context.number(op)) for context in reversed(seeing)]
    for context, key in calls:
        context.expect(key, args, given)
    result = dispatch(op, args, kwargs)
    for context, key in calls:
        context.see(key, args, given, result)
    return result


class _Seeing:
    """A context that sees each operation called."""

    entered = 0  # contexts of all threads

    def __enter__(self) -> Self:
        self.counts: dict[Op, int] = {}
        _stack.seeing.append(self)
        _Seeing.entered += 1
        Op.dispatch = staticmethod(_seen)
        return self

    def __exit__(self, *exc: object) -> None:
        _stack.seeing.remove(self)
        _Seeing.entered -= 1
        if not _Seeing.entered:
            Op.dispatch = staticmethod(dispatch)

    def expect(self, key: tuple[Op, int], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A call is about to be made: of which operation, and the how many-th of it."""

    def see(self, key: tuple[Op, int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """It was made."""
        raise NotImplementedError

    def number(self, op: Op) -> tuple[Op, int]:
        """Which call of an operation this is."""
        n = self.counts.get(op, 0)
        self.counts[op] = n + 1
        return op, n


class _Keeping(_Seeing):
    """The forward: asks the policy, and puts aside what is to be kept."""

    def __init__(self, policy: Callable[..., Any], calls: dict[tuple[Op, int], Any]) -> None:
        self.policy = policy
        self.calls = calls

    def see(self, key: tuple[Op, int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        context = SelectiveCheckpointContext(is_recompute=False, op_output=result)
        found = [
            self.policy(context, overload, *args, **kwargs)
            for overload in overloads_of(key[0], args, kwargs)
            if overload not in SAC_IGNORED_OPS
        ]
        kept = any(policy in _KEPT for policy in found)
        tensors = _tensors(result)
        self.calls[key] = [(t._current(), t._cell, t._cell.version) for t in tensors] if kept else None


class _Kept(_Seeing):
    """The repetition: gives what was put aside."""

    def __init__(self, calls: dict[tuple[Op, int], Any], mutable: bool) -> None:
        self.calls = calls
        self.mutable = mutable

    def expect(self, key: tuple[Op, int], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """See :class:`_Seeing`."""
        if key not in self.calls:
            name = overloads_of(key[0], args, kwargs)[-1]
            if not key[1]:
                raise RuntimeError(
                    f"{name} encountered during backward but not found in storage. {_MISMATCH}"
                )
            raise RuntimeError(
                f"{name} invocation index {key[1]} encountered during backward but not found in storage. {_MISMATCH}"
            )
        if self.calls[key] == ():
            raise RuntimeError(_AGAIN)

    def see(self, key: tuple[Op, int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """See :class:`_Seeing`."""
        kept = self.calls[key]
        if kept is None:
            return
        self.calls[key] = ()
        for tensor, (value, cell, version) in zip(_tensors(result), kept, strict=True):
            if cell.version != version and not self.mutable:
                raise RuntimeError("Tensor cached during selective activation checkpoint has been mutated")
            _replace(tensor, value)


def _replace(tensor: Any, value: Value) -> None:
    if tensor._view is None:  # what a view shows is kept with its storage, or computed again with it
        tensor._cell.value = value


def _tensors(result: Any) -> Sequence[Any]:
    if type(result) in TENSOR_TYPES:
        return (result,)
    return [x for x in result if type(x) in TENSOR_TYPES] if isinstance(result, (tuple, list)) else ()
