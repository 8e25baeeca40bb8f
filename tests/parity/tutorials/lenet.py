"""LeNet-5 shown and called on one image."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet(nn.Module):
    def __init__(self):
        super(LeNet, self).__init__()
        # 1 input image channel (black & white), 6 output channels, 5x5 square convolution
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)  # 5*5 from image dimension
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x

    def num_flat_features(self, x):
        size = x.size()[1:]  # all dimensions except the batch dimension
        num_features = 1
        for s in size:
            num_features *= s
        return num_features


torch.manual_seed(1729)
net = LeNet()
print(net)

input = torch.rand(1, 1, 32, 32)
print("\nImage batch shape:")
print(input.shape)

output = net(input)
print("\nRaw output:")
print(output)
print(output.shape)

params = list(net.parameters())
print(len(params))
print(params[0].size())
print(params[1])
print(net.conv1.bias.grad)
net.zero_grad()
output.backward(torch.randn(1, 10))
print(net.conv1.bias.grad)

output = net(input)
target = torch.randn(10).view(1, -1)
criterion = nn.MSELoss()
loss = criterion(output, target)
print(loss)
print(str(loss.grad_fn).split(" ")[0])
print([name for name, _ in net.named_parameters()])
print(sum(p.numel() for p in net.parameters() if p.requires_grad))
print(net.fc3.weight[0, :5])
print(net.fc3.weight.data.std(), net.fc3.weight.data[:2, :2])
print(nn.Linear(2, 2).weight)
print(type(net.fc3.weight))
print(type(loss.grad_fn.next_functions), loss.grad_fn.next_functions[0][0].name())
print(output.detach())
with torch.no_grad():
    print(net(input).requires_grad, net(input))
print(
    F.relu(output),
    torch.sigmoid(output),
    output.view(2, 5),
    output * 2,
    output.sum(),
    output[0, 3],
    output.T.shape,
)
print(net.conv1, list(net.children())[1], net.training, net.eval().training)
