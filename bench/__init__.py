"""What the promises of Latchstring cost on this machine, each beside the plainest thing to compare it with."""
