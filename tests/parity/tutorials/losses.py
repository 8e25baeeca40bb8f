"""Losses and softmax with the values of a study report."""

import torch
import torch.nn as nn
from torch.nn import L1Loss, MSELoss

inputs = torch.tensor([1, 2, 3], dtype=torch.float32)
targets = torch.tensor([1, 2, 5], dtype=torch.float32)
l1 = L1Loss()
result = l1(inputs, targets)
print(result)
print(L1Loss(reduction="sum")(inputs, targets))

m1 = MSELoss(reduction="mean")
result = m1(inputs, targets)
print(result)
m2 = MSELoss(reduction="sum")
result = m2(inputs, targets)
print(result)
print(MSELoss(reduction="none")(inputs, targets), m1, l1)

input1 = torch.tensor([-0.5, -0.3, 0, 0.3, 0.5])
input2 = torch.tensor([-3, -1, 0, 1, 3], dtype=torch.float32)
softmax = nn.Softmax(dim=0)
output1 = softmax(input1)
output2 = softmax(input2)
print(output1)
print(output2)

crossEntropyLoss = nn.CrossEntropyLoss()
input2 = torch.tensor([0.1, 0.2, 0.3])
target2 = torch.tensor([1])
input2 = torch.reshape(input2, (1, 3))
loss = crossEntropyLoss(input2, target2)
print(loss)
print(-0.2 + torch.log(torch.exp(input2).sum()))

input = torch.tensor([[-0.1342, -2.5835, -0.9810], [0.1867, -1.4513, -0.3225], [0.6272, -0.1120, 0.3048]])
target = torch.tensor([0, 2, 1])
loss = crossEntropyLoss(input, target)
print(loss, "%.4f" % loss.item(), loss.dtype, crossEntropyLoss)
print(nn.NLLLoss()(nn.LogSoftmax(dim=1)(input), target))
print(
    nn.CrossEntropyLoss(label_smoothing=0.1)(input, target),
    nn.CrossEntropyLoss(reduction="none")(input, target),
)
weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5]), ignore_index=1)
print(weighted(input, target), weighted)
print(
    nn.BCELoss()(torch.tensor([0.2, 0.8]), torch.tensor([0.0, 1.0])),
    nn.BCEWithLogitsLoss()(inputs, targets / 5),
)
print(nn.Softmax(dim=1)(input).sum(1), torch.softmax(input, dim=-1), nn.Softmax(dim=1), nn.LogSoftmax(dim=1))
inputs.requires_grad = True
result = m2(inputs, targets)
print(result, l1(inputs, targets), crossEntropyLoss(input.requires_grad_(), target), inputs)
result.backward()
print(inputs.grad)
