"""New files: what the best model predicts for their rows, and how true it came where they tell."""
