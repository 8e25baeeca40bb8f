"""Model, optimizer, loader, training and evaluation: linear regression and a small CNN."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super(LinearRegression, self).__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.linear(x)


torch.manual_seed(5)
model = LinearRegression(1, 1)
print(model, list(model.parameters()))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x = torch.arange(0, 3, 0.25).unsqueeze(1)
y = 2 * x + 1 + torch.randn(x.size()) * 0.1
for epoch in range(100):
    optimizer.zero_grad()
    loss = nn.MSELoss()(model(x), y)
    loss.backward()
    optimizer.step()
    if (epoch + 1) % 25 == 0:
        print(f"Epoch [{epoch + 1}/100], Loss: {loss.item():.4f}")
print(model.linear.weight, model.linear.bias, loss)
print("w = {:.3f}, b = {:.3f}".format(model.linear.weight.item(), model.linear.bias.item()))
predicted = model(x).detach().numpy()
print(predicted.shape, predicted.dtype, [round(float(v), 3) for v in predicted[:3, 0]])


class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3, padding=1)
        self.conv3 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 2 * 2, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2)
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = F.relu(self.conv3(x))
        x = F.max_pool2d(x, 2)
        x = x.view(-1, 16 * 2 * 2)
        x = F.relu(self.fc1(x))
        return x


images = torch.rand(40, 1, 16, 16)
digits = (images.sum(dim=(1, 2, 3)) % 10).long()
train_loader = DataLoader(dataset=TensorDataset(images[:30], digits[:30]), batch_size=8, shuffle=True)
test_loader = DataLoader(dataset=TensorDataset(images[30:], digits[30:]), batch_size=4, shuffle=False)
model = CNN()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.001)
num_epochs = 3
for epoch in range(num_epochs):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = 0
        total = 0
        for data, target in test_loader:
            output = model(data)
            pred = output.argmax(dim=1, keepdim=True)
            total += target.size(0)
            correct += pred.eq(target.view_as(pred)).sum().item()
    print(f"Epoch [{epoch + 1}/{num_epochs}], Loss: {loss.item():.4f}, Acc: {100.0 * correct / total:.2f}%")
print(pred, target.view_as(pred), loss, optimizer)
