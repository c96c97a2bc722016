"""Sources to chunks: files are read, screened row by row and written as Parquet parts."""
