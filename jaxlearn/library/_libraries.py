"""Operators by their schemas: a :class:`Library` defines them and takes their kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ._operators import CustomOpDef, found
from ._schema import Schema

__all__ = [
    "Library",
    "define",
    "impl",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_vmap",
]

# The kinds of devices that dispatch keys stand for; None: all.
_KEYS: dict[str, str | None] = {
    "": None, "CPU": "cpu", "CUDA": "cuda", "CompositeExplicitAutograd": None, "CompositeImplicitAutograd": None,
    "default": None,
}  # fmt: skip


class Library:
    """A namespace's operators, defined by schemas.

    https://docs.pytorch.org/docs/stable/library.html#torch.library.Library

    Args:
        ns: the namespace.
        kind: ``"DEF"``, ``"IMPL"`` or ``"FRAGMENT"``.
        dispatch_key: what kernels are for that name no key themselves.

    Example::

        >>> import jaxlearn as torch
        >>> library = torch.library.Library("readme_library", "DEF")
        >>> library.define("twice(Tensor x) -> Tensor")
        'twice'
        >>> library.impl("twice", lambda x: x * 2, "CPU")
        >>> torch.ops.readme_library.twice(torch.ones(2))
        tensor([2., 2.])
    """

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("DEF", "IMPL", "FRAGMENT"):
            raise ValueError("Unsupported library kind: ", kind)
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """Define an operator, without kernels.

        Args:
            schema: ``name(Tensor x, int n=2) -> Tensor``.
            alias_analysis: has no meaning here.
            tags: have none either.

        Returns:
            The operator's name.
        """
        name, opened, rest = schema.partition("(")
        qualified = f"{self.ns}::{name.strip()}"
        CustomOpDef(qualified, Schema(qualified, opened + rest))
        return name.strip()

    def impl(self, op_name: Any, fn: Callable[..., Any], dispatch_key: str = "") -> None:
        """Set an operator's kernel.

        Args:
            op_name: the operator's name, without or with the namespace.
            fn: the kernel.
            dispatch_key: ``"CPU"``, ``"CUDA"``, ``"Meta"``, or a key that stands for all devices.

        Raises:
            RuntimeError: kernels are not told apart by such a key here.
        """
        op = _named(self.ns, op_name)
        key = dispatch_key or self.dispatch_key
        if key == "Meta":
            op.register_fake(fn)
        elif key in _KEYS:
            op.register_kernel(_KEYS[key], fn)
        else:
            raise RuntimeError(
                f"Library.impl: kernels for {key!r} are not known here. Use {', '.join(filter(None, _KEYS))} or Meta, "
                "and register_autograd for gradients"
            )


def _named(space: str, name: Any) -> CustomOpDef:
    if not isinstance(name, str):
        return found(name)
    return found(name if "::" in name else f"{space}::{name}")


def define(qualname: str, schema: str, *, lib: Library | None = None, tags: Any = ()) -> None:
    """Define an operator by its schema, without kernels.

    https://docs.pytorch.org/docs/stable/library.html#torch.library.define

    Args:
        qualname: ``namespace::name``.
        schema: ``(Tensor x, int n=2) -> Tensor``.
        lib: has no meaning here: operators stay as long as the program.
        tags: have none either.

    Example::

        >>> import jaxlearn as torch
        >>> torch.library.define("readme_library::thrice", "(Tensor x) -> Tensor")
        >>> @torch.library.impl("readme_library::thrice", "cpu")
        ... def thrice(x):
        ...     return x * 3
        >>> torch.ops.readme_library.thrice(torch.ones(2))
        tensor([3., 3.])
    """
    CustomOpDef(qualname, Schema(qualname, schema))


def impl(
    qualname: str,
    types: str | Sequence[str],
    func: Callable[..., Any] | None = None,
    *,
    lib: Library | None = None,
) -> Any:
    """Set the kernel of an operator on some kinds of devices; also a decorator.

    https://docs.pytorch.org/docs/stable/library.html#torch.library.impl

    Args:
        qualname: ``namespace::name``.
        types: ``"cpu"``, ``"cuda"``, several of them, or ``"default"`` for all.
        func: the kernel.
        lib: has no meaning here.
    """
    kinds = [types] if isinstance(types, str) else list(types)

    def register(func: Callable[..., Any]) -> Callable[..., Any]:
        for kind in kinds:
            found(qualname).register_kernel(_KEYS.get(kind, kind.lower()), func)
        return func

    return register if func is None else register(func)


def register_kernel(
    op: Any,
    device_types: str | Sequence[str] | None,
    func: Callable[..., Any] | None = None,
    /,
    *,
    lib: Library | None = None,
) -> Any:
    """See :meth:`CustomOpDef.register_kernel`.

    Args:
        op: the operator, or its name.
        device_types: the kinds of devices; None for all.
        func: the kernel.
        lib: has no meaning here.
    """
    return found(op).register_kernel(device_types, func)


def register_fake(
    op: Any,
    func: Callable[..., Any] | None = None,
    /,
    *,
    lib: Library | None = None,
    allow_override: bool = True,
) -> Any:
    """See :meth:`CustomOpDef.register_fake`.

    Args:
        op: the operator, or its name.
        func: the function on tensors without data.
        lib: has no meaning here.
        allow_override: has none either: the last one counts.
    """
    return found(op).register_fake if func is None else found(op).register_fake(func)


def register_autograd(
    op: Any,
    backward: Callable[..., Any],
    /,
    *,
    setup_context: Callable[..., Any] | None = None,
    lib: Library | None = None,
) -> None:
    """See :meth:`CustomOpDef.register_autograd`.

    Args:
        op: the operator, or its name.
        backward: the gradient.
        setup_context: keeps what that needs.
        lib: has no meaning here.
    """
    found(op).register_autograd(backward, setup_context=setup_context)


def register_vmap(op: Any, func: Callable[..., Any] | None = None, /, *, lib: Library | None = None) -> Any:
    """See :meth:`CustomOpDef.register_vmap`.

    Args:
        op: the operator, or its name.
        func: the rule for batches.
        lib: has no meaning here.
    """
    return found(op).register_vmap(func)
