"""Texts, vocabularies and token streams.

vocabularies     characters, words or bytes, and their numbers
unknown_tokens   what a vocabulary does not hold
text_files       files of text, decoded block by block
corpus           the embedded text, and files of the user's own
token_files      tokens of texts larger than memory, through a memory map
streams          parallel streams, cut into chunks for truncated BPTT
"""
