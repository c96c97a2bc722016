"""The config: its settings, and the points of its grid."""
