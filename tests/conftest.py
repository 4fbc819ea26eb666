"""Fixtures for all tests live in plugins, one per concern."""

pytest_plugins = [
    "tests.plugins.stores",
    "tests.plugins.desk",
    "tests.plugins.server",
    "tests.plugins.receivers",
    "tests.plugins.posts",
    "tests.plugins.mailservers",
    "tests.plugins.postrooms",
    "tests.plugins.skips",
]
