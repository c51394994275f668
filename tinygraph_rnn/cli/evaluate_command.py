"""`tinygraph-rnn evaluate`: how well a model predicts a text, in one line."""

import argparse

from tinygraph_rnn.cli.inputs import check_encoding_counts, named_corpus, named_run
from tinygraph_rnn.cli.standard_input import text_file
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.data.streams import Streams, split
from tinygraph_rnn.data.token_files import map_pieces
from tinygraph_rnn.data.unknown_tokens import KnownCharacters, WordCounts, count_words
from tinygraph_rnn.data.vocabularies import AnyVocabulary, Vocabulary, WordVocabulary
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.training.evaluation import Evaluator, Score
from tinygraph_rnn.training.saved_model import SavedModel
from tinygraph_rnn.training.terminal import write

__all__ = ["evaluate"]


def evaluate(options: argparse.Namespace) -> int:
    """Print bits per token and perplexity on the held-out text, or on a whole file."""
    with text_file(options.text) as options.text:
        write(_evaluated(options), end="\n")
    return 0


def _evaluated(options: argparse.Namespace) -> str:
    folder = named_run(options)
    saved = SavedModel(folder.checkpoint)
    config, vocabulary = saved.config, saved.vocabulary
    if options.text is None and not config.held_out:
        raise ConfigError(
            "this run held nothing out (held_out 0): give a text with --text FILE"
        )
    known = _known_only(options, vocabulary)
    if options.text is None:
        check_encoding_counts(options)
        corpus = Corpus.from_facts(saved.text_facts, kept=folder.text)
    else:
        corpus = named_corpus(options)
    if known is not None:
        encoded = map_pieces(known.of(corpus.pieces()), vocabulary)
    else:
        kept = folder.tokens if options.text is None else None
        encoded = corpus.encoded(vocabulary, kept)
    whole = options.text is not None
    tokens = encoded if whole else split(encoded, config.held_out)[1]
    rows = config.batch_size if options.streams is None else options.streams
    streams = Streams.for_evaluation(tokens, rows, config.seq_length)
    backend = options.backend or "auto"
    score = Evaluator(saved.model, saved.parameters, backend).score(streams)
    reading = None
    if isinstance(vocabulary, WordVocabulary):
        first = len(encoded) - len(tokens) + 1
        end = first + score.tokens
        reading = count_words(vocabulary, corpus.pieces(), first, end)
    line = _line(score, len(tokens), vocabulary.unit, reading)
    if known is not None:
        line += f", {known.skipped:,} characters left out that the model does not know"
    return line


def _known_only(
    options: argparse.Namespace, vocabulary: AnyVocabulary
) -> KnownCharacters | None:
    """Return the filter of unknown characters that `--unknown skip` asks for, or None.

    Raises:
        ConfigError: --unknown is given, and the model does not read characters.
    """
    if options.unknown is None:
        return None
    if not isinstance(vocabulary, Vocabulary):
        why = "unknown words are read as <unk> and counted"
        if vocabulary.unit == "byte":
            why = "there are no unknown bytes"
        raise ConfigError(
            f"--unknown is for models of characters, this one reads {vocabulary.unit}s "
            f"({why}): leave it out"
        )
    return KnownCharacters(vocabulary) if options.unknown == "skip" else None


def _line(score: Score, length: int, unit: str, reading: WordCounts | None) -> str:
    """The results; of words also bits per known character and the share of unknowns."""
    line = f"{score.bits:.4f} bits per {unit}, perplexity {score.perplexity:.3f}"
    if reading is not None and reading.known_characters:
        bits = score.bits_per(reading.known_characters)
        line += f", {bits:.4f} bits per character"
    line += f" over {score.tokens:,} of {length:,} {unit}s"
    if reading is not None and reading.unknown:
        line += f", {reading.unknown / score.tokens:.1%} of them <unk>"
    return line
