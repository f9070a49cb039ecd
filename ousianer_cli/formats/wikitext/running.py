"""Clean text that grows, paragraph by paragraph."""

from __future__ import annotations

from ousianer_cli.formats.wikitext.page import UNSEEN_MARKS


class RunningText:
    """A paragraph of clean text that grows: runs of blanks become one at once, so that offsets are right on the way."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self._after_blank = True

    def append(self, text: str) -> None:
        """Add text; invisible characters are dropped, and blanks at the beginning of the paragraph too."""
        if not text.isascii():
            text = UNSEEN_MARKS.sub("", text)
        if not text:
            return
        words = " ".join(text.split())
        if not words:
            words = "" if self._after_blank else " "
        else:
            if text[0].isspace() and not self._after_blank:
                words = " " + words
            if text[-1].isspace():
                words += " "
        if words:
            self.pieces.append(words)
            self.length += len(words)
            self._after_blank = words[-1] == " "

    def trimmed(self, begin: int, end: int) -> tuple[int, int]:
        """A span near the end of what is there, without the blanks at its edges; empty if it is nothing else."""
        if begin >= end:
            return begin, begin
        tail, at = "", self.length
        for piece in reversed(self.pieces):
            if at <= begin:
                break
            tail = piece + tail
            at -= len(piece)
        span = tail[begin - at : end - at]
        begin += len(span) - len(span.lstrip())
        return begin, max(begin, end - (len(span) - len(span.rstrip())))

    def text(self) -> str:
        """The paragraph, without a blank at its end."""
        return "".join(self.pieces).rstrip()
