"""The stores: SQL said once, and the engines that run it."""
