# Probabilistic programs in the style of small inference libraries
import math
from functools import partial
import torch
import torch.distributions as dist
import torch.nn.functional as F
from torch.distributions import (
    constraints,
    biject_to,
    transform_to,
    kl_divergence,
    register_kl,
    Distribution,
    ExponentialFamily,
)
from torch.distributions.constraints import Constraint

torch.manual_seed(64)


class Trace(dict):
    def log_prob(self):
        return sum(f.log_prob(v).sum() for f, v in self.values())


def model(data, trace, cond=None):
    def sample(name, d, obs=None):
        v = obs if obs is not None else (cond[name] if cond and name in cond else d.sample())
        trace[name] = (d, v)
        return v

    mu = sample("mu", dist.Normal(0.0, 10.0))
    sigma = sample("sigma", dist.HalfNormal(2.0))
    w = sample("w", dist.Dirichlet(torch.ones(3)))
    z = sample("z", dist.Categorical(w).expand([len(data)]))
    sample("x", dist.Normal(mu + z.float(), sigma).expand([len(data)]), obs=data)
    return mu


data = torch.tensor([0.5, 1.0, 2.5])
t = Trace()
model(data, t)
print({k: (d, v) for k, (d, v) in t.items()}, t.log_prob())
free = {k: d.support for k, (d, _) in t.items() if k not in ("x", "z")}
unc = {k: biject_to(s).inv(t[k][1]) for k, s in free.items()}
print(free, unc, {k: biject_to(free[k])(u) for k, u in unc.items()})


# own distribution, own constraint, own kl
class Delta(Distribution):
    has_rsample = True
    arg_constraints = {"v": constraints.real, "log_density": constraints.real}
    support = constraints.real

    def __init__(self, v, log_density=0.0, event_dim=0, validate_args=None):
        if isinstance(log_density, (int, float)):
            log_density = torch.full(v.shape[: v.dim() - event_dim], log_density, dtype=v.dtype)
        self.v, self.log_density = v, log_density
        super().__init__(
            v.shape[: v.dim() - event_dim], v.shape[v.dim() - event_dim :], validate_args=validate_args
        )

    def rsample(self, sample_shape=torch.Size()):
        return self.v.expand(sample_shape + self.v.shape)

    def log_prob(self, x):
        lp = (x == self.v).type(x.dtype).log()
        if len(self.event_shape):
            lp = lp.sum(list(range(-1, -len(self.event_shape) - 1, -1)))
        return lp + self.log_density

    @property
    def mean(self):
        return self.v

    @property
    def variance(self):
        return torch.zeros_like(self.v)


class _Even(Constraint):
    is_discrete = True

    def check(self, value):
        return value % 2 == 0


class EvenCount(Distribution):
    arg_constraints = {"rate": constraints.positive}
    support = _Even()

    def __init__(self, rate, validate_args=None):
        (self.rate,) = dist.utils.broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return 2 * torch.poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return dist.Poisson(self.rate).log_prob(value / 2)

    def expand(self, batch_shape, _instance=None):
        new = self._get_checked_instance(EvenCount, _instance)
        new.rate = self.rate.expand(torch.Size(batch_shape))
        super(EvenCount, new).__init__(torch.Size(batch_shape), validate_args=False)
        new._validate_args = self._validate_args
        return new


@register_kl(Delta, dist.Normal)
def _kl_delta_normal(p, q):
    return -q.log_prob(p.v)


dl = Delta(torch.tensor([1.0, 2.0]))
print(
    dl,
    dl.sample((2,)),
    dl.log_prob(torch.tensor([1.0, 3.0])),
    kl_divergence(dl, dist.Normal(0.0, 1.0)),
    dl.mean,
    dl.stddev,
)
ev = EvenCount(torch.tensor([1.0, 4.0]))
print(ev, ev.sample((3,)), ev.log_prob(torch.tensor([2.0, 4.0])), ev.expand((2, 2)).sample().shape)
for f in (
    lambda: ev.log_prob(torch.tensor([1.0, 2.0])),
    lambda: EvenCount(torch.tensor(-1.0)),
    lambda: ev.rsample(),
    lambda: ev.mean,
    lambda: kl_divergence(ev, ev),
    lambda: ev.log_prob(torch.zeros(3)),
    lambda: ev.entropy(),
    lambda: dist.Normal(torch.tensor([0.0]), torch.tensor([1.0])).log_prob(3),
    lambda: dl.cdf(0),
):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
# truncated normal by icdf, hurdle/zero-inflated, censoring, mixtures, folded, ordinal
n01 = dist.Normal(0.0, 1.0)
a, b = n01.cdf(torch.tensor(-1.0)), n01.cdf(torch.tensor(2.0))
u = torch.rand(4)
print(n01.icdf(a + u * (b - a)), dist.Uniform(a, b).sample())


class ZIP(dist.Distribution):
    support, arg_constraints = constraints.nonnegative_integer, {}

    def __init__(self, gate, rate):
        self.gate, self.base = gate, dist.Poisson(rate)
        super().__init__(self.base.batch_shape)

    def log_prob(self, v):
        lp = torch.log1p(-self.gate) + self.base.log_prob(v)
        return torch.where(v == 0, (self.gate + lp.exp()).log(), lp)


print(ZIP(torch.tensor(0.3), torch.tensor(2.0)).log_prob(torch.tensor([0.0, 1.0, 5.0])))
cuts = torch.tensor([-1.0, 0.5, 2.0])
cum = torch.sigmoid(cuts - torch.tensor([0.3, -0.2])[:, None])
pr = torch.cat([cum[:, :1], cum.diff(dim=1), 1 - cum[:, -1:]], 1)
print(dist.Categorical(pr), pr, dist.Categorical(pr).log_prob(torch.tensor([0, 3])))
mix = dist.MixtureSameFamily(
    dist.Categorical(torch.tensor([0.3, 0.7])),
    dist.MultivariateNormal(
        torch.tensor([[0.0, 0.0], [3.0, 3.0]]), torch.stack([torch.eye(2), 0.5 * torch.eye(2)])
    ),
)
print(
    mix,
    mix.sample((2,)),
    mix.log_prob(torch.tensor([[0.0, 0.0], [3.0, 2.0]])),
    mix.mean,
    mix.variance,
    mix.mixture_distribution,
    mix.component_distribution.batch_shape,
)
try:
    dist.MixtureSameFamily(dist.Categorical(torch.ones(3)), dist.Normal(torch.zeros(2), 1.0))
except ValueError as e:
    print(e)


# conjugacy, expand_by, to_event, shapes
def to_event(d, k):
    return dist.Independent(d, k)


d = to_event(dist.Normal(torch.zeros(2, 3, 4), 1.0), 2)
print(
    d,
    d.batch_shape,
    d.event_shape,
    d.log_prob(d.sample()).shape,
    d.expand((5, 2)).rsample().shape,
    d.entropy(),
    d.support,
    d.mean.shape,
    d.has_enumerate_support,
)
print(
    dist.Independent(dist.Bernoulli(torch.ones(2) * 0.5), 1).enumerate_support.__name__,
    dist.Bernoulli(torch.tensor([0.5, 0.1])).enumerate_support(expand=False).shape,
    dist.Binomial(2, torch.tensor([0.5])).enumerate_support(),
    dist.OneHotCategorical(torch.ones(2)).enumerate_support(),
)
pa, pb = torch.tensor(2.0), torch.tensor(3.0)
obs = dist.Bernoulli(0.7).sample((10,))
post = dist.Beta(pa + obs.sum(), pb + (1 - obs).sum())
print(post, post.mean, post.variance, post.log_prob(torch.tensor([0.25, 0.5])), post.sample((2,)))
ng = (
    dist.Gamma(3.0, 2.0).sample(),
    dist.StudentT(5.0).sample((2,)),
    dist.NegativeBinomial(3, 0.5).sample(),
    dist.Multinomial(5, torch.ones(3)).sample(),
    dist.Geometric(0.2).sample(),
    dist.VonMises(0.0, 2.0).sample((2,)),
    dist.LKJCholesky(3, 2.0).sample(),
    dist.Wishart(torch.tensor(5.0), torch.eye(2)).sample(),
    dist.ContinuousBernoulli(0.3).sample(),
    dist.Kumaraswamy(2.0, 3.0).sample(),
    dist.LowRankMultivariateNormal(torch.zeros(2), torch.ones(2, 1), torch.ones(2)).sample(),
    dist.FisherSnedecor(3.0, 4.0).sample(),
    dist.InverseGamma(3.0, 1.0).sample(),
    dist.LogisticNormal(torch.zeros(2), torch.ones(2)).sample(),
    dist.GeneralizedPareto(0.0, 1.0, 0.1).sample(),
)
for s in ng:
    print(s)
pairs = [
    (dist.Normal(0.0, 1.0), dist.Normal(1.0, 2.0)),
    (dist.Gamma(2.0, 1.0), dist.Gamma(1.0, 3.0)),
    (dist.Beta(1.0, 2.0), dist.Beta(3.0, 1.0)),
    (dist.Exponential(1.0), dist.Gamma(2.0, 2.0)),
    (dist.Laplace(0.0, 1.0), dist.Laplace(1.0, 1.0)),
    (dist.Uniform(0.0, 1.0), dist.Normal(0.0, 1.0)),
    (dist.Poisson(2.0), dist.Poisson(3.0)),
    (dist.Categorical(torch.tensor([0.2, 0.8])), dist.Categorical(torch.tensor([0.5, 0.5]))),
    (dist.Bernoulli(0.3), dist.Poisson(1.0)),
    (dist.Gumbel(0.0, 1.0), dist.Gumbel(1.0, 2.0)),
    (dist.Pareto(1.0, 2.0), dist.Exponential(1.0)),
    (dist.Geometric(0.3), dist.Geometric(0.5)),
    (dist.HalfNormal(1.0), dist.HalfNormal(2.0)),
    (
        dist.Independent(dist.Normal(torch.zeros(2), 1.0), 1),
        dist.Independent(dist.Normal(torch.ones(2), 1.0), 1),
    ),
    (dist.LogNormal(0.0, 1.0), dist.LogNormal(1.0, 1.0)),
    (dist.Cauchy(0.0, 1.0), dist.Cauchy(1.0, 2.0)),
    (dist.Normal(0.0, 1.0), dist.Laplace(0.0, 1.0)),
    (dist.Uniform(0.0, 1.0), dist.Beta(2.0, 2.0)),
    (dist.Binomial(3, torch.tensor(0.5)), dist.Binomial(3, torch.tensor(0.2))),
    (dist.ContinuousBernoulli(0.3), dist.Normal(0.0, 1.0)),
    (dist.Normal(0.0, 1.0), dist.Poisson(1.0)),
]
for p, q in pairs:
    try:
        print(type(p).__name__, type(q).__name__, kl_divergence(p, q))
    except NotImplementedError as e:
        print("NotImplementedError", e)


class NormalEF(ExponentialFamily):
    _mean_carrier_measure = -0.5 * math.log(2 * math.pi)

    def __init__(self, m, s):
        self.m, self.s = m, s
        super().__init__(m.shape, validate_args=False)

    @property
    def _natural_params(self):
        return (self.m / self.s.pow(2), -0.5 * self.s.pow(2).reciprocal())

    def _log_normalizer(self, x, y):
        return -0.25 * x.pow(2) / y + 0.5 * torch.log(-math.pi / y)


print(
    NormalEF(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0])).entropy(),
    dist.Normal(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0])).entropy(),
)
for c in (
    constraints.positive,
    constraints.unit_interval,
    constraints.simplex,
    constraints.lower_cholesky,
    constraints.interval(-1, 2),
    constraints.greater_than(3.0),
    constraints.less_than(0.0),
    constraints.real_vector,
    constraints.corr_cholesky,
    constraints.positive_definite,
    constraints.half_open_interval(0.0, 1.0),
    constraints.independent(constraints.positive, 1),
    constraints.nonnegative,
    constraints.cat([constraints.real, constraints.positive], 0, [1, 1]),
    constraints.stack([constraints.real, constraints.positive]),
):
    try:
        tr = transform_to(c)
        x = torch.tensor([0.3, -0.4]) if c.event_dim < 2 else torch.tensor([[0.3, 0.1], [0.2, 0.5]])
        if c is constraints.corr_cholesky:
            x = torch.tensor([0.3])
        print(c, tr, c.check(tr(x)), tr(x))
    except NotImplementedError as e:
        print(c, "NotImplementedError", e)
