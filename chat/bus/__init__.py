"""The bus between nodes: Valkey or Redis."""
