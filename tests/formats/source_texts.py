"""Source documents of every kind, in our own words, and what they are read as."""

from __future__ import annotations

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.source import source_documents

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
NEWSWIRE = (
    DECLARATION
    + """<DOC id="XYZ_ENG_20300101.0001" type="story">
<HEADLINE>
Bridge at Lund to close
</HEADLINE>
<DATELINE>
LUND, Jan. 1 (XYZ)
</DATELINE>
<TEXT>
<P>
The mayor of the old town by the river said on Monday that the bridge would
be closed for a month. Traffic will go over the ford, which Mr.
Lindqvist-Andersson of AT&amp;T calls safe, and not over the railway bridge
in the U.S. style.
</P>
<P>
"It is old," said Ann &lt;the clerk&gt; of Malmö &amp; Co.
</P>
</TEXT>
</DOC>
"""
)
FORUM = (
    DECLARATION
    + """<doc id="F-17">
<headline>
Who fixed the clock in Bergen?
</headline>
<post author="J&amp;R Olsen" datetime="2030-01-01T10:00:00" id="p1">
I saw it on <a href="http://example.com/?a=1&amp;b=2">the page of Oslo Radio</a> today 😀.
<img src="http://example.com/x.png"/>
Was it Ann?
</post>
<post author='Bo "Bobby" Ek' datetime="2030-01-01T11:00:00" id="p2">
<quote orig_author="J&amp;R Olsen">
<quote orig_author="nobody">
It was Lars.
</quote>
I saw it on the page of Oslo Radio today.

Was it Ann?
</quote>
No, it was Per in Trondheim.

He is 5 < 6 and <3 me@there.org <me@there.org>.
</post>
<post author="" datetime="2030-01-01T12:00:00" id="p3">
Thanks, Bo.
</post>
</doc>
"""
)
WEB = """<DOC>
<DOCID> web-3 </DOCID>
<DOCTYPE SOURCE="newsgroup"> USENET TEXT </DOCTYPE>
<DATETIME> 2030-01-01T10:00:00 </DATETIME>
<BODY>
<HEADLINE>
Boats for sale
</HEADLINE>
<TEXT>
<POST>
<POSTER> Ann Lee </POSTER>
<POSTDATE> 2030-01-01T10:00:00 </POSTDATE>
<QUOTE PREVIOUSPOST="Bo wrote > a
long line < here"/>
Two boats in Visby.

Call Lars.
</POST>
</TEXT>
</BODY>
</DOC>
"""
ODD = """<DOC id="odd.nw.xml">
<DATE_TIME>1 Jan
<HEADLINE>Never closed
<TEXT>
Stray </quote> and <b>bold</b> text.
<!-- Ann is a comment --> After <![CDATA[<b>Per</b> & Co]]> it <unknown x=1>goes</unknown> on.
<P>No end
"""


def one(text: str, **options: bool) -> Document:
    [document] = source_documents(text, "file", options=ReadOptions(**options))
    return document
