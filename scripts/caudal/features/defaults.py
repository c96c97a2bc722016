"""What a point's features are where nothing is said, for the estimators and for the config."""

SCALE = True
N_FEATURES = 2**20
DEGREE = 1
