import pytest
from pydantic import SecretStr, ValidationError

from microcoder.core.errors import InvalidArgument
from microcoder.store import Store, StoreSettings


def test_credentials_are_never_printed() -> None:
    settings = StoreSettings(uri=SecretStr("mongodb://user:s3cret@db.example:27017"))
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "fields", [{"database": "a.b"}, {"database": ""}, {"driver": "mongoengine"}, {"connect_timeout_s": 0}, {"url": "x"}]
)
def test_wrong_settings_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StoreSettings.model_validate(fields)


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
@pytest.mark.parametrize("uri", ["postgres://user:s3cret@h/", "mongodb://user:s3cr:et@h/", "mongodb://u:s3cret@h:x/"])
async def test_a_uri_that_is_none_is_refused_without_repeating_it(uri: str, driver: str) -> None:
    settings = StoreSettings.model_validate({"uri": uri, "driver": driver})
    with pytest.raises(InvalidArgument, match="MICROCODER_STORE__URI") as refused:
        await Store.open(settings)
    assert "s3cr" not in str(refused.value)
    assert refused.value.__cause__ is None
