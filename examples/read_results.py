"""Print the result in a file: `python examples/read_results.py song.mp3.SoundHound.json`.

It needs `ci-callback-results`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ci_callback_results import Job, parse
from ci_callback_results.tags import ReviewImage, SoundHound, Transcode


def describe(content: bytes) -> str:
    """Return a result in a line."""
    result = parse(content)
    if result.state != "Success":
        return f"{result.tag} {result.state}: {result.code} {result.message}"
    match result:
        case Job(operation=SoundHound(sound_hound_result=found)) if found:
            return ", ".join(f"{song.song_name} ({song.singer_name})" for song in found.song_list)
        case Job(operation=Transcode(output=output)) if output:
            return f"transcoded to {output.bucket}/{output.object}"
        case ReviewImage(label=label, score=score):
            return f"{label}, {score} %"
        case _:
            return f"{result.tag} {result.job_id}"


if __name__ == "__main__":
    sys.stdout.write(f"{describe(Path(sys.argv[1]).read_bytes())}\n")
