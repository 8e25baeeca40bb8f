"""Compiled steps of research code: SAM with batch norm and truncated BPTT with carried state."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(120)


def mlp(i, o, h=16):
    return nn.Sequential(nn.Linear(i, h), nn.Tanh(), nn.Linear(h, o))


# SAM
m = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
base = torch.optim.SGD(m.parameters(), 0.1, momentum=0.9)


@torch.compile
def sam(x, y, rho=0.05):
    l = F.cross_entropy(m(x), y)
    l.backward()
    with torch.no_grad():
        n = torch.norm(torch.stack([p.grad.norm() for p in m.parameters()]))
        es = []
        for p in m.parameters():
            e = p.grad * rho / (n + 1e-12)
            p.add_(e)
            es.append(e)
            p.grad = None
    for q in m.modules():
        if isinstance(q, nn.BatchNorm1d):
            q.backup, q.momentum = q.momentum, 0
    F.cross_entropy(m(x), y).backward()
    for q in m.modules():
        if isinstance(q, nn.BatchNorm1d):
            q.momentum = q.backup
    with torch.no_grad():
        for p, e in zip(m.parameters(), es):
            p.sub_(e)
    base.step()
    base.zero_grad()
    return l.detach(), n


for it in range(8):
    x = torch.randn(16, 4)
    l, n = sam(x, x[:, :3].argmax(1))
    s = l.item()
    if it % 3 == 0:
        print("sam", f"{s:.5f} {n.item():.5f}", m[1].running_var.sum(), m[1].num_batches_tracked.item())

# truncated BPTT: state in and out, detached by the caller
rnn, out = nn.LSTM(3, 8, 2), nn.Linear(8, 3)
o = torch.optim.RMSprop([*rnn.parameters(), *out.parameters()], 1e-2)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(o, patience=1, factor=0.5)


@torch.compile
def tbptt(x, y, state):
    h, state = rnn(x, state)
    l = F.mse_loss(out(h), y)
    o.zero_grad()
    l.backward()
    torch.nn.utils.clip_grad_norm_(rnn.parameters(), 0.5)
    o.step()
    return l.detach(), tuple(s.detach() for s in state)


seq = torch.sin(torch.arange(41.0)[:, None, None] * torch.tensor([0.1, 0.2, 0.3]) + torch.rand(1, 4, 1))
st = None
for ep in range(4):
    st, tot = None, 0.0
    for i in range(0, 40, 8):
        l, st = tbptt(seq[i : i + 8], seq[i + 1 : i + 9], st)
        tot += l.item()
    sched.step(tot)
    print("tbptt", f"{tot:.5f}", o.param_groups[0]["lr"])
