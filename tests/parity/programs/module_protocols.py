import abc
import copy
import functools
import weakref
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Dict, Generic, List, NamedTuple, Optional, TypeVar, Union
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

torch.manual_seed(0)


# names that could meet the framework's own
class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.state, self.graph, self.split, self.path, self.perturb, self.sow = (
            1,
            [2],
            "s",
            None,
            0.5,
            nn.Linear(2, 2),
        )
        self.value, self.variables, self.params, self.rngs, self.tags = (
            torch.ones(2),
            {"a": nn.Linear(1, 1)},
            (1, 2),
            None,
            {1},
        )
        self.layers = [nn.Linear(2, 2)]
        self.meta: Dict[str, Any] = {}
        self._private = torch.zeros(1)
        self.set_mode = "x"

    def iter_modules(self):
        return "mine"

    def forward(self, x, *, scale=1.0):
        return self.sow(x) * scale


o = Odd()
print(
    o,
    o.iter_modules(),
    sorted(k for k in vars(o) if not k.startswith("_")),
    [n for n, _ in o.named_parameters()],
    o(torch.ones(1, 2), scale=2.0).shape,
)
print(
    copy.deepcopy(o).graph,
    copy.copy(o).sow is o.sow,
    o == o,
    o in {o},
    {o: 1}[o],
    weakref.ref(o)() is o,
    hash(o) == hash(o),
    o.value,
)
try:
    o(torch.ones(1, 2), 3)
except TypeError as e:
    print(e)


class Wrapper(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.module, name)

    def forward(self, *a, **k):
        return self.module(*a, **k)


w = Wrapper(Odd())
print(w.state, w.graph, list(w.state_dict()))
try:
    w.missing
except AttributeError as e:
    print(e)


class Guard(nn.Module):
    def __setattr__(self, name, value):
        if isinstance(value, nn.Module):
            print("set", name, type(value).__name__)
        super().__setattr__(name, value)

    def __delattr__(self, name):
        print("del", name)
        super().__delattr__(name)


gd = Guard()
gd.a = nn.ReLU()
gd.b = nn.Parameter(torch.ones(1))
gd.a = None
del gd.b
print(gd, list(gd.parameters()), gd.a)


class Base(nn.Module, abc.ABC):
    @abc.abstractmethod
    def encode(self, x): ...

    @property
    def device(self):
        return next(self.parameters()).device

    @classmethod
    def from_config(cls, **kw):
        return cls(**kw)

    @staticmethod
    def norm(x):
        return F.normalize(x, dim=-1)


class Mixin:
    def describe(self):
        return f"{self.__class__.__name__}<{sum(p.numel() for p in self.parameters())}>"


class Enc(Mixin, Base):
    def __init__(self, d=3, act=functools.partial(nn.LeakyReLU, negative_slope=0.2)):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, d), act())
        self.d = d

    def encode(self, x):
        return self.norm(self.net(x))

    forward = encode


e = Enc.from_config(d=2)
print(e.describe(), e.device, e(torch.ones(1, 2)).norm(), isinstance(e, Base), Enc.__mro__[1].__name__)
try:
    Base()
except TypeError as ex:
    print(str(ex)[:60])


@dataclass
class Cfg:
    dim: int = 4
    drop: float = 0.1
    sizes: List[int] = field(default_factory=lambda: [1, 2])


@dataclass(eq=False)
class DC(nn.Module):
    cfg: Cfg
    bias: bool = True

    def __post_init__(self):
        super().__init__()
        self.fc = nn.Linear(self.cfg.dim, 2, bias=self.bias)

    def forward(self, x):
        return self.fc(x)


dc = DC(Cfg())
print([n for n, _ in dc.named_parameters()], dc(torch.zeros(1, 4)).shape, dc.cfg)


class Out(NamedTuple):
    loss: Optional[Tensor]
    logits: Tensor


@dataclass
class ModelOutput:
    logits: Tensor
    hidden: Optional[Tensor] = None

    def __getitem__(self, i):
        return (self.logits, self.hidden)[i]


T_ = TypeVar("T_")


class Typed(nn.Module, Generic[T_]):
    scale: float
    weight: Tensor
    names: List[str] = ["a"]

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((2,), 0.5))
        self.scale = 2.0

    def __call__(self, x):
        return super().__call__(x)

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([1, 2])

    def __contains__(self, k):
        return k == 1

    def forward(self, x: Tensor) -> Out:
        return Out(None, x * self.weight * self.scale)


t = Typed[int]()
print(t(torch.ones(2)), len(t), list(t), 1 in t, Typed.names, t.weight)
print(ModelOutput(torch.ones(1))[0], ModelOutput(torch.ones(1), None))


class Mode(Enum):
    TRAIN = "train"
    EVAL = "eval"


@functools.singledispatch
def to_np(x):
    return x


@to_np.register
def _(x: torch.Tensor):
    return x.detach().cpu().numpy()


@to_np.register(list)
def _(x):
    return [to_np(i) for i in x]


print(to_np([torch.ones(2, requires_grad=True), 3]), to_np(nn.Parameter(torch.zeros(1))), Mode("train"))


def move(obj, f):
    if isinstance(obj, torch.Tensor):
        return f(obj)
    if isinstance(obj, dict):
        return {k: move(v, f) for k, v in obj.items()}
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return type(obj)(*(move(v, f) for v in obj))
    if isinstance(obj, (list, tuple)):
        return type(obj)(move(v, f) for v in obj)
    return obj


print(
    move({"a": [torch.ones(1), (torch.zeros(2), "s")], "o": Out(None, torch.ones(1))}, lambda v: v.double())
)
# state, hooks, buffers, parametrised layers
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
print(
    m.state_dict().__class__.__name__,
    m.state_dict()["1.num_batches_tracked"],
    dict(m.named_buffers()).keys(),
    m.state_dict()._metadata[""],
)
log = []
hk = m[0].register_forward_pre_hook(lambda mod, a: log.append(("pre", tuple(a[0].shape))) or (a[0] * 2,))
hk2 = m.register_forward_hook(lambda mod, a, k, out: log.append(("post", sorted(k))), with_kwargs=True)
hk3 = m.register_load_state_dict_post_hook(lambda mod, keys: log.append(keys.missing_keys))
m(torch.ones(3, 2))
m.load_state_dict({}, strict=False)
print(log)
for h in (hk, hk2, hk3):
    h.remove()
m._register_load_state_dict_pre_hook(
    lambda sd, prefix, *a: sd.update(
        {k.replace("old", "0"): sd.pop(k) for k in list(sd) if k.startswith("old")}
    )
)
print(m.load_state_dict({("old" + k[1:] if k[0] == "0" else k): v for k, v in m.state_dict().items()}))
with torch.no_grad():
    m[0].weight.zero_()[0, 1] = 3
    m[0].bias.copy_(torch.tensor([1, 2]))
print(
    m[0].weight, m[0].bias.tolist(), m.train(False).training, m.requires_grad_(False)[0].weight.requires_grad
)
m.add_module("2", nn.Identity())
m.append(nn.Tanh()).insert(0, nn.Flatten()).extend([nn.ReLU()])
del m[1]
print(m, len(m), m.pop(0))
md, ml, pd, pl = (
    nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)}),
    nn.ModuleList([nn.ReLU()] * 2),
    nn.ParameterDict({"x": torch.ones(1)}),
    nn.ParameterList([torch.zeros(2), torch.ones(1)]),
)
md.update({"c": nn.Tanh()})
ml += [nn.Linear(1, 2)]
print(md, ml, pd, pl, "a" in md, [k for k in md], ml[1:], ml[-1], list(pd.items()), len(pl))
try:
    m.register_buffer("a.b", torch.ones(1))
except KeyError as ex:
    print(ex)
try:
    nn.Module().foo(1)
except AttributeError as ex:
    print(ex)
try:

    class Late(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)

    Late()
except AttributeError as ex:
    print(ex)
try:
    nn.Linear(2, 2).weight = torch.ones(2, 2)
except TypeError as ex:
    print(ex)
try:
    nn.Sequential(3)
except TypeError as ex:
    print(ex)
try:
    nn.Module()(1)
except NotImplementedError as ex:
    print(ex)


# tensor protocols
class Meter:
    def __torch_function__(self, *a, **k):
        return "tf"


x = torch.arange(6.0).view(2, 3)
print(
    np.mean(x.numpy()),
    np.array(x).shape,
    np.stack([x[0], x[1]]).sum(),
    x.__array__().dtype,
    [*x],
    dict(zip("ab", x)),
    max(x[0]),
    sum(x[1]),
    sorted(x[1], reverse=True)[0],
    any(x[0] > 1),
    x[0].tolist() == [0, 1, 2],
)
print(
    x[None, ..., -1],
    x[:, [0, 2]],
    x[x > 2],
    x[torch.tensor([1, 0])],
    x[1, ::2],
    x[..., None].shape,
    x[[True, False]],
    x[np.array([0])],
    x[(0, 1)],
    x[slice(None), 1],
    x[-1][-1].item(),
)
x[x > 4] = -1
x[:, 1] += 10
x[0] *= torch.tensor([2.0, 1.0, 1.0])
x[[0, 1], [2, 2]] = torch.tensor([7.0, 8.0])
x[1, :2], x[0, 0] = 5, 9
print(
    x,
    x.sum(-1),
    divmod(7, 2),
    x[0] // 2,
    x[0] % 4,
    -x[0],
    abs(-x[0]),
    x[0] @ x[1],
    2 ** x[0, :2],
    1 / x[0],
    round(x[0, 0].item(), 1),
    x[0] != x[1],
    ~(x[0] > 8),
    x[0].int() & 3,
    True & (x[0, 0] > 1),
    x.T.is_contiguous(),
)
i = torch.tensor(3)
print(
    [0] * i,
    list(range(i)),
    "abcd"[i],
    f"{i:03d}",
    f"{torch.tensor(1.5):.3f}",
    f"{x[0]}",
    "%s %d %.1f" % (i, i, i),
    str(i),
    repr(x.shape),
    len(x.shape),
    x.shape[-1:] + (4,),
    [1, 2, 3][:i],
    i in [3],
    i == 3,
    int(i) + 1,
    complex(i),
    hex(i),
    bin(3),
    i.__index__(),
    {int(i): 1},
)
