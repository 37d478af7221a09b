"""Where programs run: settings before JAX starts, programs on one device or many, memory."""
