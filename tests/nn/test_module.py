"""Module: registration, attributes, traversal, modes, conversion, text and copies, with torch's errors."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
from flax import nnx

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.norm = nn.BatchNorm1d(3)
        self.out = nn.Linear(3, 1, bias=False)
        self.size = 7

    def forward(self, x):
        return self.out(self.norm(self.hidden(x)))


def test_attributes_are_registered_in_order():
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "hidden.weight",
        "hidden.bias",
        "norm.weight",
        "norm.bias",
        "out.weight",
    ]
    assert [n for n, _ in net.named_buffers()] == [
        "norm.running_mean",
        "norm.running_var",
        "norm.num_batches_tracked",
    ]
    assert [n for n, _ in net.named_modules()] == ["", "hidden", "norm", "out"]
    assert list(net.children()) == [net.hidden, net.norm, net.out]
    assert list(net._modules) == ["hidden", "norm", "out"] and list(net._parameters) == []
    assert "hidden" not in net.__dict__ and net.__dict__["size"] == 7
    assert "hidden" in dir(net)


def test_shared_parameters_come_once_unless_asked_for():
    net = Net()
    net.tied = net.hidden
    assert len(list(net.parameters())) == 5
    assert len(list(net.named_parameters(remove_duplicate=False))) == 7
    assert [n for n, _ in net.named_modules(remove_duplicate=False)][-1] == "tied"
    assert next(n for n, _ in net.named_parameters("model", recurse=True)) == "model.hidden.weight"
    assert list(net.parameters(recurse=False)) == []


class NoInit(nn.Module):
    def __init__(self, value):
        self.value = value


def _named(**attributes):
    module = nn.Module()
    for name, value in attributes.items():
        setattr(module, name, value)
    module.register_buffer("buffer", torch.ones(1))
    return module


ERRORS = [
    (lambda m: m.x, AttributeError, "'Module' object has no attribute 'x'"),
    (lambda m: m(1), NotImplementedError, 'Module [Module] is missing the required "forward" function'),
    (lambda m: NoInit(nn.Linear(1, 1)), AttributeError, "cannot assign module before Module.__init__() call"),
    (
        lambda m: NoInit(nn.Parameter(torch.ones(1))),
        AttributeError,
        "cannot assign parameters before Module.__init__() call",
    ),
    (lambda m: m.register_buffer(1, None), TypeError, "buffer name should be a string. Got int"),
    (lambda m: m.register_buffer("a.b", None), KeyError, 'buffer name can\'t contain "."'),
    (lambda m: m.register_buffer("", None), KeyError, 'buffer name can\'t be empty string ""'),
    (lambda m: m.register_buffer("forward", None), KeyError, "attribute 'forward' already exists"),
    (
        lambda m: m.register_buffer("f", 1),
        TypeError,
        "cannot assign 'int' object to buffer 'f' (torch Tensor or None required)",
    ),
    (lambda m: m.register_parameter(1, None), TypeError, "parameter name should be a string. Got int"),
    (lambda m: m.register_parameter("a.b", None), KeyError, 'parameter name can\'t contain "."'),
    (lambda m: m.register_parameter("", None), KeyError, 'parameter name can\'t be empty string ""'),
    (lambda m: m.register_parameter("forward", None), KeyError, "attribute 'forward' already exists"),
    (
        lambda m: m.register_parameter("f", torch.ones(1)),
        TypeError,
        "cannot assign 'torch.FloatTensor' object to parameter 'f' (torch.nn.Parameter or None required)",
    ),
    (lambda m: m.add_module("f", 1), TypeError, "int is not a Module subclass"),
    (lambda m: m.add_module(1, None), TypeError, "module name should be a string. Got int"),
    (lambda m: m.add_module("a.b", None), KeyError, 'module name can\'t contain ".", got: a.b'),
    (lambda m: m.add_module("", None), KeyError, 'module name can\'t be empty string ""'),
    (lambda m: m.add_module("forward", None), KeyError, "attribute 'forward' already exists"),
    (
        lambda m: setattr(m, "p", torch.ones(1)),
        TypeError,
        "cannot assign 'torch.FloatTensor' as parameter 'p' (torch.nn.Parameter or None expected)",
    ),
    (
        lambda m: setattr(m, "m", 1),
        TypeError,
        "cannot assign 'int' as child module 'm' (torch.nn.Module or None expected)",
    ),
    (
        lambda m: setattr(m, "buffer", 1),
        TypeError,
        "cannot assign 'int' as buffer 'buffer' (torch.nn.Buffer, torch.Tensor or None expected)",
    ),
    (lambda m: m.get_submodule("zz"), AttributeError, "Module has no attribute `zz`"),
    (lambda m: m.get_submodule("p"), AttributeError, "`p` is not an nn.Module"),
    (lambda m: m.get_parameter("buffer"), AttributeError, "`buffer` is not an nn.Parameter"),
    (lambda m: m.get_buffer("p"), AttributeError, "`p` is not a buffer"),
    (lambda m: m.train(1), ValueError, "training mode is expected to be boolean"),
    (lambda m: delattr(m, "zz"), AttributeError, "'Module' object has no attribute 'zz'"),
    (
        lambda m: m.to(torch.int64),
        TypeError,
        "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int64",
    ),
    (lambda m: nn.Module(3), TypeError, "Module.__init__() takes 1 positional argument but 2 were given"),
    (lambda m: nn.Module(a=3), TypeError, "Module.__init__() got an unexpected keyword argument 'a'"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_errors_are_torchs(call, kind, message):
    module = _named(p=nn.Parameter(torch.ones(1)), m=nn.Identity())
    before = (dict(module._parameters), dict(module._buffers), dict(module._modules))
    with pytest.raises(kind) as caught:
        call(module)
    assert caught.value.args[0] == message
    assert (module._parameters, module._buffers, module._modules) == before


def test_a_name_moves_between_the_registries():
    module = nn.Module()
    module.x = 1
    module.x = nn.Parameter(torch.ones(1))
    assert "x" not in module.__dict__ and list(module._parameters) == ["x"]
    module.x = None
    assert module._parameters == {"x": None}
    del module.x
    module.x = nn.Identity()
    assert list(module._modules) == ["x"] and module._parameters == {}
    module.x = nn.Parameter(torch.ones(1))
    assert list(module._parameters) == ["x"] and module._modules == {}


def test_a_buffer_stays_the_very_tensor():
    module = nn.Module()
    t = torch.arange(6).view(2, 3)[0]
    module.register_buffer("t", t, persistent=False)
    assert module.t is t and list(module.state_dict()) == []
    other = torch.zeros(3)
    module.t = other
    assert module.t is other and module._non_persistent_buffers_set == {"t"}
    module.b = nn.Buffer(torch.ones(2), persistent=False)
    assert dict(module.named_buffers()).keys() == {"t", "b"} and list(module.state_dict()) == []


def test_training_mode_reaches_all_modules():
    net = Net()
    assert net.training and net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net and all(m.training for m in net.modules())


def test_apply_visits_the_innermost_first():
    net, seen = Net(), []
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "BatchNorm1d", "Linear", "Net"]


def test_conversion_keeps_the_parameters_objects():
    net = Net()
    weight = net.hidden.weight
    weight.grad = torch.ones(3, 2)
    assert net.double() is net
    assert (
        net.hidden.weight is weight and weight.dtype is torch.float64 and weight.grad.dtype is torch.float64
    )
    assert net.norm.running_mean.dtype is torch.float64 and net.norm.num_batches_tracked.dtype is torch.int64
    assert net.to("cpu", torch.float32).hidden.weight.dtype is torch.float32
    assert net.to(torch.ones(1, dtype=torch.float64)).hidden.weight.dtype is torch.float64
    assert net.half().hidden.weight.dtype is torch.float16
    assert net.bfloat16().norm.running_var.dtype is torch.bfloat16
    assert weight.requires_grad and weight.is_leaf


def test_gradients_are_forgotten_or_zeroed():
    net = Net()
    for p in net.parameters():
        p.grad = torch.ones(p.shape)
    net.zero_grad(set_to_none=False)
    assert all(p.grad.sum().item() == 0 for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.requires_grad_(False) is net and not any(p.requires_grad for p in net.parameters())


def test_the_text_is_torchs():
    assert repr(Net()) == (
        "Net(\n"
        "  (hidden): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (norm): BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)\n"
        "  (out): Linear(in_features=3, out_features=1, bias=False)\n"
        ")"
    )


def test_str_is_the_text_of_a_class_that_defines_its_own_repr():
    class Graph(nn.Module):
        def __repr__(self) -> str:
            return "Graph (5 -> 3)"

    assert str(Graph()) == f"{Graph()}" == "Graph (5 -> 3)"


def test_names_that_torch_leaves_to_the_user_are_the_users():
    """Those of nnx.Module's methods and of this package's own."""

    class Field(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.sow, self.perturb = nn.Linear(2, 3), nn.Parameter(torch.ones(3))
            self.register_buffer("set_attributes", torch.zeros(3))
            self.iter_modules = nn.ReLU()
            self._forget, self._take = nn.Linear(3, 1), 2

        def _check_name(self, x: torch.Tensor) -> torch.Tensor:
            return x * self._take

        _as = _shown = _check_name

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.iter_modules(self.sow(x) * self.perturb + self.set_attributes)
            return self._shown(self._as(self._check_name(self._forget(x))))

    field = Field().double().float()
    field.load_state_dict(field.state_dict())
    assert field(torch.ones(4, 2)).shape == (4, 1)
    assert [name for name, _ in field.named_children()] == ["sow", "iter_modules", "_forget"]
    assert len(list(nn.Linear(1, 1).iter_modules())) == 1  # nnx's own where the user has none
    graph, state = nnx.split(field)
    assert nnx.merge(graph, state)(torch.ones(4, 2)).equal(field(torch.ones(4, 2)))


def test_copies_have_their_own_values():
    net = Net()
    net.tied = net.hidden
    net.hidden.weight.grad = torch.ones(3, 2)
    deep = copy.deepcopy(net)
    assert deep.tied is deep.hidden and deep.hidden.weight is not net.hidden.weight
    assert deep.hidden.weight.grad is None  # as in torch
    with torch.no_grad():
        deep.hidden.weight.zero_()
    assert net.hidden.weight.abs().sum().item() > 0
    shallow = copy.copy(net)
    assert shallow.hidden is net.hidden and shallow is not net


def test_pickling_keeps_structure_and_values():
    net = Net().eval()
    net.hidden.weight.requires_grad_(False)
    again = pickle.loads(pickle.dumps(net))
    assert not again.training and repr(again) == repr(net)
    assert not again.hidden.weight.requires_grad and again.out.weight.requires_grad
    for (name, value), other in zip(net.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(value, other), name


def test_submodules_by_dotted_name():
    net = nn.Sequential(nn.Sequential(nn.Linear(1, 2)))
    assert net.get_submodule("0.0") is net[0][0] and net.get_submodule("") is net
    assert net.get_parameter("0.0.bias") is net[0][0].bias
    net.set_submodule("0.0", nn.Identity())
    assert isinstance(net[0][0], nn.Identity)
    with pytest.raises(ValueError, match="Cannot set the submodule without a target name!"):
        net.set_submodule("", nn.Identity())


def test_user_annotations_are_never_evaluated():
    class Annotated(nn.Module):
        layer: NotDefinedAnywhere  # noqa: F821

    assert isinstance(Annotated(), nn.Module)


def test_modules_hash_by_identity_and_mixins_are_initialised():
    class Mixin:
        def __init_subclass__(cls, tag=None, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.tag = tag

    class Tagged(nn.Module, Mixin, tag="x"):
        pass

    a, b = Tagged(), Tagged()
    assert Tagged.tag == "x" and len({a, b, a}) == 2 and a != b


def test_legacy_reduction_arguments_warn():
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert nn.MSELoss(size_average=False).reduction == "sum"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.MSELoss(reduction="none")
