"""Transforms, constraints and the registries that lead from one to the other, like torch's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized

ROWS = [[0.5, -1.0, 2.0], [-0.3, 0.0, 1.5]]
POSITIVE = [[0.5, 1.0, 2.0], [0.3, 0.01, 1.5]]
UNIT = [[0.5, 0.01, 0.9], [0.3, 0.25, 0.75]]
SIMPLEX = [[0.5, 0.2, 0.3], [0.1, 0.25, 0.65]]
LOWER = [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]
MATRIX = [[0.5, -1.0, 2.0], [-0.3, 0.0, 1.5], [0.1, 0.2, 0.3]]


def sequence(D: Any) -> list[Any]:
    return [D.ExpTransform(), D.identity_transform, D.AffineTransform(1.0, -2.0)]


# How the transform is made, an argument, and a result to invert.
TRANSFORMS: dict[str, tuple[Callable[[Any, Any], Any], list[Any], list[Any]]] = {
    "abs": (lambda t, D: D.AbsTransform(), ROWS, POSITIVE),
    "affine": (lambda t, D: D.AffineTransform(1.5, -2.0), ROWS, ROWS),
    "affine of tensors": (lambda t, D: D.AffineTransform(t.ones(3), t.tensor([1.0, -2.0, 3.0])), ROWS, ROWS),
    "affine of vectors": (
        lambda t, D: D.AffineTransform(0.0, t.tensor([1.0, -2.0, 3.0]), event_dim=1),
        ROWS,
        ROWS,
    ),
    "affine of vectors by a number": (lambda t, D: D.AffineTransform(t.ones(3), 2, event_dim=1), ROWS, ROWS),
    "exp": (lambda t, D: D.ExpTransform(), ROWS, POSITIVE),
    "inverse of exp": (lambda t, D: D.ExpTransform().inv, POSITIVE, ROWS),
    "power": (lambda t, D: D.PowerTransform(2.5), POSITIVE, POSITIVE),
    "power of tensors": (lambda t, D: D.PowerTransform(t.tensor([0.5, -1.0, 2.0])), POSITIVE, POSITIVE),
    "sigmoid": (lambda t, D: D.SigmoidTransform(), ROWS, UNIT),
    "softplus": (lambda t, D: D.SoftplusTransform(), ROWS, POSITIVE),
    "tanh": (lambda t, D: D.TanhTransform(), ROWS, UNIT),
    "softmax": (lambda t, D: D.SoftmaxTransform(), ROWS, SIMPLEX),
    "stick breaking": (lambda t, D: D.StickBreakingTransform(), ROWS, SIMPLEX),
    "reshape": (lambda t, D: D.ReshapeTransform((3,), (3, 1)), ROWS, [[[1.0], [2.0], [3.0]]]),
    "lower Cholesky": (lambda t, D: D.LowerCholeskyTransform(), MATRIX, LOWER),
    "positive definite": (
        lambda t, D: D.PositiveDefiniteTransform(),
        MATRIX,
        [[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 0.7]],
    ),
    "correlation Cholesky": (lambda t, D: D.CorrCholeskyTransform(), ROWS, LOWER),
    "cumulative distribution": (
        lambda t, D: D.CumulativeDistributionTransform(D.Normal(0.5, 2.0)),
        ROWS,
        UNIT,
    ),
    "identity": (lambda t, D: D.identity_transform, ROWS, ROWS),
    "compose": (
        lambda t, D: D.ComposeTransform([D.AffineTransform(1.0, 2.0), D.SigmoidTransform()]),
        ROWS,
        UNIT,
    ),
    "compose with a vector": (
        lambda t, D: D.ComposeTransform([D.ExpTransform(), D.AffineTransform(0.0, t.ones(3), 1)]),
        ROWS,
        POSITIVE,
    ),
    "compose of stick breaking": (
        lambda t, D: D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.StickBreakingTransform()]),
        ROWS,
        SIMPLEX,
    ),
    "independent": (lambda t, D: D.IndependentTransform(D.ExpTransform(), 1), ROWS, POSITIVE),
    "cat": (lambda t, D: D.CatTransform(sequence(D), dim=-1), ROWS, POSITIVE),
    "cat of rows": (lambda t, D: D.CatTransform(sequence(D)[:2], dim=0, lengths=[1, 1]), ROWS, POSITIVE),
    "cat of vectors": (
        lambda t, D: D.CatTransform(
            [D.IndependentTransform(D.ExpTransform(), 1), D.IndependentTransform(D.identity_transform, 1)],
            dim=1,
            lengths=[1, 2],
        ),
        ROWS,
        POSITIVE,
    ),
    "stack": (lambda t, D: D.StackTransform(sequence(D), dim=1), ROWS, POSITIVE),
}
EACH = pytest.mark.parametrize("name", list(TRANSFORMS))


def or_error(program: Callable[[], Any]) -> Any:
    try:
        return program()
    except (NotImplementedError, ValueError, AttributeError) as error:
        return type(error).__name__


@EACH
def test_transform(name: str) -> None:
    make, argument, result = TRANSFORMS[name]

    def program(torch: Any) -> Any:
        transform = make(torch, torch.distributions)
        x = torch.tensor(argument, requires_grad=True)
        y = torch.tensor(result, requires_grad=True)
        forward, back = transform(x), transform.inv(y)
        change = or_error(lambda: transform.log_abs_det_jacobian(x, forward))
        inverse_change = or_error(lambda: transform.inv.log_abs_det_jacobian(y, back))
        total = (forward * torch.arange(1.0, forward.numel() + 1).reshape(forward.shape)).sum() + back.sum()
        for part in (change, inverse_change):
            if not isinstance(part, str) and part.requires_grad:
                total = total + part.sum()
        total.backward()
        return forward, back, change, inverse_change, x.grad, y.grad

    # atanh and the logarithms of near-cancelling differences lose digits.
    same(program, rtol=1e-5)


@EACH
def test_properties(name: str) -> None:
    make, argument, result = TRANSFORMS[name]

    def program(torch: Any) -> Any:
        transform = make(torch, torch.distributions)
        shape, out_shape = torch.tensor(argument).shape, torch.tensor(result).shape
        return (
            [repr(transform), repr(transform.inv), repr(transform.domain), repr(transform.codomain)],
            [or_error(lambda t=t: t.event_dim) for t in (transform, transform.inv)],
            (transform.bijective, transform.inv.bijective),
            or_error(lambda: transform.sign),
            or_error(lambda: transform.inv.sign),
            (transform.domain.event_dim, transform.codomain.event_dim),
            transform.forward_shape(shape),
            transform.inverse_shape(out_shape),
            or_error(lambda: transform.forward_shape(torch.Size([]))),
            or_error(lambda: transform.inverse_shape(torch.Size([]))),
            transform.inv.inv is transform,
            transform == make(torch, torch.distributions),
            transform == torch.distributions.ExpTransform(),
        )

    same(program)


@EACH
def test_cache(name: str) -> None:
    make, argument, _ = TRANSFORMS[name]

    def program(torch: Any) -> Any:
        transform = make(torch, torch.distributions)
        cached = transform.with_cache()
        x = torch.tensor(argument)
        y = cached(x)
        return (
            cached.inv(y) is x,
            cached(x) is y,
            cached.with_cache(1) is cached,
            cached.with_cache(0)(x) is y,
            transform.with_cache(0) is transform,
            y,
            type(pickle.loads(pickle.dumps(cached))).__name__ if "Cumulative" not in repr(cached) else None,
        )

    same(program, rtol=1e-5)


def test_a_transform_that_is_a_module_as_well_is_trained() -> None:
    def program(torch: Any) -> Any:
        class Coupling(torch.distributions.Transform, torch.nn.Module):  # type: ignore[misc, name-defined]
            domain = codomain = torch.distributions.constraints.real_vector
            bijective = True

            def __init__(self) -> None:
                super().__init__(cache_size=1)
                self.net = torch.nn.Linear(1, 2)

            def __hash__(self) -> int:
                return super(torch.nn.Module, self).__hash__()

            def _call(self, x: Any) -> Any:
                kept, changed = x.chunk(2, -1)
                log_scale, shift = self.net(kept).chunk(2, -1)
                return torch.cat([kept, changed * log_scale.exp() + shift], -1)

            def _inverse(self, y: Any) -> Any:
                kept, changed = y.chunk(2, -1)
                log_scale, shift = self.net(kept).chunk(2, -1)
                return torch.cat([kept, (changed - shift) / log_scale.exp()], -1)

            def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
                return self.net(x[..., :1])[..., 0]

        torch.manual_seed(0)
        coupling = Coupling()
        base = torch.distributions.Independent(torch.distributions.Normal(torch.zeros(2), torch.ones(2)), 1)
        flow = torch.distributions.TransformedDistribution(base, [coupling])
        optimizer = torch.optim.SGD(coupling.parameters(), lr=0.1)
        losses = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = -flow.log_prob(torch.tensor([[0.5, 1.5], [-1.0, 2.0]])).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss)
        return losses, list(coupling.state_dict()), coupling.inv(flow.rsample((2,)))

    same(program, rtol=1e-5)


def test_a_compiled_function_leaves_the_cache_of_a_transform_made_outside() -> None:
    """Within a call the inverse of a result is the argument itself: tanh of 30 is 1, whose inverse is infinite."""

    def program(torch: Any) -> Any:
        transform = torch.distributions.TanhTransform(cache_size=1)
        base = torch.distributions.Normal(torch.zeros(3), 1.0)
        d = torch.distributions.TransformedDistribution(base, [transform])

        def step(x: Any) -> Any:
            y = transform(x)
            return transform.inv(y), d.log_prob(y), transform(y), transform.inv(x / 100)

        run = torch.compile(step) if torch is jaxlearn else step
        outside = torch.tensor([0.5])
        before = transform(outside)
        results = [run(torch.tensor([30.0, -1.0, 0.2]) * k) for k in (1, 2)]
        return results, transform.inv(before).equal(outside)

    same(program)


ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "cache of two": lambda t, D: D.ExpTransform(cache_size=2),
    "reshape to another size": lambda t, D: D.ReshapeTransform((2,), (3,)),
    "reshape of another end": lambda t, D: D.ReshapeTransform((2,), (1, 2)).forward_shape(t.Size([3])),
    "too few dimensions": lambda t, D: D.IndependentTransform(D.ExpTransform(), 2)(t.ones(3)),
    "no square": lambda t, D: D.CorrCholeskyTransform().inverse_shape(t.Size([2, 3])),
    "no triangle": lambda t, D: D.CorrCholeskyTransform().forward_shape(t.Size([4])),
    "cat of no transforms": lambda t, D: D.CatTransform([1]),
    "cat of other lengths": lambda t, D: D.CatTransform([D.ExpTransform()], lengths=[1, 2]),
    "cat of another size": lambda t, D: D.CatTransform(sequence(D))(t.ones(2)),
    "cat along a missing dimension": lambda t, D: D.CatTransform(sequence(D), dim=1)(t.ones(3)),
    "change of a cat of another size": lambda t, D: D.CatTransform(sequence(D)).log_abs_det_jacobian(
        t.ones(3), t.ones(2)
    ),
    "stack of another size": lambda t, D: D.StackTransform(sequence(D)).inv(t.ones(2, 2)),
    "abstract": lambda t, D: D.Transform()(t.ones(1)),
    "no change": lambda t, D: D.AbsTransform().log_abs_det_jacobian(t.ones(1), t.ones(1)),
    "hash": lambda t, D: hash(D.ExpTransform()),
}


@pytest.mark.parametrize("program", ERRORS.values(), ids=list(ERRORS))
def test_transform_errors(program: Callable[[Any, Any], Any]) -> None:
    same(lambda torch: program(torch, torch.distributions), message=True)


NAN = float("nan")
# How the constraint is made, and values to check.
CONSTRAINTS: dict[str, tuple[Callable[[Any, Any], Any], list[Any]]] = {
    "boolean": (lambda t, C: C.boolean, [0.0, 1.0, 2.0, NAN]),
    "one_hot": (lambda t, C: C.one_hot, [[0.0, 1.0], [1.0, 1.0], [0.5, 0.5]]),
    "nonnegative_integer": (lambda t, C: C.nonnegative_integer, [0.0, 1.5, -1.0]),
    "positive_integer": (lambda t, C: C.positive_integer, [0.0, 1.0, 2.0]),
    "integer_interval": (lambda t, C: C.integer_interval(-1, 2), [-2.0, -1.0, 0.5, 2.0]),
    "integer less than": (lambda t, C: C._IntegerLessThan(2), [-2.0, 2.0, 0.5, 3.0]),
    "real": (lambda t, C: C.real, [1.0, NAN, float("inf")]),
    "real_vector": (lambda t, C: C.real_vector, [[1.0, 2.0], [NAN, 0.0]]),
    "positive": (lambda t, C: C.positive, [0.0, 1.0, NAN]),
    "nonnegative": (lambda t, C: C.nonnegative, [0.0, -1.0]),
    "greater_than": (lambda t, C: C.greater_than(t.tensor([1.0, 2.0])), [1.5, 1.5]),
    "greater_than_eq": (lambda t, C: C.greater_than_eq(1.5), [1.5, 1.0]),
    "less_than": (lambda t, C: C.less_than(1.5), [1.5, 1.0]),
    "unit_interval": (lambda t, C: C.unit_interval, [0.0, 1.0, 1.5]),
    "interval": (lambda t, C: C.interval(-1.0, t.tensor(2.0)), [-1.0, 2.0, 2.5]),
    "half_open_interval": (lambda t, C: C.half_open_interval(-1.0, 2.0), [-1.0, 2.0, 1.5]),
    "simplex": (lambda t, C: C.simplex, [[0.5, 0.5], [0.5, 0.6], [1.5, -0.5]]),
    "multinomial": (lambda t, C: C.multinomial(3), [[1.0, 2.0], [2.0, 2.0], [-1.0, 1.0]]),
    "lower_triangular": (lambda t, C: C.lower_triangular, [LOWER, MATRIX]),
    "lower_cholesky": (lambda t, C: C.lower_cholesky, [LOWER, MATRIX]),
    "corr_cholesky": (lambda t, C: C.corr_cholesky, [LOWER, MATRIX]),
    "square": (lambda t, C: C.square, [ROWS]),
    "symmetric": (lambda t, C: C.symmetric, [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 2.0], [0.0, 1.0]]]),
    "positive_semidefinite": (
        lambda t, C: C.positive_semidefinite,
        [[[1.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [2.0, 1.0]]],
    ),
    "positive_semidefinite, one not symmetric": (
        lambda t, C: C.positive_semidefinite,
        [[[1.0, 3.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]],
    ),
    "positive_definite": (
        lambda t, C: C.positive_definite,
        [[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]],
    ),
    "positive_definite of NaN": (lambda t, C: C.positive_definite, [[[NAN, 1.0], [1.0, 2.0]]]),
    "positive_definite, not square": (lambda t, C: C.positive_definite, [ROWS]),
    "independent": (lambda t, C: C.independent(C.positive, 2), [[[1.0, 2.0], [2.0, -1.0]], [[1.0, 1.0]] * 2]),
    "independent of too few": (lambda t, C: C.independent(C.positive, 2), [1.0]),
    "mixture": (lambda t, C: C.MixtureSameFamilyConstraint(C.real_vector), [[1.0, 2.0], [NAN, 1.0]]),
    "cat": (lambda t, C: C.cat([C.positive, C.real], dim=-1, lengths=[1, 2]), [[0.0, -1.0, 1.0]]),
    "stack": (lambda t, C: C.stack([C.positive, C.real, C.boolean], dim=-1), [[0.0, -1.0, 1.0]]),
    "dependent": (lambda t, C: C.dependent, [1.0]),
    "dependent, told": (lambda t, C: C.dependent(is_discrete=True, event_dim=1), [1.0]),
}


@pytest.mark.parametrize("name", list(CONSTRAINTS))
def test_constraint(name: str) -> None:
    make, values = CONSTRAINTS[name]

    def program(torch: Any) -> Any:
        C = torch.distributions.constraints
        constraint = make(torch, C)
        parts = (
            lambda: constraint.check(torch.tensor(values)),
            lambda: repr(constraint) if not C.is_dependent(constraint) else "Dependent",
            lambda: constraint.event_dim,
            lambda: constraint.is_discrete,
            lambda: C.is_dependent(constraint),
        )
        return [or_error(part) for part in parts]

    same(program)


CONSTRAINT_ERRORS: dict[str, Callable[[Any], Any]] = {
    "independent of a number": lambda C: C.independent(1, 1),
    "independent of a fraction": lambda C: C.independent(C.real, 0.5),
    "independent of a negative number": lambda C: C.independent(C.real, -1),
    "mixture of a number": lambda C: C.MixtureSameFamilyConstraint(1),
    "cat of a number": lambda C: C.cat([1]),
    "cat of other lengths": lambda C: C.cat([C.real], lengths=[1, 2]),
    "abstract": lambda C: C.Constraint().check(1),
    "dependent": lambda C: C.dependent.event_dim,
}


@pytest.mark.parametrize("program", CONSTRAINT_ERRORS.values(), ids=list(CONSTRAINT_ERRORS))
def test_constraint_errors(program: Callable[[Any], Any]) -> None:
    same(lambda torch: program(torch.distributions.constraints), message=True)


def test_constraints_have_torchs_names() -> None:
    same(lambda torch: sorted(torch.distributions.constraints.__all__))
    same(lambda torch: sorted(torch.distributions.transforms.__all__))
    same(
        lambda torch: [
            hasattr(torch.distributions.constraints, n) for n in torch.distributions.constraints.__all__
        ]
    )


# Names of constraints, or how others are made.
REGISTERED: dict[str, Callable[[Any, Any], Any]] = {
    **{
        name: (lambda t, C, name=name: getattr(C, name))
        for name in (
            "real positive nonnegative unit_interval simplex lower_cholesky corr_cholesky positive_definite"
            " positive_semidefinite real_vector boolean nonnegative_integer square dependent"
        ).split()
    },
    "greater_than": lambda t, C: C.greater_than(2.0),
    "greater_than_eq of a tensor": lambda t, C: C.greater_than_eq(t.tensor([1.0, 2.0, 3.0])),
    "less_than": lambda t, C: C.less_than(-1.0),
    "interval": lambda t, C: C.interval(-1.0, 3.0),
    "interval of tensors": lambda t, C: C.interval(t.zeros(3), t.ones(3)),
    "half_open_interval": lambda t, C: C.half_open_interval(0.0, 1.0),
    "independent": lambda t, C: C.independent(C.positive, 1),
    "cat": lambda t, C: C.cat([C.positive, C.interval(0.0, 2.0)], dim=-1, lengths=[1, 2]),
    "stack": lambda t, C: C.stack([C.positive, C.real, C.less_than(0.0)], dim=-1),
}


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize("name", list(REGISTERED))
def test_registry(name: str, registry: str) -> None:
    def program(torch: Any) -> Any:
        D = torch.distributions
        constraint = REGISTERED[name](torch, D.constraints)
        transform = getattr(D, registry)(constraint)
        x = torch.tensor(
            MATRIX if ("cholesky" in name and "corr" not in name) or "definite" in name else ROWS
        )
        y = transform(x)
        return repr(transform), transform.bijective, y, constraint.check(y), transform.inv(y)

    same(program, message=True, rtol=1e-5)


def test_registry_of_ones_own() -> None:
    def program(torch: Any) -> Any:
        D = torch.distributions

        class Even(D.constraints.Constraint):
            pass

        registry = D.constraint_registry.ConstraintRegistry()

        @registry.register(Even)
        def twice(constraint: Any) -> Any:
            return D.AffineTransform(0, 2)

        texts = []
        for wrong in (lambda: registry.register(3, twice), lambda: registry(D.constraints.real)):
            try:
                wrong()
            except (TypeError, NotImplementedError) as error:
                texts.append(str(error))
        return texts, registry(Even())(torch.ones(2)), registry.register(Even(), twice) is twice

    same(program)
