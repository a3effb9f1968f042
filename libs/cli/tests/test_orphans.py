import subprocess
import sys
import textwrap

SCRIPT = textwrap.dedent(
    """
    import asyncio, os, subprocess, sys, time
    from microcoder.cli.local import orphans

    async def main():
        orphans.adopt()
        kept = subprocess.Popen(["sleep", "600"])
        spared = orphans.children()
        sleeper = "import subprocess, sys; print(subprocess.Popen(['sleep', '600'], stdout=-3).pid)"
        made = subprocess.run([sys.executable, "-c", sleeper], stdout=subprocess.PIPE, text=True, check=True)
        ended = await orphans.end_all(spared=spared, grace_s=10)
        assert ended == [int(made.stdout)], (ended, made.stdout)
        assert kept.poll() is None
        try:
            os.kill(ended[0], 0)
        except ProcessLookupError:
            print("gone")
        kept.kill()

    asyncio.run(main())
    """
)


def test_what_a_child_leaves_behind_is_ended_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "gone\n", done.stderr
