"""Pages that show a run: what they share (colours, text with highlighted names, safe embedding) and the report."""
