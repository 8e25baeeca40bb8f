"""Between NumPy and tensors, printing, containers, initialization, and forty mistakes."""

from dataclasses import asdict, dataclass, field

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import init
from torch.nn.utils import (
    parameters_to_vector,
    remove_weight_norm,
    vector_to_parameters,
    weight_norm,
)
from torch.nn.utils.parametrizations import orthogonal
from torch.nn.utils.parametrizations import weight_norm as wn2

torch.manual_seed(0)
np.random.seed(0)
# numpy interchange
a = np.linspace(0, 1, 5, dtype=np.float32)
t = torch.from_numpy(a)
print(
    t,
    np.asarray(t).dtype,
    torch.as_tensor(a).dtype,
    torch.tensor(a.astype(np.float64)).dtype,
    torch.tensor(a.tolist()),
    torch.tensor(np.int32(3)).dtype,
    torch.tensor(np.float32(3)).dtype,
    torch.tensor([np.float64(1.5)]).dtype,
    torch.tensor([np.float32(1.5), np.float32(2)]).dtype,
)
print(
    t * np.float32(2),
    np.float64(2) * t,
    t + np.pi,
    t - a.mean(),
    a.mean() - t,
    t / a.std(),
    (t > a.mean()),
    t.clamp(max=a[2]),
    torch.sqrt(torch.tensor(a.max())),
    np.mean(t.numpy()),
    np.sqrt(t),
    np.exp(t),
    np.stack([t, t]).shape,
    np.concatenate([t.numpy(), [1]]),
    float(t.sum()),
    int(t.sum()),
    round(t.sum().item(), 2),
    t[np.array([0, 2])],
    t[np.array([True, False, True, False, True])],
    t[[1, 2]],
    torch.tensor(np.arange(3))[np.int64(1)],
)
print(
    torch.full((2,), np.inf),
    torch.zeros(np.int64(2), np.int64(3)).shape,
    torch.zeros(np.array([2, 3]).tolist()).shape,
    torch.arange(np.int64(3)),
    torch.linspace(np.float64(0), np.float32(1), 3),
    t.view(np.int64(5), 1).shape,
    t.reshape(tuple(np.array([5, 1]))).shape,
    torch.randint(0, np.int64(5), (3,)),
    t.repeat(np.int64(2)).shape,
    torch.ones(3).expand(np.int64(2), -1).shape,
    t.sum(dim=np.int64(0)) if False else "",
    F.one_hot(torch.tensor(np.array([0, 2]))),
    torch.where(t > np.float64(0.5), t, np.float32(0)),
    torch.pow(t, np.float64(2)),
    torch.clamp(t, np.float64(0.2), np.float64(0.6)),
    torch.tensor([1, 2]) * np.float64(0.5),
    torch.tensor([1, 2]) * np.float32(0.5),
    torch.tensor([1, 2]) // np.int64(2),
)
lin = nn.Linear(np.int64(3), np.int64(2))
print(lin, lin.weight.shape)
opt = torch.optim.SGD(lin.parameters(), lr=np.float64(0.1), momentum=np.float32(0.9))
lin(torch.ones(1, 3)).sum().backward()
opt.step()
print(opt, lin.bias)
sch = torch.optim.lr_scheduler.LambdaLR(opt, lambda e: np.float64(0.5) ** e)
opt.step()
sch.step()
print(sch.get_last_lr(), type(opt.param_groups[0]["lr"]).__name__)
loss = np.float64(0.5) * lin(torch.ones(1, 3)).mean() + np.float32(1.0)
loss.backward()
print(loss)
# printing
print(
    torch.rand(3, 3),
    torch.randn(2, 2).double(),
    torch.tensor([1e-8, 1.0, 1e5]),
    torch.tensor([1e10, 1.0]),
    torch.tensor([float("nan"), float("inf"), -1.0]),
    torch.arange(1001)[:5],
    torch.arange(2000),
    torch.tensor([True, False]),
    torch.tensor([]),
    torch.empty(0, 3),
    torch.tensor(3),
    torch.tensor(3.14159265),
    torch.tensor([1 + 2j]),
    torch.zeros(2, 0),
    torch.rand(2, 2, 2),
    sep="\n",
)
torch.set_printoptions(precision=2, sci_mode=False, linewidth=60, threshold=20, edgeitems=2)
print(torch.rand(5, 5), torch.tensor([1e-8, 1.0, 1e5]), torch.arange(100.0))
torch.set_printoptions(profile="default")
print(
    f"{torch.tensor(0.123456):.3f} {torch.tensor(5):d} {torch.tensor([1, 2])} {torch.tensor(2.5)!r}",
    f"{torch.tensor(1.5):>8.2f}|{torch.tensor(7):>4}",
    "%.2f %d %s" % (torch.tensor(1.5), torch.tensor(3), torch.Size([1, 2])),
    "{:.2e}".format(torch.tensor(12345.0)),
    str(torch.float32),
    repr(torch.device("cpu")),
    torch.Size([2]) + torch.Size([3]),
    tuple(torch.zeros(2, 3).shape),
    torch.zeros(2, 3).shape[-1:],
    list(torch.zeros(2, 3).size()),
    torch.zeros(2, 3).size(1),
    len(torch.zeros(2, 3)),
)


@dataclass
class Config:
    dim: int = 4
    heads: int = 2
    extra: dict = field(default_factory=dict)


class M(nn.Module):
    """module with everything"""

    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.table = nn.ParameterDict({"a": nn.Parameter(torch.ones(2)), "b": nn.Parameter(torch.zeros(2))})
        self.lst = nn.ParameterList([nn.Parameter(torch.full((1,), float(i))) for i in range(2)])
        self.blocks = nn.ModuleDict({"x": nn.Linear(2, 2), "act": nn.ReLU()})
        self.register_parameter("none", None)
        self._w = None

    @property
    def device(self):
        return next(self.parameters()).device

    def forward(self, x, *, flag: bool = True):
        return self.blocks["act"](self.blocks["x"](x)) * self.scale + self.table["a"] + self.lst[1]


m = M(Config())
print(
    m,
    asdict(m.cfg),
    m.device,
    m(torch.ones(1, 2)),
    [n for n, _ in m.named_parameters()],
    "x" in m.blocks,
    list(m.table.keys()),
    len(m.lst),
    m.none,
)
v = parameters_to_vector(m.parameters())
vector_to_parameters(v * 0 + 0.5, m.parameters())
print(v.shape, m(torch.ones(1, 2)), sum(p.numel() for p in m.parameters()), m.scale)
wn = weight_norm(nn.Linear(3, 2), dim=None)
print(wn, [n for n, _ in wn.named_parameters()], wn.weight_g)
remove_weight_norm(wn)
q = orthogonal(nn.Linear(3, 3))
print(wn2(nn.Linear(2, 2)), (q.weight @ q.weight.T - torch.eye(3)).abs().max() < 1e-5, q)
for fn in (
    init.xavier_uniform_,
    init.kaiming_uniform_,
    init.orthogonal_,
    init.trunc_normal_,
    init.xavier_normal_,
):
    w = torch.empty(3, 4)
    fn(w)
    print(fn.__name__, w[0])
init.dirac_(k := torch.empty(2, 2, 3))
init.eye_(e := torch.empty(2, 3))
init.sparse_(s := torch.empty(4, 2), 0.5)
init.constant_(c := torch.empty(2), 0.3)
print(
    k[0],
    e,
    s,
    c,
    init.calculate_gain("leaky_relu", 0.2),
    init._calculate_fan_in_and_fan_out(torch.empty(4, 3, 2, 2)),
)
for bad in (
    lambda: nn.Linear(2, 3)(torch.ones(1, 3)),
    lambda: torch.ones(2) + torch.ones(3),
    lambda: torch.ones(2, 3) @ torch.ones(2, 3),
    lambda: torch.cat([torch.ones(2, 2), torch.ones(2, 3)]),
    lambda: torch.ones(4).view(3),
    lambda: torch.stack([torch.ones(2), torch.ones(3)]),
    lambda: m.nothing,
    lambda: setattr(m, "scale", 3),
    lambda: torch.tensor([1, 2]).mean(),
    lambda: torch.ones(2).backward(),
    lambda: torch.ones(2, requires_grad=True).numpy(),
    lambda: torch.ones(2).item(),
    lambda: bool(torch.ones(2)),
    lambda: F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 3])),
    lambda: nn.Embedding(3, 2)(torch.tensor([3])),
    lambda: torch.ones(2)[5],
    lambda: torch.ones(2, 3)[0, 0, 0],
    lambda: nn.Conv2d(3, 4, 3)(torch.ones(1, 1, 5, 5)),
    lambda: torch.tensor("a"),
    lambda: torch.tensor([[1], [2, 3]]),
    lambda: nn.BatchNorm1d(3)(torch.ones(1, 3)),
    lambda: torch.zeros(2).long() + "a",
    lambda: F.nll_loss(torch.ones(2, 3), torch.ones(2)),
    lambda: torch.arange(3).softmax(0),
    lambda: torch.randn(2, 3).squeeze(5),
    lambda: torch.ones(2).to("cuda:99x"),
    lambda: m(torch.ones(1, 2), nope=1),
    lambda: torch.optim.SGD([], 0.1),
    lambda: torch.optim.Adam(m.parameters(), lr=-1),
    lambda: torch.optim.SGD(m.parameters(), momentum=-1, lr=1),
    lambda: torch.split(torch.ones(3), [1, 1]),
    lambda: torch.ones(2, requires_grad=True).add_(1),
    lambda: torch.chunk(torch.ones(2), 0),
    lambda: torch.inverse(torch.zeros(2, 2)),
    lambda: torch.einsum("ij,jk", torch.ones(2, 3), torch.ones(2, 3)),
    lambda: torch.ones(3).permute(1, 0),
    lambda: nn.MultiheadAttention(5, 2),
    lambda: nn.Transformer(d_model=5),
    lambda: nn.LSTM(2, 3)(torch.ones(1, 1, 3)),
    lambda: torch.load(3),
    lambda: nn.Sequential(3),
    lambda: nn.ModuleList([1]),
    lambda: m.load_state_dict({}),
    lambda: nn.Dropout(2),
    lambda: torch.gather(torch.ones(2, 2), 1, torch.tensor([[5], [0]])),
    lambda: nn.GroupNorm(3, 4),
    lambda: m.to(torch.int32),
):
    try:
        r = bad()
        print("->", r if not isinstance(r, torch.Tensor) else r.shape)
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0][:220])
