"""Schedules of the rate, optimizers of one's own, averaged weights, early stopping."""

import math
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    _LRScheduler,
)
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn

torch.manual_seed(0)


def mk(lr=0.1):
    p = nn.Parameter(torch.ones(2))
    return torch.optim.SGD(
        [{"params": [p]}, {"params": [nn.Parameter(torch.ones(1))], "lr": lr / 10}], lr=lr, momentum=0.9
    )


for f in (
    lambda o: StepLR(o, 2, 0.5),
    lambda o: MultiStepLR(o, [1, 3]),
    lambda o: ExponentialLR(o, 0.9),
    lambda o: CosineAnnealingLR(o, 5, 1e-3),
    lambda o: CosineAnnealingWarmRestarts(o, 2, 2),
    lambda o: OneCycleLR(o, 0.5, total_steps=6),
    lambda o: CyclicLR(o, 0.01, 0.1, 2),
    lambda o: PolynomialLR(o, 5, 2.0),
    lambda o: LinearLR(o, 0.5, total_iters=3),
    lambda o: ConstantLR(o, 0.3, 2),
    lambda o: ChainedScheduler([ConstantLR(o, 0.5, 2), ExponentialLR(o, 0.9)]),
    lambda o: SequentialLR(o, [LinearLR(o, 0.1, total_iters=2), CosineAnnealingLR(o, 4)], [2]),
    lambda o: LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (e + 1)]),
):
    o = mk()
    s = f(o)
    out = []
    for _ in range(6):
        o.step()
        out.append([round(g["lr"], 6) for g in o.param_groups])
        try:
            s.step()
        except ValueError as e:
            print(e)
            break
    print(type(s).__name__, out)


class WarmupCosine(_LRScheduler):
    def __init__(self, optimizer, warm, total, last_epoch=-1):
        self.warm, self.total = warm, total
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        if self.last_epoch < self.warm:
            return [b * (self.last_epoch + 1) / self.warm for b in self.base_lrs]
        return [
            b * 0.5 * (1 + math.cos(math.pi * (self.last_epoch - self.warm) / (self.total - self.warm)))
            for b in self.base_lrs
        ]


o = mk()
s = WarmupCosine(o, 2, 6)
for _ in range(4):
    o.step()
    s.step()
    print(s.get_last_lr(), s.last_epoch)
print(sorted(s.state_dict()))
o = mk()
r = ReduceLROnPlateau(o, mode="min", factor=0.5, patience=1, threshold=1e-3)
for l in (1.0, 0.9, 0.9, 0.9, 0.9, torch.tensor(0.8)):
    r.step(l)
    print(o.param_groups[0]["lr"], r.num_bad_epochs, float(r.best))
opts = [
    lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=1e-2),
    lambda p: torch.optim.AdamW(p, 1e-2, amsgrad=True),
    lambda p: torch.optim.RMSprop(p, 1e-2, centered=True, momentum=0.5),
    lambda p: torch.optim.Rprop(p),
]
for f in opts:
    torch.manual_seed(1)
    p = nn.Parameter(torch.randn(3))
    o = f([p])
    for _ in range(4):
        o.zero_grad()
        ((p - torch.tensor([1.0, 2, 3])) ** 2).sum().backward()
        o.step()
    print(
        type(o).__name__,
        p.data,
        sorted(map(str, o.state[p])),
        {k: v for k, v in o.param_groups[0].items() if k != "params"},
    )


class Lookahead(torch.optim.Optimizer):
    def __init__(self, base, k=2, alpha=0.5):
        self.base, self.k, self.alpha, self.n = base, k, alpha, 0
        self.param_groups = base.param_groups
        self.slow = [[p.clone().detach() for p in g["params"]] for g in self.param_groups]

    def zero_grad(self):
        self.base.zero_grad()

    def step(self, closure=None):
        self.base.step()
        self.n += 1
        if self.n % self.k == 0:
            for g, sl in zip(self.param_groups, self.slow):
                for p, q in zip(g["params"], sl):
                    q.data.add_(p.data - q.data, alpha=self.alpha)
                    p.data.copy_(q.data)


class MySGD(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, momentum=0.0):
        if lr < 0:
            raise ValueError(f"Invalid lr: {lr}")
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for g in self.param_groups:
            for p in g["params"]:
                if p.grad is None:
                    continue
                st = self.state[p]
                if len(st) == 0:
                    st["step"] = 0
                    st["buf"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                st["step"] += 1
                st["buf"].mul_(g["momentum"]).add_(p.grad)
                p.add_(st["buf"], alpha=-g["lr"] / math.sqrt(st["step"]))
        return loss


class SAM(torch.optim.Optimizer):
    def __init__(self, params, base_optimizer, rho=0.05, **kw):
        super().__init__(params, dict(rho=rho, **kw))
        self.base_optimizer = base_optimizer(self.param_groups, **kw)
        self.param_groups = self.base_optimizer.param_groups
        self.defaults.update(self.base_optimizer.defaults)

    @torch.no_grad()
    def first_step(self, zero_grad=False):
        gn = torch.norm(
            torch.stack(
                [p.grad.norm(p=2) for g in self.param_groups for p in g["params"] if p.grad is not None]
            ),
            p=2,
        )
        for g in self.param_groups:
            for p in g["params"]:
                self.state[p]["old_p"] = p.data.clone()
                p.add_(p.grad * (g["rho"] / (gn + 1e-12)).to(p))
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def second_step(self, zero_grad=False):
        for g in self.param_groups:
            for p in g["params"]:
                p.data = self.state[p]["old_p"]
        self.base_optimizer.step()
        if zero_grad:
            self.zero_grad()


x, y = torch.randn(8, 3), torch.randn(8, 1)
for name in ("look", "my", "sam", "lbfgs"):
    torch.manual_seed(2)
    net = nn.Linear(3, 1)
    f = lambda: F.mse_loss(net(x), y)
    if name == "look":
        o = Lookahead(torch.optim.SGD(net.parameters(), 0.1))
    elif name == "my":
        o = MySGD(net.parameters(), momentum=0.5)
    elif name == "sam":
        o = SAM(net.parameters(), torch.optim.SGD, lr=0.1, momentum=0.9)
    else:
        o = torch.optim.LBFGS(net.parameters(), lr=1, max_iter=4, line_search_fn="strong_wolfe")
    for _ in range(4):
        if name == "sam":
            f().backward()
            o.first_step(True)
            f().backward()
            o.second_step(True)
            l = f()
        elif name in ("lbfgs", "my"):

            def closure():
                o.zero_grad()
                l = f()
                l.backward()
                return l

            l = o.step(closure)
        else:
            o.zero_grad()
            l = f()
            l.backward()
            o.step()
    print(name, "%.5f" % l.item(), net.weight.data)
net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
swa = AveragedModel(net)
o = torch.optim.SGD(net.parameters(), 0.05)
ss = SWALR(o, swa_lr=0.01, anneal_epochs=2, anneal_strategy="linear")
for i in range(4):
    o.zero_grad()
    F.mse_loss(net(x), y).backward()
    o.step()
    swa.update_parameters(net)
    ss.step()
    print(ss.get_last_lr(), swa.n_averaged)
update_bn([(x, y)], swa)
print(swa.module[1].running_mean, swa(x)[:2], type(swa).__name__)


class EMA:
    def __init__(self, model, decay):
        self.model, self.decay, self.shadow, self.backup = (
            model,
            decay,
            {n: p.data.clone() for n, p in model.named_parameters() if p.requires_grad},
            {},
        )

    def update(self):
        for n, p in self.model.named_parameters():
            if p.requires_grad:
                assert n in self.shadow
                self.shadow[n] = ((1.0 - self.decay) * p.data + self.decay * self.shadow[n]).clone()

    def apply(self):
        for n, p in self.model.named_parameters():
            self.backup[n] = p.data
            p.data = self.shadow[n]

    def restore(self):
        for n, p in self.model.named_parameters():
            p.data = self.backup[n]
        self.backup = {}


ema = EMA(net, 0.5)
for p in net.parameters():
    p.data.add_(1.0)
ema.update()
before = net[0].bias.clone()
ema.apply()
print((before - net[0].bias).detach())
ema.restore()
print(torch.equal(before, net[0].bias))


class EarlyStopping:
    def __init__(self, patience=2, delta=0):
        self.patience, self.counter, self.best_score, self.early_stop, self.val_loss_min, self.delta = (
            patience,
            0,
            None,
            False,
            np.inf,
            delta,
        )

    def __call__(self, val_loss, model):
        score = -val_loss
        if self.best_score is None or score >= self.best_score + self.delta:
            print(
                f"Validation loss decreased ({self.val_loss_min:.6f} --> {val_loss:.6f}).  Saving model ..."
            )
            torch.save(model.state_dict(), "cp.pt")
            self.val_loss_min, self.best_score, self.counter = val_loss, score, 0
        else:
            self.counter += 1
            print(f"EarlyStopping counter: {self.counter} out of {self.patience}")
            self.early_stop = self.counter >= self.patience


es = EarlyStopping()
for l in (1.0, np.float64(0.8), torch.tensor(0.9), 0.85):
    es(l, net)
print(es.early_stop, es.val_loss_min, os.path.exists("cp.pt"))
