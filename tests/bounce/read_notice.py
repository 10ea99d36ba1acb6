#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads notices as a stranger's program would: with Python's email package, which shares no code with ours.

usage: read_notice.py FILE...
Prints one JSON object a line for each file: header fields, the parts' types, the words, the fields of the report
(one list for the message, one for each recipient) and what was given back.
"""
import email
import email.policy
import html.parser
import json
import sys


def unfolded(group):
    return [[name, str(value).replace('\r', '').replace('\n', '')] for name, value in group.raw_items()]


def report_of(part, raw):
    """The groups of fields of the report (RFC 3464 2.1): one of the message, one of each recipient."""
    if part.get_content_type() == 'message/delivery-status':
        return [unfolded(group) for group in part.get_payload()]
    groups = []
    for block in raw.decode('utf-8').strip('\r\n').split('\r\n\r\n'):
        groups.append(unfolded(email.message_from_string(block + '\r\n\r\n', policy=email.policy.SMTPUTF8)))
    return groups


def raw_parts(data, boundary):
    """The bytes between the boundaries, header of each part included."""
    marker = b'--' + boundary.encode()
    pieces = (b'\r\n' + data).split(b'\r\n' + marker)
    if not pieces[-1].startswith(b'--'):
        raise ValueError('no closing boundary')
    return [piece.removeprefix(b'\r\n') for piece in pieces[1:-1]]


class Page(html.parser.HTMLParser):
    """What a browser shows, and whether the document is one that only shows."""
    KNOWN = {'html': {'lang'}, 'head': set(), 'meta': {'charset'}, 'title': set(), 'body': {'style'}, 'p': {'style'},
             'b': set(), 'blockquote': {'style'}, 'code': set(), 'div': {'style'}}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.wrong = [], '', []

    def handle_starttag(self, tag, attrs):
        if tag not in self.KNOWN or not {name for name, _ in attrs} <= self.KNOWN[tag]:
            self.wrong.append([tag, attrs])
        if tag != 'meta':
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(['/' + tag, []])

    def handle_data(self, data):
        if 'body' in self.open:
            self.text += data


def read_html(text):
    page = Page()
    page.feed(text)
    page.close()
    return {'text': page.text, 'wrong': page.wrong + [[tag, []] for tag in page.open]}


def read(path):
    with open(path, 'rb') as file:
        data = file.read()
    for line in data.split(b'\r\n'):
        if len(line) > 998 or b'\r' in line or b'\n' in line or b'\0' in line:
            raise ValueError('a line that may not stand in a message')
    message = email.message_from_bytes(data, policy=email.policy.default)
    parts = list(message.iter_parts())
    # The words: as text, and the same as HTML beside it.
    words = list(parts[0].iter_parts()) if parts[0].is_multipart() else [parts[0]]
    # What is given back is the sender's: its faults are not ours.
    defects = [repr(defect) for part in [message, *parts[:2], *words] for defect in part.defects]
    raw = raw_parts(data, message.get_boundary())
    if len(raw) != len(parts):
        raise ValueError(f'{len(raw)} parts by boundary, {len(parts)} by the parser')
    contents = [piece.split(b'\r\n\r\n', 1)[1] for piece in raw]
    return {
        'defects': defects,
        'type': message.get_content_type(),
        'report_type': message.get_param('report-type'),
        'names': [name.lower() for name in message.keys()],
        'from': message['From'].addresses[0].addr_spec,
        'to': str(message['To']),
        'subject': str(message['Subject']),
        'auto_submitted': message['Auto-Submitted'],
        'message_id': message['Message-ID'],
        'parts': [part.get_content_type() for part in parts],
        'forms': [part.get_content_type() for part in words],
        'language': parts[0]['Content-Language'],
        'words': words[0].get_content(),
        'html': read_html(words[1].get_content()) if len(words) > 1 else None,
        'report': report_of(parts[1], contents[1]),
        'original': contents[2].decode('latin-1') if len(contents) > 2 else '',
    }


for name in sys.argv[1:]:
    print(json.dumps(read(name), ensure_ascii=True))
