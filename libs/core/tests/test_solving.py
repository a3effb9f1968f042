import pytest

from microcoder.core.problem import FunctionSpec, IoMode, Sample
from microcoder.core.solving import MAX_WORKED_EXAMPLES, Task, extract_code, render_task, solver_messages


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("First\n```py\na\n```\nthen\n```python\nb\n```\ndone", "b\n"),
        ("```python\nright\n```\nRun it:\n```bash\npython x.py\n```", "right\n"),
        ("```cpp\nint main(){}\n```", "int main(){}\n"),
        ("<think>```python\nno\n```</think>\n```\nyes\n```", "yes\n"),
        ("```python\nprint(1)", ""),
        ("print(1)", ""),
        ("", ""),
        ("A fence ``` in text\n```python\nok\n```", "ok\n"),
    ],
)
def test_extract_code(text: str, code: str) -> None:
    assert extract_code(text) == code


def test_prompt_shows_samples_and_says_the_format() -> None:
    text = render_task(Task(title="T", statement="S", samples=(Sample(input="1 2\n", output="3\n"),)))
    assert "1 2" in text
    assert "3" in text
    assert "standard input" in text


def test_function_prompt_names_the_entry_and_shows_the_starter() -> None:
    function = FunctionSpec(entry="Solution.add", starter_code="class Solution:\n    def add(self, a, b):\n")
    text = render_task(Task(title="T", statement="S", io_mode=IoMode.FUNCTION, function=function))
    assert "`Solution.add`" in text
    assert "class Solution" in text
    assert "standard input" not in text


def test_worked_examples_stand_before_the_task_and_can_be_extracted() -> None:
    messages = solver_messages(Task(title="T", statement="S"), worked_examples=MAX_WORKED_EXAMPLES)
    assert [m["role"] for m in messages] == ["system", *["user", "assistant"] * MAX_WORKED_EXAMPLES, "user"]
    assert all(extract_code(m["content"]) for m in messages if m["role"] == "assistant")
