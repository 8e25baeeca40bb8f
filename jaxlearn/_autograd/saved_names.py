"""What a backward node saved, under torch's names: ``y.grad_fn._saved_self``.

https://docs.pytorch.org/docs/stable/notes/autograd.html#saved-tensors

A node here keeps its operation's operands, from which a saved result is computed when somebody looks. The table tells
what torch's formulas keep, and so which attributes a node has.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .._engine.value import Value
from .._tensor.dispatch import wrap
from .apply import apply_values
from .backward import FREED
from .gradient import Gradient, tensor_of
from .node import GradNode
from .saving import HookSaver, keep_one

__all__ = ["SavedTensor", "saved_attributes"]

# The attributes, without "_saved_", and the names of the nodes that have them, without "Backward".
_NODES = {
    "A": "LinalgSlogdet0",
    "A left result": "LinalgSolveEx0",
    "A result": "LinalgDet0",
    "A transpose unitriangular upper": "TriangularSolve0",
    "LU adjoint left pivots result": "LinalgLuSolve0",
    "accumulate index source": "Put0",
    "alpha": "Add0 Rsub0 Sub0",
    "alpha batch1 batch2 beta": "Addbmm0 Baddbmm0",
    "alpha beta mat vec": "Addmv0",
    "alpha beta mat1 mat1_sym_sizes mat2 mat2_sym_sizes": "Addmm0",
    "alpha beta vec1 vec2": "Addr0",
    "alpha dim index source": "IndexAdd0",
    "alpha self": "Celu0 Elu0",
    "approximate self": "Gelu0",
    "beta reduction self target": "SmoothL1Loss0",
    "beta self threshold": "Softplus0",
    "blank input_lengths log_probs target_lengths targets zero_infinity": "CtcLoss0",
    "ceil_mode count_include_pad divisor_override kernel_size padding self stride": "AvgPool2D0 AvgPool3D0",
    "condition": "Where0",
    "correction dim keepdim result self": "Std0",
    "correction dim keepdim self": "StdMean0 Var0 VarMean0",
    "delta reduction self target": "HuberLoss0",
    "diagonal": "Tril0 Triu0",
    "dilation groups input output_padding padding stride weight": "Convolution0",
    "dim": "Cat0 Cumsum0 Split0 Unbind0 Unsqueeze0",
    "dim include_self index reduce result self source": "IndexReduce0",
    "dim include_self index reduce result self src": "ScatterReduce0",
    "dim index": "IndexFill0 IndexFill1 Scatter0 ScatterAdd0 SelectScatter0",
    "dim index self_sym_sizes": "IndexSelect0 Select0",
    "dim index source": "IndexCopy0",
    "dim keepdim ord result self": "LinalgVectorNorm0",
    "dim keepdim result self": "Amax0 Amin0 Logsumexp0 Prod1",
    "dim keepdim self": "Aminmax0 Nansum0",
    "dim keepdim self_sym_sizes": "Kthvalue0 Max0 Mean1 Median1 Min0 Mode0 Nanmedian1 Sum1",
    "dim maxnorm p self": "Renorm0",
    "dim other self": "LinalgCross0",
    "dim result": "LogSoftmax0 Softmax0",
    "dim result self": "Cumprod0 Logcumsumexp0",
    "dim self": "Cummax0 Cummin0 Gather0 Glu0",
    "dim self_sym_sizes": "Sort0 Sort1 SplitWithSizes0 Squeeze1 Squeeze2 Topk0",
    "dim self_sym_sizes start step": "Slice0",
    "dim start step": "SliceScatter0",
    "dim0 dim1": "Transpose0",
    "dim1 dim2 offset": "DiagEmbed0 DiagonalScatter0",
    "dim1 dim2 offset self_sym_sizes": "Diagonal0",
    "dims": "Flip0 Permute0",
    "dims k": "Rot900",
    "dims shifts": "Roll0",
    "downscale_factor": "PixelUnshuffle0",
    "end self weight": "Lerp1",
    "eps input normalized_shape weight": "NativeLayerNorm0",
    "eps input running_mean running_var weight": "NativeBatchNorm0",
    "eps input weight": "NativeGroupNorm0",
    "eps self": "Logit0",
    "exponent result self": "Pow1",
    "exponent self": "Pow0",
    "full_matrices": "LinalgSvd0",
    "groups": "ChannelShuffle0",
    "ignore_index reduction self target weight": "NllLoss0",
    "imag real": "Complex0",
    "index self": "Take0",
    "lambd self": "Hardshrink0 Softshrink0",
    "left result self transpose": "Ormqr0",
    "left result unitriangular upper": "LinalgSolveTriangular0",
    "margin p reduction self target weight": "MultiMarginLoss0",
    "mask": "MaskedFill0 MaskedFill1",
    "mask source_sym_sizes": "MaskedScatter0",
    "mat2 mat2_sym_sizes self self_sym_sizes": "Mm0",
    "mat2 self": "Bmm0",
    "max min self": "Clamp0 Clamp1",
    "max self": "ClampMax0 ClampMax1",
    "max_val min_val self": "Hardtanh0",
    "min self": "ClampMin0 ClampMin1",
    "mode": "LinalgQr0",
    "mode offsets padding_idx per_sample_weights scale_grad_by_freq weight": "EmbeddingBag0",
    "n self": "Polygamma0",
    "negative_slope self": "LeakyRelu0",
    "other p result self": "Dist0",
    "other result": "Ldexp0",
    "other result self": "Hypot0",
    "other rounding_mode self": "Div2",
    "other self": (
        "Atan20 Div0 Fmax0 Fmin0 Fmod1 Igamma0 Igammac0 Logaddexp0 Logaddexp20 Maximum0 Minimum0 Mul0 "
        "Nextafter0 Remainder1 SpecialXlog1Py0 SpecialZeta0 Vdot0 Xlogy0"
    ),
    "p result self": "Pdist0",
    "p result x1 x2": "Cdist0",
    "p self": "Mvlgamma0",
    "padding_idx scale_grad_by_freq": "Embedding0",
    "pivot": "LinalgLuFactorEx0",
    "pos_weight reduction self target weight": "BinaryCrossEntropyWithLogits0",
    "reduction self target": "MseLoss0 MultilabelMarginLoss0 SoftMarginLoss0",
    "reduction self target weight": "BinaryCrossEntropy0",
    "repeats self_sym_sizes": "Repeat0",
    "result": (
        "Exp0 Exp20 Expm10 LinalgPinv0 Polar0 Reciprocal0 Relu0 Rsqrt0 Sigmoid0 SpecialNdtri0 Sqrt0 Tan0 "
        "Tanh0"
    ),
    "result self": (
        "Copysign0 Max1 Median0 Min1 Nanmedian0 Prod0 Sgn0 SpecialErfcx0 SpecialI0E0 SpecialI10 SpecialI1E0 "
        "SpecialLogNdtr0"
    ),
    "result tau": "LinalgHouseholderProduct0",
    "result upper": "CholeskySolve0",
    "self": (
        "Abs0 Acos0 Acosh0 AdaptiveAvgPool2D0 AdaptiveAvgPool3D0 AdaptiveMaxPool2D0 AdaptiveMaxPool3D0 Angle0 "
        "Asin0 Asinh0 Atan0 Atanh0 Cos0 Cosh0 Digamma0 Erf0 Erfc0 Erfinv0 Hardsigmoid0 Hardswish0 I00 Lgamma0 "
        "Log0 Log100 Log1P0 Log20 LogSigmoid0 MaskedSelect0 Mish0 NanToNum0 Silu0 Sin0 Sinc0 Sinh0 "
        "SpecialEntr0"
    ),
    "self tensor": "Dot0",
    "self threshold": "Threshold0",
    "self vec": "Mv0",
    "self_sym_sizes": "Expand0 Mean0 Squeeze0 Sum0 Trace0 Unfold0 View0",
    "size storage_offset stride": "AsStrided0 AsStridedScatter0",
    "tensor1 tensor2 value": "Addcdiv0 Addcmul0",
    "upper": "LinalgCholeskyEx0",
    "upscale_factor": "PixelShuffle0",
    "weight": "Lerp0",
}  # fmt: skip
_ATTRIBUTES = {node: names for names, nodes in _NODES.items() for node in nodes.split()}
# Where an operation's parameter has another name here than in torch's formula.
_PARAMETERS = {"self": "input", "indices": "index"}
_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}
# Operations whose "dim" may be several, which torch keeps as a tuple.
_SEVERAL = {
    "amax",
    "amin",
    "linalg_vector_norm",
    "logsumexp",
    "mean",
    "nansum",
    "std",
    "std_mean",
    "sum",
    "var",
    "var_mean",
}


def _first(input: Any, *rest: Any) -> Any:
    return input


def _second(input: Any, other: Any) -> Any:
    return other


def _turned(input: Any, weight: Any, bias: Any = None) -> Any:
    return weight.t()


def _one(*operands: Any) -> Any:
    return 1


# What torch's nodes keep of operations that it composes of others: a function of the operation's arguments.
_COMPOSED: dict[tuple[str, str], Callable[..., Any]] = {
    ("linear", "mat1"): _first,
    ("linear", "self"): _first,
    ("linear", "mat2"): _turned,
    ("linear", "alpha"): _one,
    ("linear", "beta"): _one,
    ("matmul", "self"): _first,
    ("matmul", "mat2"): _second,
}


class SavedTensor:
    """A tensor that a node saved, as ``_raw_saved_self`` gives it.

    Args:
        node: the node.
        index: the number of its operand.
    """

    def __init__(self, node: GradNode, index: int) -> None:
        self.node = node
        self.index = index

    def register_hooks(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Keep what ``pack_hook`` makes of the tensor, and use in backward what ``unpack_hook`` makes of that.

        https://docs.pytorch.org/docs/stable/notes/autograd.html#saved-tensors-hooks-doc

        Args:
            pack_hook: called at once with the tensor.
            unpack_hook: called in backward with what it returned; gives a tensor.

        Raises:
            RuntimeError: the tensor has hooks already, or was freed.
        """
        if self.node.inputs is None:
            if self.node.extra is not None and self.node.extra.packed is not None:
                raise RuntimeError(
                    "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair "
                    "of hooks is allowed at a time."
                )
            raise RuntimeError(FREED)
        keep_one(HookSaver(pack_hook, unpack_hook), self.node, self.index)


def saved_attributes(name: str) -> dict[str, Any]:
    """The properties of the nodes of a name.

    Args:
        name: ``MulBackward0``.
    """
    found: dict[str, Any] = {}
    for attribute in _ATTRIBUTES.get(name.replace("Backward", ""), "").split():
        found[f"_saved_{attribute}"] = property(functools.partial(_saved, attribute))
        if attribute in ("self", "result", "other", "weight", "input", "mat1", "mat2"):
            found[f"_raw_saved_{attribute}"] = property(functools.partial(_raw, attribute))
    return found


def _saved(attribute: str, node: GradNode) -> Any:
    signature = node.signature
    assert signature.op is not None
    inputs = node.inputs
    extra = node.extra
    if inputs is None and extra is not None and extra.packed is not None:
        inputs = extra.packed.unpack(())
    composed = signature.op.name
    arguments = dict(zip(signature.op.parameters, _arguments(node, inputs), strict=True))
    if attribute == "result":
        return _result(node, inputs)
    sizes = attribute.endswith("_sizes")
    plain = attribute.removesuffix("_sym_sizes") if sizes else attribute
    if (composed, plain) in _COMPOSED:
        found = _COMPOSED[composed, plain](*arguments.values())
    else:
        found = arguments[plain if plain in arguments else _PARAMETERS.get(plain, plain)]
    if sizes:
        return tuple(found.shape)
    if not isinstance(found, _Operand):
        if attribute == "reduction":
            return _REDUCTIONS[found]
        return (
            (found,) if attribute == "dim" and type(found) is int and signature.op.name in _SEVERAL else found
        )
    return found.tensor()


class _Operand:
    """An operand of a node, to be looked at."""

    def __init__(self, node: GradNode, index: int, value: Value | None) -> None:
        self.node = node
        self.index = index
        self.value = value
        self.shape = node.signature.avals[index].shape

    def tensor(self) -> Any:
        """The tensor; None where the gradient does not look at it.

        Raises:
            RuntimeError: it was freed.
        """
        node = self.node
        if not node.signature.gradient_reads(node.wanted, self.index):
            return None
        if self.value is None:
            raise RuntimeError(FREED)
        edge = node.edges[self.index]
        return wrap(self.value) if edge is None else tensor_of(Gradient(self.value, edge))

    def t(self) -> Any:
        """The transposed tensor, for what torch composes."""
        return _Transposed(self.node, self.index, self.value)


class _Transposed(_Operand):
    def __init__(self, node: GradNode, index: int, value: Value | None) -> None:
        super().__init__(node, index, value)
        self.shape = self.shape[::-1]

    def tensor(self) -> Any:
        found = super().tensor()
        return None if found is None else found.t()


def _arguments(node: GradNode, inputs: Any) -> list[Any]:
    """The operation's arguments: operands, numbers and what else it was called with."""
    signature = node.signature
    operands = [_Operand(node, i, None if inputs is None else inputs[i]) for i in range(len(signature.avals))]
    assert signature.arguments is not None
    return signature.arguments([*operands, *node.numbers])


def _result(node: GradNode, inputs: Any) -> Any:
    if inputs is None:
        raise RuntimeError(FREED)
    values = apply_values(node.signature, tuple(inputs), node.numbers)[0]
    return tensor_of(Gradient(values[0], (node, 0)))


def _raw(attribute: str, node: GradNode) -> Any:
    signature = node.signature
    if attribute == "result":
        return SavedTensor(node, 0)
    assert signature.op is not None
    arguments = dict(zip(signature.op.parameters, _arguments(node, node.inputs), strict=True))
    operand = arguments.get(_PARAMETERS.get(attribute, attribute))
    return SavedTensor(node, operand.index) if type(operand) is _Operand else None
