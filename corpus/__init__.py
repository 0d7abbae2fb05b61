"""A book file in, clean text and whole passages out."""

from corpus.book import Book, Paragraph, file_sha256
from corpus.embed import Embedder
from corpus.passage import Passage, Spot
from corpus.passages import cut_passages
from corpus.picture import page_picture
from corpus.reader import read_book

__all__ = [
    "Book",
    "Embedder",
    "Paragraph",
    "Passage",
    "Spot",
    "cut_passages",
    "file_sha256",
    "page_picture",
    "read_book",
]
