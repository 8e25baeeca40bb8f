"""NumPy and PyTorch side by side, derivatives, neurons by hand, and shapes."""

import numpy as np
import torch
from torch import nn

torch.manual_seed(6)
print(torch.randn(2, 3), torch.zeros(2, 3), torch.ones(2, 3), torch.eye(3))
a = torch.randn(2, 2)
b = torch.randn(2, 2)
print(torch.matmul(a, b), torch.mm(a, b), a @ b, a * b)
print(np.allclose(np.dot(a.numpy(), b.numpy()), torch.mm(a, b).numpy(), atol=1e-6))
try:
    torch.mm(torch.randn(2, 2, 2), b)
except RuntimeError as error:
    print(error)

matrix = np.arange(4.0).reshape(2, 2)
tensor = torch.from_numpy(matrix)
print(tensor, tensor.dtype, type(tensor.numpy()), tensor.numpy())
print(
    torch.from_numpy(np.array([1, 2], dtype=np.int32)), torch.tensor(np.float32(2)), torch.as_tensor([1, 2.5])
)
print(np.array(torch.ones(2)), np.asarray(torch.arange(3)), torch.ones(2).numpy() + np.ones(2))

x = torch.tensor(2.0, requires_grad=True)
for y in (2 * x + 1, x**2, 1 / x, x**3):
    x.grad = None
    y.backward()
    print(y, x.grad)
x = torch.linspace(-1, 1, 3, requires_grad=True)
(x**2).sum().backward()
print(x, x.grad)


def sigm(z):
    return 1 / (1 + torch.exp(-z))


x = torch.randn(1, 10)
w1 = torch.randn(1, 10)
b1 = torch.randn(1)
try:
    y = sigm(torch.matmul(x, w1) + b1)
except RuntimeError as error:
    print(error)
print(w1.reshape(10, 1).shape, w1.view(10, 1).shape, w1.shape)
y = sigm(torch.matmul(x, w1.view(10, 1)) + b1)
print(y)
print(w1.resize_(10, 1).shape, w1.shape)
print(sigm(x @ w1 + b1), sigm(x.mm(w1) + b1) == y)
print(w1.resize_(2, 3), w1)

x = torch.randn((1, 10))
w1, w2, w3 = torch.randn(10, 5), torch.randn(5, 3), torch.randn(3, 1)
b1, b2, b3 = torch.randn(1, 5), torch.randn(1, 3), torch.randn((1, 1))
h1 = sigm(torch.mm(x, w1) + b1)
h2 = sigm(torch.mm(h1, w2) + b2)
print(h1, h2, sigm(torch.mm(h2, w3) + b3))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(10, 5)
        self.hidden2 = nn.Linear(5, 3)
        self.output = nn.Linear(3, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        x = self.sigmoid(self.hidden1(x))
        x = self.sigmoid(self.hidden2(x))
        return self.sigmoid(self.output(x))


model = Network()
print(model)
print(model(x))
print(model.hidden1.weight)
print(model.hidden1.bias)
v = torch.arange(12)
print(
    v.view(3, 4),
    v.view(-1, 6),
    v.reshape(2, 2, 3),
    v.reshape(2, -1).T,
    v.view(3, 4).transpose(0, 1).contiguous(),
)
try:
    v.view(5, -1)
except RuntimeError as error:
    print(error)
try:
    v.view(3, 4).t().view(12)
except RuntimeError as error:
    print(error)
try:
    model(torch.randn(1, 9))
except RuntimeError as error:
    print(error)
