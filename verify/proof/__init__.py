"""The attempt to prove a formula: read, certified, checked, and turned a second key."""
