import math
import random
import torch
import torch.nn as nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import _LRScheduler, LambdaLR
from torch.utils.data import (
    Dataset,
    IterableDataset,
    DataLoader,
    Sampler,
    BatchSampler,
    get_worker_info,
    ConcatDataset,
    default_collate,
)

torch.manual_seed(0)
random.seed(0)


class Lion(Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        if not 0.0 <= lr:
            raise ValueError("Invalid learning rate: {}".format(lr))
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data.mul_(1 - group["lr"] * group["weight_decay"])
                state = self.state[p]
                if len(state) == 0:
                    state["exp_avg"] = torch.zeros_like(p)
                m = state["exp_avg"]
                b1, b2 = group["betas"]
                update = m * b1 + p.grad * (1 - b1)
                p.add_(update.sign_(), alpha=-group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)
        return loss


class SAM(Optimizer):
    def __init__(self, params, base, rho=0.05, **kw):
        super().__init__(params, dict(rho=rho, **kw))
        self.base = base(self.param_groups, **kw)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first_step(self):
        norm = torch.norm(
            torch.stack([p.grad.norm(p=2) for g in self.param_groups for p in g["params"]]), p=2
        )
        for g in self.param_groups:
            for p in g["params"]:
                self.state[p]["old_p"] = p.data.clone()
                p.add_(p.grad * (g["rho"] / (norm + 1e-12)))
        self.zero_grad()

    @torch.no_grad()
    def second_step(self):
        for g in self.param_groups:
            for p in g["params"]:
                p.data = self.state[p]["old_p"]
        self.base.step()
        self.zero_grad()


class WarmupCosine(_LRScheduler):
    def __init__(self, opt, warm, total, last_epoch=-1):
        self.warm, self.total = warm, total
        super().__init__(opt, last_epoch)

    def get_lr(self):
        e = self.last_epoch
        if e < self.warm:
            return [b * (e + 1) / self.warm for b in self.base_lrs]
        return [
            b * 0.5 * (1 + math.cos(math.pi * (e - self.warm) / (self.total - self.warm)))
            for b in self.base_lrs
        ]


class STE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, bits):
        ctx.save_for_backward(x)
        n = 2**bits - 1
        return torch.round(x.clamp(0, 1) * n) / n

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ((x >= 0) & (x <= 1)).float(), None


class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"x": torch.full((3,), float(i)), "y": i**2, "name": f"s{i}"}


class Stream(IterableDataset):
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __iter__(self):
        info = get_worker_info()
        step = 1 if info is None else info.num_workers
        return iter(range(self.a + (0 if info is None else info.id), self.b, step))


class Balanced(Sampler):
    def __init__(self, labels):
        self.labels = labels

    def __iter__(self):
        return iter(torch.argsort(torch.tensor(self.labels), stable=True).tolist())

    def __len__(self):
        return len(self.labels)


net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
x, y = torch.randn(20, 3), torch.randn(20, 1)
lion = Lion(net.parameters(), lr=1e-2, weight_decay=0.1)
sched = WarmupCosine(lion, 2, 6)
for i in range(6):
    loss = lion.step(
        lambda: (lion.zero_grad(), (l := ((net(STE.apply(x, 3)) - y) ** 2).mean()).backward(), l)[2]
    )
    sched.step()
    print(i, f"{loss.item():.5f} {lion.param_groups[0]['lr']:.5f}")
sam = SAM(net.parameters(), torch.optim.SGD, rho=0.05, lr=0.1, momentum=0.9)
for i in range(3):
    loss = ((net(x) - y) ** 2).mean()
    loss.backward()
    sam.first_step()
    ((net(x) - y) ** 2).mean().backward()
    sam.second_step()
    print("sam", f"{loss.item():.5f}")
print([b["y"].tolist() + b["name"] for b in DataLoader(Squares(5), batch_size=2)])
print(
    list(DataLoader(Stream(0, 7), batch_size=3)),
    sorted(int(v) for b in DataLoader(Stream(0, 6), batch_size=2) for v in b),
)
print(
    [
        b["x"][:, 0].tolist()
        for b in DataLoader(
            ConcatDataset([Squares(3), Squares(2)]),
            batch_sampler=BatchSampler(Balanced([1, 0, 1, 0, 1]), 2, False),
        )
    ]
)
print(default_collate([{"a": 1, "b": [1.0, 2.0]}, {"a": 3, "b": [4.0, 5.0]}]))
ls = LambdaLR(
    torch.optim.SGD([{"params": net[0].parameters(), "lr": 0.1}, {"params": net[2].parameters()}], lr=0.01),
    [lambda e: 0.9**e, lambda e: 1 / (e + 1)],
)
for _ in range(3):
    ls.optimizer.step()
    ls.step()
print(ls.get_last_lr(), sorted(ls.state_dict()))
try:
    Lion(net.parameters(), lr=-1)
except ValueError as e:
    print(e)
g = torch.Generator()
g.manual_seed(3)
print([b.tolist() for b in DataLoader(list(range(6)), batch_size=4, shuffle=True, generator=g)])
