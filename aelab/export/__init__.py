"""A trained run as files that run elsewhere, one format a file: safetensors, StableHLO by `jax.export`, ONNX."""
