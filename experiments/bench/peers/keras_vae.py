"""The fully connected VAE in Keras 3, trained by `fit`; the back end is that of KERAS_BACKEND."""

import keras
import numpy as np
import protocol
from keras import layers, ops


class VAE(keras.Model):
    def __init__(self, code: int, hidden: int = 400):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(hidden, "relu"), layers.Dense(2 * code)])
        self.decoder = keras.Sequential([layers.Dense(hidden, "relu"), layers.Dense(784)])
        self.draws = keras.random.SeedGenerator(0)

    def call(self, x):
        mean, logvar = ops.split(self.encoder(x), 2, axis=-1)
        z = mean + ops.exp(0.5 * logvar) * keras.random.normal(ops.shape(mean), seed=self.draws)
        self.add_loss(-0.5 * ops.sum(1 + logvar - ops.square(mean) - ops.exp(logvar)) / ops.shape(x)[0])
        return self.decoder(z)


def bce(x, logits):
    return 784 * keras.losses.binary_crossentropy(x, logits, from_logits=True)


def main() -> None:
    work = protocol.workload()
    x = np.load(work["data"])[: work["steps"] * work["batch"]].reshape(-1, 784).astype("float32") / 255
    model = VAE(work["latent"])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=bce)

    def turn():
        model.fit(x, x, batch_size=work["batch"], epochs=1, verbose=0)

    turn()  # builds it
    protocol.serve(turn, version=f"Keras {keras.__version__}")


if __name__ == "__main__":
    main()
