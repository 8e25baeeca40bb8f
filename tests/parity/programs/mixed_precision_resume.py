import os
import time
import torch
import torch.nn as nn
from torch.optim.swa_utils import AveragedModel, SWALR, update_bn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler, Subset, random_split

torch.manual_seed(0)


class EarlyStopping:
    def __init__(self, patience=2, delta=0.0, path="ckpt.pt"):
        self.patience, self.delta, self.path = patience, delta, path
        self.best, self.counter, self.stop = None, 0, False

    def __call__(self, val, state):
        if self.best is None or val < self.best - self.delta:
            print(
                f"Validation loss decreased ({float('inf') if self.best is None else self.best:.4f} --> {val:.4f}).  Saving model ..."
            )
            self.best, self.counter = val, 0
            torch.save(state, self.path)
        else:
            self.counter += 1
            print(f"EarlyStopping counter: {self.counter} out of {self.patience}")
            self.stop = self.counter >= self.patience


class AverageMeter(object):
    def __init__(self, name, fmt=":f"):
        self.name, self.fmt = name, fmt
        self.sum = self.count = self.val = self.avg = 0

    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n
        self.avg = self.sum / self.count

    def __str__(self):
        return ("{name} {val" + self.fmt + "} ({avg" + self.fmt + "})").format(**self.__dict__)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(10, 24), nn.BatchNorm1d(24), nn.ReLU())
        self.mid = nn.Sequential(nn.Linear(24, 24), nn.ReLU())
        self.head = nn.Linear(24, 3)

    def forward(self, x):
        x = self.stem(x)
        if self.training:
            x = checkpoint(self.mid, x, use_reentrant=False)
        else:
            x = self.mid(x)
        return self.head(x)


X = torch.randn(120, 10)
y = (X[:, 0] > 0).long() + (X[:, 1] > 0.5).long()
train, val = random_split(TensorDataset(X, y), [90, 30], generator=torch.Generator().manual_seed(42))
w = 1.0 / torch.bincount(y).float()
sampler = WeightedRandomSampler(w[y[train.indices]], num_samples=90, replacement=True)
tl, vl = DataLoader(train, batch_size=30, sampler=sampler, drop_last=True), DataLoader(val, batch_size=30)
model = Net()
swa = AveragedModel(model)
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, "min", factor=0.5, patience=0)
scaler = torch.amp.GradScaler("cpu", enabled=True, init_scale=256.0)
stop = EarlyStopping()
crit = nn.CrossEntropyLoss(weight=w / w.sum() * 3)
start = 0
for epoch in range(start, 5):
    model.train()
    meter = AverageMeter("Loss", ":.4f")
    for x, t in tl:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = crit(model(x), t)
        opt.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(opt)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(opt)
        scaler.update()
        meter.update(round(loss.item(), 2), x.size(0))
    swa.update_parameters(model)
    model.eval()
    with torch.no_grad():
        v = sum(crit(model(x), t).item() * len(x) for x, t in vl) / len(val)
    sched.step(v)
    print(epoch, round(meter.avg, 1), f"{v:.2f}", opt.param_groups[0]["lr"], scaler.get_scale())
    stop.best = None if stop.best is None else round(stop.best, 1)
    stop(
        round(v, 1),
        {
            "epoch": epoch + 1,
            "state_dict": model.state_dict(),
            "optimizer": opt.state_dict(),
            "scaler": scaler.state_dict(),
            "rng": torch.get_rng_state(),
        },
    )
    if stop.stop:
        print("Early stopping")
        break
update_bn(tl, swa)
ck = torch.load("ckpt.pt", weights_only=True)
print(sorted(ck), ck["epoch"] > 0, ck["scaler"])
m2 = Net()
print(m2.load_state_dict(ck["state_dict"]))
o2 = torch.optim.AdamW(m2.parameters())
o2.load_state_dict(ck["optimizer"])
print(o2.state_dict()["param_groups"][0]["betas"], sorted(o2.state_dict()["state"][0]))
torch.set_rng_state(ck["rng"])
print(torch.rand(2).shape, os.path.exists("ckpt.pt"), swa.n_averaged)
