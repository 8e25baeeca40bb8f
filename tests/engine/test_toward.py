"""``autograd.grad`` of a graph like an earlier one: recorded without looking for the way, with the same results."""

from __future__ import annotations

import numpy as np
import pytest
import torch as theirs

import jaxlearn as ours
from jaxlearn._autograd import toward

pytestmark = pytest.mark.unoptimized


@pytest.fixture
def known(monkeypatch):
    """How many gradients went a way that was known: a list with an entry for each; none is at the beginning."""
    ours.compiler.reset()
    toward._courses.clear()
    seen = []
    record = toward._Course.record

    def noted(self, *arguments):
        seen.append(self)
        return record(self, *arguments)

    monkeypatch.setattr(toward._Course, "record", noted)
    return seen


def penalized(torch, *, rounds=4, before=None, create_graph=True):
    """Losses and weights of a critic that is trained with a gradient penalty."""
    torch.manual_seed(0)
    critic = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1))
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.1, momentum=0.9)
    results = []
    for step in range(rounds):
        x = torch.full((3, 6), 0.1 * (step + 1)).requires_grad_()
        if before is not None:
            before(critic, x, step)
        optimizer.zero_grad()
        out = critic(x)
        (slopes,) = torch.autograd.grad(out.sum(), x, create_graph=create_graph)
        loss = out.mean() + ((slopes.pow(2).sum(1).sqrt() - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        results.append(loss.item())
    return results + [p.detach().numpy().copy() for p in critic.parameters()]


def names(node, depth=12):
    """The graph behind a node, as text."""
    if node is None or depth == 0:
        return "-"
    return f"{type(node).__name__}({', '.join(names(n, depth - 1) for n, _ in node.next_functions)})"


def test_a_gradient_penalty_goes_a_known_way_from_the_second_round_on(known):
    for own, other in zip(penalized(ours), penalized(theirs), strict=True):
        np.testing.assert_allclose(own, other, rtol=2e-5, atol=1e-6)
    assert len(known) == 3


def test_bitwise_as_without_known_ways(known, monkeypatch):
    with_ways = penalized(ours)
    monkeypatch.setattr(toward._Course, "follow", lambda *arguments: None)
    before = len(known)
    without = penalized(ours)
    assert len(known) == before == 3
    for a, b in zip(with_ways, without, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_further_program_is_compiled(known):
    penalized(ours, rounds=2)
    before = ours.stats()["compiles"]
    penalized(ours, rounds=5)
    assert ours.stats()["compiles"] == before


def test_histories_are_those_of_the_first_time(known):
    def graph(torch):
        x = torch.tensor([0.5, 2.0], requires_grad=True)
        y = (x.exp() * x + x.sin()).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
        (k,) = torch.autograd.grad(h.sum(), x)
        return names(g.grad_fn), g.tolist(), h.tolist(), k.tolist(), g.requires_grad, k.requires_grad

    expected = graph(theirs)
    first = graph(ours)[0]
    for _ in range(3):
        text, *numbers = graph(ours)
        assert text == first
        for own, other in zip(numbers, expected[1:], strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-5)
    assert known


def test_other_targets_of_the_same_graph(known):
    def ask(torch, pick):
        a, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 3.0))
        c = a * b
        d = c.exp() * a
        return [g.item() for g in torch.autograd.grad(d, [{"a": a, "b": b, "c": c, "d": d}[p] for p in pick])]

    for pick in ("a", "b", "c", "ab", "ba", "cab", "d", "aa"):
        for _ in range(2):
            np.testing.assert_allclose(ask(ours, pick), ask(theirs, pick), rtol=1e-6)
    assert len(known) == 8


def test_with_and_without_a_history(known):
    for create_graph in (True, False, True, False, True):
        x = ours.tensor(3.0, requires_grad=True)
        (g,) = ours.autograd.grad(x**3, x, create_graph=create_graph)
        assert g.item() == 27
        assert g.requires_grad is create_graph
    assert len(known) == 3


def test_a_hook_is_called_on_a_known_way(known):
    def before(critic, x, step):
        if step == 2:
            x.register_hook(lambda g: 2 * g)
            critic[2].weight.register_hook(lambda g: 0.5 * g)

    for own, other in zip(penalized(ours, before=before), penalized(theirs, before=before), strict=True):
        np.testing.assert_allclose(own, other, rtol=2e-5, atol=1e-6)
    assert len(known) == 1  # the hook on the weight stays


def test_a_value_overwritten_is_found_on_a_known_way(known):
    w = ours.ones(3, requires_grad=True)
    for step in range(3):
        x = ours.full((3,), 2.0)
        y = (w * x).exp().sum()
        if step == 2:
            x.add_(1)
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                ours.autograd.grad(y, w)
        else:
            ours.autograd.grad(y, w)
    assert len(known) == 1


def test_only_what_was_needed_is_freed(known):
    def ask(torch):
        a, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 3.0))
        first, second = a.exp(), b.exp()
        y = first * second
        torch.autograd.grad(y, a)
        messages = []
        for output, leaf in ((y, b), (first, a), (second, b)):
            try:
                messages.append(torch.autograd.grad(output, leaf)[0].item())
            except RuntimeError as error:
                messages.append(str(error)[:40])
        return messages

    for _ in range(3):
        own, other = ask(ours), ask(theirs)
        assert own[:2] == other[:2]
        assert own[2] == pytest.approx(other[2])
    assert known


def test_a_target_that_was_not_used(known):
    for _ in range(3):
        a, b = ours.ones(2, requires_grad=True), ours.ones(2, requires_grad=True)
        assert ours.autograd.grad((a * 2).sum(), [a, b], allow_unused=True)[1] is None
        with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
            ours.autograd.grad((a * 2).sum(), [a, b])


def test_another_graph_of_the_same_operations(known):
    def ask(torch, step):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x.exp()
        z = y if step % 2 else x.exp()  # one node that is met twice, or two of them
        (g,) = torch.autograd.grad((y * z).sum(), x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x)
        return g.tolist(), h.tolist()

    for step in (0, 1, 1, 0, 0, 1):
        for own, other in zip(ask(ours, step), ask(theirs, step), strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-5)
    assert known


def test_nothing_is_learned_while_nothing_repeats(known):
    for n in range(40):
        x = ours.tensor(0.01, requires_grad=True)
        y = x
        for _ in range(n):
            y = y.sin()
        ours.autograd.grad(y.cos(), x)
    assert not known
