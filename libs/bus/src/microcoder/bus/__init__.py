"""Topics, consumers, retries and dead letters on Kafka or on one SQLite file."""
