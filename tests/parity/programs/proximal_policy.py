import torch
import torch.nn as nn
from torch.distributions.normal import Normal

torch.manual_seed(1)


def layer_init(layer, std=2**0.5, bias_const=0.0):
    torch.nn.init.orthogonal_(layer.weight, std)
    torch.nn.init.constant_(layer.bias, bias_const)
    return layer


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.critic = nn.Sequential(
            layer_init(nn.Linear(3, 16)), nn.Tanh(), layer_init(nn.Linear(16, 1), std=1.0)
        )
        self.actor_mean = nn.Sequential(
            layer_init(nn.Linear(3, 16)), nn.Tanh(), layer_init(nn.Linear(16, 2), std=0.01)
        )
        self.actor_logstd = nn.Parameter(torch.zeros(1, 2))

    def get_value(self, x):
        return self.critic(x)

    def get_action_and_value(self, x, action=None):
        mean = self.actor_mean(x)
        std = torch.exp(self.actor_logstd.expand_as(mean))
        probs = Normal(mean, std)
        if action is None:
            action = probs.sample()
        return action, probs.log_prob(action).sum(1), probs.entropy().sum(1), self.critic(x)


steps, envs, mb, epochs = 8, 4, 16, 2
agent = Agent()
optimizer = torch.optim.Adam(agent.parameters(), lr=3e-3, eps=1e-5)
obs, actions = torch.zeros((steps, envs, 3)), torch.zeros((steps, envs, 2))
logprobs, rewards, dones, values = (torch.zeros((steps, envs)) for _ in range(4))
next_obs, next_done = torch.randn(envs, 3), torch.zeros(envs)
for update in range(1, 4):
    optimizer.param_groups[0]["lr"] = (1.0 - (update - 1.0) / 3) * 3e-3
    for step in range(steps):
        obs[step], dones[step] = next_obs, next_done
        with torch.no_grad():
            action, logprob, _, value = agent.get_action_and_value(next_obs)
            values[step] = value.flatten()
        actions[step], logprobs[step] = action, logprob
        next_obs = torch.tanh(next_obs + 0.1 * torch.cat([action, action[:, :1]], 1))
        rewards[step] = -next_obs.pow(2).sum(1)
        next_done = (torch.arange(envs) == step % envs).float()
    with torch.no_grad():
        next_value = agent.get_value(next_obs).reshape(1, -1)
        advantages = torch.zeros_like(rewards)
        lastgaelam = 0
        for t in reversed(range(steps)):
            nonterm = 1.0 - (next_done if t == steps - 1 else dones[t + 1])
            nextv = next_value if t == steps - 1 else values[t + 1]
            delta = rewards[t] + 0.99 * nextv * nonterm - values[t]
            advantages[t] = lastgaelam = delta + 0.99 * 0.95 * nonterm * lastgaelam
        returns = advantages + values
    b = {
        k: v.reshape((-1,) + v.shape[2:])
        for k, v in dict(o=obs, a=actions, lp=logprobs, adv=advantages, r=returns, v=values).items()
    }
    clipfracs = []
    for epoch in range(epochs):
        inds = torch.randperm(steps * envs)
        for s in range(0, steps * envs, mb):
            i = inds[s : s + mb]
            _, newlp, entropy, newv = agent.get_action_and_value(b["o"][i], b["a"][i])
            logratio = newlp - b["lp"][i]
            ratio = logratio.exp()
            with torch.no_grad():
                kl = ((ratio - 1) - logratio).mean()
                clipfracs += [((ratio - 1.0).abs() > 0.2).float().mean().item()]
            adv = b["adv"][i]
            adv = (adv - adv.mean()) / (adv.std() + 1e-8)
            pg = torch.max(-adv * ratio, -adv * torch.clamp(ratio, 0.8, 1.2)).mean()
            newv = newv.view(-1)
            vc = b["v"][i] + torch.clamp(newv - b["v"][i], -0.2, 0.2)
            vl = 0.5 * torch.max((newv - b["r"][i]) ** 2, (vc - b["r"][i]) ** 2).mean()
            loss = pg - 0.01 * entropy.mean() + vl * 0.5
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimizer.step()
    y, p = b["v"], b["r"]
    ev = 1 - (p - y).var() / p.var()
    print(
        f"update {update} v_loss {vl.item():.5f} pg {pg.item():.5f} kl {kl.item():.6f} ev {ev.item():.4f} clip {sum(clipfracs) / len(clipfracs):.3f}"
    )
