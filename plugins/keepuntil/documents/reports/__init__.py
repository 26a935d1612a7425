"""A report is written once, as a manuscript, and rendered as a web page, a Word file, a PDF."""
