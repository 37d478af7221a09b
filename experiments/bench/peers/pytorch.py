"""The autoencoders of the race in PyTorch, trained as its examples do: a loop over shuffled batches in memory.

python pytorch.py WORKLOAD eager|fused|compiled     trains; the members of a sweep one after the other
python pytorch.py WORKLOAD bound                    scores by the importance-weighted bound, all images in a batch

On the accelerator where PyTorch sees one.
"""

import math

import numpy as np
import protocol
import torch
from torch import nn
from torch.nn import functional

WIDTH, HEADS = 128, 4
Shape = tuple[int, int, int]  # colours, height and width
MNIST: Shape = (1, 28, 28)


class FullyConnected(nn.Module):
    def __init__(self, code: int, outputs: int, hidden: int = 400, shape: Shape = MNIST):
        super().__init__()
        size = math.prod(shape)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, size))


class Convolutional(nn.Module):
    def __init__(self, code: int, outputs: int, channels: tuple[int, int] = (32, 64), shape: Shape = MNIST):
        super().__init__()
        (few, many), (colours, height, width) = channels, shape
        grid = (many, height // 4, width // 4)
        self.encoder = nn.Sequential(
            nn.Conv2d(colours, few, 3, 2, 1), nn.ReLU(), nn.Conv2d(few, many, 3, 2, 1), nn.ReLU(), nn.Flatten()
        )
        self.encoder.append(nn.Linear(math.prod(grid), outputs))
        self.decoder = nn.Sequential(nn.Linear(code, math.prod(grid)), nn.ReLU(), nn.Unflatten(1, grid))
        self.decoder.append(nn.ConvTranspose2d(many, few, 3, 2, 1, 1)).append(nn.ReLU())
        self.decoder.append(nn.ConvTranspose2d(few, colours, 3, 2, 1, 1))


class Recurrent(nn.Module):
    """An image is a series of its rows."""

    def __init__(self, code: int, outputs: int, shape: Shape = MNIST):
        super().__init__()
        _, self.steps, features = shape
        self.read, self.head = nn.LSTM(features, WIDTH, batch_first=True), nn.Linear(WIDTH, outputs)
        self.write, self.outputs = nn.LSTM(code, WIDTH, batch_first=True), nn.Linear(WIDTH, features)

    def encoder(self, x):
        return self.head(self.read(x[:, 0])[0][:, -1])

    def decoder(self, z):
        return self.outputs(self.write(z[:, None].expand(-1, self.steps, -1))[0])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.key = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x, memory):
        def split(y):
            return y.unflatten(-1, (HEADS, -1)).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(memory)), split(self.value(memory))
        return self.out(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms, self.attention = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)]), Attention()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU("tanh"), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x, memory=None):
        h = self.norms[0](x)
        x = x + self.attention(h, h if memory is None else memory)
        return x + self.mlp(self.norms[1](x))


class Transformer(nn.Module):
    """Square patches of a square, two blocks each way; eight learned queries pool the code, eight slots unfold it."""

    def __init__(self, code: int, outputs: int, side: int = 4, slots: int = 8, shape: Shape = MNIST):
        super().__init__()
        self.side, self.grid = side, shape[1] // side
        tokens = self.grid**2
        self.embed, self.unembed = nn.Linear(side**2, WIDTH), nn.Linear(WIDTH, side**2)
        self.places = nn.ParameterList([torch.randn(tokens, WIDTH), torch.randn(tokens, WIDTH)])
        self.blocks = nn.ModuleList([Block() for _ in range(4)])
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.queries, self.pool = nn.Parameter(torch.randn(slots, WIDTH)), Attention()
        self.head, self.unfold = nn.Linear(slots * WIDTH, outputs), nn.Linear(code, slots * WIDTH)

    def encoder(self, x):
        x = x.unfold(2, self.side, self.side).unfold(3, self.side, self.side).flatten(4).flatten(1, 3)
        h = self.embed(x) + self.places[0]
        for block in self.blocks[:2]:
            h = block(h)
        return self.head(self.pool(self.queries.expand(len(x), -1, -1), self.norms[0](h)).flatten(1))

    def decoder(self, z):
        memory = self.unfold(z).unflatten(1, (-1, WIDTH))
        h = self.places[1].expand(len(z), -1, -1)
        for block in self.blocks[2:]:
            h = block(h, memory)
        x = self.unembed(self.norms[1](h)).view(len(z), self.grid, self.grid, self.side, self.side)
        return x.transpose(2, 3)


NETS = {"mlp": FullyConnected, "conv": Convolutional, "lstm": Recurrent, "transformer": Transformer}


def loss(model: nn.Module, x: torch.Tensor, variational: bool, noise: float) -> torch.Tensor:
    """BCE, and the KL divergence of a variational code; summed over an example, mean over the batch."""
    seen = (x + noise * torch.randn_like(x)).clamp(0, 1) if noise else x
    code, kl = model.encoder(seen), 0.0
    if variational:
        mean, logvar = code.chunk(2, 1)
        code = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        kl = -0.5 * torch.sum(1 + logvar - mean.square() - logvar.exp())
    bce = functional.binary_cross_entropy_with_logits(model.decoder(code).flatten(1), x.flatten(1), reduction="sum")
    return (bce + kl) / len(x)


def log_weights(model: nn.Module, x: torch.Tensor, mean, logvar, samples: int) -> torch.Tensor:
    """log p(x, z) - log q(z|x) of `samples` draws, [draw, image]."""
    noise = torch.randn(samples, *mean.shape)
    z = mean + torch.exp(0.5 * logvar) * noise
    logits = model.decoder(z.flatten(0, 1)).view(samples, len(x), -1)
    target = x.flatten(1).expand_as(logits)
    bce = functional.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(2)
    return 0.5 * (noise.square() + logvar - z.square()).sum(2) - bce


def iwae(model: nn.Module, x: torch.Tensor, samples: int) -> torch.Tensor:
    """The negative importance-weighted bound, mean over the batch."""
    weights = log_weights(model, x, *model.encoder(x).chunk(2, 1), samples)
    return math.log(samples) - weights.logsumexp(0).mean()


@torch.inference_mode()
def bound(model: nn.Module, x: torch.Tensor, samples: int) -> torch.Tensor:
    """The importance-weighted bound of each image; a draw of all of them at a time."""
    mean, logvar = model.encoder(x).chunk(2, 1)
    total = torch.full((len(x),), -math.inf)
    for _ in range(samples):
        total = torch.logaddexp(total, log_weights(model, x, mean, logvar, 1)[0])
    return total - math.log(samples)


def net(work: dict, shape: Shape) -> nn.Module:
    """The net of a workload for images of that shape."""
    outputs = work["latent"] * (2 if work["variational"] else 1)
    return NETS[work["net"]](work["latent"], outputs, shape=shape, **work.get("sizes", {}))


def training(work: dict, images: torch.Tensor, way: str):
    """A turn: the steps of every member, each with a net and an optimiser of its own."""
    function = loss
    if work.get("objective") == "iwae":
        function = lambda model, x, variational, noise: iwae(model, x, work["samples"])  # noqa: E731
    objective = torch.compile(function) if way == "compiled" else function
    models = [net(work, images.shape[1:]) for _ in range(work.get("members", 1))]
    optimizers = [torch.optim.Adam(model.parameters(), lr=1e-3, fused=way != "eager") for model in models]

    def batches():
        while True:
            yield from torch.randperm(len(images)).split(work["batch"])

    order = batches()

    def turn():
        total = 0.0
        for model, adam in zip(models, optimizers, strict=True):
            for _ in range(work["steps"]):
                x = images[next(order)].float().div_(255)
                adam.zero_grad()
                value = objective(model, x, work["variational"], work["noise"])
                value.backward()
                adam.step()
                total += value.detach()
        return float(total)  # waits for the device

    return turn


def main() -> None:
    work, way = protocol.workload(), protocol.way()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_default_device(device)
    stored = torch.from_numpy(np.load(work["data"]))  # bytes, scaled as they are used; colours come last, or are one
    images = (stored[:, None] if stored.ndim == 3 else stored.movedim(-1, 1)).contiguous().to(device)
    facts = {"version": f"PyTorch {torch.__version__}", "platform": device}
    if way != "bound":
        return protocol.serve(training(work, images, way), **facts)
    model, some = net(work, images.shape[1:]), images[: work["images"]].float().div_(255)
    protocol.serve(lambda: bound(model, some, work["samples"]).cpu(), examples=len(some), **facts)


if __name__ == "__main__":
    main()
