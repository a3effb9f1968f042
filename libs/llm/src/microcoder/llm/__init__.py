"""Client of OpenAI-compatible endpoints, and one endpoint for one machine."""
