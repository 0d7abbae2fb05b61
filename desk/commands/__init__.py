"""The commands, one module a subject; `desk.app` puts them together."""
