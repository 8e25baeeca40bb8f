import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def info_nce(features, temperature=0.07, n_views=2):
    b = features.shape[0] // n_views
    labels = torch.cat([torch.arange(b) for _ in range(n_views)], dim=0)
    labels = (labels.unsqueeze(0) == labels.unsqueeze(1)).float()
    features = F.normalize(features, dim=1)
    sim = torch.matmul(features, features.T)
    mask = torch.eye(labels.shape[0], dtype=torch.bool)
    labels = labels[~mask].view(labels.shape[0], -1)
    sim = sim[~mask].view(sim.shape[0], -1)
    pos = sim[labels.bool()].view(labels.shape[0], -1)
    neg = sim[~labels.bool()].view(sim.shape[0], -1)
    logits = torch.cat([pos, neg], dim=1) / temperature
    return logits, torch.zeros(logits.shape[0], dtype=torch.long)


enc = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(inplace=True), nn.Linear(16, 8))
x = torch.randn(64, 12)
opt = torch.optim.Adam(enc.parameters(), 1e-2, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=5, eta_min=0)
for e in range(4):
    views = torch.cat([x[:16] + 0.1 * torch.randn(16, 12), x[:16] + 0.1 * torch.randn(16, 12)])
    logits, labels = info_nce(enc(views))
    loss = F.cross_entropy(logits, labels)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    _, pred = logits.topk(5, 1, True, True)
    correct = pred.t().eq(labels.view(1, -1).expand_as(pred.t()))
    top1 = correct[:1].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / 32)
    print(f"simclr {e} {loss.item():.4f} top1 {top1[0].item():.2f} lr {sched.get_last_lr()[0]:.5f}")


class BYOL(nn.Module):
    def __init__(self, net, dim, m=0.9):
        super().__init__()
        self.online, self.m = net, m
        self.predictor = nn.Sequential(nn.Linear(dim, 16), nn.ReLU(), nn.Linear(16, dim))
        self.target = copy.deepcopy(net)
        for p in self.target.parameters():
            p.requires_grad = False

    @torch.no_grad()
    def update(self):
        for o, t in zip(self.online.parameters(), self.target.parameters()):
            t.data = t.data * self.m + o.data * (1 - self.m)

    def forward(self, a, b):
        pa, pb = self.predictor(self.online(a)), self.predictor(self.online(b))
        with torch.no_grad():
            ta, tb = self.target(a).detach(), self.target(b).detach()
        f = lambda p, z: 2 - 2 * (F.normalize(p, dim=-1) * F.normalize(z, dim=-1)).sum(-1)
        return (f(pa, tb) + f(pb, ta)).mean()


byol = BYOL(enc, 8)
opt = torch.optim.SGD(filter(lambda p: p.requires_grad, byol.parameters()), lr=0.1, momentum=0.9)
for e in range(4):
    loss = byol(x + 0.1 * torch.randn_like(x), x.roll(1, 0) * 0 + x + 0.1 * torch.randn_like(x))
    opt.zero_grad()
    loss.backward()
    opt.step()
    byol.update()
    print("byol", e, f"{loss.item():.5f}", f"{next(byol.target.parameters()).abs().mean():.6f}")
