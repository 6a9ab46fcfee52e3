"""The chat: a whole product on nothing but Latchstring's public face."""
