"""Checking gradients against finite differences: https://docs.pytorch.org/docs/stable/autograd.html#numerical-gradient-checking"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._autograd.backward import run_backward
from .._autograd.gradient import Gradient, tensor_of
from .._tensor.core import tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.gradients import edge_of_any, roots
from .._tensor.making import make_tensor
from .._tensor.random import randn_like
from ..ops.shape_rearrange import imag, real
from ._differences import (
    array,
    forward_derivatives,
    gradients,
    is_differentiable,
    numerical_jacobian,
    numerical_jvp,
)

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

Array = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """A gradient is not what finite differences say."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of a function with finite differences.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html

    Args:
        func: takes the inputs, returns a tensor or several.
        inputs: a tensor or a tuple; those that require grad, of dtype float64 or complex128, are checked.
        eps: the step of the differences.
        atol: how much a derivative may differ.
        rtol: how much it may differ, relative to its size.
        raise_exception: raise an error on a difference; else return False.
        nondet_tol: how much two runs of backward may differ.
        check_undefined_grad: check that zero or missing gradients of the outputs give zero.
        check_grad_dtypes: check the gradients' dtypes.
        check_batched_grad: check that a batch of gradients gives what its parts give.
        check_batched_forward_grad: the same in forward mode.
        check_forward_ad: check forward mode too.
        check_backward_ad: check backward.
        fast_mode: compare along one random direction of each input and output.
        masked: for sparse tensors; strided ones do not depend on it.

    Returns:
        True, or False on a difference.

    Raises:
        GradcheckError: a difference.
        ValueError: no input requires grad.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradcheck(torch.sin, (x,))
        True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    given = (inputs,) if type(inputs) in TENSOR_TYPES else tuple(inputs)
    check = _Check(func, given, eps, atol, rtol, fast_mode)
    try:
        check.inputs_are_fit()
        if check.has_no_differentiable_output():
            return True
        for part in check.parts():
            if check_backward_ad:
                part.backward_matches(nondet_tol, check_grad_dtypes)
            if check_forward_ad:
                part.forward_matches(check_batched_forward_grad)
        if check_batched_grad:
            check.batched_matches()
        if check_undefined_grad and check_backward_ad:
            check.undefined_gives_zero()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


class _Check:
    """One function at one point."""

    def __init__(
        self, func: Any, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, fast: bool
    ) -> None:
        self.func = func
        self.inputs = inputs
        self.eps, self.atol, self.rtol, self.fast = eps, atol, rtol, fast
        self.places = [i for i, x in enumerate(inputs) if is_differentiable(x)]

    def outputs(self, *inputs: Any) -> tuple[Any, ...]:
        """All outputs."""
        result = self.func(*inputs)
        return (result,) if not isinstance(result, (tuple, list)) else tuple(result)

    def differentiable(self, *inputs: Any) -> tuple[Any, ...]:
        """The outputs with a gradient."""
        return tuple([o for o in self.outputs(*inputs) if o.requires_grad])

    def inputs_are_fit(self) -> None:
        for i in self.places:
            x = self.inputs[i]
            if array(x).dtype not in (np.float64, np.complex128):
                warnings.warn(
                    f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                    "will likely fail if all the inputs are not of double precision floating point or complex. ",
                    stacklevel=3,
                )
            if any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape, strict=True)):
                raise RuntimeError(
                    f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                    "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                    ".contiguous on the input before passing it to gradcheck."
                )
            x.retain_grad()
        if not self.places:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of them have "
                "requires_grad=True."
            )

    def has_no_differentiable_output(self) -> bool:
        """Whether there is none, and rightly so."""
        if self.differentiable(*self.inputs):
            return False
        for i in self.places:
            for jacobian in numerical_jacobian(self.outputs, self.inputs, i, self.eps):
                if np.abs(jacobian).max(initial=0) > 0:
                    raise GradcheckError("Numerical gradient for function expected to be zero")
        return True

    def parts(self) -> list[_Part]:
        """The check for real outputs; for complex ones one each for their real and imaginary parts."""
        if not any(o.is_complex() for o in self.differentiable(*self.inputs)):
            return [_Part(self, self.differentiable, "")]
        found = []
        for name, take in (("imaginary", imag), ("real", real)):

            def outputs(*inputs: Any, take: Any = take) -> tuple[Any, ...]:
                return tuple([take(o) if o.is_complex() else o for o in self.differentiable(*inputs)])

            found.append(_Part(self, outputs, f"While considering the {name} part of complex outputs only, "))
        return found

    def batched_matches(self) -> None:
        """A batch of gradients against each of them alone."""
        outputs = self.differentiable(*self.inputs)
        wanted = [self.inputs[i] for i in self.places]
        for k, o in enumerate(outputs):
            given = [randn_like(o.detach()) for _ in range(2)]
            stacked = tensor_from_array(np.stack([array(g) for g in given]))
            together = gradients([o], wanted, [stacked], batch=2)
            alone = [gradients([o], wanted, [g]) for g in given]
            for i, whole in enumerate(together):
                if whole is None:
                    continue
                parts = np.stack([array(a[i]) for a in alone])
                if not np.allclose(array(whole), parts, rtol=1e-5, atol=1e-8):
                    raise GradcheckError(
                        f"For output {k} and input {i}: the gradients of a batch are not those of its parts:\n"
                        f"batch:\n{array(whole)}\nparts:\n{parts}"
                    )

    def undefined_gives_zero(self) -> None:
        """Undefined gradients of all outputs, and zeros of all or all but one, give zero or undefined gradients."""
        outputs = self.differentiable(*self.inputs)
        wanted = [self.inputs[i] for i in self.places]
        for node in {id(o.grad_fn): o.grad_fn for o in outputs}.values():
            # Of recorded operations it is so by themselves; a Function is asked.
            if node is not None and node.compute is not None:
                self._check_zero(node.compute, [None] * len(node.signature.out), False)
        for some in [outputs, *([(o,) for o in outputs] if len(outputs) > 1 else [])]:
            zeros = [tensor_from_array(np.zeros_like(array(o))) for o in some]
            self._check_zero(gradients, some, wanted, zeros)

    def _check_zero(self, backward: Callable[..., Sequence[Any]], *args: Any) -> None:
        try:
            found = backward(*args)
        except RuntimeError as error:
            raise GradcheckError(
                'Expected backward function to handle undefined output grads. Please look at "Notes about '
                'undefined output gradients" in "tools/autograd/derivatives.yaml"'
            ) from error
        found = [tensor_of(g) if isinstance(g, Gradient) else g for g in found]
        if any(g is not None and np.abs(array(g)).max(initial=0) > 0 for g in found):
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are undefined or zero. "
                'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
            )


_FAST = (
    "The above quantities relating the numerical and analytical jacobians are computed \nin fast mode. See: "
    "https://github.com/pytorch/pytorch/issues/53876 for more background \nabout fast mode. Below, we recompute "
    "numerical and analytical jacobians in slow mode:\n\n"
)


class _Part:
    """The check of real-valued outputs."""

    def __init__(self, check: _Check, outputs: Callable[..., tuple[Any, ...]], prefix: str) -> None:
        self.check = check
        self.outputs = outputs
        self.prefix = prefix
        self.numerical: dict[int, list[Array]] = {}

    def _numerical(self, place: int) -> list[Array]:
        if place not in self.numerical:
            self.numerical[place] = numerical_jacobian(self.outputs, self.check.inputs, place, self.check.eps)
        return self.numerical[place]

    def backward_matches(self, nondet_tol: float, check_dtypes: bool) -> None:
        """Compare backward with differences, and with itself run again."""
        check = self.check
        outputs = self.outputs(*check.inputs)
        wanted = [check.inputs[i] for i in check.places]
        if check.fast:
            self._fast(outputs, wanted)
        else:
            for k, o in enumerate(outputs):
                first, again = (self._by_backward(o, wanted, check_dtypes) for _ in range(2))
                for i, place in enumerate(check.places):
                    self._compare(first[i], self._numerical(place)[k], k, i)
                    if np.abs(first[i] - again[i]).max(initial=0) > nondet_tol:
                        raise GradcheckError(
                            "Backward is not reentrant, i.e., running backward with same input and grad_output "
                            "multiple times gives different values, although analytical gradient matches numerical "
                            f"gradient.The tolerance for nondeterminism was {nondet_tol}."
                        )

    def _by_backward(self, output: Any, wanted: Sequence[Any], check_dtypes: bool) -> list[Array]:
        """The Jacobians of an output by all inputs, a row of gradients for each of its elements."""
        columns: list[list[Array]] = [[] for _ in wanted]
        for j in range(output.numel()):
            one = np.zeros(output.numel(), array(output).dtype)
            one[j] = 1
            found = gradients([output], wanted, [tensor_from_array(one.reshape(output.shape))])
            for column, gradient, x in zip(columns, found, wanted, strict=True):
                if gradient is not None and tuple(gradient.shape) != tuple(x.shape):
                    raise GradcheckError("Analytical gradient has incorrect size")
                if gradient is not None and check_dtypes and gradient.dtype != x.dtype:
                    raise GradcheckError("Gradient has dtype mismatch")
                column.append(np.zeros(x.numel()) if gradient is None else array(gradient).reshape(-1))
        return [
            np.stack(c, 1) if c else np.zeros((x.numel(), 0)) for c, x in zip(columns, wanted, strict=True)
        ]

    def _fast(self, outputs: Sequence[Any], wanted: Sequence[Any]) -> None:
        """Compare along one random direction of each input and each output."""
        check = self.check
        random = np.random.RandomState(0)
        for i, place in enumerate(check.places):
            direction = random.rand(wanted[i].numel())
            direction /= np.linalg.norm(direction)
            by_difference = numerical_jvp(self.outputs, check.inputs, place, direction, check.eps)
            for k, o in enumerate(outputs):
                weight = random.rand(o.numel())
                (gradient,) = gradients([o], [wanted[i]], [tensor_from_array(weight.reshape(o.shape))])
                flat = np.zeros(wanted[i].numel()) if gradient is None else array(gradient).reshape(-1)
                analytical, numerical = direction @ flat, by_difference[k] @ weight
                # Sums over many elements: their errors add up.
                atol = check.atol * weight.sum() * direction.sum()
                if not np.isclose(analytical, numerical, rtol=check.rtol, atol=atol):
                    slow = tensor_from_array(self._numerical(place)[k])
                    exact = tensor_from_array(self._by_backward(o, wanted, False)[i])
                    raise GradcheckError(
                        f"{self.prefix}Jacobian mismatch for output {k} with respect to input {i},\n"
                        f"numerical:{numerical}\nanalytical:{analytical}\n\n{_FAST}Numerical:\n {slow}\nAnalytical:\n"
                        f"{exact}\n\nThe max per-element difference (slow mode) is: {(slow - exact).abs().max()}.\n"
                    )

    def forward_matches(self, check_batched: bool) -> None:
        """Compare forward mode with differences."""
        check = self.check
        for i, place in enumerate(check.places):
            x = check.inputs[place]
            basis = list(np.eye(x.numel()))
            units = [*basis, *[1j * b for b in basis]] if x.is_complex() else basis
            pushed = forward_derivatives(self.outputs, check.inputs, place, units)
            for k, numerical in enumerate(self._numerical(place)):
                rows = [
                    np.zeros(numerical.shape[1]) if row[k] is None else array(row[k]).reshape(-1)
                    for row in pushed
                ]
                jacobian = np.stack(rows[: len(basis)])
                if x.is_complex():
                    jacobian = jacobian + 1j * np.stack(rows[len(basis) :])
                self._compare(jacobian, numerical, k, i, "Jacobian computed with forward mode mismatch")
            if check_batched and len(units) > 1:
                self._linear(pushed, check, place, units)

    def _linear(
        self, pushed: Sequence[Sequence[Any]], check: _Check, place: int, units: Sequence[Array]
    ) -> None:
        """Tangents taken together against their sum: forward mode maps over a batch of tangents."""
        (both,) = forward_derivatives(self.outputs, check.inputs, place, [units[0] + units[1]])
        for whole, a, b in zip(both, pushed[0], pushed[1], strict=True):
            if whole is not None and not np.allclose(array(whole), array(a) + array(b)):
                raise GradcheckError(
                    "While computing batched forward gradients: they are not those of the parts"
                )

    def _compare(
        self, analytical: Array, numerical: Array, output: int, input: int, what: str = "Jacobian mismatch"
    ) -> None:
        if not np.allclose(analytical, numerical, rtol=self.check.rtol, atol=self.check.atol):
            numerical = numerical.astype(analytical.dtype)
            raise GradcheckError(
                f"{self.prefix}{what} for output {output} with respect to input {input},\n"
                f"numerical:{tensor_from_array(numerical)}\nanalytical:{tensor_from_array(analytical)}\n"
            )


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of a function's gradients with finite differences.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html

    Args:
        func: takes the inputs, returns a tensor or several.
        inputs: a tensor or a tuple; those that require grad, of dtype float64 or complex128, are checked.
        grad_outputs: the gradients of the outputs; drawn at random, PyTorch's numbers, if not given.
        eps: the step of the differences.
        atol: how much a derivative may differ.
        rtol: how much it may differ, relative to its size.
        gen_non_contig_grad_outputs: draw every second element of larger gradients.
        raise_exception: raise an error on a difference; else return False.
        nondet_tol: how much two runs of backward may differ.
        check_undefined_grad: check that zero or missing gradients of the outputs give zero.
        check_grad_dtypes: check the gradients' dtypes.
        check_batched_grad: check that a batch of gradients gives what its parts give.
        check_fwd_over_rev: check forward mode of the gradients too.
        check_rev_over_rev: check backward of the gradients.
        fast_mode: compare along one random direction of each input and output.
        masked: for sparse tensors; strided ones do not depend on it.

    Returns:
        True, or False on a difference.

    Raises:
        GradcheckError: a difference.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradgradcheck(torch.sin, (x,))
        True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    for name, asked in (("undefined", check_undefined_grad), ("batched", check_batched_grad)):
        if asked and not check_rev_over_rev:
            raise AssertionError(f"Setting check_{name}_grad=True requires check_rev_over_rev to be True")
    given = (inputs,) if type(inputs) in TENSOR_TYPES else tuple(inputs)
    check = _Check(func, given, eps, atol, rtol, fast_mode)
    if grad_outputs is None:
        more: dict[str, Any] = {"requires_grad": True, "noncontiguous": gen_non_contig_grad_outputs}
        grads = tuple(
            [
                make_tensor(o.shape, dtype=o.dtype, device=o.device, low=-1, high=1, **more)
                for o in check.differentiable(*given)
            ]
        )
    else:
        grads = (grad_outputs,) if type(grad_outputs) in TENSOR_TYPES else tuple(grad_outputs)
    n = len(grads)

    def gradients_of(*args: Any) -> tuple[Any, ...]:
        own, cotangents = args[: len(args) - n], args[len(args) - n :]
        outputs = check.differentiable(*own)
        targets = [x for x in own if is_differentiable(x)]
        found = run_backward(
            roots(outputs, cotangents),
            retain_graph=True,
            create_graph=True,
            accumulate=None,
            targets=[edge_of_any(t) for t in targets],
        )
        return tuple([tensor_of(found[i]) for i in range(len(targets)) if i in found])

    return gradcheck(
        gradients_of,
        (*given, *grads),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )
