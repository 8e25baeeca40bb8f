"""Full backward hooks of modules: what they are handed and may return, and the texts of what they may not."""

from __future__ import annotations

import warnings

import pytest

from .helper import same


def two(torch):
    class Two(torch.nn.Module):
        def forward(self, x, y):
            return x * 2, y * 3, torch.ones(2), x.long()

    return Two()


def leaves(torch):
    return torch.ones(2, requires_grad=True), torch.full((2,), 2.0, requires_grad=True)


def one_of_two_results(torch):
    seen, found = [], []
    for i in (0, 1):
        module = two(torch)
        module.register_full_backward_hook(lambda module, given, results: seen.append((given, results)))
        module.register_full_backward_pre_hook(lambda module, results: seen.append(results))
        x, y = leaves(torch)
        module(x, y)[i].sum().backward()
        found.append((x.grad, y.grad))
    return seen, found


def changed(pre, hook):
    def program(torch):
        module = two(torch)
        if pre:
            module.register_full_backward_pre_hook(lambda module, results: pre(results))
        if hook:
            module.register_full_backward_hook(lambda module, given, results: hook(given))
        x, y = leaves(torch)
        a, b, *_ = module(x, y)
        (a.sum() + b.sum()).backward()
        return x.grad, y.grad

    return program


def all_twice(grads):
    return tuple(None if g is None else g * 2 for g in grads)


def no_inputs_with_gradient(returned):
    def program(torch):
        seen = []
        module = torch.nn.Linear(2, 1)
        module.register_full_backward_hook(lambda *all: seen.append(all[1:]) or returned(torch))
        module(torch.ones(3, 2)).sum().backward()
        return seen, module.bias.grad

    return program


def result_of_another_kind(torch):
    class Pack(torch.nn.Module):
        def forward(self, x):
            return {"twice": x * 2}

    module, (x, _) = Pack(), leaves(torch)
    module.register_full_backward_hook(lambda *all: 1 / 0)
    module(x)["twice"].sum().backward()
    return x.grad


def second_gradient(torch):
    seen = []
    module, (x, _) = torch.nn.Tanh(), leaves(torch)
    module.register_full_backward_hook(lambda module, given, results: seen.append(given[0].detach()))
    (g,) = torch.autograd.grad(module(x).pow(2).sum(), x, create_graph=True)
    g.sum().backward()
    return seen, x.grad


def write_to_watched(torch):
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU(inplace=True))
    model[0].register_full_backward_hook(lambda *all: None)
    return model(torch.ones(1, 1))


PROGRAMS = {
    "one of two results": one_of_two_results,
    "results' gradients": changed(all_twice, None),
    "arguments' gradients": changed(None, lambda grads: [g * 3 for g in grads]),
    "both": changed(all_twice, all_twice),
    "too few for the results": changed(lambda grads: grads[:1], None),
    "a tensor for the arguments": changed(None, lambda grads: grads[0][:1]),
    "no gradient": no_inputs_with_gradient(lambda torch: None),
    "no gradient, None": no_inputs_with_gradient(lambda torch: (None,)),
    "no gradient, a tensor": no_inputs_with_gradient(lambda torch: (torch.ones(1),)),
    "another kind": result_of_another_kind,
    "second gradient": second_gradient,
    "write": write_to_watched,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_hooks(name):
    def program(torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = PROGRAMS[name](torch)
        return result, [str(w.message).replace("jaxlearn", "torch") for w in caught]

    same(program, message=True)


def test_registration_hooks_of_assignments():
    """A buffer and a module that are replaced are registered; a parameter of None is not."""

    def program(torch):
        module, seen = torch.nn.modules.module, []
        handles = [
            getattr(module, f"register_module_{kind}_registration_hook")(
                lambda m, name, value, kind=kind: seen.append((kind, name, value is None))
            )
            for kind in ("parameter", "buffer", "module")
        ]
        model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.BatchNorm1d(1, affine=False))
        model[1].running_mean = torch.ones(1)
        model[1].running_var = None
        model[0].weight = None
        model[1] = torch.nn.ReLU()
        model.__setattr__("1", None)
        for handle in handles:
            handle.remove()
        return seen

    same(program)


TEXTS = """
str(model.parameters)
model.to_empty()
model.dump_patches
model.state_dict({}, 'a.')
Forgotten().__delattr__('a')
dir(Forgotten())
nn.ModuleList([nn.ReLU()]) + 3
nn.ParameterDict().popitem()
nn.ParameterDict({'b': torch.ones(1), 'a': torch.ones(2)}).popitem()
str(saved(nn.LazyLinear(3).state_dict()))
"""


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("call", TEXTS.strip().splitlines())
def test_texts(call, tmp_path):
    def program(torch):
        def saved(value):
            torch.save(value, tmp_path / "saved.pth")
            return torch.load(tmp_path / "saved.pth", weights_only=False)

        class Forgotten(torch.nn.Module):
            def __init__(self):
                pass

        names = {
            "torch": torch,
            "nn": torch.nn,
            "model": torch.nn.ReLU(),
            "saved": saved,
            "Forgotten": Forgotten,
        }
        return eval(call, names)

    same(program, message=True)
