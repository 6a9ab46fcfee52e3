"""Latchstring beside its peers: one machine, one run, in turns, each on its natural stack with the same argon2id."""
