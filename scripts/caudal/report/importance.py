"""How much of the best model's weight each feature carries, its terms taken together."""

from caudal.ranking.run import Run

INTERCEPT = "(intercept)"


def features_of(term: str, columns: list[str]) -> list[str]:
    """The features whose product a term is, each once.

    ``columns`` are the data's names; a level may hold any character, so a factor counts where it
    begins with a known name.

    >>> features_of("c=red*x1", ["c", "x1"]), features_of("x1^2", ["x1"])
    (['c', 'x1'], ['x1'])
    """
    found = []
    for factor in term.split("*"):
        name = factor.partition("=")[0]
        if name not in columns:
            name = name.rpartition("^")[0]
        if name in columns and name not in found:
            found.append(name)
    return found


def feature_weights(run: Run) -> dict[str, float]:
    """The share of the absolute coefficients that each feature's terms hold, the largest first.

    A product's weight counts in equal parts for its features. Over the largest terms that were
    read; the sums are of standardised features where the point scales them.
    """
    columns = list(run.manifest.get("columns", {}))
    sums: dict[str, float] = {}
    for row in run.terms:
        features = features_of(row["term"], columns)
        size = abs(row["coefficient"])
        if row["term"] == INTERCEPT or not features or not size < float("inf"):
            continue
        for name in features:
            sums[name] = sums.get(name, 0.0) + size / len(features)
    total = sum(sums.values())
    order = sorted(sums, key=lambda name: (-sums[name], name))
    return {name: sums[name] / total for name in order} if total else {}
