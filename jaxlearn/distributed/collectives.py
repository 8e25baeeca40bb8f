"""What processes of a group compute together: with one process, its own values.

https://docs.pytorch.org/docs/stable/distributed.html#collective-functions
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from .._autograd.modes import no_grad
from .._tensor.dispatch import TENSOR_TYPES
from .process_group import ReduceOp, group_of

__all__ = [
    "Work",
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "broadcast",
    "broadcast_object_list",
    "gather",
    "gather_object",
    "irecv",
    "isend",
    "monitored_barrier",
    "recv",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
    "scatter_object_list",
    "send",
]


class Work:
    """A communication that was asked for with ``async_op=True``: it is done.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.Work
    """

    def wait(self, timeout: Any = None) -> bool:
        """True at once."""
        return True

    def is_completed(self) -> bool:
        """True."""
        return True

    def is_success(self) -> bool:
        """True."""
        return True


def _check_tensor(x: Any, name: str) -> None:
    if type(x) not in TENSOR_TYPES:
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type torch.Tensor\n"
            f"             but got {type(x)} instead."
        )


def _check_tensors(xs: Any, name: str) -> None:
    if not isinstance(xs, list) or any(type(x) not in TENSOR_TYPES for x in xs):
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type List[torch.Tensor]\n"
            f"             but got {type(xs)} instead."
        )


def _member(rank: int | None, group_rank: int | None, name: str, default: int | None = None) -> None:
    """Refuse another process than the one that there is."""
    given = default if rank is None and group_rank is None else rank if rank is not None else group_rank
    if given is None:
        raise ValueError(f"Must specify group_{name} or {name}")
    if given != 0:
        raise ValueError(f"Global rank {given} is not part of the group of one process")


def _done(group: Any, async_op: bool, compute: Callable[[], Any] | None = None) -> Work | None:
    """Compute without a history, unless this process is not in the group."""
    if group_of(group) is None:
        return None
    if compute is not None:
        with no_grad():
            compute()
    return Work() if async_op else None


def _one(xs: Any, name: str) -> Any:
    if len(xs) != 1:
        raise RuntimeError(f"{name} has {len(xs)} tensors for a group of one process")
    return xs[0]


def all_reduce(tensor: Any, op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Any:
    """Put all processes' tensors together, in each process's own: here it stays as it is.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.all_reduce

    Args:
        tensor: this process's, which is written to.
        op: how.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.

    Raises:
        TypeError: it is no tensor.
        ValueError: there is no group.

    Example::

        >>> import jaxlearn as torch
        >>> import jaxlearn.distributed as dist
        >>> dist.init_process_group("gloo", rank=0, world_size=1, init_method="file:///tmp/meet")
        >>> x = torch.ones(2)
        >>> dist.all_reduce(x)
        >>> x / dist.get_world_size()
        tensor([1., 1.])
        >>> dist.destroy_process_group()
    """
    _check_tensor(tensor, "tensor")
    return _done(group, async_op)


def reduce(
    tensor: Any,
    dst: int | None = None,
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Any:
    """Put all processes' tensors together in one process's.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.reduce

    Args:
        tensor: this process's.
        dst: the process.
        op: how.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
        group_dst: the process's number in the group.
    """
    _check_tensor(tensor, "tensor")
    group_of(group)
    _member(dst, group_dst, "dst")
    return _done(group, async_op)


def broadcast(
    tensor: Any,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Any:
    """Write one process's tensor to all processes'.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.broadcast

    Args:
        tensor: this process's.
        src: the process whose it is.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
        group_src: the process's number in the group.
    """
    _check_tensor(tensor, "tensor")
    group_of(group)
    _member(src, group_src, "src")
    return _done(group, async_op)


def all_gather(tensor_list: Any, tensor: Any, group: Any = None, async_op: bool = False) -> Any:
    """Write all processes' tensors to a list of tensors.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.all_gather

    Args:
        tensor_list: a tensor for each process, which is written to.
        tensor: this process's.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
    """
    _check_tensors(tensor_list, "tensor_list")
    _check_tensor(tensor, "tensor")
    return _done(group, async_op, lambda: _one(tensor_list, "tensor_list").copy_(tensor))


def all_gather_into_tensor(
    output_tensor: Any, input_tensor: Any, group: Any = None, async_op: bool = False
) -> Any:
    """Write all processes' tensors to one, joined or stacked along the first dimension.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.all_gather_into_tensor

    Args:
        output_tensor: is written to.
        input_tensor: this process's.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
    """
    _check_tensor(input_tensor, "input_tensor")
    _check_tensor(output_tensor, "output_tensor")
    return _done(group, async_op, lambda: output_tensor.copy_(input_tensor.reshape(output_tensor.shape)))


def gather(
    tensor: Any,
    gather_list: Any = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Any:
    """Write all processes' tensors to a list of one process.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.gather

    Args:
        tensor: this process's.
        gather_list: a tensor for each process, in the process that gathers.
        dst: that process.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
        group_dst: its number in the group.

    Raises:
        ValueError: there is no list, or no such process.
    """
    _check_tensor(tensor, "tensor")
    group_of(group)
    _member(dst, group_dst, "dst", 0)
    if not gather_list:
        raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
    _check_tensors(gather_list, "gather_list")
    return _done(group, async_op, lambda: _one(gather_list, "gather_list").copy_(tensor))


def scatter(
    tensor: Any,
    scatter_list: Any = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Any:
    """Write one process's list of tensors to the processes', one to each.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.scatter

    Args:
        tensor: this process's, which is written to.
        scatter_list: a tensor for each process, in the process that scatters.
        src: that process.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
        group_src: its number in the group.

    Raises:
        ValueError: there is no list, or no such process.
    """
    _check_tensor(tensor, "tensor")
    group_of(group)
    _member(src, group_src, "src", 0)
    if not scatter_list:
        raise ValueError("Argument ``scatter_list`` must be specified on source rank.")
    _check_tensors(scatter_list, "scatter_list")
    return _done(group, async_op, lambda: tensor.copy_(_one(scatter_list, "scatter_list")))


def reduce_scatter(
    output: Any, input_list: Any, op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Any:
    """Put all processes' lists together, and write to each process its part.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.reduce_scatter

    Args:
        output: is written to.
        input_list: a tensor for each process.
        op: how.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
    """
    _check_tensor(output, "output")
    _check_tensors(input_list, "input_list")
    return _done(group, async_op, lambda: output.copy_(_one(input_list, "input_list")))


def reduce_scatter_tensor(
    output: Any, input: Any, op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Any:
    """Put all processes' tensors together, and write to each process its part.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.reduce_scatter_tensor

    Args:
        output: is written to.
        input: this process's.
        op: how.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
    """
    _check_tensor(output, "output")
    _check_tensor(input, "input")
    return _done(group, async_op, lambda: output.copy_(input.reshape(output.shape)))


def all_to_all(
    output_tensor_list: Any, input_tensor_list: Any, group: Any = None, async_op: bool = False
) -> Any:
    """Write each process's list to the processes, one tensor to each.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.all_to_all

    Args:
        output_tensor_list: are written to.
        input_tensor_list: this process's, one for each.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
    """
    _check_tensors(output_tensor_list, "output_tensor_list")
    _check_tensors(input_tensor_list, "input_tensor_list")
    return _done(
        group,
        async_op,
        lambda: _one(output_tensor_list, "output_tensor_list").copy_(
            _one(input_tensor_list, "input_tensor_list")
        ),
    )


def all_to_all_single(
    output: Any,
    input: Any,
    output_split_sizes: Any = None,
    input_split_sizes: Any = None,
    group: Any = None,
    async_op: bool = False,
) -> Any:
    """Write each process's tensor to the processes, one part to each.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.all_to_all_single

    Args:
        output: is written to.
        input: this process's.
        output_split_sizes: how much comes from each process.
        input_split_sizes: how much goes to each.
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
    """
    _check_tensor(output, "output")
    _check_tensor(input, "input")
    return _done(group, async_op, lambda: output.copy_(input))


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Any:
    """Wait for all processes: there is none to wait for.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.barrier

    Args:
        group: the processes; by default all.
        async_op: give a :class:`Work` to wait for.
        device_ids: of NCCL.

    Raises:
        ValueError: there is no group.
    """
    return _done(group, async_op)


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """:func:`barrier` that tells which process does not come.

    Args:
        group: the processes; by default all.
        timeout: how long to wait.
        wait_all_ranks: whether to tell of all.
    """
    _done(group, False)


def send(
    tensor: Any, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None
) -> None:
    """Send a tensor to another process, of which there is none.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.send

    Args:
        tensor: what to send.
        dst: the other process.
        group: the processes; by default all.
        tag: tells it from others.
        group_dst: the process's number in the group.

    Raises:
        ValueError: always: it is this process.
    """
    isend(tensor, dst, group, tag, group_dst)


def isend(
    tensor: Any, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None
) -> Any:
    """:func:`send` without waiting.

    Args:
        tensor: what to send.
        dst: the other process.
        group: the processes; by default all.
        tag: tells it from others.
        group_dst: the process's number in the group.

    Raises:
        ValueError: always: it is this process.
    """
    _check_tensor(tensor, "tensor")
    group_of(group)
    _member(dst, group_dst, "dst")
    raise ValueError(
        "Invalid destination rank: destination rank should not be the same as the rank of the current process."
    )


def recv(
    tensor: Any, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None
) -> Any:
    """Receive a tensor from another process, of which there is none.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.recv

    Args:
        tensor: is written to.
        src: the other process.
        group: the processes; by default all.
        tag: tells it from others.
        group_src: the process's number in the group.

    Raises:
        ValueError: always: it is this process.
    """
    _check_tensor(tensor, "tensor")
    group_of(group)
    _member(src, group_src, "src", 0)
    raise ValueError(
        "Invalid source rank: source rank should not be the same as the rank of the current process."
    )


def irecv(
    tensor: Any, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None
) -> Any:
    """:func:`recv` without waiting.

    Args:
        tensor: is written to.
        src: the other process.
        group: the processes; by default all.
        tag: tells it from others.
        group_src: the process's number in the group.

    Raises:
        ValueError: always: it is this process.
    """
    return recv(tensor, src, group, tag, group_src)


def all_gather_object(object_list: Any, obj: Any, group: Any = None) -> None:
    """Write all processes' objects, which pickle, to a list.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.all_gather_object

    Args:
        object_list: as long as there are processes; is written to.
        obj: this process's.
        group: the processes; by default all.

    Example::

        >>> import jaxlearn.distributed as dist
        >>> dist.init_process_group("gloo", rank=0, world_size=1, init_method="file:///tmp/meet")
        >>> found = [None] * dist.get_world_size()
        >>> dist.all_gather_object(found, {"loss": 0.5})
        >>> found
        [{'loss': 0.5}]
        >>> dist.destroy_process_group()
    """
    if group_of(group) is not None:
        object_list[0] = pickle.loads(pickle.dumps(obj))


def gather_object(
    obj: Any,
    object_gather_list: Any = None,
    dst: int | None = None,
    group: Any = None,
    group_dst: int | None = None,
) -> None:
    """Write all processes' objects to a list of one process.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.gather_object

    Args:
        obj: this process's.
        object_gather_list: as long as there are processes; is written to.
        dst: the process that gathers.
        group: the processes; by default all.
        group_dst: its number in the group.

    Raises:
        ValueError: there is no list.
    """
    member = group_of(group)
    _member(dst, group_dst, "dst", 0)
    if not object_gather_list:
        raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
    if member is not None:
        object_gather_list[0] = pickle.loads(pickle.dumps(obj))


def broadcast_object_list(
    object_list: Any,
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
) -> None:
    """Write one process's objects to the lists of all; this process's are those already.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.broadcast_object_list

    Args:
        object_list: this process's.
        src: the process whose they are.
        group: the processes; by default all.
        device: where torch would send them from.
        group_src: the process's number in the group.
    """
    group_of(group)
    _member(src, group_src, "src", 0)


def scatter_object_list(
    scatter_object_output_list: Any,
    scatter_object_input_list: Any = None,
    src: int | None = None,
    group: Any = None,
    group_src: int | None = None,
) -> None:
    """Write one process's objects to the processes, one to each.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.scatter_object_list

    Args:
        scatter_object_output_list: its first element is written to.
        scatter_object_input_list: an object for each process.
        src: the process whose they are.
        group: the processes; by default all.
        group_src: its number in the group.

    Raises:
        ValueError: there is nothing to scatter.
    """
    member = group_of(group)
    if not isinstance(scatter_object_output_list, list) or not scatter_object_output_list:
        raise ValueError("Expected argument scatter_object_output_list to be a list of size at least 1.")
    _member(src, group_src, "src", 0)
    if scatter_object_input_list is None:
        raise ValueError("source rank must provide non-None scatter_object_input_list")
    if member is not None:
        scatter_object_output_list[0] = pickle.loads(pickle.dumps(scatter_object_input_list[0]))
