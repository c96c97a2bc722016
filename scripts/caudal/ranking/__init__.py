"""The run's results: points ranked and compared, by the workflow and by hand."""
