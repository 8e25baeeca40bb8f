import math
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.distributions as D
from torch.distributions import transforms as T, constraints

torch.manual_seed(0)


class RealNVP(nn.Module):
    def __init__(self, nets, nett, masks, prior):
        super().__init__()
        self.prior = prior
        self.mask = nn.Parameter(masks, requires_grad=False)
        self.t = torch.nn.ModuleList([nett() for _ in range(len(masks))])
        self.s = torch.nn.ModuleList([nets() for _ in range(len(masks))])

    def g(self, z):
        x = z
        for i in range(len(self.t)):
            x_ = x * self.mask[i]
            s = self.s[i](x_) * (1 - self.mask[i])
            t = self.t[i](x_) * (1 - self.mask[i])
            x = x_ + (1 - self.mask[i]) * (x * torch.exp(s) + t)
        return x

    def f(self, x):
        log_det_J, z = x.new_zeros(x.shape[0]), x
        for i in reversed(range(len(self.t))):
            z_ = self.mask[i] * z
            s = self.s[i](z_) * (1 - self.mask[i])
            t = self.t[i](z_) * (1 - self.mask[i])
            z = (1 - self.mask[i]) * (z - t) * torch.exp(-s) + z_
            log_det_J -= s.sum(dim=1)
        return z, log_det_J

    def log_prob(self, x):
        z, logp = self.f(x)
        return self.prior.log_prob(z) + logp

    def sample(self, batchSize):
        z = self.prior.sample((batchSize, 1))
        return self.g(z)


nets = lambda: nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, 2), nn.Tanh())
nett = lambda: nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, 2))
masks = torch.tensor([[0.0, 1.0], [1.0, 0.0]] * 2)
prior = D.MultivariateNormal(torch.zeros(2), torch.eye(2))
flow = RealNVP(nets, nett, masks, prior)
opt = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad], lr=1e-2)
for t in range(4):
    theta = torch.rand(32) * math.pi
    x = torch.stack([theta.cos(), theta.sin()], 1) + 0.05 * torch.randn(32, 2)
    loss = -flow.log_prob(x).mean()
    opt.zero_grad()
    loss.backward(retain_graph=True)
    opt.step()
    print("iter %s:" % t, "loss = %.4f" % loss)
print(flow.sample(3).squeeze(1).detach())


class Planar(T.Transform):
    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = False

    def __init__(self, w, u, b):
        super().__init__()
        self.w, self.u, self.b = w, u, b

    def _call(self, z):
        return z + self.u * torch.tanh(z @ self.w + self.b).unsqueeze(-1)

    def log_abs_det_jacobian(self, z, fz):
        psi = (1 - torch.tanh(z @ self.w + self.b) ** 2).unsqueeze(-1) * self.w
        return torch.log(torch.abs(1 + psi @ self.u))


class LearnedAffineCoupling(T.Transform, nn.Module):
    domain = constraints.independent(constraints.real, 1)
    codomain = constraints.independent(constraints.real, 1)
    bijective = True

    def __init__(self):
        super().__init__(cache_size=1)
        self.net = nn.Linear(1, 2)

    def __hash__(self):
        return super(nn.Module, self).__hash__()

    def _call(self, x):
        a, b = x.chunk(2, -1)
        ls, sh = self.net(a).chunk(2, -1)
        return torch.cat([a, b * ls.exp() + sh], -1)

    def _inverse(self, y):
        a, b = y.chunk(2, -1)
        ls, sh = self.net(a).chunk(2, -1)
        return torch.cat([a, (b - sh) / ls.exp()], -1)

    def log_abs_det_jacobian(self, x, y):
        return self.net(x[..., :1])[..., 0]


base = D.Independent(D.Normal(torch.zeros(2), torch.ones(2)), 1)
params = [
    torch.randn(2, requires_grad=True),
    torch.randn(2, requires_grad=True),
    torch.zeros((), requires_grad=True),
]
pl = Planar(*params)
d = D.TransformedDistribution(base, [pl])
z = base.rsample((5,))
y = pl(z)
print(y, base.log_prob(z) - pl.log_abs_det_jacobian(z, y))
try:
    d.log_prob(y)
except NotImplementedError as e:
    print("NotImplementedError", e)
coup = LearnedAffineCoupling()
dist = D.TransformedDistribution(
    base,
    [
        coup,
        T.AffineTransform(torch.tensor([1.0, -1.0]), torch.tensor([2.0, 0.5]), event_dim=1),
        T.IndependentTransform(T.SigmoidTransform(), 1),
    ],
)
print(dist, dist.batch_shape, dist.event_shape, dist.support)
opt = torch.optim.SGD(coup.parameters(), lr=0.05)
for i in range(3):
    s = dist.rsample((16,))
    loss = (dist.log_prob(s) + (s - 0.5).pow(2).sum(-1)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(i, f"{loss.item():.5f}", coup.net.weight.grad.flatten().tolist())
comp = T.ComposeTransform([T.AffineTransform(0.0, 2.0), T.SigmoidTransform(), T.AffineTransform(-1.0, 2.0)])
x = torch.tensor([-1.5, 0.0, 0.7])
print(comp, comp(x), comp.inv(comp(x)), comp.log_abs_det_jacobian(x, comp(x)))
print(comp.domain, comp.codomain, comp.inv.inv is comp, comp.sign)
print(
    T.SoftplusTransform()(x),
    T.PowerTransform(torch.tensor(2.0))(x.abs()),
    T.StickBreakingTransform()(x),
    T.StickBreakingTransform().inv(torch.tensor([0.2, 0.3, 0.5])),
)
print(T.CorrCholeskyTransform()(torch.tensor([0.3, -0.4, 0.9])), T.LowerCholeskyTransform()(torch.ones(2, 2)))
print(T.CumulativeDistributionTransform(D.Normal(0.0, 1.0))(x))
print(
    D.biject_to(constraints.positive),
    D.transform_to(constraints.simplex),
    D.transform_to(constraints.interval(-1.0, 3.0))(x),
)
print(
    T.CatTransform([T.ExpTransform(), T.identity_transform], dim=0, lengths=[1, 2])(x),
    T.ReshapeTransform((3,), (1, 3))(x).shape,
    T.IndependentTransform(T.ExpTransform(), 1).log_abs_det_jacobian(x, x.exp()),
)
ln = D.TransformedDistribution(D.Normal(0.3, 0.5), [T.ExpTransform()])
print(
    ln.log_prob(torch.tensor(1.7)),
    D.LogNormal(0.3, 0.5).log_prob(torch.tensor(1.7)),
    ln.cdf(torch.tensor(1.7)),
    ln.icdf(torch.tensor(0.25)),
    ln.expand((2, 1)).sample().shape,
)
logistic = D.TransformedDistribution(
    D.Uniform(0, 1), [T.SigmoidTransform().inv, T.AffineTransform(loc=1.0, scale=2.0)]
)
print(
    logistic,
    logistic.sample((2, 2)),
    logistic.log_prob(torch.tensor([0.0, 1.0])),
    logistic.cdf(torch.tensor(1.0)),
)
