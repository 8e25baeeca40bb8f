"""From a tensor to its values: arrays, Python numbers, truth, iteration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from .._autograd.modes import is_grad_enabled
from .._engine.graph import evaluate, materialize
from .._engine.memory_errors import raise_device_error
from .._engine.recorder import recorder
from .._engine.traced_read import TracedRead
from .._engine.value import Lent, lend, lent_copy
from .._warnings import warn_once
from .methods_type import TypeMethods
from .predicates import is_conj

__all__ = ["ValueMethods"]


def _real(number: Any, kind: str) -> Any:
    """A complex number without imaginary part as a real one."""
    if not isinstance(number, complex):
        return number
    if number.imag:
        raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
    return number.real


def _warn_of_history(tensor: Any) -> None:
    if tensor._requires_grad and tensor.requires_grad:
        warn_once(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first."
        )


class ValueMethods(TypeMethods):
    """The methods that compute a tensor's value and hand it out."""

    def _array(self) -> Any:
        """The value's array, to be read: NumPy while it is on the host, else JAX."""
        array = evaluate(self._current())
        if isinstance(array, jax.core.Tracer):
            raise TracedRead(array)
        if not isinstance(array, (np.ndarray, np.generic)):
            try:
                array.block_until_ready()  # reading what failed for want of memory ends the process
            except jax.errors.JaxRuntimeError as error:
                raise_device_error(error)
        return array

    def _seen(self, use: str, optional: bool = False) -> Any:
        """The same, to be used as Python: see :meth:`.Capture.look`."""
        if recorder.capture is not None:
            array = recorder.capture.look(self, use, optional)
            if array is not None:
                return array
        return self._array()

    def __jax_array__(self) -> jax.Array:
        array: jax.Array = materialize(self._current())
        return array

    def jax(self) -> jax.Array:
        """The tensor's value as a ``jax.Array``, without a copy. It never changes, whatever is written to the tensor.

        Example::

            >>> import jaxlearn as torch
            >>> torch.ones(2).jax()
            Array([1., 1.], dtype=float32)
        """
        return self.__jax_array__()

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The values as a NumPy array.

        It is a copy, except for a tensor made of a NumPy array that no operation has moved to the device yet, which
        gives that array (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.numpy.html shares always).

        Args:
            force: also for tensors that require grad or are on an accelerator.

        Raises:
            RuntimeError: the tensor requires grad, and gradients are enabled.
            TypeError: the tensor is on an accelerator.

        Example::

            >>> import jaxlearn as torch
            >>> torch.arange(3).numpy()
            array([0, 1, 2])
        """
        if not force:
            if self._view is not None and is_conj(self):
                raise RuntimeError(
                    "Can't call numpy() on Tensor that has conjugate bit set. Use tensor.resolve_conj().numpy() "
                    "instead."
                )
            if self._requires_grad and is_grad_enabled() and self.requires_grad:  # type: ignore[attr-defined]
                raise RuntimeError(
                    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
                )
            if self.device.type != "cpu":
                raise TypeError(
                    f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                    "host memory first."
                )
        array = self._seen("array")
        if type(array) is not np.ndarray or array is not self._current().array:
            return np.array(array)
        cell = self._cell
        if type(cell.value) is not Lent and type(cell.value.array) is np.ndarray:
            if cell.value.code == 1 or recorder.nodes:
                # What is recorded or running reads this array. It keeps it, and the tensor goes on with a copy.
                cell.value = lent_copy(cell.value)
                cell.version += 1
                cell.untracked += 1
                if recorder.capture is not None:
                    recorder.capture.constant(cell.value)
                return self._array()
            lend(cell.value)
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_wrap__(
        self, array: np.ndarray[Any, Any], context: Any = None, return_scalar: bool = False
    ) -> Any:
        """What NumPy's functions of a tensor give: a tensor, of truth values one of bytes."""
        from .creation_data import from_numpy  # it makes tensors, of which this is a part

        array = np.asarray(array)
        return from_numpy(array.astype(np.uint8) if array.dtype == np.bool_ else array)

    def __dlpack__(self, **options: Any) -> Any:
        if self._requires_grad and self.requires_grad:  # type: ignore[attr-defined]
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        if self.is_conj():  # type: ignore[attr-defined]
            raise BufferError("Can't export tensors with the conjugate bit set")
        return self.__jax_array__().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.__jax_array__().__dlpack_device__()  # type: ignore[attr-defined]

    def item(self) -> int | float | bool | complex:
        """The only element as a Python number.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.item.html

        Raises:
            RuntimeError: there is not exactly one element.

        Example::

            >>> import jaxlearn as torch
            >>> torch.tensor([2.5]).item()
            2.5
        """
        value = self._current()
        aval = value.aval
        if aval.size == 1 and type(value.array) is np.ndarray and recorder.capture is None:
            on_host: Any = value.array.item()
            return float(on_host) if aval.dtype.kind == "V" else on_host
        if aval.size != 1:
            raise RuntimeError(f"a Tensor with {aval.size} elements cannot be converted to Scalar")
        if aval.device.type == "meta":
            raise RuntimeError("Tensor.item() cannot be called on meta tensors")
        number: Any = np.asarray(self._seen("item")).item()
        return float(number) if aval.dtype.kind == "V" else number

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers; a number for a 0-dimensional tensor."""
        return np.asarray(self._seen("array" if self._current().aval.shape else "item")).tolist()

    def __bool__(self) -> bool:
        size = self._current().aval.size
        if size != 1:
            kind = "no values" if size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {kind} is ambiguous")
        if recorder.capture is not None:
            self._seen("branch")
        return bool(self.item())

    def _scalar(self) -> Any:
        if self._current().aval.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def __int__(self) -> int:
        return int(_real(self._scalar(), "int64_t"))

    def __float__(self) -> float:
        _warn_of_history(self)
        return float(_real(self._scalar(), "double"))

    def __complex__(self) -> complex:
        _warn_of_history(self)
        return complex(self._scalar())

    def __index__(self) -> int:
        aval = self._current().aval
        if aval.size != 1 or aval.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())  # type: ignore[arg-type]

    def __len__(self) -> int:
        shape = self._current().aval.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return int(shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self._current().aval.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))  # type: ignore[attr-defined]
