"""Sequences of different lengths for recurrent networks; names as in ``torch.nn.utils.rnn``.

The lengths are looked at: they have to be on the host, as they are when they come from data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from ..._engine.device import Device
from ..._engine.value import concrete, intern
from ..._tensor.dispatch import wrap
from ...ops.nn_packing import padded_sequences, taken_steps, untaken_steps
from ..parameter import is_tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


def _tensor(array: np.ndarray[Any, Any], device: Any = None) -> Any:
    """A tensor on the device, by default the CPU."""
    array = np.ascontiguousarray(array)
    where = Device("cpu" if device is None else device)
    return wrap(concrete(array, intern(array.shape, array.dtype, where)))


def _host(tensor: Any) -> np.ndarray[Any, Any]:
    return np.asarray(tensor.detach().numpy(force=True))


class _Fields(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Fields):
    """Sequences of different lengths without their padding: all first steps, then all second steps, and so on.

    :func:`pack_sequence` and :func:`pack_padded_sequence` make it, recurrent networks take and return it.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html

    Args:
        data: the steps, (total, *).
        batch_sizes: how many sequences have a first, a second, ... step; int64, on the CPU.
        sorted_indices: the order by length in which the sequences are packed, or None if they came in that order.
        unsorted_indices: its inverse; computed where missing.

    Raises:
        ValueError: ``batch_sizes`` is not on the CPU.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
        >>> packed.data, packed.batch_sizes
        (tensor([1, 4, 2, 3]), tensor([2, 1, 1]))
    """

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> Self:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif is_tensor(batch_sizes) and batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence and pack_padded_sequences in "
                "nn.utils.rnn. https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _moved(self, move: Callable[[Any], Any]) -> Self:
        data = move(self.data)
        if data is self.data:
            return self
        order, back = (
            None if i is None else i.to(data.device) for i in (self.sorted_indices, self.unsorted_indices)
        )
        return type(self)(data, self.batch_sizes, order, back)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The same with the data of another dtype or on another device, as by ``Tensor.to``."""
        return self._moved(lambda data: data.to(*args, **kwargs))

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """The same on a GPU."""
        return self._moved(lambda data: data.cuda(*args, **kwargs))

    def cpu(self) -> Self:
        """The same on the CPU."""
        return self._moved(lambda data: data.cpu())

    def double(self) -> Self:
        """The same with data of float64."""
        return self._moved(lambda data: data.double())

    def float(self) -> Self:
        """The same with data of float32."""
        return self._moved(lambda data: data.float())

    def half(self) -> Self:
        """The same with data of float16."""
        return self._moved(lambda data: data.half())

    def long(self) -> Self:
        """The same with data of int64."""
        return self._moved(lambda data: data.long())

    def int(self) -> Self:
        """The same with data of int32."""
        return self._moved(lambda data: data.int())

    def short(self) -> Self:
        """The same with data of int16."""
        return self._moved(lambda data: data.short())

    def char(self) -> Self:
        """The same with data of int8."""
        return self._moved(lambda data: data.char())

    def byte(self) -> Self:
        """The same with data of uint8."""
        return self._moved(lambda data: data.byte())

    def pin_memory(self) -> Self:
        """The same with the data pinned, as by ``Tensor.pin_memory``."""
        return self._moved(lambda data: data.pin_memory())

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a GPU."""
        return bool(self.data.is_cuda)

    def is_pinned(self) -> bool:
        """Whether the data are in pinned memory."""
        return bool(self.data.is_pinned())


def invert_permutation(permutation: Any) -> Any:
    """The permutation that undoes another one; None for None.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.invert_permutation.html

    Args:
        permutation: each of the numbers from 0 once.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    return None if permutation is None else permutation.argsort()


def _places(batch_sizes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Time and sequence of each packed step."""
    time = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    starts = np.cumsum(batch_sizes) - batch_sizes
    return time, np.arange(len(time)) - starts[time]


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Take the padding out of padded sequences.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html

    Args:
        input: (time, batch, *), or (batch, time, *) with ``batch_first``.
        lengths: of the sequences; a list, or a tensor on the CPU.
        batch_first: whether the batch is the first dimension.
        enforce_sorted: whether the sequences have to come longest first; if False they are sorted here.

    Raises:
        RuntimeError: the lengths do not fit the input, are not positive, or are not sorted.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([[1, 4], [2, 0], [3, 0]])
        >>> torch.nn.utils.rnn.pack_padded_sequence(x, [3, 1]).data
        tensor([1, 4, 2, 3])
    """
    if is_tensor(lengths):
        if lengths.dim() != 1 or lengths.device.type != "cpu":
            kind = str(lengths.dtype).removeprefix("torch.")
            raise RuntimeError(
                f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D "
                f"{lengths.device.type} {'Long' if kind == 'int64' else kind} tensor"
            )
        lengths = _host(lengths)
    count = np.asarray(lengths).astype(np.int64)
    if not count.ndim:
        raise RuntimeError("'lengths' argument should be a 1D CPU int64 tensor, but got 0D cpu Long tensor")
    order = None
    if not enforce_sorted:
        picked = np.argsort(-count, kind="stable")
        count = count[picked]
        order = _tensor(picked, input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if batch_first:
        input = input.transpose(0, 1)
    time, batch = input.shape[:2] if input.dim() > 1 else (input.size(0), input.size(1))
    if len(count) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(count)} (batch_size={batch})"
        )
    if count[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (np.diff(count) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if count[0] > time:
        raise RuntimeError(f"a length of {count[0]} is more than the {time} steps of the input")
    sizes = (count[:, None] > np.arange(count[0])).sum(0)
    steps, places = _places(sizes)
    data = taken_steps(input, _tensor(steps, input.device), _tensor(places, input.device))
    return PackedSequence(data, _tensor(sizes), order, None)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, Any]:
    """The inverse of :func:`pack_padded_sequence`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html

    Args:
        sequence: the packed sequences.
        batch_first: whether the result's batch is its first dimension.
        padding_value: the value of padding.
        total_length: length of the result; default that of the longest sequence.

    Returns:
        The padded sequences, and their lengths.

    Raises:
        ValueError: ``total_length`` is less than a sequence's.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.utils.rnn import pack_sequence, pad_packed_sequence
        >>> pad_packed_sequence(pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]), batch_first=True)
        (tensor([[1, 2],
                [3, 0]]), tensor([2, 1]))
    """
    sizes = _host(sequence.batch_sizes)
    longest = len(sizes)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {longest}"
            )
        longest = total_length
    batch = np.arange(sizes[0])
    valid = batch < sizes[:, None]
    rows = np.where(valid, (np.cumsum(sizes) - sizes)[:, None] + batch, 0)
    padded = untaken_steps(
        sequence.data,
        _tensor(rows, sequence.data.device),
        _tensor(valid, sequence.data.device),
        float(padding_value),
        longest,
        batch_first,
    )
    lengths = valid.sum(0)
    back = sequence.unsorted_indices
    if back is None:
        return padded, _tensor(lengths)
    return padded.index_select(0 if batch_first else 1, back), _tensor(lengths[_host(back)])


def pad_sequence(
    sequences: Iterable[Any],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """Sequences of different lengths as one tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html

    Args:
        sequences: tensors (length, *).
        batch_first: whether the result is (batch, length, *) rather than (length, batch, *).
        padding_value: the value of padding.
        padding_side: ``"right"`` for padding behind a sequence, ``"left"`` for padding before it.

    Raises:
        RuntimeError: there are no sequences, or they differ in more than their length.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
        tensor([[1, 2],
                [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    return padded_sequences(tuple(sequences), batch_first, float(padding_value), padding_side)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The inverse of :func:`pad_sequence`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html

    Args:
        padded_sequences: (time, batch, *), or (batch, time, *) with ``batch_first``; the former is transposed in place,
            as in torch.
        lengths: of the sequences, a tensor.
        batch_first: whether the batch is the first dimension.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([[1, 2], [3, 0]])
        >>> torch.nn.utils.rnn.unpad_sequence(x, torch.tensor([2, 1]), batch_first=True)
        [tensor([1, 2]), tensor([3])]
    """
    if not batch_first:
        padded_sequences.transpose_(0, 1)
    found = []
    for row, length in zip(padded_sequences.unbind(0), _host(lengths), strict=True):
        found.append(row[: int(length)].clone())
    return found


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html

    Args:
        sequences: tensors (length, *).
        enforce_sorted: whether they have to come longest first; if False they are sorted here.

    Raises:
        RuntimeError: they are not sorted, or differ in more than their length.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).data
        tensor([1, 3, 2])
    """
    lengths = [x.size(0) for x in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The inverse of :func:`pack_sequence`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpack_sequence.html

    Args:
        packed_sequences: the packed sequences.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.utils.rnn import pack_sequence, unpack_sequence
        >>> unpack_sequence(pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]))
        [tensor([1, 2]), tensor([3])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)
