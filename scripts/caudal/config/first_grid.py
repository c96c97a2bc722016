"""The grids to start from: a first config has one, the examples, and the benchmarks' FTRL."""

FIRST_CLASSIFIER = {"class": "FTRLClassifier", "eta0": [0.1, 0.15, 0.3], "l1": [0, 1]}
"""Six points that were good on all streams tried, row by row and by batches of 1,000 rows."""

FIRST_REGRESSOR = {"class": "FTRLRegressor", "eta0": [0.03, 0.07, 0.15], "l1": [0, 1]}
"""Six points where the label is a number, chosen alike."""
