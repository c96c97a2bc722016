"""What the command line says of a rule, where rules of other names stand for it; and modules.

A rule's outputs cannot vary in number, so that fits of several points are a rule each. To the
command line, and to a profile, all of them are ``fit``.
"""

from collections.abc import Iterable
from typing import Any

from caudal.errors import UserError

SETS = {
    "dag_settings": ("targets", "until", "omit_from", "forcerun"),
    "scheduling_settings": ("prioritytargets",),
}
"""Snakemake's settings that are sets of names of rules, as of 9.27."""
TO_THE_END = ("targets", "until", "prioritytargets")
"""Those by which a rule is meant with all that is before it."""
MAPPINGS = {
    "resource_settings": ("overwrite_resources", "overwrite_threads"),
    "group_settings": ("overwrite_groups",),
}
"""Those that map the name of a rule to something."""


def stand_for(
    workflow: Any, rule: str, rules: Iterable[str], ends: Iterable[str] | None = None
) -> None:
    """Have ``--until``, ``--forcerun``, ``--set-resources`` and so on mean ``rules`` by ``rule``.

    ``workflow`` is Snakemake's, before ``rules`` are defined in it. ``ends`` are the rules with
    which all of them are done, where these are others.
    """
    rules = list(rules)
    to_the_end = rules if ends is None else list(ends)
    for part in MAPPINGS:
        _map(getattr(workflow, part), MAPPINGS[part], rule, rules)

    class Named(type(workflow)):  # type: ignore[misc]
        """Snakemake sets some of its settings only when it has read the rules."""

        def __setattr__(self, part: str, settings: Any) -> None:
            for name in SETS.get(part, ()):
                given = getattr(settings, name, ())
                if rule in given:
                    meant = to_the_end if name in TO_THE_END else rules
                    setattr(settings, name, frozenset(given) - {rule} | frozenset(meant))
            super().__setattr__(part, settings)

    workflow.__class__ = Named


def _map(settings: Any, names: Iterable[str], rule: str, rules: list[str]) -> None:
    for name in names:
        given = getattr(settings, name, None) or {}
        if rule in given:
            # What is said of one of the rules itself goes before what is said of all.
            setattr(settings, name, {**dict.fromkeys(rules, given[rule]), **given})
            vars(settings).pop(f"_parsed_{name}", None)  # read for the rules before


def check_module(workflow: Any) -> None:
    """Raise UserError where this workflow is a module in a way that it cannot be."""
    path = workflow.modifier.path_modifier
    while path is not None:
        if path.prefix or path.modifies_prefixes:
            raise UserError(
                "A module of Caudal keeps its own paths: leave out prefix: and replace_prefix:, or "
                "have its results in a folder of their own by a run of its own, snakemake "
                "--snakefile .../Snakefile --directory FOLDER --configfile FILE."
            )
        path = path.inner_modifier
    if any("results/grid.csv" in map(str, rule.output) for rule in workflow.rules):
        raise UserError(
            "Two modules of Caudal would write the same results/: leave one in this workflow, and "
            "start the other by itself, snakemake --snakefile .../Snakefile --directory FOLDER "
            "--configfile FILE."
        )
