from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from microcoder.llm import Choice, UnreadableAnswer, read_json


class Score(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str
    level: Literal[1, 2, 3]


GOOD = '{"reason": "short", "level": 2}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n\n   {GOOD}  \n\t\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\nI hope that this helps {{you}}!",
        f"Here it is: {GOOD} — done.",
        f'<think>{{"level": 9}} no</think>{GOOD}',
    ],
)
def test_reads_the_object_whatever_stands_around_it(text: str) -> None:
    answer = read_json(Choice(text=text, finish_reason="stop"), Score)
    assert (answer.reason, answer.level) == ("short", 2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("forty-two", "no JSON object"),
        ('{"reason": "x", "level": 4}', "level"),
        ('{"reason": "x", "level": "2"}', "level"),
        ('{"reason": "x"}', "level: Field required"),
        ('{"reason": "x", "level": 2, "bonus": 1}', "bonus"),
        ('{"reason": "x", "level": NaN}', "NaN is not JSON"),
        ('{"reason": "x", "level', "broken JSON"),
        ("{" * 100_000, "broken JSON"),
        ('{"a":' * 100_000, "broken JSON"),
        ("[1, 2]", "no JSON object"),
        ("\x00\udcff{{{", "broken JSON"),
    ],
)
def test_says_why_an_answer_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(UnreadableAnswer, match=why):
        read_json(Choice(text=text, finish_reason="stop"), Score)


def test_names_the_token_limit_where_that_is_the_cause() -> None:
    with pytest.raises(UnreadableAnswer, match="token limit"):
        read_json(Choice(text='{"reason": "on and on', finish_reason="length"), Score)
