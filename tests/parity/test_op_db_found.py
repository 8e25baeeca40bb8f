"""What exhaustive runs of the operator database, and perturbed samples of it, found: one small case of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

NAN = float("nan")


@pytest.mark.parametrize("dtype", ["int64", "int32", "float32", "float64"])
@pytest.mark.parametrize(("start", "end"), [(1, 1.2), (4.3, -3), (1.7, 4)])
def test_whole_exponents_of_a_logspace(dtype: str, start: float, end: float) -> None:
    for steps in (1, 2, 5):
        same(lambda torch: torch.logspace(start, end, steps, 2.0, dtype=getattr(torch, dtype)))  # noqa: B023


WHOLE: dict[str, Callable[..., Any]] = {
    "margin ranking": lambda F, x, y, t: F.margin_ranking_loss(x, y, x + y, margin=0.5),
    "triplet": lambda F, x, y, t: F.triplet_margin_loss(x, y, x + y, swap=True),
    "triplet with a distance": lambda F, x, y, t: F.triplet_margin_with_distance_loss(x, y, x + y),
    "cosine embedding": lambda F, x, y, t: F.cosine_embedding_loss(x, y, t),
    "poisson": lambda F, x, y, t: F.poisson_nll_loss(x, y, full=True),
    "gaussian": lambda F, x, y, t: F.gaussian_nll_loss(x, y, (x * 0 + 2.0)),
    "hinge, no mean": lambda F, x, y, t: F.hinge_embedding_loss(x, y),
    "hinge": lambda F, x, y, t: F.hinge_embedding_loss(x, y, margin=1.7, reduction="sum"),
    "distance": lambda F, x, y, t: F.pairwise_distance(x, y, p=3),
    "response norm": lambda F, x, y, t: F.local_response_norm(x[None], 3, alpha=0.5),
    "response norm of nothing": lambda F, x, y, t: F.local_response_norm(x[None, :, :0], 3),
    "divergence": lambda F, x, y, t: F.kl_div(x, y),
    "soft margin": lambda F, x, y, t: F.soft_margin_loss(x, y),
    "labels": lambda F, x, y, t: F.multilabel_soft_margin_loss(x, y),
    "margins": lambda F, x, y, t: F.multi_margin_loss(x, t.abs()),
    "mean square norm": lambda F, x, y, t: F.rms_norm(x, (4,)),
    "maxima of sequences": lambda F, x, y, t: F.max_pool1d(x[None], 2),
    "means of sequences": lambda F, x, y, t: F.avg_pool1d(x[None], 2),
    "means of images, int32": lambda F, x, y, t: F.avg_pool2d(x[None].int(), 2),
    "blocks": lambda F, x, y, t: F.unfold(x[None, None], 2),
    "slope": lambda F, x, y, t: F.prelu(x, t[:1]),
    "adaptive": lambda F, x, y, t: F.adaptive_avg_pool1d(x[None], 2),
}


@pytest.mark.parametrize("name", WHOLE)
def test_integers_in_nn_functional(name: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.arange(12).reshape(3, 4) % 5 - 2
        return WHOLE[name](torch.nn.functional, x, x * 2 + 1, torch.tensor([1, -1, 1]))

    same(program, message=True)


REAL = {
    "absolute error": lambda F, x, y: F.l1_loss(x, y),
    "distance": lambda F, x, y: F.pairwise_distance(x, y),
    "triplet with a distance": lambda F, x, y: F.triplet_margin_with_distance_loss(x, y, x + y),
    "squashed": lambda F, x, y: F.hardtanh(x),
    "smooth": lambda F, x, y: F.gelu(x),
}


@pytest.mark.parametrize("name", REAL)
def test_complex_numbers_in_nn_functional(name: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([[1 + 2j, -3j], [0.5 + 0j, -1 - 1j]], requires_grad=True)
        loss = REAL[name](torch.nn.functional, x, x.detach() * (2 - 1j) + 1)
        (gradient,) = torch.autograd.grad(loss.abs().sum(), x)
        return loss, gradient.resolve_conj()

    same(program, message=True)


def test_angles_of_running_logarithms_go_on() -> None:
    def program(torch: Any) -> Any:
        x = torch.complex(torch.arange(12.0).reshape(3, 4) % 5, torch.arange(12.0).reshape(3, 4) * 1.7)
        x.requires_grad_()
        y = torch.logcumsumexp(x, 1)
        return y, torch.autograd.grad(y.real.sum() + 2 * y.imag.sum(), x)[0].resolve_conj()

    same(program)


RESIZED: dict[str, Callable[..., Any]] = {
    "bilinear": lambda F, x: F.interpolate(x, size=(9, 7), mode="bilinear"),
    "bilinear, corners": lambda F, x: F.interpolate(x, size=(4, 9), mode="bilinear", align_corners=True),
    "bilinear, smaller": lambda F, x: F.interpolate(x, scale_factor=0.6, mode="bilinear"),
    "antialias": lambda F, x: F.interpolate(x, size=(3, 3), mode="bilinear", antialias=True),
    "bicubic": lambda F, x: F.interpolate(x, size=(9, 7), mode="bicubic"),
    "area": lambda F, x: F.interpolate(x, size=(3, 4), mode="area"),
    "adaptive": lambda F, x: F.adaptive_avg_pool2d(x, (3, 8)),
    "adaptive to nothing": lambda F, x: F.adaptive_avg_pool2d(x.detach(), (0, 2)),
    "maxima to nothing": lambda F, x: F.adaptive_max_pool2d(x.detach(), (0, 2)),
}


@pytest.mark.parametrize("name", RESIZED)
def test_no_number_stays_where_it_is_used(name: str) -> None:
    """NaN in one element, and then in one element of the gradient, reaches those that are computed from it."""

    def program(torch: Any) -> Any:
        values = np.arange(50, dtype=np.float32).reshape(1, 2, 5, 5) / 7
        values[0, 1, 2, 3] = NAN
        x = torch.tensor(values, requires_grad=True)
        y = RESIZED[name](torch.nn.functional, x)
        weight = torch.arange(float(y.numel())).reshape(y.shape) / 9 - 1
        if y.numel():
            weight[0, 0, 1, 1] = NAN
        return (y, torch.autograd.grad(y, x, weight)[0]) if y.requires_grad else y

    same(program)


def test_many_elements_in_a_mean() -> None:
    """Windows wider than those that are added element by element, and their gradient, twice."""

    def program(torch: Any) -> Any:
        x = (torch.arange(120.0, dtype=torch.float64).reshape(1, 2, 60) % 7).requires_grad_()
        y = torch.nn.functional.adaptive_avg_pool1d(x, 7)
        (g,) = torch.autograd.grad((y**2).sum(), x, create_graph=True)
        return y, g, torch.autograd.grad((g**2).sum(), x)[0]

    same(program)


OUT: dict[str, Callable[..., Any]] = {
    "zeros": lambda t, out: t.zeros(3, out=out),
    "another dtype": lambda t, out: t.ones(3, dtype=t.float32, out=out),
    "full": lambda t, out: t.full((3,), 2.5, out=out),
    "arange": lambda t, out: t.arange(3, out=out),
    "linspace": lambda t, out: t.linspace(0, 1, 3, out=out),
    "logspace": lambda t, out: t.logspace(0, 1, 3, out=out),
    "randint": lambda t, out: t.randint(0, 5, (3,), out=out),
    "randperm": lambda t, out: t.randperm(3, out=out),
    "absolute": lambda t, out: t.abs(t.tensor([1.0, -2, 3]), out=out),
    "magnitude": lambda t, out: t.abs(t.tensor([1 + 1j, -2, 3j]), out=out),
    "places": lambda t, out: t.argmax(t.ones(2, 3), 0, out=out),
    "clipped": lambda t, out: t.clamp(t.tensor([1.0, -2, 3]), 0, 1, out=out),
    "drawn": lambda t, out: t.multinomial(t.ones(3), 3, out=out),
    "searched": lambda t, out: t.searchsorted(t.arange(3.0), t.ones(3), out=out),
}


@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize("name", OUT)
def test_out_of_another_dtype(name: str, dtype: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        return OUT[name](torch, torch.full((3,), 7, dtype=getattr(torch, dtype)))

    same(program)


@pytest.mark.parametrize("function", ["max", "min", "median", "nanmedian"])
def test_out_of_values_and_places(function: str) -> None:
    for dtypes in (("float64", "int64"), ("float32", "int32"), ("float32", "int64")):

        def program(torch: Any, dtypes: tuple[str, str] = dtypes) -> Any:
            values, places = (torch.zeros(3, dtype=getattr(torch, d)) for d in dtypes)
            return tuple(getattr(torch, function)(torch.arange(6.0).reshape(2, 3), 0, out=(values, places)))

        same(program)


def test_draws_of_a_transposed_matrix() -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        weights = torch.rand(5, 7).t()
        expanded = torch.multinomial(weights[:1].expand(7, 5), 4)
        return (
            torch.multinomial(weights, 4),
            torch.multinomial(weights, 1),
            torch.multinomial(weights, 4, True),
            expanded,
        )

    same(program)


SPECTRAL: dict[str, Callable[..., Any]] = {
    "largest": lambda t, x: t.linalg.matrix_norm(x, 2),
    "nuclear": lambda t, x: t.linalg.norm(x, "nuc"),
    "sum of squares": lambda t, x: t.linalg.norm(x),
    "condition": lambda t, x: t.linalg.cond(x),
    "condition by sums": lambda t, x: t.linalg.cond(x, 1),
    "eigenvalues": lambda t, x: t.linalg.eigvalsh(x),
    "eigenvectors": lambda t, x: t.linalg.eigh(x),
    "of several": lambda t, x: t.linalg.eigh(t.stack([t.eye(3), x])),
}


@pytest.mark.parametrize("name", SPECTRAL)
def test_no_number_in_a_matrix(name: str) -> None:
    def program(torch: Any) -> Any:
        try:
            return SPECTRAL[name](torch, torch.tensor([[4.0, 1, 0], [1, NAN, 2], [0, 2, 5]]))
        except torch.linalg.LinAlgError as error:  # a class of each library
            return str(error)

    same(program)


def test_condition_of_a_singular_matrix() -> None:
    same(lambda torch: torch.linalg.cond(torch.ones(3, 3), 1))


INF = float("inf")
EDGES: dict[str, tuple[Callable[..., Any], list[float], list[float]]] = {
    "atan2 at the origin": (lambda torch, x, y: torch.atan2(x, y), [0.0, 0.0, 1.0, -2.0], [0.0, -0.0, 0.0, 1.5]),
    "copysign of infinity": (lambda torch, x, y: torch.copysign(x, y), [INF, -INF, 0.0, -2.0], [1.0, 2.0, -1.0, 3.0]),
    "quotient by large and small": (lambda torch, x, y: x / y, [1.0, 3e38, 0.0, 1e-4], [1e20, 1e20, 1e-20, 1e-18]),
    "remainder of infinity": (lambda torch, x, y: x % y, [INF, 7.0, -7.0, 1.0], [2.0, 2.0, 2.0, INF]),
    "hypot of infinity": (lambda torch, x, y: torch.hypot(x, y), [2.0, INF, 3.0, 0.0], [INF, 1.0, -4.0, 2.0]),
    "logaddexp of large": (lambda torch, x, y: torch.logaddexp(x, y), [-1e20, INF, 3e4, 1.0], [-1e20, 1.0, 3e4, NAN]),
    "logaddexp2 of large": (lambda torch, x, y: torch.logaddexp2(x, y), [-1e20, INF, 3e4, 1.0], [-1e20, 1.0, 3e4, NAN]),
    "polar of a negative": (
        lambda torch, x, y: torch.view_as_real(torch.polar(x, y)), [-2.0, 0.0, 1.0, -0.5], [1.0, 2.0, -3.0, 0.0],
    ),
    "angle of NaN": (lambda torch, x, y: torch.angle(x) + y, [NAN, -2.0, 0.0, INF], [0.0, 0.0, 0.0, 0.0]),
    "acosh below 1": (lambda torch, x, y: torch.acosh(x) * y, [-2.0, -1e20, 0.5, 3.0], [1.0, 1.0, 1.0, 1.0]),
    "slopes near 1": (
        lambda torch, x, y: torch.asin(x) + torch.acos(x) * 2 + torch.atanh(x) * y,
        [0.99999, -0.99987, 0.5, 0.9991], [1.0, 1.0, 1.0, 1.0],
    ),
    "sinc near 0": (lambda torch, x, y: torch.sinc(x) * y, [1e-20, 0.0, -1e-25, 0.3], [1.0, 1.0, 1.0, 1.0]),
    "logit outside": (lambda torch, x, y: torch.logit(x) + torch.logit(x, 0.1) * y, [0.0, 2.0, -6.0, 0.4], [1.0] * 4),
    "hinges of NaN": (
        lambda torch, x, y: torch.nn.functional.margin_ranking_loss(x, y, x.detach().sign(), reduction="none"),
        [NAN, 1.0, -2.0, INF], [1.0, 2.0, 1.0, INF],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_values_and_gradients_at_the_edges(name: str) -> None:
    function, first, second = EDGES[name]

    def program(torch: Any) -> Any:
        x, y = (torch.tensor(v, requires_grad=True) for v in (first, second))
        result = function(torch, x, y)
        weight = torch.linspace(0.5, 1.5, result.numel()).reshape(result.shape)
        return result, *torch.autograd.grad(result, (x, y), weight)

    same(program)


def test_sigmoid_units_of_large_complex_numbers() -> None:
    same(
        lambda torch: torch.nn.functional.silu(
            torch.tensor([100 + 1j, -100 + 1j, 1e20 + 1e20j, -1e20 + 3j, 0.5 - 2j])
        )
    )


def test_two_numbers_keep_their_places() -> None:
    same(lambda torch: (torch.true_divide(-8.5, 2.0), torch.div(3, 4), torch.sub(5.0, 2), torch.add(1, 2.5)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeta_of_large_exponents(dtype: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([88.0, 30.0, 20.0, 100.0, 1e20, INF, 2.0, 1.5], dtype=getattr(torch, dtype))
        q = torch.tensor([2.0, 9.0, 50.0, 1e20, 0.5, 1.0, -3.5, 12.0], dtype=getattr(torch, dtype))
        return torch.special.zeta(x, q)

    same(program)


def test_float64_becomes_float16_by_way_of_float32() -> None:
    def program(torch: Any) -> Any:
        # Half way between two float16 numbers as soon as it is rounded to float32.
        values = [1.0 + 2.0**-11 + 2.0**-40, 1.0 + 3 * 2.0**-11 - 2.0**-40]
        wide = torch.tensor(values, dtype=torch.float64)
        return (
            torch.tensor(values, dtype=torch.float16),
            torch.tensor(np.array(values), dtype=torch.float16),
            wide.to(torch.float16),
            torch.full((2,), values[0], dtype=torch.float16),
            torch.zeros(2, dtype=torch.float16).copy_(wide),
        )

    same(program)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
@pytest.mark.parametrize(
    ("mode", "shape", "size"),
    [
        ("linear", (1, 1, 400), (313,)),
        ("bilinear", (1, 1, 5, 400), (7, 313)),
        ("bilinear", (1, 1, 5, 4), (7, 9)),
        ("bicubic", (1, 1, 5, 400), (7, 313)),
        ("trilinear", (1, 1, 2, 3, 4), (3, 4, 7)),
    ],
)
def test_places_and_weights_of_resizing_are_rounded_as_in_torch(
    dtype: str, mode: str, shape: tuple[int, ...], size: tuple[int, ...]
) -> None:
    def program(torch: Any) -> Any:
        x = (torch.arange(float(np.prod(shape))).reshape(shape) * 1.7).sin().to(getattr(torch, dtype))
        x.requires_grad_()
        result = torch.nn.functional.interpolate(x, size, mode=mode)
        result.backward(torch.ones_like(result))
        return result, x.grad

    same(program)


def test_resizing_with_a_widened_filter_rounds_places_as_torch() -> None:
    def program(torch: Any) -> Any:
        x = (torch.arange(2000.0).reshape(1, 1, 5, 400) * 1.7).sin()
        return [
            torch.nn.functional.interpolate(x, (3, 313), mode=mode, antialias=True)
            for mode in ("bilinear", "bicubic")
        ]

    same(program)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
def test_ends_of_a_logspace_are_numbers_of_the_dtype(dtype: str) -> None:
    def program(torch: Any) -> Any:
        kind = getattr(torch, dtype)
        return [
            torch.logspace(*ends, steps, base, dtype=kind)
            for ends, base in (((4.3, 0), 10.0), ((-2.7, 3.1), 5.0), ((0.3, 0.9), -2.0))
            for steps in (0, 1, 2, 7, 31)
        ]

    same(program)


def test_complex_numbers_are_true_where_a_part_is_not_zero() -> None:
    def program(torch: Any) -> Any:
        values = torch.tensor([0j, 1j, 2 + 0j, complex(0.0, NAN), -0.0 - 0.0j])
        many = values.repeat(5000)
        return (
            values.bool(),
            many.to(torch.bool).sum(),
            torch.tensor(np.array([0j, 1j, 2.0]), dtype=torch.bool),
            torch.zeros(5, dtype=torch.bool).copy_(values),
            torch.logical_not(values),
        )

    same(program)


def test_gradient_of_the_angle_of_zero() -> None:
    def program(torch: Any) -> Any:
        z = torch.tensor([0j, 1 + 2j, -3 - 0.5j], requires_grad=True)
        return torch.autograd.grad(torch.angle(z), z, torch.tensor([1.0, 0.5, 2.0]))[0].resolve_conj()

    same(program)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_incomplete_gamma_functions_of_large_operands(dtype: str) -> None:
    def program(torch: Any) -> Any:
        a = torch.tensor([1e20, 3e4, 3e4, 9e3, 4e3, 1e6, 1e6, 0.5, 200.0], dtype=getattr(torch, dtype))
        x = torch.tensor([1e20, 30100, 29950, 9010, 3950, 1e6, 2e6, 2.0, 180.0], dtype=getattr(torch, dtype))
        return torch.igamma(a, x), torch.igammac(a, x)

    same(program)


@pytest.mark.parametrize("name", ["sqrt", "rsqrt", "asin", "acos", "acosh", "atanh", "asinh", "atan", "log"])
def test_sides_of_a_branch_cut(name: str) -> None:
    def program(torch: Any) -> Any:
        cut = [-4.0, -1.5, 1.5, 3.0]
        z = torch.tensor([complex(c, zero) for c in cut for zero in (0.0, -0.0)]).requires_grad_()
        if name in ("asinh", "atan"):
            z = torch.tensor([complex(zero, c) for c in cut for zero in (0.0, -0.0)]).requires_grad_()
        result = getattr(torch, name)(z)
        (gradient,) = torch.autograd.grad(result, z, torch.linspace(1, 2, 8) * (1 + 2j))
        return result.detach(), getattr(torch, name)(z.detach().conj()), gradient.resolve_conj()

    same(program)


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_solve_twice_by_a_whole_matrix(upper: bool) -> None:
    """The gradients are those of a solution by the product of the factor, also of its triangle that is not read."""

    def program(torch: Any) -> Any:
        values = torch.arange(1.0, 10.0, dtype=torch.float64).reshape(3, 3)
        factor = (values / 10 + torch.eye(3, dtype=torch.float64)).requires_grad_()
        b = (values[:, :2] - 4).requires_grad_()
        x = torch.cholesky_solve(b, factor, upper=upper)
        first = torch.autograd.grad((x**2).sum(), (b, factor), create_graph=True)
        return x, first, torch.autograd.grad(sum((g**2).sum() for g in first), (b, factor))

    same(program)


COUNTS = {
    "linalg.norm": lambda torch, x: torch.linalg.norm(x, 0),
    "linalg.vector_norm": lambda torch, x: torch.linalg.vector_norm(x, 0),
    "along a dimension": lambda torch, x: torch.linalg.norm(x, ord=0, dim=0),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_norm_of_order_0_has_no_gradient(name: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([1.0, 0.0, -2.0], requires_grad=True)
        y = COUNTS[name](torch, x)
        return y, [g is None for g in torch.autograd.grad(y, x, allow_unused=True)]

    same(program)


GROWN = {
    "out=": lambda torch, x: torch.add(torch.ones(3), 1, out=x),
    "cat": lambda torch, x: torch.cat([torch.ones(3), torch.ones(2)], out=x),
    "resize_": lambda torch, x: x.resize_(5),
    "made smaller": lambda torch, x: x.resize_(1),
}


@pytest.mark.parametrize("name", GROWN)
def test_memory_of_an_array_does_not_grow(name: str) -> None:
    same(lambda torch: GROWN[name](torch, torch.from_numpy(np.ones(2, np.float32))), message=True)


def test_an_empty_operand_is_not_its_own_out() -> None:
    def program(torch: Any) -> Any:
        x = torch.zeros(0)
        return torch.cat([x, torch.ones(4, 6)], out=x)

    same(program, message=True)


AT_FAULT = {
    "share above 1": lambda torch: torch.quantile(torch.arange(3.0), torch.tensor([0.5, 2.0])),
    "share that is NaN": lambda torch: torch.nanquantile(torch.arange(3.0), torch.tensor(NAN)),
    "share of a number": lambda torch: torch.arange(3.0).nanquantile(-1.5),
    "shares": lambda torch: torch.arange(3.0).quantile(torch.tensor([0.5, 1.0]), 0, True),
}


@pytest.mark.parametrize("name", AT_FAULT)
def test_values_that_are_refused(name: str) -> None:
    same(AT_FAULT[name], message=True)


@pytest.mark.parametrize("name", ["svd_lowrank", "pca_lowrank"])
def test_a_random_subspace_of_nan(name: str) -> None:
    def program(torch: Any) -> Any:
        try:
            return getattr(torch, name)(torch.full((3, 3), NAN), q=2)
        except torch.linalg.LinAlgError as error:
            return str(error)

    same(program)


def test_a_slope_that_is_not_finite() -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([-1.0, 2.0, float("inf"), NAN], requires_grad=True)
        slope = torch.tensor([NAN], requires_grad=True)
        y = torch.nn.functional.prelu(x, slope)
        return y, torch.autograd.grad(y.sum(), (x, slope))

    same(program)


def test_mantissas_of_subnormal_numbers() -> None:
    for dtype, values in {
        "float32": [1e-45, 1e-40, -3e-39, -0.0, float("inf"), 1.5],
        "float64": [5e-324, 1e-310, -4e-320, 2.0],
        "float16": [5e-8, 1e-7, 3e-5],
        "bfloat16": [1e-40, -1e-39, 3e-5],
    }.items():
        same(lambda torch: tuple(torch.frexp(torch.tensor(values, dtype=getattr(torch, dtype)))))  # noqa: B023


def test_numbers_beyond_the_largest_of_a_dtype_without_infinities() -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([500.0, -500.0, float("inf"), NAN, 464.0, 465.0, 1e-3])
        return [y.to(torch.float8_e4m3fn).float() for y in (x, x.double(), x.bfloat16(), x[:2].int())]

    same(program)


def test_sizes_that_are_tensors() -> None:
    def program(torch: Any) -> Any:
        x, two = torch.ones(3), torch.tensor(2)
        return (
            x.expand(two, 3),
            x.expand(two, torch.tensor(3)),
            x.repeat(two, 1),
            torch.LongTensor(size=[2]).shape,
        )

    same(program)


@pytest.mark.parametrize("dtype", ["float32", "int32", "float64", "complex128"])
def test_float_power_in_place(dtype: str) -> None:
    same(lambda torch: torch.ones(2, dtype=getattr(torch, dtype)).float_power_(2), message=True)
    same(lambda torch: torch.ones(2, dtype=getattr(torch, dtype)).float_power_(2j), message=True)


def test_slices_of_nothing_are_not_unique() -> None:
    same(lambda torch: torch.unique_consecutive(torch.ones(3, 0), dim=0), message=True)
    same(lambda torch: torch.unique_consecutive(torch.ones(0, 3), dim=0))


@pytest.mark.parametrize(
    "find",
    [
        lambda torch, x: torch.unique(x),
        lambda torch, x: torch.unique(x, return_inverse=True, dim=0)[0],
        lambda torch, x: torch.unique_consecutive(x),
    ],
)
def test_unique_elements_have_a_history_and_no_gradient(find: Callable[..., Any]) -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([[1.0, 2.0], [1.0, 2.0]], requires_grad=True)
        return find(torch, x), find(torch, x.detach()), find(torch, x * 2).stride()

    same(program, grad_fn=True)

    def gradient(torch: Any) -> Any:
        x = torch.ones(2, 2, requires_grad=True)
        return torch.autograd.grad(find(torch, x).sum(), x)

    same(gradient, message=True)
