"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
State = Annotated[
    Path,
    typer.Option("--state", envvar="MICROCODER_STATE", help="Folder of the local platform's data, logs and addresses."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="Most rows to show.")]
WorkedExamples = Annotated[
    int,
    typer.Option("--worked-examples", min=0, help="Solved examples in front of each prompt, for very small models."),
]

DEFAULT_STATE = Path(".microcoder")
