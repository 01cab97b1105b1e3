"""Tracks and angles on pipes, in real processes."""

from __future__ import annotations

from tests.cli.shell import Shell, single_error
from tests.cli.test_pipes import TABLE, Talk


def test_a_track_is_complete_when_the_next_begins(shell: Shell) -> None:
    talk = Talk(shell, *TABLE, "--by", "id")
    talk.say("id,t,x\na,0,0\na,1,1\na,2,4\n")
    assert talk.hear(3) == ["id,t,dx_dt", "a,0,1.0", "a,1,2.0"]
    assert talk.is_silent()
    talk.say("b,0,5\n")
    assert talk.hear(1) == ["a,2,3.0"]
    talk.say("b,1,6\n")
    assert talk.hear(1) == ["b,0,1.0"]
    talk.say("\nb,2,8\nc,9,9\n")
    assert talk.hear(2) == ["b,1,1.5", "b,2,2.0"]
    done = talk.close(shell)
    assert done.code == 0
    assert done.out == ["c,9,nan"]
    assert "3 tracks came" in done.err
    assert "1 of 3 tracks has too few points" in done.err


def test_blank_lines_end_tracks_on_a_pipe(shell: Shell) -> None:
    done = shell.run(*TABLE, stdin=b"t,x\n0,0\n1,1\n2,4\n\n\n0,5\n1,6\n2,8\n")
    assert done.out == ["t,dx_dt", "0,1.0", "1,2.0", "2,3.0", "", "0,1.0", "1,1.5", "2,2.0"]
    assert "2 tracks came; no stencil crosses" in done.err


def test_mixed_tracks_are_spooled_or_refused(shell: Shell) -> None:
    mixed = "id,t,x\n" + "".join(f"{'ab'[t % 2]},{t},{t * t}\n" for t in range(300))
    done = shell.run(*TABLE, "--by", "id", stdin=mixed.encode())
    assert done.out[1:4] == ["a,0,2.0", "b,1,4.0", "a,2,4.0"]
    talk = Talk(shell, *TABLE, "--by", "id")
    talk.say("id,t,x\na,0,0\na,1,1\nb,0,0\nb,1,1\n")
    assert talk.hear(4)[-1] == "b,0,1.0"
    talk.say("a,2,4\n")
    done = talk.close(shell)
    assert done.code == 1
    assert "line 6: the track a goes on after others; save the rows to a file first" in done.err


def test_angles_on_a_pipe_wrap(shell: Shell) -> None:
    rows = "".join(f"{t},{(310 + 7 * t) % 360}\n" for t in range(40))
    done = shell.run(*TABLE, "--unwrap", "360", stdin=f"t,h\n{rows}".encode())
    assert {row.partition(",")[2] for row in done.out[1:]} == {"7.0"}
    done = shell.run(*TABLE, "--unwrap", "full", stdin=b"t,h\n0,1\n", code=2)
    assert "a period is a number above 0, such as 360 or 2pi" in single_error(done.err)
