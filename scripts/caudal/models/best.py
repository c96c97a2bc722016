"""What is written of the best model, for eyes and for other programs."""

from pathlib import Path

from caudal.models import plain_json
from caudal.models.coefficients import coefficients
from caudal.models.score_record import load_checked, sha256


def describe_best(
    model: Path, manifest: Path, coefficients_csv: Path, plain: Path, truth: Path | None = None
) -> None:
    """Write the table of a model's coefficients, and the model as JSON.

    Raises Damaged where the model is not the best one's, or is not what its fit wrote.
    """
    coefficients(model, manifest, coefficients_csv, truth)
    plain_json.write(load_checked(model), plain, coefficients_sha256=sha256(coefficients_csv))
