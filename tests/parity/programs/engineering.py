# Engineering around models: checkpoints, early stopping, custom datasets, registries, schedulers, profiling helpers
import copy
import io
import math
import os
import pickle
import random
import tempfile
from collections import OrderedDict, defaultdict
from functools import partial
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
    default_collate,
)


def seed_everything(seed):
    random.seed(seed)
    os.environ["PYTHONHASHSEED"] = str(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


seed_everything(42)
device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
REG = {}


def register(name):
    def deco(cls):
        REG[name] = cls
        return cls

    return deco


@register("mlp")
class MLP(nn.Module):
    def __init__(self, i=4, h=8, o=3, act="relu", drop=0.0):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(i, h), nn.Linear(h, o)
        self.act = {"relu": nn.ReLU(), "gelu": nn.GELU(), "swish": nn.SiLU()}[act]
        self.register_buffer("steps", torch.tensor(0, dtype=torch.long))
        self.extra = {"a": 1}

    def forward(self, x):
        if self.training:
            self.steps += 1
        return self.fc2(self.act(self.fc1(x)))

    def extra_repr(self):
        return f"steps={self.steps.item()}"


class EarlyStopping:
    def __init__(self, patience=2, min_delta=0):
        self.patience, self.min_delta, self.counter, self.best_loss, self.early_stop = (
            patience,
            min_delta,
            0,
            None,
            False,
        )

    def __call__(self, val_loss):
        if self.best_loss is None:
            self.best_loss = val_loss
        elif self.best_loss - val_loss > self.min_delta:
            self.best_loss, self.counter = val_loss, 0
        else:
            self.counter += 1
            self.early_stop = self.counter >= self.patience


class AverageMeter(object):
    def __init__(self, name, fmt=":f"):
        self.name, self.fmt = name, fmt
        self.val = self.avg = self.sum = self.count = 0

    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n
        self.avg = self.sum / self.count

    def __str__(self):
        return ("{name} {val" + self.fmt + "} ({avg" + self.fmt + "})").format(**self.__dict__)


def accuracy(output, target, topk=(1,)):
    with torch.no_grad():
        maxk = max(topk)
        _, pred = output.topk(maxk, 1, True, True)
        pred = pred.t()
        correct = pred.eq(target.view(1, -1).expand_as(pred))
        return [
            correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / target.size(0)) for k in topk
        ]


X, Y = torch.randn(40, 4), torch.randint(0, 3, (40,))
model = REG["mlp"](act="swish").to(device)
print(
    model,
    sum(p.numel() for p in model.parameters()),
    next(model.parameters()).device,
    next(model.parameters()).is_cuda,
)
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, mode="min", factor=0.5, patience=0, threshold=0.5)
stop, meter = EarlyStopping(), AverageMeter("Loss", ":.4f")
tr, va = random_split(TensorDataset(X, Y), [0.8, 0.2])
print(len(tr), len(va), tr.indices[:5])
for epoch in range(5):
    model.train()
    for x, y in DataLoader(tr, batch_size=16, shuffle=True, num_workers=0, pin_memory=False):
        x, y = x.to(device, non_blocking=True), y.to(device)
        opt.zero_grad(set_to_none=True)
        out = model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        opt.step()
        meter.update(loss.item(), x.size(0))
    model.eval()
    with torch.no_grad():
        vl = sum(F.cross_entropy(model(x), y, reduction="sum") for x, y in DataLoader(va, 4)) / len(va)
    plateau.step(vl)
    stop(vl.item())
    a1, a2 = accuracy(out, y, (1, 2))
    print(epoch, meter, f"val {vl:.4f}", a1, a2.item(), opt.param_groups[0]["lr"], plateau.num_bad_epochs)
    if stop.early_stop:
        print("early stopping")
        break
d = tempfile.mkdtemp()
path = os.path.join(d, "ckpt.pth.tar")
torch.save(
    {
        "epoch": epoch,
        "state_dict": model.state_dict(),
        "optimizer": opt.state_dict(),
        "sched": plateau.state_dict(),
        "rng": torch.get_rng_state(),
        "np": {"m": meter.avg},
    },
    path,
)
ck = torch.load(path, map_location="cpu", weights_only=True)
print(ck["epoch"], list(ck["state_dict"]), ck["optimizer"]["param_groups"], ck["sched"]["best"])
m2 = MLP(act="swish")
print(
    m2.load_state_dict(ck["state_dict"]),
    m2.steps,
    torch.equal(m2(X), model(X)) or torch.allclose(m2.eval()(X), model(X)),
)
try:
    MLP(h=9).load_state_dict(ck["state_dict"])
except RuntimeError as e:
    print(e)
sd = OrderedDict(("module." + k, v) for k, v in ck["state_dict"].items() if "fc2" not in k)
print(m2.load_state_dict({k[7:]: v for k, v in sd.items()}, strict=False))
try:
    m2.load_state_dict(sd)
except RuntimeError as e:
    print(str(e)[:200])
buf = io.BytesIO()
torch.save(model, buf)
buf.seek(0)
m3 = torch.load(buf, weights_only=False)
print(type(m3).__name__, m3.extra, torch.equal(m3.fc1.weight, model.fc1.weight), m3.training)
try:
    buf.seek(0)
    torch.load(buf)
except Exception as e:
    print(type(e).__name__, str(e).split("\n")[0][:60])
m4 = pickle.loads(pickle.dumps(model.state_dict()))
print(m4["steps"], copy.deepcopy(opt).param_groups[0]["momentum"])


class Stream(IterableDataset):
    def __iter__(self):
        rng = random.Random(0)
        for i in range(7):
            yield {
                "x": np.full(2, i, dtype=np.float32),
                "len": i,
                "name": f"s{i}",
                "pair": (i, float(rng.randint(0, 9))),
            }


for b in DataLoader(Stream(), batch_size=3):
    print(b)


class Wrapped(Dataset):
    def __init__(self, base, tf=None):
        self.base, self.tf = base, tf

    def __getitem__(self, i):
        x, y = self.base[i]
        return (self.tf(x) if self.tf else x), y, i

    def __len__(self):
        return len(self.base)


both = ConcatDataset(
    [
        Wrapped(Subset(TensorDataset(X, Y), range(3)), lambda t: t * 0),
        Wrapped(TensorDataset(X[:2], Y[:2]), partial(torch.mul, other=2.0)),
    ]
)
print(
    len(both),
    both[3][0] / X[0],
    next(iter(DataLoader(both, 5, collate_fn=lambda b: default_collate(b)[2]))),
    both.cumulative_sizes,
)
# schedulers
for mk in (
    lambda o: torch.optim.lr_scheduler.SequentialLR(
        o,
        [
            torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=3),
            torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=4),
        ],
        milestones=[3],
    ),
    lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2),
    lambda o: torch.optim.lr_scheduler.ChainedScheduler(
        [torch.optim.lr_scheduler.ConstantLR(o, 0.5, 2), torch.optim.lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    lambda o: torch.optim.lr_scheduler.CyclicLR(
        o, 0.01, 0.1, step_size_up=2, mode="triangular2", cycle_momentum=False
    ),
    lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [2, 4], 0.1),
    lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 5, 2.0),
):
    o = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    s = mk(o)
    lrs = []
    for _ in range(7):
        lrs.append(round(o.param_groups[0]["lr"], 6))
        o.step()
        s.step()
    print(type(s).__name__, lrs)
# freezing, discriminative rates, adding groups, init
for n, p in model.named_parameters():
    p.requires_grad_(n.startswith("fc2"))
o = torch.optim.Adam(
    [{"params": model.fc2.parameters(), "lr": 1e-2}, {"params": model.fc1.parameters()}], lr=1e-3
)
o.add_param_group({"params": [nn.Parameter(torch.ones(1))], "lr": 5.0, "name": "extra"})
print(o, [g.get("name") for g in o.param_groups])
try:
    o.add_param_group({"params": model.fc2.weight})
except ValueError as e:
    print(e)
try:
    torch.optim.Adam(model.parameters(), lr=-1)
except ValueError as e:
    print(e)
try:
    torch.optim.SGD([], lr=0.1)
except ValueError as e:
    print(e)
print(
    torch.nn.utils.parameters_to_vector(model.parameters()).shape,
    [m for m in model.children()],
    dict(model.named_children()).keys(),
    [n for n, _ in model.named_modules()],
)
print(
    model.get_submodule("fc1"),
    model.get_parameter("fc2.bias").shape,
    model._modules.keys(),
    hasattr(model, "nope"),
    isinstance(model.fc1.weight, torch.Tensor),
)
try:
    model.nope
except AttributeError as e:
    print(e)
try:
    model(torch.randn(2, 5))
except RuntimeError as e:
    print(e)
try:
    F.cross_entropy(torch.randn(2, 3), torch.tensor([0, 3]))
except IndexError as e:
    print(e)
try:
    torch.cat([torch.zeros(2, 3), torch.zeros(2, 4)])
except RuntimeError as e:
    print(e)
try:
    torch.zeros(3).view(2, 2)
except RuntimeError as e:
    print(e)
try:
    nn.Linear(2, 3)(torch.zeros(1, 2).double())
except RuntimeError as e:
    print(e)
try:
    torch.randn(2, requires_grad=True).numpy()
except RuntimeError as e:
    print(e)
