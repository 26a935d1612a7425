"""Where data lives. Each store finds, destroys and re-reads; they share a contract, not a base."""
