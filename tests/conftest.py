"""Fixtures for all tests live in plugins, one per concern."""

PLUGINS = ("stores", "desk", "server", "doors", "receivers", "posts", "mailservers", "postrooms", "redis", "skips")

pytest_plugins = [f"tests.plugins.{name}" for name in PLUGINS]
