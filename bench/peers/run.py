"""The run itself: everything is started and warmed up, asked in turns, and weighed at the end."""

import shutil
from pathlib import Path

from bench.machine import client_cores, describe, pinned, server_cores
from bench.peers.about import notes, said_of_the_run, versions
from bench.peers.asking import expect
from bench.peers.calls import CALLS
from bench.peers.outcome import CONNECTIONS, Outcome
from bench.peers.processes import tree_pss_bytes
from bench.peers.rounds import take_round
from bench.peers.sample import Cell
from bench.peers.stage import Cores, Sizes, Stage, settle, staged, start


def measure(folder: Path, sizes: Sizes) -> Outcome:
    if shutil.which("wrk") is None:
        raise RuntimeError("There is no wrk here: setup/peers.sh installs it.")
    about = describe(folder)
    with staged(folder, sizes, Cores(server_cores(), client_cores())) as stage, pinned(client_cores()):
        for call in CALLS:
            if call.server in stage.servers:
                expect(call, stage.servers[call.server])
        _warm_up(stage, sizes)
        rotated = _rotations(stage)
        for number in range(sizes.rounds):
            take_round(stage, number, sizes)
        counted = _rotations(stage) - rotated
        memory = {server.stack.said: tree_pss_bytes(server.pid) / 2**20 for server in stage.servers.values()}
        return Outcome(
            machine=[*about, *versions(stage), *said_of_the_run(sizes, stage.cores)],
            cells=[Cell(*key, samples) for key, samples in stage.taken.items()],
            memory=memory,
            notes=notes(stage, counted),
        )


def _warm_up(stage: Stage, sizes: Sizes) -> None:
    for name, server in stage.servers.items():
        calls = [call for call in CALLS if call.server == name]
        for call in calls:
            start(stage, call, CONNECTIONS[0], max(1, round(sizes.warm_up / len(calls)))).burst()
            settle(server)
    stage.bare.burst(CONNECTIONS[0], 1, stage.cores.server)


def _rotations(stage: Stage) -> int:
    """How often a token of ours was minted, by the rows themselves."""
    return int(stage.postgresql.sql("ours", "SELECT sum(head_gen) FROM latchstring_sessions")[0])
