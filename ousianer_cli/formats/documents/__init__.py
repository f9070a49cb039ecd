"""Documents as they are read: raw text with places, from LTF, source files and plain text, in folders and archives."""
