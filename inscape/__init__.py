"""The ground everything stands on: errors, settings, version, the project directory."""

__version__ = "0.1.0"
