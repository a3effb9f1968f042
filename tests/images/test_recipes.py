"""Which images are built, and of what."""

from pathlib import Path

import pytest

from tools.images.recipes import RECIPES, SERVICES, recipes

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/images/Dockerfile").read_text()


def test_each_service_has_an_image_of_its_own_package() -> None:
    found = {recipe.name: recipe for recipe in RECIPES}
    assert {found[name].packages for name in SERVICES} == {f"services/{name}" for name in SERVICES}


def test_only_the_judge_has_a_compiler() -> None:
    assert [recipe.name for recipe in RECIPES if recipe.flavour == "toolchain"] == ["judge"]


def test_images_with_torch_are_built_only_where_they_are_wanted() -> None:
    assert not any(recipe.large for recipe in recipes([], large=False))
    assert [recipe.name for recipe in recipes(["training"], large=False)] == ["training"]
    with pytest.raises(KeyError):
        recipes(["nothing"], large=False)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_dockerfile_takes_what_a_recipe_gives(recipe: object) -> None:
    assert isinstance(recipe, type(RECIPES[0]))
    assert f" AS {recipe.flavour}\n" in DOCKERFILE
    for name in recipe.arguments():
        assert f"ARG {name}" in DOCKERFILE
