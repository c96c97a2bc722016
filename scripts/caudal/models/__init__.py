"""What a fit leaves: the model file, its record, its coefficients by name, its predictions."""
