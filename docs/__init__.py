"""The documentation: pages in MyST Markdown, and the generators of the reference pages."""
