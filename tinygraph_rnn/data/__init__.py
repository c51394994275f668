"""Texts, vocabularies and token streams.

vocabulary, unknown   characters, words or bytes, and their numbers
corpus, text_files    texts, the embedded one and the user's, read by blocks
token_files           texts larger than memory, through a memory map
streams               parallel streams, cut into chunks for truncated BPTT
"""
