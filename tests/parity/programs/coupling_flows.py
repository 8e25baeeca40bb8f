import math
import torch
import torch.nn as nn
from torch import distributions as D

torch.manual_seed(0)


class RealNVP(nn.Module):
    def __init__(self, masks, prior, hidden=16):
        super().__init__()
        self.prior = prior
        self.mask = nn.Parameter(masks, requires_grad=False)
        mk = lambda last: nn.Sequential(nn.Linear(2, hidden), nn.LeakyReLU(), nn.Linear(hidden, 2), *last)
        self.t = torch.nn.ModuleList([mk([]) for _ in range(len(masks))])
        self.s = torch.nn.ModuleList([mk([nn.Tanh()]) for _ in range(len(masks))])

    def g(self, z):
        x = z
        for i in range(len(self.t)):
            x_ = x * self.mask[i]
            s, t = self.s[i](x_) * (1 - self.mask[i]), self.t[i](x_) * (1 - self.mask[i])
            x = x_ + (1 - self.mask[i]) * (x * torch.exp(s) + t)
        return x

    def f(self, x):
        log_det, z = x.new_zeros(x.shape[0]), x
        for i in reversed(range(len(self.t))):
            z_ = self.mask[i] * z
            s, t = self.s[i](z_) * (1 - self.mask[i]), self.t[i](z_) * (1 - self.mask[i])
            z = (1 - self.mask[i]) * (z - t) * torch.exp(-s) + z_
            log_det -= s.sum(dim=1)
        return z, log_det

    def log_prob(self, x):
        z, logp = self.f(x)
        return self.prior.log_prob(z) + logp

    def sample(self, n):
        return self.g(self.prior.sample((n,)))


prior = D.MultivariateNormal(torch.zeros(2), torch.eye(2))
masks = torch.tensor([[0.0, 1.0], [1.0, 0.0]] * 2)
flow = RealNVP(masks, prior)
opt = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad], lr=1e-2)
th = torch.rand(64) * math.pi
x = torch.stack([th.cos(), th.sin()], 1) + 0.05 * torch.randn(64, 2)
for i in range(6):
    loss = -flow.log_prob(x).mean()
    opt.zero_grad()
    loss.backward(retain_graph=True)
    opt.step()
    print(i, f"{loss.item():.4f}")
with torch.no_grad():
    s = flow.sample(5)
    print(s.shape, flow.g(flow.f(x)[0]).allclose(x, atol=1e-5))
base = D.Normal(torch.zeros(2), torch.ones(2))
loc, scale = torch.zeros(2, requires_grad=True), torch.ones(2, requires_grad=True)
td = D.TransformedDistribution(
    D.Independent(base, 1), [D.AffineTransform(loc, scale, event_dim=1), D.TanhTransform(cache_size=1)]
)
y = td.rsample((4,))
lp = td.log_prob(y).sum()
lp.backward()
print(td, lp.item(), loc.grad, scale.grad)
mix = D.MixtureSameFamily(
    D.Categorical(torch.tensor([0.3, 0.7])), D.Normal(torch.tensor([-1.0, 2.0]), torch.tensor([0.5, 1.0]))
)
print(mix.log_prob(torch.tensor([0.0, 1.5])), mix.mean, mix.variance, mix.sample((3,)))
q = D.Normal(torch.tensor([0.2]), torch.tensor([0.7]))
print(
    D.kl_divergence(q, D.Normal(0.0, 1.0)),
    D.kl_divergence(D.Bernoulli(0.3), D.Bernoulli(logits=torch.tensor(0.5))),
)
