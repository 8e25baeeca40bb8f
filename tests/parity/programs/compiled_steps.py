import math
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.distributions as D

torch.manual_seed(77)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 16), nn.Tanh())
        self.mu, self.v = nn.Linear(16, 2), nn.Linear(16, 1)
        self.log_std = nn.Parameter(torch.zeros(2) - 0.5)

    def forward(self, s):
        h = self.body(s)
        return self.mu(h), self.log_std.exp().expand(s.shape[0], 2), self.v(h).squeeze(-1)


pol = Policy()
opt = torch.optim.Adam(pol.parameters(), lr=1e-2)
KL = torch.distributions.kl_divergence


@torch.compile
def ppo_step(s, a, old_lp, adv, ret):
    mu, std, v = pol(s)
    d = D.Independent(D.Normal(mu, std), 1)
    lp = d.log_prob(a)
    ratio = (lp - old_lp).exp()
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    loss = (
        -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
        + 0.5 * F.mse_loss(v, ret)
        - 0.01 * d.entropy().mean()
    )
    opt.zero_grad()
    loss.backward()
    gn = nn.utils.clip_grad_norm_(pol.parameters(), 0.5)
    opt.step()
    return loss.detach(), ((ratio - 1).abs() > 0.2).float().mean(), gn


s = torch.randn(12, 4)
with torch.no_grad():
    mu, std, _ = pol(s)
    a = D.Normal(mu, std).sample()
    lp = D.Normal(mu, std).log_prob(a).sum(-1)
adv, ret = torch.randn(12), torch.randn(12)
for i in range(4):
    l, cf, gn = ppo_step(s, a, lp, adv, ret)
    print(f"{l:.5f} {cf:.3f} {gn:.5f}")


@torch.compile(dynamic=False)
def sac_actor(mu, ls):
    base = D.Normal(mu, ls.exp())
    d = D.TransformedDistribution(base, [D.transforms.TanhTransform(cache_size=1)])
    x = torch.atanh(torch.tensor([[0.2, -0.4]])).tanh()
    return d.log_prob(x).sum(-1), base.entropy()


print(sac_actor(torch.zeros(1, 2), torch.zeros(1, 2)))
outer = D.transforms.TanhTransform(cache_size=1)


@torch.compile
def cached_outside(x):
    y = outer(x)
    return outer.log_abs_det_jacobian(x, y), outer.inv(y)


xx = torch.tensor([0.3, -1.0])
print(cached_outside(xx))
print(cached_outside(xx + 1))
y0 = outer(xx)
print(outer.inv(y0) is xx)


@torch.compile
def gp_nll(X, y, ls, noise):
    K = torch.exp(-0.5 * torch.cdist(X, X) ** 2 / ls.exp() ** 2) + noise.exp() * torch.eye(X.shape[0])
    return -D.MultivariateNormal(torch.zeros(X.shape[0]), K).log_prob(y)


X, y = torch.linspace(0, 1, 6)[:, None], torch.sin(torch.linspace(0, 6, 6))
ls, noise = torch.zeros((), requires_grad=True), torch.tensor(-2.0, requires_grad=True)
o = torch.optim.SGD([ls, noise], lr=0.05)
for i in range(3):
    o.zero_grad()
    nll = gp_nll(X, y, ls, noise)
    nll.backward()
    o.step()
    print(f"{nll.item():.5f} {ls.grad:.5f} {noise.grad:.5f}")


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(10, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 10)
        self.o.weight = self.e.weight

    def forward(self, x, h=None):
        z, h = self.r(self.e(x), h)
        return self.o(z), h


lm = LM()
cm = torch.compile(lm)
print(type(cm).__name__, isinstance(cm, nn.Module), list(cm.state_dict())[:2])
opt2 = torch.optim.AdamW(lm.parameters(), lr=0.02)
sched = torch.optim.lr_scheduler.LambdaLR(opt2, lambda i: min(1.0, (i + 1) / 3))
h = None
data = torch.randint(0, 10, (2, 26))
for i in range(4):
    x, t = data[:, i * 6 : (i + 1) * 6], data[:, i * 6 + 1 : (i + 1) * 6 + 1]
    out, h = cm(x, h)
    h = h.detach()
    loss = F.cross_entropy(out.reshape(-1, 10), t.reshape(-1), label_smoothing=0.1)
    opt2.zero_grad()
    loss.backward()
    opt2.step()
    sched.step()
    print(f"{loss.item():.5f} lr {sched.get_last_lr()[0]:.5f}")


@torch.compile
def crf_norm(e, tr):
    s = e[0]
    for i in range(1, e.size(0)):
        s = torch.logsumexp(s.unsqueeze(1) + tr + e[i], dim=0)
    return s.logsumexp(0)


e, tr = torch.randn(5, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True)
z = crf_norm(e, tr)
z.backward()
print(z.detach(), e.grad.sum(1), tr.grad)


@torch.compile
def mixture_nll(x, logits, mu, ls):
    return -D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(mu, ls.exp())).log_prob(x).mean()


prm = [
    torch.zeros(3, requires_grad=True),
    torch.tensor([-1.0, 0.0, 1.0], requires_grad=True),
    torch.zeros(3, requires_grad=True),
]
o3 = torch.optim.RMSprop(prm, lr=0.05)
xs = torch.randn(40) * 2
for i in range(3):
    o3.zero_grad()
    l = mixture_nll(xs, *prm)
    l.backward()
    o3.step()
    print(l.item())


@torch.compile(fullgraph=True)
def pinn(x, w):
    f = lambda z: (torch.tanh(z[:, None] * w[0]) * w[1]).sum()
    u = torch.func.grad(f)
    return torch.func.vmap(
        lambda z: torch.func.grad(
            lambda q: torch.func.grad(lambda r: (torch.tanh(r * w[0]) * w[1]).sum())(q)
        )(z)
    )(x), u(x)


print(pinn(torch.linspace(-1, 1, 4), torch.randn(2, 5)))
zipf = torch.compile(lambda p, n: torch.distributions.kl_divergence(D.Dirichlet(p), D.Dirichlet(n)))
print(zipf(torch.tensor([1.0, 2.0, 3.0]), torch.ones(3)))
