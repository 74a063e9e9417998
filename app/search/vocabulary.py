"""The words of a site for mending slips, read from the index beside the searches and renewed as the site grows."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable

from app.search.spelling import Spelling

# So few documents are read at once by whoever asks first; of more the words are read while searches go on without.
READ_AT_ONCE = 2_000
GROWN_BY = 0.1
GROWN_BY_AT_LEAST = 50

log = logging.getLogger(__name__)
Read = Callable[[], Iterable[list[str]]]


class Vocabulary:
    """Keeps one `Spelling` for all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spelling: Spelling | None = None
        self._documents = 0

    def spelling(self, documents: int, read: Read, *, wait: bool = False) -> Spelling | None:
        """The words of the site as they were not long ago; nothing while they are read for the first time.

        Args:
            documents: how many there are now.
            read: gives the words of each document.
            wait: have them read now if they are old.
        """
        is_first = self._spelling is None
        if is_first or abs(documents - self._documents) > GROWN_BY_AT_LEAST + GROWN_BY * self._documents:
            if wait or (is_first and documents <= READ_AT_ONCE):
                self._renew(documents, read)
            elif not self._lock.locked():
                threading.Thread(target=self._renew, args=(documents, read), daemon=True).start()
        return self._spelling

    def _renew(self, documents: int, read: Read) -> None:
        with self._lock:
            if self._spelling is not None and self._documents == documents:
                return  # Another thread has just done it.
            counts: Counter[str] = Counter()
            try:
                for words in read():
                    counts.update(words)
            except Exception:
                log.exception("The words of the site could not be read; slips are not mended for now.")
            self._spelling, self._documents = Spelling(counts), documents
