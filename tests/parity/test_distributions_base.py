"""What all distributions have: shapes, validation, expanding and the helpers that they are made with."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import jaxlearn

from .helper import same


def a_normal(torch: Any) -> Any:
    return torch.distributions.Normal(torch.zeros(3, 1), torch.tensor([1.0, 2.0]))


BASE: dict[str, Callable[[Any], Any]] = {
    "shapes": lambda torch: (a_normal(torch).batch_shape, a_normal(torch).event_shape),
    "repr": lambda torch: repr(a_normal(torch)),
    "repr of numbers": lambda torch: repr(torch.distributions.Normal(0, 2.5)),
    "expand": lambda torch: repr(a_normal(torch).expand((4, 3, 2))),
    "expand to a list": lambda torch: a_normal(torch).expand([4, 3, 2]).batch_shape,
    "sample shape as a list": lambda torch: a_normal(torch).sample([2]).shape,
    "stddev": lambda torch: a_normal(torch).stddev,
    "perplexity": lambda torch: a_normal(torch).perplexity(),
    "has no enumeration": lambda torch: a_normal(torch).enumerate_support(),
    "mean of the base": lambda torch: torch.distributions.Distribution().mean,
    "mode of the base": lambda torch: torch.distributions.Distribution().mode,
    "expand of the base": lambda torch: torch.distributions.Distribution().expand((2,)),
    "entropy of the exponential family": lambda torch: super(
        torch.distributions.Normal, torch.distributions.Normal(torch.tensor([0.0, 1.0]), 2.0)
    ).entropy(),
}


@pytest.mark.parametrize("program", BASE.values(), ids=list(BASE))
@pytest.mark.filterwarnings("ignore:.*does not define `arg_constraints`")
def test_base(program: Callable[[Any], Any]) -> None:
    same(program)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "a negative scale": lambda torch: torch.distributions.Normal(0.0, -1.0),
    "one negative scale": lambda torch: torch.distributions.Normal(0.0, torch.tensor([1.0, -1.0])),
    "a parameter that is NaN": lambda torch: torch.distributions.Normal(
        torch.tensor(float("nan"), requires_grad=True), 1.0
    ),
    "bounds the wrong way": lambda torch: torch.distributions.Uniform(torch.tensor([0.0, 2.0]), 1.0),
    "a string": lambda torch: torch.distributions.Normal("0", 1.0),
    "a value that is no tensor": lambda torch: a_normal(torch).log_prob(0.5),
    "a value that does not broadcast": lambda torch: a_normal(torch).log_prob(torch.zeros(4, 2)),
    "a value that is NaN": lambda torch: a_normal(torch).log_prob(torch.tensor(float("nan"))),
    "a value outside": lambda torch: torch.distributions.Uniform(0.0, 1.0).log_prob(torch.tensor([0.5, 2.0])),
    "a bad default": lambda torch: torch.distributions.Distribution.set_default_validate_args("yes"),
}


@pytest.mark.parametrize("program", REFUSED.values(), ids=list(REFUSED))
def test_refused(program: Callable[[Any], Any]) -> None:
    def whole_message(torch: Any) -> Any:
        try:
            return program(torch)
        except ValueError as error:
            return type(error).__name__, str(error)

    same(whole_message)


def test_no_check_when_switched_off() -> None:
    def program(torch: Any) -> Any:
        chosen = torch.distributions.Normal(0.0, -1.0, validate_args=False)
        torch.distributions.Distribution.set_default_validate_args(False)
        try:
            default = torch.distributions.Normal(0.0, -1.0)
        finally:
            torch.distributions.Distribution.set_default_validate_args(True)
        return repr(chosen), repr(default), chosen.mean

    same(program)


def test_a_subclass_of_the_users() -> None:
    def program(torch: Any) -> Any:
        class Coin(torch.distributions.Distribution):
            def __init__(self, bias: Any) -> None:
                self.bias = bias
                super().__init__(bias.shape)

        class Shifted(torch.distributions.Normal):
            def __init__(self, loc: Any) -> None:
                super().__init__(loc + 1, 1.0)

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            coin = Coin(torch.tensor([0.5]))
            coin_value = torch.tensor([1.0])
            coin._validate_sample(coin_value)
        texts = [str(w.message).replace(str(Coin), "Coin") for w in caught]
        try:
            Shifted(torch.zeros(2)).expand((3, 2))
        except NotImplementedError as error:
            texts.append(str(error))
        return texts

    same(program)


def test_sample_n_is_deprecated() -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        with pytest.warns(FutureWarning) as caught:
            return torch.distributions.Normal(0.0, 1.0).sample_n(3), str(caught[0].message)

    same(program)


def test_what_the_step_computes_is_not_looked_at() -> None:
    """A difference from torch: checking would compute the recorded step up to here (see README)."""
    layer = jaxlearn.nn.Linear(3, 3)
    jaxlearn.reset_stats()
    distribution = jaxlearn.distributions.Normal(0.0, -layer(jaxlearn.ones(3)).exp())
    distribution.log_prob(jaxlearn.zeros(3))
    jaxlearn.distributions.Uniform(0.0, 1.0).log_prob(layer(jaxlearn.ones(3)) + 100)
    assert jaxlearn.stats()["flushes"] == 0


def test_what_a_few_operations_make_of_parameters_is_looked_at() -> None:
    """NumPy repeats them, so that nothing that is recorded is computed for that."""
    normal = jaxlearn.distributions.HalfNormal
    scale = jaxlearn.nn.Parameter(jaxlearn.tensor([1.0, 2.0]))
    other = scale.sum().exp()  # recorded before, and to stay so
    jaxlearn.reset_stats()
    normal(2 * scale.expand(3, 2))
    assert jaxlearn.stats()["flushes"] == 0
    for broken in (-scale, (scale - 2.0).unsqueeze(-1), jaxlearn.stack([scale, -scale])):
        with pytest.raises(ValueError, match="Expected parameter scale"):
            normal(broken)
    assert other.item() == pytest.approx(20.0855, rel=1e-4)


UTILS: dict[str, Callable[[Any], Any]] = {
    "broadcast_all": lambda torch: utils(torch).broadcast_all(torch.ones(2, 1), 3, torch.zeros(2)),
    "broadcast_all of numbers": lambda torch: utils(torch).broadcast_all(1, 2.5, True),
    "broadcast_all takes the first dtype": lambda torch: utils(torch).broadcast_all(
        2, torch.ones(2, dtype=torch.float64)
    ),
    "broadcast_all of a list": lambda torch: utils(torch).broadcast_all([1.0], torch.ones(2)),
    "logits_to_probs": lambda torch: utils(torch).logits_to_probs(torch.tensor([0.0, 1.0, -2.0])),
    "logits_to_probs, binary": lambda torch: utils(torch).logits_to_probs(torch.tensor([0.0, 1.0]), True),
    "probs_to_logits": lambda torch: utils(torch).probs_to_logits(torch.tensor([0.0, 0.25, 1.0])),
    "probs_to_logits, binary": lambda torch: utils(torch).probs_to_logits(
        torch.tensor([0.0, 0.25, 1.0]), is_binary=True
    ),
    "clamp_probs": lambda torch: utils(torch).clamp_probs(torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)),
    "tril_matrix_to_vec": lambda torch: [
        utils(torch).tril_matrix_to_vec(torch.arange(18.0).reshape(2, 3, 3), diag) for diag in (-2, -1, 0, 1)
    ],
    "tril_matrix_to_vec beyond": lambda torch: utils(torch).tril_matrix_to_vec(torch.zeros(3, 3), 3),
    "vec_to_tril_matrix": lambda torch: [
        utils(torch).vec_to_tril_matrix(torch.arange(1.0, 13.0).reshape(2, 6), diag) for diag in (-1, 0)
    ],
    "vec_to_tril_matrix, no such size": lambda torch: utils(torch).vec_to_tril_matrix(torch.ones(5)),
}


def utils(torch: Any) -> Any:
    return torch.distributions.utils


@pytest.mark.parametrize("program", UTILS.values(), ids=list(UTILS))
def test_utils(program: Callable[[Any], Any]) -> None:
    same(program, message=True)


def test_lazy_property() -> None:
    def program(torch: Any) -> Any:
        class Thing:
            calls = 0

            @torch.distributions.utils.lazy_property
            def made(self) -> int:
                """Made once."""
                self.calls += 1
                return self.calls

        thing = Thing()
        on_class = Thing.made
        return thing.made, thing.made, "made" in thing.__dict__, isinstance(on_class, property)

    same(program)
