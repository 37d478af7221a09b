"""What was measured about speed and memory, as scripts that measure it again."""
