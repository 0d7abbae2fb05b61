"""Prompts, rubric and phenomena: text and data a person edits without touching code."""
