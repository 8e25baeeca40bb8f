"""Custom operators: a function of the user's own with rules for gradients, batches and other devices."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax

from .. import ops
from .._autograd.function import Function, in_transformation
from .._autograd.modes import modes, no_grad
from .._engine.capture import HostRead
from .._tensor.core import tensor_from_array
from .._tensor.creation_constants import empty
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.jax_function import jax_function
from .._tensor.tree import flatten, unflatten
from ..ops.overloads import OpNamespace, OpOverloadPacket
from ._schema import Schema, infer_schema

__all__ = ["CustomOpDef", "custom_op", "found"]

_ALIAS = (
    "The output of this custom operator (1) must not also be an input to this custom operator and (2) may not alias "
    "any inputs to this custom operator or other returns. The most common way to trigger this error is if we have y = "
    "custom_op(x) and y and x are the same Tensor. Please instead return a clone of the offending output tensor(s) "
    "(e.g. return x.clone()) or refactor the custom operator to not return y."
)
# What reading a value raises where it is known only when the program runs.
_UNKNOWN = (HostRead, jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError)
_operators: dict[str, CustomOpDef] = {}


class _Call:
    """What a call is beside its flat arguments: the last argument of the operator's Function."""

    def __init__(self, structure: Any, keywords: dict[str, Any]) -> None:
        self.structure = structure
        self.keywords = keywords
        named = [(k, id(v) if type(v) in TENSOR_TYPES else v) for k, v in keywords.items()]
        self._key = repr((structure, named))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Call) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)


class CustomOpDef:
    """A custom operator: what :func:`custom_op` makes of a function.

    https://docs.pytorch.org/docs/stable/library.html#torch.library.custom_op

    Args:
        name: ``namespace::name``.
        schema: the types of its arguments and results.
    """

    def __init__(self, name: str, schema: Schema) -> None:
        space, self._name = name.split("::")
        self._namespace, self._qualname = space, name
        self._schema = schema
        self._kernels: dict[str | None, Callable[..., Any]] = {}
        self._disabled: set[str] = set()
        self._fake: Callable[..., Any] | None = None
        self._backward: Callable[..., Any] | None = None
        self._setup: Callable[..., Any] | None = None
        self._vmap: Callable[..., Any] | None = None
        self._structures: dict[_Call, Any] = {}  # of the results
        self._function = self._new_function()
        self._opoverload = _namespace(space)._take_up(OpOverloadPacket(space, self._name, self)).default
        _operators[name] = self

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        positional, keywords = self._schema.bind(args, kwargs)
        leaves, structure = flatten(tuple(positional))
        needs = modes.grad and any(type(t) in TENSOR_TYPES and t.requires_grad for t in leaves)
        if self._schema.written or not (needs or in_transformation(tuple(leaves))):
            with no_grad():
                return self._run(positional, keywords)
        call = _Call(structure, keywords)
        results = self._function.apply(*leaves, call)
        return unflatten(results, self._structures[call])

    def register_kernel(
        self, device_types: str | Sequence[str] | None, fn: Callable[..., Any] | None = None, /
    ) -> Any:
        """Set what computes the operator on some kinds of devices; also a decorator.

        Args:
            device_types: ``"cpu"``, ``"cuda"``, ``"tpu"``, several of them, or None for all.
            fn: the function.
        """

        def register(fn: Callable[..., Any]) -> Callable[..., Any]:
            for kind in (
                [device_types] if device_types is None or isinstance(device_types, str) else device_types
            ):
                self._kernels[kind] = fn
            return fn

        return register if fn is None else register(fn)

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """Set what tells the results' shapes and dtypes, by tensors without data; also a decorator.

        Tensors on the meta device are given to it. With it the operator may read values (``numpy()``, ``item()``) in
        compiled functions and under ``vmap`` too: its kernel is called while the program runs.

        Args:
            fn: takes the operator's arguments, tensors of the meta device, and returns such tensors.
        """
        self._fake = fn
        return fn

    def register_autograd(
        self, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None = None
    ) -> None:
        """Set the operator's gradient.

        Args:
            backward: ``backward(ctx, *grads)`` returns a gradient or None for each argument.
            setup_context: ``setup_context(ctx, inputs, output)`` keeps what that needs; with
                ``keyword_only_inputs`` too where the operator has arguments by name only.

        Raises:
            RuntimeError: the operator writes to its arguments.
            NotImplementedError: it takes tensors by name only.
        """
        if any(p.keyword_only and p.type.startswith("Tensor") for p in self._schema.parameters):
            raise NotImplementedError(
                "custom_op with kwarg-only Tensor args. Please make your tensors not kwarg-only. Got: "
                f"{self._schema}"
            )
        if self._schema.written:
            raise RuntimeError(
                f"Cannot register autograd formula for non-functional operator {self} with schema {self._schema}. "
                "Please create a functional operator and register an autograd formula for that."
            )
        self._backward, self._setup = backward, setup_context
        self._function = self._new_function()

    def register_vmap(self, func: Callable[..., Any] | None = None) -> Any:
        """Set the operator's rule for batches; also a decorator. Without it the kernel is mapped as any code is.

        Args:
            func: ``func(info, in_dims, *args)`` is told the batch's size and each argument's mapped dimension (or
                None), and returns the result and its mapped dimension.
        """

        def register(func: Callable[..., Any]) -> None:
            self._vmap = func
            self._function = self._new_function()

        return register if func is None else register(func)

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """Switch the kernel that was registered for a kind of device on or off, within a context.

        Args:
            device_type: as in :meth:`register_kernel`. Where its kernel is off, the one for all devices is called.
            enabled: whether it is on.
        """
        before = set(self._disabled)
        (self._disabled.discard if enabled else self._disabled.add)(device_type)
        try:
            yield
        finally:
            self._disabled = before

    def _run(self, positional: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """Call the kernel."""
        given = [t for t in flatten((list(positional), keywords))[0] if type(t) in TENSOR_TYPES]
        if any(t.device.type == "meta" for t in given):
            return self._faked(positional, keywords)
        device = given[0].device.type if given else "cpu"
        kernel = self._kernels.get(None if device in self._disabled else device, self._kernels.get(None))
        if kernel is None:
            raise NotImplementedError(
                f"Could not run '{self._qualname}' with arguments from the '{device.upper()}' backend. There are "
                f"kernels for {sorted(filter(None, self._kernels))}: register_kernel adds one"
            )
        try:
            result = kernel(*positional, **keywords)
        except (*_UNKNOWN, RuntimeError) as error:
            if self._fake is None or self._schema.written or not _unknown(error):
                raise
            result = self._called_back(kernel, positional, keywords)
        self._check(given, result)
        names = [p.name for p in self._schema.parameters]
        for name, value in [*zip(names, positional, strict=False), *keywords.items()]:
            if name in self._schema.written:
                for t in flatten(value)[0]:
                    if type(t) in TENSOR_TYPES:
                        t._cell.rebind(t._cell.value)  # a write, whatever the kernel did
        return result

    def _faked(self, positional: Sequence[Any], keywords: dict[str, Any]) -> Any:
        if self._fake is None:
            raise RuntimeError(
                f"There was no fake impl registered for {self}. This is necessary for torch.compile/export/fx tracing "
                f"to work. Please use `{self._name}.register_fake` to add an fake impl."
            )
        return self._fake(*positional, **keywords)

    def _check(self, given: Sequence[Any], result: Any) -> None:
        kinds = self._schema.results
        if self._schema.listed and not kinds:
            return
        results = list(result) if self._schema.listed else [result]
        for kind, r in zip(kinds, results, strict=True):
            if kind == "Tensor" and type(r) not in TENSOR_TYPES:
                raise RuntimeError(f"Unable to cast {r} to Tensor")
        cells = [id(t._cell) for t in given]
        for r in flatten(results)[0]:
            if type(r) in TENSOR_TYPES:
                if id(r._cell) in cells:
                    raise RuntimeError(f"{self._name} (a custom operator): {_ALIAS}")
                cells.append(id(r._cell))

    def _called_back(
        self, kernel: Callable[..., Any], positional: Sequence[Any], keywords: dict[str, Any]
    ) -> Any:
        """Let the program call the kernel when it runs."""
        leaves, structure = flatten((list(positional), keywords))
        places = [i for i, t in enumerate(leaves) if type(t) in TENSOR_TYPES]
        tensors = [leaves[i] for i in places]

        def filled(given: Sequence[Any], function: Callable[..., Any]) -> Any:
            whole = list(leaves)
            for i, t in zip(places, given, strict=True):
                whole[i] = t
            args, kwargs = unflatten(whole, structure)
            return function(*args, **kwargs)

        without_data = [empty(tuple(t.shape), dtype=t.dtype, device="meta") for t in tensors]
        shown, result_structure = flatten(filled(without_data, self._faked_call))
        types = tuple([jax.ShapeDtypeStruct(tuple(t.shape), t._current().aval.dtype) for t in shown])

        def run(*arrays: Any) -> Any:
            with no_grad():
                made = filled([tensor_from_array(jax.device_get(a)) for a in arrays], kernel)
            return tuple([t.numpy() for t in flatten(made)[0]])

        def program(*arrays: Any) -> Any:
            return jax.pure_callback(run, types, *arrays, vmap_method="sequential")

        program.__name__ = self._name
        return unflatten(jax_function(program)(*tensors), result_structure)

    def _faked_call(self, *args: Any, **kwargs: Any) -> Any:
        return self._faked(args, kwargs)

    def _new_function(self) -> type[Function]:
        """The Function that a call is where it has gradients or is mapped; its last argument is a :class:`_Call`."""
        op = self

        def forward(*args: Any) -> tuple[Any, ...]:
            *leaves, call = args
            result = op._run(unflatten(leaves, call.structure), call.keywords)
            results, op._structures[call] = flatten(result)
            return tuple(results)

        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
            *leaves, call = inputs
            ctx._custom_call = call
            if op._setup is not None:
                named = {"keyword_only_inputs": call.keywords} if op._schema.keyword_only else {}
                result = unflatten(output, op._structures[call])
                op._setup(ctx=ctx, inputs=unflatten(leaves, call.structure), output=result, **named)

        def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
            if op._backward is None:
                raise RuntimeError(
                    f"Trying to backward through {op._opoverload} but no autograd formula was registered. Please use "
                    "register_autograd to add one."
                )
            call = ctx._custom_call
            arrived = unflatten(grads, op._structures[call])
            needs = ctx.needs_input_grad
            ctx.needs_input_grad = unflatten(needs[:-1], call.structure)
            try:
                result = op._backward(ctx, *(arrived if isinstance(arrived, tuple) else (arrived,)))
            finally:
                ctx.needs_input_grad = needs
            result = result if isinstance(result, tuple) else (result,)
            return (*_as_nested(result, call.structure), None)

        def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[Any, Any]:
            *leaves, call = args
            assert op._vmap is not None
            dims = unflatten(in_dims[:-1], call.structure)
            result, out_dims = op._vmap(info, dims, *unflatten(leaves, call.structure), **call.keywords)
            results, op._structures[call] = flatten(result)
            flat = flatten(out_dims)[0]
            return tuple(results), tuple(flat if len(flat) == len(results) else flat * len(results))

        methods: dict[str, Any] = {
            "forward": staticmethod(forward),
            "setup_context": staticmethod(setup_context),
            "backward": staticmethod(backward),
        }
        if self._vmap is None:
            methods["generate_vmap_rule"] = True
        else:
            methods["vmap"] = staticmethod(vmap)
        return type(f"GeneratedBackwardFor_{self._namespace}_{self._name}_default", (Function,), methods)


def _namespace(name: str) -> OpNamespace:
    """The operators of a namespace, ``torch.ops.name``, made if there are none.

    Raises:
        RuntimeError: operations of this library are in a file of the name.
    """
    there = getattr(ops, name, None)
    if there is None:
        there = OpNamespace(name)
        setattr(ops, name, there)
    if not isinstance(there, OpNamespace):
        raise RuntimeError(f"torch.ops.{name} is a part of this library: use another namespace than {name!r}")
    return there


def _unknown(error: Exception) -> bool:
    """Whether a kernel failed as it read a value that is known only when the program runs."""
    return isinstance(error, _UNKNOWN)


def _as_nested(result: tuple[Any, ...], structure: Any) -> list[Any]:
    """The gradients that a backward returned, one for each flat argument; None for a list stands for each in it."""
    parts = structure[2]
    if len(parts) != len(result):
        return list(result)
    flat: list[Any] = []
    for gradient, part in zip(result, parts, strict=True):
        if part is None:
            flat.append(gradient)
        elif gradient is None:
            flat += [None] * len(part[2])
        else:
            if not isinstance(gradient, (list, tuple)) or len(gradient) != len(part[2]):
                raise RuntimeError(
                    "Expected the return from backward to be of the same structure as the inputs. Got: "
                    f"{type(gradient).__name__} for a list of {len(part[2])}"
                )
            flat += gradient
    return flat


def found(op: Any) -> CustomOpDef:
    """The operator that a name, an operator or what ``torch.ops`` gives stands for.

    Raises:
        AttributeError: there is none of the name.
    """
    if isinstance(op, CustomOpDef):
        return op
    name = op if isinstance(op, str) else getattr(op, "overloadpacket", op)._qualified_op_name
    if name not in _operators:
        space, _, own = name.partition("::")
        raise AttributeError(f"'_OpNamespace' '{space}' object has no attribute '{own}'")
    return _operators[name]


def custom_op(
    name: str,
    fn: Callable[..., Any] | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: str | Sequence[str] | None = None,
    schema: str | None = None,
) -> Any:
    """Make a function an operator, with rules for gradients, batches and devices of its own; also a decorator.

    The operator is called as the function is, or as ``torch.ops.namespace.name``. What the function does with tensors
    becomes part of the step's program like all else; a function that reads values on the host works in compiled
    functions and under ``vmap`` if :meth:`CustomOpDef.register_fake` tells its results' shapes.
    https://docs.pytorch.org/docs/stable/library.html#torch.library.custom_op

    Args:
        name: ``namespace::name``.
        fn: the function, with annotated arguments and results; its results share no memory with its arguments.
        mutates_args: the names of the arguments that it writes to; ``"unknown"`` for all tensors.
        device_types: the kinds of devices that it is for, if not all.
        schema: the schema, if not the one that the annotations give.

    Returns:
        The operator, a :class:`CustomOpDef`.

    Raises:
        ValueError: an annotation is missing or of another type.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.library.custom_op("readme::cube", mutates_args=())
        ... def cube(x: torch.Tensor) -> torch.Tensor:
        ...     return x**3
        >>> def setup_context(ctx, inputs, output):
        ...     ctx.save_for_backward(inputs[0])
        >>> def backward(ctx, grad):
        ...     return grad * 3 * ctx.saved_tensors[0] ** 2
        >>> cube.register_autograd(backward, setup_context=setup_context)
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> torch.ops.readme.cube(x).backward()
        >>> x.grad
        tensor(12.)
    """

    def make(fn: Callable[..., Any]) -> CustomOpDef:
        text = schema if schema is not None else infer_schema(fn, mutates_args=mutates_args)
        _, _ = name.split("::")  # as torch asks for
        made = CustomOpDef(name, Schema(name, text))
        made.register_kernel(device_types, fn)
        return made

    return make if fn is None else make(fn)
