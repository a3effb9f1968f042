"""Fixtures: mongod, buses, gRPC servers, builders."""
