"""Checkpoints of dictionaries and of whole models, resumed training, and state that does not fit."""

import collections
import copy
import io
import os
import pickle

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)
        self.fc = nn.Linear(8, 3)
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("tmp", torch.zeros(2), persistent=False)

    def forward(self, x):
        self.steps += 1
        return self.fc(F.relu(self.bn(self.conv(x))).flatten(1))


model = Net()
opt = torch.optim.Adam(model.parameters(), lr=1e-3, amsgrad=True)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, [1, 3], gamma=0.1)


def step(m, o, s, x=torch.arange(32.0).sin().view(2, 1, 4, 4)):
    o.zero_grad()
    l = m(x).pow(2).sum()
    l.backward()
    o.step()
    s.step()
    return l.item()


for _ in range(2):
    print("%.5f" % step(model, opt, sched))


def save_checkpoint(state, is_best, filename="checkpoint.pth.tar"):
    torch.save(state, filename)
    if is_best:
        import shutil

        shutil.copyfile(filename, "model_best.pth.tar")


save_checkpoint(
    {
        "epoch": 2,
        "arch": "net",
        "state_dict": model.state_dict(),
        "best_acc1": torch.tensor(3.5),
        "optimizer": opt.state_dict(),
        "scheduler": sched.state_dict(),
        "rng": torch.get_rng_state(),
        "cfg": {"a": [1, (2, "x")], "b": None},
    },
    True,
)
print(sorted(os.listdir(".")))
ck = torch.load("model_best.pth.tar", map_location="cpu", weights_only=True)
print(
    ck["epoch"],
    ck["arch"],
    ck["best_acc1"],
    ck["cfg"],
    list(ck["state_dict"]),
    ck["scheduler"]["last_epoch"],
    sorted(ck["scheduler"]),
)
print(
    {
        k: (v if not isinstance(v, torch.Tensor) else tuple(v.shape))
        for k, v in ck["optimizer"]["state"][0].items()
    },
    ck["optimizer"]["param_groups"],
)
m2 = Net()
o2 = torch.optim.Adam(m2.parameters(), lr=5.0, amsgrad=True)
s2 = torch.optim.lr_scheduler.MultiStepLR(o2, [1, 3], gamma=0.1)
print(m2.load_state_dict(ck["state_dict"]))
o2.load_state_dict(ck["optimizer"])
s2.load_state_dict(ck["scheduler"])
print(step(m2, o2, s2) == step(model, opt, sched), s2.get_last_lr(), m2.steps, o2.param_groups[0]["lr"])
dp = nn.DataParallel(model)
sd = dp.state_dict()
print(list(sd)[:3], type(sd).__name__)
new = collections.OrderedDict(
    (k.replace("module.", "", 1) if k.startswith("module.") else k, v) for k, v in sd.items()
)
print(m2.load_state_dict(new), dp.module is model, dp(torch.ones(1, 1, 4, 4)).shape)
try:
    m2.load_state_dict(sd)
except RuntimeError as e:
    print(str(e)[:600])
torch.save(model, "whole.pt")
try:
    torch.load("whole.pt")
except Exception as e:
    print(type(e).__name__, str(e)[:120])
w = torch.load("whole.pt", weights_only=False)
w.eval()
model.eval()
print(type(w).__name__, torch.equal(w(torch.ones(1, 1, 4, 4)), model(torch.ones(1, 1, 4, 4))), w)
buf = io.BytesIO()
torch.save(
    [
        torch.arange(3),
        {"k": torch.eye(2, dtype=torch.float64)},
        torch.tensor([1 + 2j]),
        torch.tensor([1.5], dtype=torch.bfloat16),
        nn.Parameter(torch.ones(1)),
        torch.Size([2, 3]),
        torch.float16,
        torch.device("cpu"),
    ],
    buf,
)
buf.seek(0)
print(torch.load(buf))
x = torch.zeros(4)
torch.save((x, x[1:3]), "v.pt")
a, b = torch.load("v.pt")
print(a, b)
for bad in (
    lambda: torch.load("nope.pt"),
    lambda: torch.save(x),
    lambda: model.load_state_dict([1]),
    lambda: opt.load_state_dict({"state": {}, "param_groups": []}),
    lambda: opt.load_state_dict({"state": {}, "param_groups": [{"params": [0]}]}),
):
    try:
        print(bad())
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0])
sd = model.state_dict()
sd["extra"] = torch.zeros(1)
del sd["fc.bias"]
r = m2.load_state_dict(sd, strict=False)
print(r, r.missing_keys, r.unexpected_keys)
try:
    m2.load_state_dict(sd)
except RuntimeError as e:
    print(e)
pre = {k: v for k, v in sd.items() if k in m2.state_dict() and v.size() == m2.state_dict()[k].size()}
md = m2.state_dict()
md.update(pre)
print(m2.load_state_dict(md))
print(
    pickle.loads(pickle.dumps(torch.arange(3.0))),
    copy.deepcopy(model).steps,
    torch.load("checkpoint.pth.tar", map_location=lambda storage, loc: storage)["epoch"],
    torch.load("checkpoint.pth.tar", map_location={"cuda:0": "cpu"}, mmap=True)["arch"],
)
print(
    torch.load("v.pt", map_location=torch.device("cpu"))[0].device,
    model.state_dict()._metadata["bn"],
    {k: v.dtype for k, v in model.state_dict().items()},
)
m2.load_state_dict({k: v.half() for k, v in model.state_dict().items()})
print(m2.fc.weight.dtype, m2.half().fc.weight.dtype, m2.float().bn.num_batches_tracked.dtype)
m3 = Net()
m3.load_state_dict(model.state_dict(), assign=True)
print(m3.fc.weight is model.fc.weight, m3.fc.weight.data_ptr() == model.fc.weight.data_ptr())
