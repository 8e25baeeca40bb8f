"""The Tensor: a storage cell, perhaps seen through a chain of views, and a place in the backward graph.

Its operations are in the mixins beside this file, one file per family, each a visible list of names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from .. import _dtypes as dtypes
from .._autograd.backward import Gradient, add_gradients, run_backward
from .._autograd.modes import no_grad
from .._engine import graph
from .._engine.device import Device
from .._engine.graph import evaluate, materialize
from .._engine.recorder import recorder
from .._engine.value import Value, concrete
from .._size import Size
from .cell import Cell, View
from .dispatch import TENSOR_TYPES, register_tensor_type, wrap
from .printing import tensor_str
from .views import assign, current, geometry

__all__ = ["TensorBase", "tensor_from_array"]


class TensorBase:
    """What a tensor is: identity, storage, history, and the ways to its values. Operations come by the mixins.

    There are no slots, so that ``nn.Parameter`` can be a ``flax.nnx.Param`` as well.
    """

    # Defaults of the attributes that most tensors never set.
    _cell: Cell
    _view: View | None = None
    _grad: Any = None
    _grad_fn: Any = None
    _output_nr: int = 0
    _requires_grad: bool = False
    _hooks: dict[int, Callable[[Any], Any]] | None = None
    _keeps_grad: bool = False
    _untracked: int | None = None  # of a `.data` alias: how often it was written through

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        register_tensor_type(cls)

    # -- values -------------------------------------------------------------------------------------------------

    def _current(self) -> Value:
        """The value now (pending or concrete)."""
        return self._cell.value if self._view is None else current(self)

    def _array(self) -> Any:
        """The value's array: NumPy while it is on the host, else JAX."""
        return evaluate(self._current())

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
            RuntimeError: the tensor requires grad.
            TypeError: the tensor is on an accelerator.

        Example::

            >>> import jaxlearn as torch
            >>> torch.arange(3).numpy()
            array([0, 1, 2])
        """
        if not force:
            if self._requires_grad:
                raise RuntimeError(
                    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
                )
            if self.device.type != "cpu":
                raise TypeError(
                    f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                    "host memory first."
                )
        array = self._array()
        return array if type(array) is np.ndarray else np.array(array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

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
        aval = self._current().aval
        if aval.size != 1:
            raise RuntimeError(f"a Tensor with {aval.size} elements cannot be converted to Scalar")
        number: int | float | bool | complex = np.asarray(self._array()).item()
        return float(number) if aval.dtype.kind == "V" else number

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers; a number for a 0-dimensional tensor."""
        return np.asarray(self._array()).tolist()

    def __bool__(self) -> bool:
        size = self._current().aval.size
        if size != 1:
            kind = "no values" if size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {kind} is ambiguous")
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())  # type: ignore[arg-type]

    def __float__(self) -> float:
        return float(self.item())  # type: ignore[arg-type]

    def __complex__(self) -> complex:
        return complex(self.item())

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
        return iter([self[i] for i in range(len(self))])  # type: ignore[index]

    def __hash__(self) -> int:
        return id(self)

    # -- type ---------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._current().aval.shape)

    def size(self, dim: int | None = None) -> Size | int:
        """The shape, or the size of one dimension.

        Raises:
            IndexError: ``dim`` is out of range.
        """
        shape = self._current().aval.shape
        if dim is None:
            return Size(shape)
        n = len(shape)
        if not -max(n, 1) <= dim < max(n, 1):
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-max(n, 1)}, {max(n, 1) - 1}], but got {dim})"
            )
        if n == 0:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return int(shape[dim])

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._current().aval.shape)

    ndim = property(dim)

    def ndimension(self) -> int:
        """The number of dimensions."""
        return self.dim()

    def numel(self) -> int:
        """The number of elements."""
        return int(self._current().aval.size)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.from_numpy_dtype(self._current().aval.dtype)

    @property
    def device(self) -> Device:
        """Where the tensor is."""
        device: Device = self._current().aval.device
        return device

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return int(self._current().aval.dtype.itemsize)

    element_size = itemsize.fget

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.numel() * self.itemsize

    @property
    def is_cuda(self) -> bool:
        """Whether the tensor is on a GPU."""
        return self.device.type == "cuda"

    def is_floating_point(self) -> bool:
        """Whether the elements are real floating point numbers."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return self.dtype.is_complex

    def stride(self, dim: int | None = None) -> tuple[int, ...] | int:
        """Elements to step over in memory from one index of a dimension to the next, as torch lays this tensor out."""
        strides = geometry(self)[0]
        return strides if dim is None else strides[dim]

    def storage_offset(self) -> int:
        """The place of the first element in the storage."""
        return geometry(self)[1]

    def is_contiguous(self) -> bool:
        """Whether torch's layout of this tensor is dense and row-major."""
        expected = 1
        for size, stride in zip(reversed(self.shape), reversed(geometry(self)[0]), strict=True):
            if size != 1 and stride != expected:
                return self.numel() == 0
            expected *= size
        return True

    # -- history ------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this tensor. Settable on leaves."""
        if self._view is not None:
            current(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not self.is_leaf:
            if value:
                return
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
                "subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and not (self.is_floating_point() or self.is_complex()):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set :attr:`requires_grad` and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user rather than by a recorded operation."""
        return self.grad_fn is None

    @property
    def grad_fn(self) -> Any:
        """The backward node that made this tensor, None for leaves."""
        if self._view is not None:
            current(self)
        return self._grad_fn

    @property
    def output_nr(self) -> int:
        """Which output of :attr:`grad_fn` this is."""
        return self._output_nr

    @property
    def _version(self) -> int:
        owner = self if self._view is None else self._view.base
        return self._cell.version - self._cell.untracked if owner._untracked is None else owner._untracked

    @property
    def _base(self) -> Any:
        return None if self._view is None else self._view.base

    @property
    def grad(self) -> Any:
        """The gradient that backward has added up, None before. Assignable."""
        if recorder.capture is not None:
            recorder.capture.grad_read(self)
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if type(value) not in TENSOR_TYPES:
                raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.shape != self.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if value.dtype != self.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value.dtype}' to a tensor with dtype '{self.dtype}'. "
                    "The gradient must match the tensor's dtype"
                )
        if recorder.capture is not None:
            recorder.capture.grad_written(self)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def detach(self) -> Any:
        """An alias without history: writes are shared, gradients are not."""
        t = object.__new__(TENSOR)
        t._cell = self._cell
        if self._view is not None:
            t._view = View(_bare(self._view.base), self._view.steps, self._current(), self._cell.version)
        return t

    @property
    def data(self) -> Any:
        """An alias without history whose writes autograd does not see; assigning replaces the contents."""
        t = self.detach()
        (t if t._view is None else t._view.base)._untracked = 0
        return t

    @data.setter
    def data(self, value: Any) -> None:
        if self._view is not None:
            self._view = None
            self._cell = Cell(value._current())
        elif value._view is not None:
            self._cell.rebind(value._current())
        else:
            self._cell.rebind(value._cell.value)
        if type(value) not in TENSOR_TYPES:
            raise TypeError("Variable data has to be a tensor, but got " + type(value).__name__)

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add the gradient of this tensor to the ``grad`` of the leaves it was computed from.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html

        Args:
            gradient: of the final result with respect to this tensor; may be left out for a single element.
            retain_graph: keep what another backward needs. Default: ``create_graph``.
            create_graph: make the gradients differentiable.
            inputs: leaves to which to add; default all.

        Raises:
            RuntimeError: no gradient can be made, none is given for a non-scalar, the graph was freed already, or a
                value that is needed was overwritten in place.
        """
        root = root_gradient(self, gradient)
        targets = None if inputs is None else {id(t) for t in ([inputs] if type(inputs) in TENSOR_TYPES else inputs)}
        retain = create_graph if retain_graph is None else retain_graph

        def accumulate(leaf: Any, given: Gradient) -> None:
            if targets is None or id(leaf) in targets:
                accumulate_grad(leaf, given, create_graph)

        run_backward([root], retain_graph=retain, create_graph=create_graph, accumulate=accumulate)

    def retain_grad(self) -> None:
        """Make backward keep :attr:`grad` of this non-leaf tensor too."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._grad_fn is not None:
            node = self._grad_fn
            node.retained = {**(node.retained or {}), self._output_nr: _Retainer(self)}
            self._keeps_grad = True

    @property
    def retains_grad(self) -> bool:
        """Whether :meth:`retain_grad` was called on this non-leaf."""
        return self._keeps_grad

    def register_hook(self, hook: Callable[[Any], Any]) -> Any:
        """Call ``hook(grad)`` when the gradient of this tensor is known; what it returns, if not None, replaces it.

        Returns:
            A handle with ``remove()``.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._grad_fn is None:
            if self._hooks is None:
                self._hooks = {}
            return HookHandle(self._hooks, hook)
        node = self._grad_fn
        if node.hooks is None:
            node.hooks = {}
        return HookHandle(node.hooks.setdefault(self._output_nr, {}), hook)

    # -- text ---------------------------------------------------------------------------------------------------

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._text()

    def _text(self, is_parameter: bool = False) -> str:
        grad_fn = self.grad_fn
        device = self.device
        return tensor_str(
            np.asarray(self._array()),
            dtype=self.dtype,
            requires_grad=self._requires_grad,
            grad_fn_name=None if grad_fn is None else grad_fn.name(),
            is_parameter=is_parameter,
            device=None if device.type == "cpu" else str(device),
        )

    def __format__(self, spec: str) -> str:
        if self._current().aval.shape == () and not spec == "":
            return format(self.item(), spec)
        if spec:
            return object.__format__(self, spec)
        return str(self.item()) if self.dim() == 0 else repr(self)

    # -- copies -------------------------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm "
                "usage, see https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            return memo[id(self)]
        copy = self._like(self._current())
        memo[id(self)] = copy
        if self._grad is not None:
            copy._grad = self._grad.__deepcopy__(memo)
        return copy

    def _like(self, value: Value) -> Any:
        """A leaf of this class with a storage of its own."""
        t = object.__new__(type(self))
        t._cell = Cell(value)
        t._requires_grad = self._requires_grad
        return t

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (_rebuild, (np.asarray(self._array()), self._requires_grad))


class _Retainer:
    """Passes a retained gradient to its tensor without keeping the tensor alive from its own backward node."""

    __slots__ = ("ref",)

    def __init__(self, tensor: Any) -> None:
        import weakref

        self.ref = weakref.ref(tensor)

    def _retain(self, gradient: Gradient) -> None:
        tensor = self.ref()
        if tensor is not None:
            accumulate_grad(tensor, gradient, gradient.edge is not None)


class HookHandle:
    """Undoes the registration of a hook."""

    _next = 0

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks = hooks
        self.id = HookHandle._next
        HookHandle._next += 1
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


TENSOR: Any = None


def set_tensor_class(cls: type) -> None:
    """Name the class of operations' results."""
    global TENSOR
    TENSOR = cls
    register_tensor_type(cls)


def _bare(base: Any) -> Any:
    t = object.__new__(TENSOR)
    t._cell = base._cell
    return t


def _rebuild(array: np.ndarray[Any, Any], requires_grad: bool) -> Any:
    t = tensor_from_array(array)
    t._requires_grad = requires_grad
    return t


def tensor_from_array(array: Any) -> Any:
    """A tensor of a NumPy or JAX array (or tracer), without a copy."""
    if isinstance(array, np.ndarray) and type(array) is not np.ndarray:
        array = np.asarray(array)  # the engine knows host arrays by their exact type; a memmap is one of another
    return wrap(concrete(array))


def root_gradient(tensor: Any, gradient: Any) -> tuple[Any, Gradient]:
    """Where backward starts: the tensor's edge and the gradient entering there. Raises torch's errors."""
    if not tensor.requires_grad:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    aval = tensor._current().aval
    if gradient is None:
        if aval.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        value = unit_gradient(aval)
        edge = None
    else:
        if tuple(gradient.shape) != aval.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has a shape of "
                f"{tensor.shape}."
            )
        if recorder.capture is not None:
            recorder.capture.read([gradient])
        value = gradient._current()
        edge = None
        if gradient._requires_grad:
            edge = gradient if gradient._grad_fn is None else (gradient._grad_fn, gradient._output_nr)
    return (tensor if tensor._grad_fn is None else (tensor._grad_fn, tensor._output_nr)), Gradient(value, edge)


_unit_gradients: dict[Any, Any] = {}


def unit_gradient(aval: Any) -> Value:
    """The gradient of a result with respect to itself, as a constant of the program."""
    from .._engine.signature import Signature

    signature = _unit_gradients.get(aval)
    if signature is None:
        import jax.numpy as jnp

        signature = Signature("ones", lambda: jnp.ones(aval.shape, aval.dtype), (), device=aval.device)
        _unit_gradients[aval] = signature
    return graph.record(signature, ())


def accumulate_grad(leaf: Any, given: Gradient, create_graph: bool) -> None:
    """Add a gradient to ``leaf.grad``: in place if it exists, unless the gradient has a history of its own."""
    if recorder.capture is not None:
        recorder.capture.grad_read(leaf)
    held = leaf._grad
    if held is None:
        grad = wrap(given.value)
        _attach(grad, given)
        leaf._grad = grad
    elif create_graph:
        before = Gradient(held._current(), None)
        if held._requires_grad:
            before.edge = held if held._grad_fn is None else (held._grad_fn, held._output_nr)
        total = add_gradients(before, given)
        grad = wrap(total.value)
        _attach(grad, total)
        leaf._grad = grad
    else:
        if recorder.capture is not None:
            recorder.capture.read([held])
        total = add_gradients(Gradient(held._current()), Gradient(given.value))
        with no_grad():
            assign(held, wrap(total.value))


def _attach(grad: Any, given: Gradient) -> None:
    edge = given.edge
    if isinstance(edge, tuple):
        grad._grad_fn, grad._output_nr = edge
        grad._requires_grad = True
    elif edge is not None:
        grad._requires_grad = True




def register_pytree(cls: type) -> None:
    """Let tensors of the class pass through the user's own jax transformations as their arrays."""

    def unflatten(_: None, children: Any) -> Any:
        (array,) = children
        # jax also unflattens with placeholders, which stand for themselves.
        return tensor_from_array(array) if isinstance(array, (np.ndarray, jax.Array)) else array

    jax.tree_util.register_pytree_node(cls, lambda t: ((t.__jax_array__(),), None), unflatten)
