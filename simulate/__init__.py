"""User-weeks of honest browsers and thieves, against the real library on a simulated clock."""
