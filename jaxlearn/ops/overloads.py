"""``torch.ops.aten``: PyTorch's names of the operations below its functions, as selective checkpoints are given them.

A function of PyTorch calls one of them or several; an operation here is recorded whole. :func:`overloads_of` tells
which of PyTorch's an operation stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .op import Op

__all__ = [
    "OpNamespace",
    "OpOverload",
    "OpOverloadPacket",
    "aten",
    "overloads_of",
    "prim",
]

# The forms of an operation, where they are not the one called "default".
_FORMS = {
    name: tuple(forms.split())
    for name, forms in {
        "add": "Tensor Scalar", "all": "default dim", "any": "default dim", "clamp": "default Tensor",
        "clamp_max": "default Tensor", "clamp_min": "default Tensor", "copysign": "Tensor Scalar",
        "div": "Tensor Scalar Tensor_mode", "eq": "Tensor Scalar", "fmod": "Tensor Scalar", "ge": "Tensor Scalar",
        "gt": "Tensor Scalar", "index": "Tensor", "index_fill": "int_Scalar int_Tensor", "le": "Tensor Scalar",
        "lerp": "Scalar Tensor", "lt": "Tensor Scalar", "masked_fill": "Scalar Tensor", "max": "default dim",
        "mean": "default dim", "median": "default dim", "min": "default dim", "mul": "Tensor Scalar",
        "ne": "Tensor Scalar", "pow": "Tensor_Tensor Tensor_Scalar Scalar", "prod": "default dim_int",
        "remainder": "Tensor Scalar", "round": "default decimals", "rsub": "Tensor Scalar",
        "scatter": "src value reduce", "select": "int", "slice": "Tensor", "sort": "default stable",
        "split": "Tensor", "squeeze": "default dim dims", "std": "correction", "std_mean": "correction",
        "sub": "Tensor Scalar", "sum": "default dim_IntList", "transpose": "int", "unbind": "int",
        "var": "correction", "var_mean": "correction", "where": "self", "xlogy": "Tensor",
    }.items()
}  # fmt: skip
# PyTorch's operation, where an operation here has another name.
_NAMES = {
    "adaptive_avg_pool2d": "_adaptive_avg_pool2d", "adaptive_avg_pool3d": "_adaptive_avg_pool3d",
    "batch_norm": "native_batch_norm", "conv1d": "convolution", "conv2d": "convolution", "conv3d": "convolution",
    "conv_transpose1d": "convolution", "conv_transpose2d": "convolution", "conv_transpose3d": "convolution",
    "dropout": "native_dropout", "group_norm": "native_group_norm", "layer_norm": "native_layer_norm",
    "log_softmax": "_log_softmax", "logsigmoid": "log_sigmoid_forward", "max_pool2d": "max_pool2d_with_indices",
    "max_pool3d": "max_pool3d_with_indices", "nll_loss": "nll_loss_forward", "relu6": "hardtanh",
    "scaled_dot_product_attention": "_scaled_dot_product_flash_attention_for_cpu", "softmax": "_softmax",
    "square": "pow", "true_divide": "div",
}  # fmt: skip
# Names without an operation of the same name here.
_FURTHER = {
    "detach", "device", "convolution_backward", "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_flash_attention_backward", *_NAMES.values(),
}  # fmt: skip


class OpOverload:
    """One form of one of PyTorch's operations: ``torch.ops.aten.mm.default``.

    Args:
        packet: the operation.
        form: the form's name.
    """

    def __init__(self, packet: OpOverloadPacket, form: str) -> None:
        self.overloadpacket = packet
        self._overloadname = form

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.overloadpacket(*args, **kwargs)

    def name(self) -> str:
        """``aten::mm``, followed by the form's name where there are several."""
        form = self._overloadname
        return self.overloadpacket._qualified_op_name + ("" if form == "default" else "." + form)

    def __str__(self) -> str:
        return f"{self.overloadpacket}.{self._overloadname}"

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self.overloadpacket}', overload='{self._overloadname}')>"


class OpOverloadPacket:
    """One of PyTorch's operations, ``torch.ops.aten.mm``; its attributes are its forms.

    Args:
        space: the name of its namespace.
        name: its own.
        function: what it calls, if not the operation of its name.
    """

    def __init__(self, space: str, name: str, function: Callable[..., Any] | None = None) -> None:
        self.__name__ = name
        self._function = function
        self._qualified_op_name = f"{space}::{name}"
        self._forms = {
            form: OpOverload(self, form) for form in _FORMS.get(name.removesuffix("_"), ("default",))
        }

    def __getattr__(self, name: str) -> OpOverload:
        forms: dict[str, OpOverload] = self.__dict__["_forms"]
        if name not in forms:
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'")
        return forms[name]

    def overloads(self) -> list[str]:
        """The names of its forms."""
        return list(self._forms)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._function is not None:
            return self._function(*args, **kwargs)
        op = _ops().get(self.__name__)
        if op is not None:
            return Op.dispatch(op, args, kwargs)
        if self.__name__ == "detach":
            return args[0].detach()
        raise NotImplementedError(
            f"{self} names an operation, but is not called here: call the function of torch"
        )

    def __str__(self) -> str:
        return self._qualified_op_name.replace("::", ".")

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"


class OpNamespace:
    """PyTorch's operations by name: ``torch.ops.aten``.

    Args:
        name: the namespace's.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._packets: dict[str, OpOverloadPacket] = {}

    def __getattr__(self, name: str) -> OpOverloadPacket:
        packets: dict[str, OpOverloadPacket] = self.__dict__["_packets"]
        if name not in packets:
            plain, own = name.removesuffix("_"), self.__dict__["name"]
            known = own in ("aten", "prim") and (plain in _FURTHER or plain in _ops())
            if name.startswith("__") or not known:
                raise AttributeError(f"'_OpNamespace' '{own}' object has no attribute '{name}'")
            packets[name] = OpOverloadPacket(own, name)
        return packets[name]

    def _take_up(self, packet: OpOverloadPacket) -> OpOverloadPacket:
        """Take up an operator of the user's own, in place of one of its name; return it.

        Args:
            packet: the operator.
        """
        self._packets[packet.__name__] = packet
        return packet


aten = OpNamespace("aten")
prim = OpNamespace("prim")


def _ops() -> dict[str, Op]:
    return {op.name: op for op in Op.instances}


def overloads_of(op: Op, args: Sequence[Any], kwargs: dict[str, Any]) -> list[OpOverload]:
    """The operations of PyTorch that a call stands for, in their order.

    Args:
        op: the operation called.
        args: its arguments.
        kwargs: its keyword arguments.
    """
    parts = _PARTS.get(op.name)
    if parts is not None:
        return [getattr(aten, part).default for part in parts(*args, **kwargs)]
    packet = getattr(aten, _NAMES.get(op.name, op.name))
    return [getattr(packet, _form(packet, args, kwargs))]


def _form(packet: OpOverloadPacket, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Which form a call means: ``Scalar`` for a number, ``dim`` where a dimension is given."""
    forms = packet.overloads()
    if len(forms) > 1:
        second = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("other"))
        if forms[0] == "default" and second is not None:
            return forms[1]
        if packet.__name__ == "pow":
            return "Tensor_Tensor" if hasattr(second, "shape") else "Tensor_Scalar"
        if "rounding_mode" in kwargs and "Tensor_mode" in forms:
            return "Tensor_mode"
    return forms[0]


def _linear(input: Any, weight: Any, bias: Any = None) -> tuple[str, ...]:
    product = "mm" if bias is None else "addmm"
    if input.ndim == 2:
        return "t", product
    return ("t", "view", product, "_unsafe_view") if bias is None else ("view", "t", product, "view")


def _matmul(input: Any, other: Any) -> tuple[str, ...]:
    match min(input.ndim, 3), min(other.ndim, 3):
        case 1, 1:
            return ("dot",)
        case 2, 1:
            return ("mv",)
        case 1, 2:
            return "unsqueeze", "mm", "squeeze"
        case 2, 2:
            return ("mm",)
        case 3, 2:
            return "view", "mm", "_unsafe_view"
        case _:
            return "expand", "view", "expand", "view", "bmm", "view"


_PARTS: dict[str, Callable[..., tuple[str, ...]]] = {"linear": _linear, "matmul": _matmul}
