"""Fixtures for all tests live in plugins, one per concern."""

PLUGINS = (
    "stores", "desk", "server", "browser", "doors", "receivers", "posts", "mailservers", "postrooms", "redis", "skips",
    "order", "town",
)  # fmt: skip

pytest_plugins = [f"tests.plugins.{name}" for name in PLUGINS]
