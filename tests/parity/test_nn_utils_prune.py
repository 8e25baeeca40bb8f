"""``nn.utils.prune`` against torch: the same elements from the same seed, names, errors, and training afterwards."""

from __future__ import annotations

import copy
import pickle

import pytest

import jaxlearn

from .helper import same

pytest.importorskip("torch.nn.utils.prune")  # torch.nn.utils does not import it


def layers(torch):
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Conv1d(4, 6, 3), torch.nn.Flatten(), torch.nn.Linear(6, 5))


CALLS = {
    "identity": lambda prune, m: prune.identity(m[0], "weight"),
    "random": lambda prune, m: prune.random_unstructured(m[0], "weight", amount=7),
    "random part": lambda prune, m: prune.random_unstructured(m[2], name="bias", amount=0.5),
    "none": lambda prune, m: prune.random_unstructured(m[2], "bias", amount=0),
    "smallest": lambda prune, m: prune.l1_unstructured(m[0], "weight", 0.3),
    "scores": lambda prune, m: prune.l1_unstructured(
        m[2], "weight", 4, importance_scores=-m[2].weight.abs().detach()
    ),
    "random channels": lambda prune, m: prune.random_structured(m[0], "weight", amount=2, dim=0),
    "random last": lambda prune, m: prune.random_structured(m[0], "weight", amount=0.4, dim=-1),
    "no channels": lambda prune, m: prune.random_structured(m[0], "weight", amount=0, dim=1),
    "norm": lambda prune, m: prune.ln_structured(m[0], "weight", amount=0.3, n=2, dim=1),
    "norm inf": lambda prune, m: prune.ln_structured(m[0], "weight", amount=1, n=float("-inf"), dim=-1),
    "norm 1 scores": lambda prune, m: prune.ln_structured(
        m[2], "weight", amount=2, n=1, dim=0, importance_scores=m[2].weight.detach() ** 3
    ),
    "again": lambda prune, m: prune.ln_structured(
        prune.random_structured(prune.random_unstructured(m[0], "weight", 0.2), "weight", 1, 0),
        "weight",
        amount=0.5,
        n=1,
        dim=0,
    ),
    "unstructured again": lambda prune, m: prune.l1_unstructured(
        prune.l1_unstructured(m[0], "weight", 0.2), "weight", 0.5
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_methods(name):
    def program(torch):
        prune = torch.nn.utils.prune
        model = layers(torch)
        torch.manual_seed(5)
        pruned = CALLS[name](prune, model)
        assert (
            prune.is_pruned(model) and prune.is_pruned(pruned) and not prune.is_pruned(torch.nn.Linear(1, 1))
        )
        hooks = [type(h).__name__ for h in pruned._forward_pre_hooks.values()]
        return repr(model), list(pruned.state_dict()), dict(model.state_dict()), hooks, torch.rand(2)

    same(program)


def training(torch):
    prune = torch.nn.utils.prune
    model = layers(torch)
    prune.l1_unstructured(model[0], "weight", 0.5)
    prune.random_structured(model[2], "weight", 2, dim=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    x = torch.arange(24.0).reshape(2, 4, 3) / 24
    for step in range(6):
        if step == 3:
            prune.global_unstructured(
                [(model[0], "weight"), (model[2], "weight"), (model[2], "bias")],
                pruning_method=prune.L1Unstructured,
                amount=0.25,
            )
        optimizer.zero_grad()
        loss = ((model(x) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    state = {k: v.clone() for k, v in model.state_dict().items()}
    hook = next(iter(model[0]._forward_pre_hooks.values()))
    kinds = [type(m).__name__ for m in hook], len(hook), type(hook[0]).__name__
    # A copy of a module whose weight is the result of a computation is refused until it has been detached.
    model.eval()
    with torch.no_grad():
        model(x)
    copied = copy.deepcopy(model)
    for layer, name in ((model[0], "weight"), (model[2], "weight"), (model[2], "bias")):
        prune.remove(layer, name)
    gone = sum(int((p == 0).sum()) for p in model.parameters())
    return losses, state, kinds, gone, repr(model), dict(model.named_parameters()), copied(x).detach()


def given(torch):
    prune = torch.nn.utils.prune
    model = layers(torch)
    prune.custom_from_mask(model[2], "bias", torch.tensor([0, 1, 0, 1, 1]))
    prune.global_unstructured(
        [(model[0], "weight"), (model[2], "weight")],
        prune.RandomUnstructured,
        importance_scores={(model[0], "weight"): torch.ones(6, 4, 3)},
        amount=5,
    )
    method = prune.L1Unstructured(amount=2)
    t = torch.tensor([[3.0, -1.0], [0.5, 2.0]])
    found = (
        method.prune(t),
        method.prune(t, importance_scores=-t.abs()),
        method.prune(t, torch.tensor([[1.0, 0], [1, 1]])),
    )
    return dict(model.state_dict()), found, prune.PruningContainer()._pruning_methods


@pytest.mark.parametrize("program", [training, given])
def test_programs(program):
    # Adam divides by the root of small squares: six steps of float32.
    same(program, rtol=2e-5)


MISTAKES = {
    "amount text": lambda prune, m: prune.l1_unstructured(m[0], "weight", "a"),
    "amount negative": lambda prune, m: prune.l1_unstructured(m[0], "weight", -1),
    "amount above one": lambda prune, m: prune.random_unstructured(m[0], "weight", 1.5),
    "too many": lambda prune, m: prune.random_unstructured(m[2], "bias", 6),
    "too many channels": lambda prune, m: prune.random_structured(m[2], "weight", 6, 0),
    "vector": lambda prune, m: prune.random_structured(m[2], "bias", 1, 0),
    "dimension": lambda prune, m: prune.ln_structured(m[2], "weight", 1, 2, 2),
    "scores": lambda prune, m: prune.l1_unstructured(m[2], "weight", 1, importance_scores=m[2].bias),
    "mask": lambda prune, m: prune.custom_from_mask(m[2], "bias", m[2].weight),
    "no parameter": lambda prune, m: prune.identity(m[2], "w"),
    "global type": lambda prune, m: prune.global_unstructured(
        [(m[2], "weight")], prune.LnStructured, amount=1, n=2
    ),
    "global scores": lambda prune, m: prune.global_unstructured(
        [(m[2], "weight")], prune.L1Unstructured, importance_scores=[1], amount=1
    ),
    "global pairs": lambda prune, m: prune.global_unstructured(3, prune.L1Unstructured, amount=1),
    "not pruned": lambda prune, m: prune.remove(m[2], "weight"),
    "abstract": lambda prune, m: prune.BasePruningMethod(),
    "container": lambda prune, m: prune.PruningContainer().add_pruning_method(3),
    "prune scores": lambda prune, m: prune.L1Unstructured(1).prune(m[2].weight, importance_scores=m[2].bias),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    def program(torch):
        model = layers(torch)
        try:
            MISTAKES[name](torch.nn.utils.prune, model)
        except Exception as error:
            # What failed has changed nothing.
            return type(error).__name__, str(error).replace("jaxlearn.", "torch."), list(model.state_dict())
        raise AssertionError("no error")

    same(program)


def test_pickled_and_compiled_once():
    torch = jaxlearn
    prune = torch.nn.utils.prune
    model = layers(torch)
    prune.l1_unstructured(model[2], "weight", 0.5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, counts = torch.ones(2, 4, 3), []
    for _ in range(5):
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        model[0].bias.sum().item()
        counts.append(torch.stats()["compiles"])
    assert counts[-1] == counts[1]
    with torch.no_grad():
        model(x)
    again = pickle.loads(pickle.dumps(model))
    assert again(x).equal(model(x)) and prune.is_pruned(again)
