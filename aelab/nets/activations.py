"""Activation functions by the names that configs use."""

import flax.linen as nn
import jax.numpy as jnp

activations = {
    "elu": nn.elu,
    "gelu": nn.gelu,
    "identity": lambda x: x,
    "leaky_relu": nn.leaky_relu,
    "relu": nn.relu,
    "sigmoid": nn.sigmoid,
    "silu": nn.silu,
    "tanh": jnp.tanh,
}
