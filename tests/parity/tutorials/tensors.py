"""Creating tensors, seeds, arithmetic, linear algebra and statistics, as in PyTorch's own introduction."""

import torch

z = torch.zeros(5, 3)
print(z)
print(z.dtype)

i = torch.ones((5, 3), dtype=torch.int16)
print(i)

torch.manual_seed(1729)
r1 = torch.rand(2, 2)
print("A random tensor:")
print(r1)

r2 = torch.rand(2, 2)
print("\nA different random tensor:")
print(r2)

torch.manual_seed(1729)
r3 = torch.rand(2, 2)
print("\nShould match r1:")
print(r3)

ones = torch.ones(2, 3)
print(ones)
twos = torch.ones(2, 3) * 2
print(twos)
threes = ones + twos
print(threes)
print(threes.shape)
r1 = torch.rand(2, 3)
r2 = torch.rand(3, 2)
try:
    r3 = r1 + r2
except RuntimeError as error:
    print(error)

r = (torch.rand(2, 2) - 0.5) * 2
print("A random matrix, r:")
print(r)
print("\nAbsolute value of r:")
print(torch.abs(r))
print("\nInverse sine of r:")
print(torch.asin(r))
print("\nDeterminant of r:")
print(torch.det(r))
print("\nSingular value decomposition of r:")
print(torch.svd(r))
print("\nAverage and standard deviation of r:")
print(torch.std_mean(r))
print("\nMaximum value of r:")
print(torch.max(r))

x = torch.empty(3, 4)
print(type(x))
print(x.shape, x.size(0), x.dim(), x.numel(), len(x))
for like in (torch.empty_like(x), torch.zeros_like(x), torch.ones_like(x), torch.rand_like(x)):
    print(like.shape)
print(torch.tensor([[3.1415926, 2.7182818], [1.61803, 0.0072897]]))
print(torch.tensor((2, 3, 5, 7, 11, 13, 17, 19)))
print(torch.tensor(((2, 4, 6), [3, 6, 9])))
a = torch.ones((2, 3), dtype=torch.int16)
b = torch.rand((2, 3), dtype=torch.float64) * 20.0
print(b)
print(b.to(torch.int32))
print(a + b, (a + b).dtype)
powers2 = twos ** torch.tensor([[1, 2, 3], [4, 5, 6]])
print(powers2)
fourths = torch.ones(2, 2) / 4
print(fourths, (ones + 1.5) // 2, -ones, 7 - ones, ones % 0.3)
angles = torch.tensor([0, 3.14159265 / 4, 3.14159265 / 2])
print(torch.sin(angles), torch.asin(torch.sin(angles)))
b = torch.randint(0, 2, (2, 3))
print(b, torch.bitwise_xor(torch.tensor([1, 5, 11]), torch.tensor([2, 7, 10])))
d = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
e = torch.ones(1, 2)
print(torch.eq(d, e), torch.mean(d), torch.std(d), torch.prod(d), torch.unique(torch.tensor([1, 2, 1, 2])))
print(
    torch.max(d, 1),
    torch.min(d, dim=0),
    torch.sort(torch.tensor([3, 1, 2]), descending=True),
    torch.topk(d, 1),
)
v1 = torch.tensor([1.0, 0.0, 0.0])
v2 = torch.tensor([0.0, 1.0, 0.0])
print(torch.linalg.cross(v2, v1), torch.matmul(d, d), d @ d.T, torch.dot(v1, v2))
print(d.add_(1), d.mul(2).sub_(3), torch.sin_(d.clone()))
c = torch.zeros(2, 2)
old_id = id(c)
torch.matmul(d, d, out=c)
print(c, id(c) == old_id)
same, other = d, d.clone()
d[0, 1] = 561
print(same, other)
print(
    torch.arange(10), torch.arange(0, 1, 0.25), torch.linspace(0, 1, 5), torch.eye(3), torch.full((2, 2), 7)
)
print(torch.cat((ones, twos)), torch.stack([ones, twos]).shape, torch.chunk(torch.arange(5), 2))
print(
    ones.unsqueeze(0).shape,
    torch.rand(1, 20).squeeze(0).shape,
    torch.rand(6, 20, 20).reshape(6 * 20 * 20).shape,
)
print(
    ones.permute(1, 0),
    ones.t().is_contiguous(),
    ones[:, 1],
    ones[ones > 0],
    (ones == 1).all(),
    (ones > 1).any(),
)
print(torch.where(torch.tensor([True, False, True]), 1.0, torch.zeros(3)), torch.arange(6).view(2, 3).sum(0))
print(torch.cuda.is_available() in (True, False), torch.device("cpu"), ones.device, ones.is_cuda)
print(torch.tensor(5), torch.tensor(5).item(), torch.tensor([1.5, 2.5]).tolist(), bool(torch.tensor(1)))
print(torch.tensor([1e-8, 1.0]), torch.tensor([1e8, 1.0]), torch.tensor([float("nan"), float("inf"), -1]))
print(torch.rand(100).shape, torch.zeros(0), torch.zeros(2, 0), torch.arange(2000), torch.randn(40, 40))
