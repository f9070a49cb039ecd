"""OusiaNER: ultra-fine-grained named-entity tagging for TAC KBP EDL."""

__version__ = "0.1.0"
