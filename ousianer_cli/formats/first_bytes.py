"""Files that are no text, recognised by their first bytes whatever they are called."""

from __future__ import annotations

from pathlib import Path

from ousianer_cli.errors import InputError

_FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a zip archive or an office file (docx, xlsx, pptx, odt, epub)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office file (doc, xls, ppt)"),
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF87a", "an image (GIF)"),
    (b"GIF89a", "an image (GIF)"),
    (b"II*\x00", "an image (TIFF)"),
    (b"MM\x00*", "an image (TIFF)"),
    (b"RIFF", "an image, a sound or a film (RIFF)"),
    (b"ID3", "a sound (MP3)"),
    (b"OggS", "a sound or a film (Ogg)"),
    (b"fLaC", "a sound (FLAC)"),
    (b"\x1aE\xdf\xa3", "a film (Matroska)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf'\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"\x5d\x00\x00", "an lzma file"),
    (b"\x1f\x9d", "a compressed file (.Z)"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"AT&TFORM", "a DjVu file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"ARROW1", "an Arrow file"),
    (b"\x00asm", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\xff\xfe\x00\x00", "text in UTF-32"),
    (b"\x00\x00\xfe\xff", "text in UTF-32"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)


_MEMBERS = (
    (b"mimetypeapplication/epub", "a book (epub)"),
    (b"mimetypeapplication/vnd.oasis", "an office file (odt, ods, odp)"),
    *((name, "an office file (docx, xlsx, pptx)") for name in (b"[Content_Types].xml", b"_rels/", b"docProps/")),
    (b"word/", "an office file (docx)"),
    (b"xl/", "an office file (xlsx)"),
    (b"ppt/", "an office file (pptx)"),
)

# Not NUL, tab, line ends, backspace (typed text in bold), escape (colours of a terminal), and the separators.
_CONTROLS = bytes((*range(1, 8), *range(0x0E, 0x1B)))


def kind_of_binary(head: bytes) -> str | None:
    """What a file is that begins with these bytes, where that is no text in UTF-8."""
    if kind := _kind_of_zip(head):
        return kind
    for magic, kind in _FIRST_BYTES:
        if head.startswith(magic):
            return kind
    if head[3:8] == bytes(5) and head[8:10] == b'{"':
        return "weights of a model (safetensors)"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head[4:8] == b"ftyp":
        return "an image or a film (HEIC, MP4)"
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "an image (BMP)"
    if head[2:4] == b"\r\n" and head[:1] > b"\x7f":
        return "compiled Python"
    return _kind_by_share(head)


def _kind_of_zip(head: bytes) -> str | None:
    """What kind of office file or book is packed as a zip archive, by the name of its first member."""
    if not head.startswith(b"PK\x03\x04"):
        return None
    return next((kind for name, kind in _MEMBERS if head[30:].startswith(name)), None)


def _kind_by_share(head: bytes) -> str | None:
    """What bytes are that text has hardly any of: NUL in every second place, or many control characters."""
    if len(head) >= 8:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if 10 * max(even, odd) > 4 * len(head) and 10 * min(even, odd) < max(even, odd):
            return "text in UTF-16 without a byte order mark"
        if head.count(0) * 10 > 7 * len(head) and 0 < len(head.replace(b"\0", b"")) * 5 > len(head):
            return "text in UTF-32 without a byte order mark"
    head = head.rstrip(b"\x1a")  # how DOS ends a text
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return "binary data" if 10 * controls > len(head) or head[:1] == b"\0" else None


def binary_error(expected: str, kind: str, path: str | Path | None, line: int | None = None) -> InputError:
    """The error for a file that its first bytes tell for no text; `kind` is of `kind_of_binary`."""
    return InputError(expected, f"{kind} (by its first bytes)", path=path, line=line, remedy=remedy_for(kind))


def remedy_for(kind: str) -> str:
    """What to do with such a file."""
    if "UTF-" in kind:
        return f"convert it, for example with iconv -f {'utf-32' if '32' in kind else 'utf-16'} -t utf-8"
    if "safetensors" in kind:
        return "a model is named by its folder, with --model"
    if "archive" in kind or "gzip" in kind or "bzip2" in kind or "xz" in kind or "Zstandard" in kind or "lz" in kind:
        return "unpack it first (zip archives end in .zip, gzipped files in .gz)"
    return "convert it to text first, or leave it out"
