"""Fits: batches of a stream are predicted, scored and learned."""
