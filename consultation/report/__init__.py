"""The submission: findings, snapshot, edition. Never the vault."""
