"""What a trained model is worth: scores, bounds, codes, and the arrays that pictures are drawn from."""
