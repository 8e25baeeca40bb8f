"""The text of a tensor, equal to torch's, from the NumPy array of its values.

Only the elements that appear in the text are read: a summary of a large array costs what a small array costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from jaxlearn._dtypes import bool as bool_dtype
from jaxlearn._dtypes import complex64, complex128, float8_e8m0fnu, float64, get_default_dtype, int64
from jaxlearn._dtypes import dtype as Dtype
from jaxlearn._tensor.printing_options import OPTIONS, get_printoptions, printoptions, set_printoptions

__all__ = ["get_printoptions", "meta_str", "printoptions", "set_printoptions", "structseq_repr", "tensor_str"]


def tensor_str(
    array: np.ndarray,
    *,
    dtype: Dtype,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    is_parameter: bool = False,
    device: str | None = None,
    layout: str | None = None,
    indent: int = 0,
    name: str = "tensor",
    tangent: object = None,
) -> str:
    """The text torch's ``repr`` gives for a tensor of these values.

    Args:
        array: the values, any shape; half, bfloat16 and 8-bit floats in ``ml_dtypes``' types.
        dtype: the tensor's dtype.
        requires_grad: whether ``requires_grad=True`` is shown; ``grad_fn_name`` takes its place.
        grad_fn_name: the name shown as ``grad_fn=<AddBackward0>``.
        is_parameter: whether ``Parameter containing:`` stands above.
        device: the device's name where it is to be shown, thus not for the default device.
        layout: the layout's name where it is not strided.
        indent: columns that the text will be moved to the right, which later lines are given too.
        name: what stands before the bracket, of a subclass its name.
        tangent: of a dual tensor.

    Returns:
        The text, without a line end.

    Example::

        >>> from jaxlearn._dtypes import float32
        >>> print(tensor_str(np.float32([[1.5, 2], [3, 4]]), dtype=float32, requires_grad=True))
        tensor([[1.5000, 2.0000],
                [3.0000, 4.0000]], requires_grad=True)
    """
    prefix = name + "("
    column = indent + len(prefix)
    empty = array.size == 0
    body = prefix + ("[]" if empty else _values_str(array, column))
    shape_is_hidden = array.ndim != 1 if empty else OPTIONS.edgeitems == 0
    suffixes = []
    if device is not None:
        suffixes.append(f"device='{device}'")
    if shape_is_hidden:
        suffixes.append(f"size={array.shape}")
    if not _is_implied(dtype, empty=empty):
        suffixes.append(f"dtype={dtype}")
    if layout is not None:
        suffixes.append(f"layout={layout}")
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    text = _with_suffixes(body, suffixes, indent, column)
    return "Parameter containing:\n" + text if is_parameter else text


def meta_str(
    shape: Sequence[int],
    *,
    dtype: Dtype,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    is_parameter: bool = False,
    name: str = "tensor",
) -> str:
    """The text torch's ``repr`` gives for a tensor without data.

    Args:
        shape: its sizes.
        dtype: its dtype.
        requires_grad: whether ``requires_grad=True`` is shown; ``grad_fn_name`` takes its place.
        grad_fn_name: the name shown as ``grad_fn=<AddBackward0>``.
        is_parameter: whether ``Parameter containing:`` stands above.
        name: what stands before the bracket, of a subclass its name.

    Example::

        >>> from jaxlearn._dtypes import float32
        >>> meta_str((2, 3), dtype=float32)
        "tensor(..., device='meta', size=(2, 3))"
    """
    suffixes = ["device='meta'", f"size={tuple(shape)}"]
    if not _is_implied(dtype, empty=False):
        suffixes.append(f"dtype={dtype}")
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    text = f"{name}(..., {', '.join(suffixes)})"
    return "Parameter containing:\n" + text if is_parameter else text


def structseq_repr(name: str, fields: Sequence[tuple[str, object]]) -> str:
    """The text of a named result such as ``torch.return_types.max``.

    Args:
        name: the function's name, ``max`` or ``linalg_eigh``.
        fields: pairs of a field's name and its value.

    Returns:
        The text, a field per line.

    Example::

        >>> print(structseq_repr("max", [("values", 3.0), ("indices", 1)]))
        torch.return_types.max(
        values=3.0,
        indices=1)
    """
    return f"torch.return_types.{name}(\n" + ",\n".join(f"{key}={value!r}" for key, value in fields) + ")"


def _is_implied(dtype: Dtype, *, empty: bool) -> bool:
    """Whether a reader knows the dtype without being told."""
    default = get_default_dtype()
    if dtype is default:
        return True
    if empty:
        return False
    return dtype in (int64, bool_dtype, complex128 if default is float64 else complex64)


def _with_suffixes(body: str, suffixes: Sequence[str], indent: int, column: int) -> str:
    line_start = body.rfind("\n")
    # torch takes the line for two characters longer than it is, and where lines break depends on that.
    width = len(body) - line_start + 1 + (indent if line_start < 0 else 0)
    parts = [body]
    for suffix in suffixes:
        if width + len(suffix) + 2 > OPTIONS.linewidth:
            parts.append(",\n" + " " * column + suffix)
            width = column + len(suffix)
        else:
            parts.append(", " + suffix)
            width += len(suffix) + 2
    return "".join(parts) + ")"


def _values_str(array: np.ndarray, column: int) -> str:
    cut = [False] * array.ndim
    shown = array
    if array.size > OPTIONS.threshold and array.ndim:
        edge = OPTIONS.edgeitems
        if edge == 0:
            return "[...]"
        cut = [extent > 2 * edge for extent in array.shape]
        rows = [
            np.r_[:edge, extent - edge : extent] if is_cut else np.arange(extent)
            for extent, is_cut in zip(array.shape, cut, strict=True)
        ]
        shown = array[np.ix_(*rows)]
    texts, width = _element_strs(shown)
    return _nest(texts, shown.shape, cut, column, width)


def _nest(texts: Sequence[str], shape: Sequence[int], cut: Sequence[bool], column: int, width: int) -> str:
    """Bracket the elements of an array whose opening bracket stands at ``column``."""
    if not shape:
        return texts[0]
    half = shape[0] // 2  # where a cut dimension has its dots
    if len(shape) == 1:
        items = list(texts)
        if cut[0]:
            items.insert(half, " ...")
        per_line = max(1, int((OPTIONS.linewidth - column) // (width + 2)))
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (column + 1)).join(lines) + "]"
    stride = len(texts) // shape[0]
    blocks = [
        _nest(texts[i * stride : (i + 1) * stride], shape[1:], cut[1:], column + 1, width)
        for i in range(shape[0])
    ]
    if cut[0]:
        blocks.insert(half, "...")
    return "[" + ("," + "\n" * (len(shape) - 1) + " " * (column + 1)).join(blocks) + "]"


def _element_strs(array: np.ndarray) -> tuple[list[str], int]:
    """The text of each element in order, and the width by which lines are filled."""
    kind = array.dtype.kind
    flat = array.reshape(-1)
    if kind in "biu":
        texts = [str(value) for value in flat.tolist()]
        width = max(map(len, texts))
        return [text.rjust(width) for text in texts], width
    if kind == "c":
        wide = flat.astype(np.complex128)
        real, real_width = _float_strs(wide.real)
        imag, imag_width = _float_strs(wide.imag)
        texts = [a + _signed(b.lstrip(" ")) + "j" for a, b in zip(real, imag, strict=True)]
        return texts, real_width + imag_width + 1
    values = flat.astype(np.float64)
    if array.dtype == float8_e8m0fnu._np:
        # This type has no zero and no infinity: torch takes its smallest value for zero and NaN for a number.
        return _float_strs(values, values != 2.0**-127)
    return _float_strs(values)


def _signed(text: str) -> str:
    return text if text.startswith("-") else "+" + text


def _float_strs(values: np.ndarray, counts: np.ndarray | None = None) -> tuple[list[str], int]:
    counted = values[np.isfinite(values) & (values != 0) if counts is None else counts]
    write, width = _float_format(counted)
    return [write(value).rjust(width) for value in values.tolist()], width


def _float_format(counted: np.ndarray) -> tuple[Callable[[float], str], int]:
    """How to write floats next to each other, and how wide, judged by those that count: the finite nonzero ones."""
    if counted.size == 0:
        return _write_integral, 1
    precision = OPTIONS.precision
    sci_mode = OPTIONS.sci_mode
    if sci_mode is None:
        sci_mode = _needs_exponent(np.abs(counted))
    if sci_mode:
        write: Callable[[float], str] = f"{{:.{precision}e}}".format
    elif np.all(counted == np.ceil(counted)):
        write = _write_integral
    else:
        write = f"{{:.{precision}f}}".format
    return write, max(len(write(value)) for value in counted.tolist())


def _needs_exponent(magnitudes: np.ndarray) -> bool:
    smallest, largest = float(magnitudes.min()), float(magnitudes.max())
    return largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4


def _write_integral(value: float) -> str:
    text = f"{value:.0f}"
    return text if text in ("nan", "inf", "-inf") else text + "."
