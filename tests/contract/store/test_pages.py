"""Lists by pages, on both drivers."""

from datetime import timedelta

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.ingest import ImportRun
from microcoder.core.run import RunState
from microcoder.store import Page, Store, Where
from microcoder.testing import builders


async def _all_pages(
    store: Store, *, page_size: int, where: Where | None = None, newest_first: bool = False
) -> list[Page[ImportRun]]:
    pages = [await store.imports.page(page_size=page_size, where=where, newest_first=newest_first)]
    while token := pages[-1].next_token:
        page = await store.imports.page(page_size=page_size, page_token=token, where=where, newest_first=newest_first)
        pages.append(page)
    return pages


async def _fill(store: Store) -> None:
    """Seven imports; pairs of them share a time."""
    for i in range(7):
        created = builders.NOW + timedelta(milliseconds=i // 2)
        state = RunState.RUNNING if i % 2 else RunState.PENDING
        await store.imports.put(builders.make_import_run(id=f"import-{i}", created_time=created, state=state))


async def test_pages_go_by_id_and_the_last_has_no_token(store: Store) -> None:
    await _fill(store)
    pages = await _all_pages(store, page_size=3)
    assert [[item.id[-1] for item in page.items] for page in pages] == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


async def test_a_full_last_page_has_no_token(store: Store) -> None:
    await _fill(store)
    assert (await store.imports.page(page_size=7)).next_token == ""


async def test_newest_first_breaks_ties_by_id(store: Store) -> None:
    await _fill(store)
    pages = await _all_pages(store, page_size=2, newest_first=True)
    assert [item.id[-1] for page in pages for item in page.items] == ["6", "5", "4", "3", "2", "1", "0"]


async def test_a_condition_holds_over_all_pages(store: Store) -> None:
    await _fill(store)
    pages = await _all_pages(store, page_size=2, where={"state": "running"}, newest_first=True)
    assert [item.id[-1] for page in pages for item in page.items] == ["5", "3", "1"]


async def test_items_that_come_between_pages_disturb_nothing(store: Store) -> None:
    await _fill(store)
    first = await store.imports.page(page_size=3, newest_first=True)
    await store.imports.put(builders.make_import_run(id="late", created_time=builders.NOW + timedelta(days=1)))
    second = await store.imports.page(page_size=10, page_token=first.next_token, newest_first=True)
    assert [item.id[-1] for item in second.items] == ["3", "2", "1", "0"]


async def test_no_records_give_one_empty_page(store: Store) -> None:
    assert await store.releases.page(page_size=10) == Page(items=(), next_token="")


@pytest.mark.parametrize("token", ["x", "!!!", "e30=", "bnVsbA==", "WyJ4IiwgInkiXQ==", "ﬀ", "[]" * 500])
async def test_foreign_tokens_are_refused(store: Store, token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await store.imports.page(page_size=10, page_token=token)
    assert "page_token" in refused.value.fields


async def test_a_token_fits_only_its_own_list(store: Store) -> None:
    await _fill(store)
    token = (await store.imports.page(page_size=3)).next_token
    with pytest.raises(InvalidArgument):
        await store.imports.page(page_size=3, page_token=token, newest_first=True)
    with pytest.raises(InvalidArgument):
        await store.imports.page(page_size=3, page_token=token, where={"state": RunState.PENDING})
    with pytest.raises(InvalidArgument):
        await store.releases.page(page_size=3, page_token=token)


async def test_what_cannot_be_paged_is_refused(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="at least one"):
        await store.imports.page(page_size=0)
    with pytest.raises(InvalidArgument, match="created_time"):
        await store.problems.page(page_size=1, newest_first=True)
