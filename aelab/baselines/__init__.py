"""Classical methods that a net must beat, on the same splits and in the same units."""
