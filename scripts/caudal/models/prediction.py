"""What a model predicts for the rows of a table."""

import numpy as np
import pyarrow as pa

PREDICTION, PROBABILITY = "prediction", "probability_"


def predictions(model, table: pa.Table) -> pa.Table:
    """Predictions of ``model`` for the rows of ``table``, in order.

    A column ``prediction`` and, where the classifier has probabilities, ``probability_<class>``
    for each class.
    """
    classifier, classes = model.named_steps["classifier"], model.classes_
    X = model[:-1].transform(table) if len(table) else None
    label = classes[:0] if X is None else classifier.predict(X)
    columns = {PREDICTION: pa.array(label)}
    if hasattr(classifier, "predict_proba"):
        share = np.empty((0, len(classes))) if X is None else classifier.predict_proba(X)
        for k, of_class in enumerate(classes):
            columns[f"{PROBABILITY}{of_class}"] = pa.array(np.ascontiguousarray(share[:, k]))
    return pa.table(columns)
