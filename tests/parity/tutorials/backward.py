"""Gradients before and after backward, an optimizer's step, and losses summed as tensors over epochs."""

import torch
import torch.nn as nn
from torch.nn import Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, Sequential
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
dataset = TensorDataset(torch.rand(6, 3, 32, 32), torch.tensor([3, 8, 8, 0, 6, 6]))
data_loader = DataLoader(dataset, batch_size=1)


class seq(nn.Module):
    def __init__(self):
        super(seq, self).__init__()
        self.model = Sequential(
            Conv2d(3, 32, 5, padding=2),
            MaxPool2d(2),
            Conv2d(32, 32, 5, padding=2),
            MaxPool2d(2),
            Conv2d(32, 64, 5, padding=2),
            MaxPool2d(2),
            Flatten(),
            Linear(1024, 64),
            Linear(64, 10),
        )

    def forward(self, x):
        x = self.model(x)
        return x


s = seq()
print(s)
loss = CrossEntropyLoss()
for data in data_loader:
    imgs, target = data
    output = s(imgs)
    print(output)
    print(target)
    result_loss = loss(output, target)
    print(result_loss)
    print(s.model[8].bias.grad)
    result_loss.backward()
    print(s.model[8].bias.grad)
    break
print("ok")

optim = torch.optim.SGD(s.parameters(), lr=0.01)
optim.zero_grad()
print(s.model[0].weight.grad)
before = s.model[8].bias.data.clone()
result_loss = loss(s(imgs), target)
result_loss.backward()
optim.step()
print(before, s.model[8].bias, s.model[8].bias.data - before)
for epoch in range(3):
    sum_loss = 0
    for data in data_loader:
        imgs, target = data
        output = s(imgs)
        result_loss = loss(output, target)
        optim.zero_grad()
        result_loss.backward()
        optim.step()
        sum_loss = sum_loss + result_loss
    print(sum_loss)
print(optim)
